/* SPDX-License-Identifier: GPL-2.0 */
/* nl.h - conversations with the kernel through netlink. */
#ifndef NL_H
#define NL_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for a request, and for what a kernel puts into one message of a dump. */
#define NL_ROOM 65536

/* A dump during which something changed is read so many times at most. */
#define NL_TRIES 5

/**
 * struct nl - a socket
 * @socket: libmnl's
 * @seq: number of the latest request
 * @request: the request that is being written; may hold keys
 * @answer: what was received last; may hold keys
 * @why: what the kernel said about the latest request that it refused, or ""
 * @wrong: where in that request the attribute is that it did not like, 0 if it
 *	did not say
 * @changed: something changed while the latest dump was being read
 */
struct nl {
	struct mnl_socket *socket;
	uint32_t seq;
	uint8_t *request;
	uint8_t *answer;
	char why[256];
	uint32_t wrong;
	bool changed;
};

/* Called with each message of an answer. Return: 0, or -errno to stop. */
typedef int (*nl_take)(const struct nlmsghdr *message, void *data);

/**
 * nl_open() - open a socket
 * @nl: not in use
 * @bus: NETLINK_ROUTE or NETLINK_GENERIC
 *
 * Return: 0 or -errno.
 */
int nl_open(struct nl *nl, int bus);

/* Closes it and wipes what went through. Harmless after a failed nl_open(). */
void nl_close(struct nl *nl);

/* Begins a request. Attributes are then put into it with libmnl. */
struct nlmsghdr *nl_begin(struct nl *nl, uint16_t type, uint16_t flags);

/* The same for generic netlink. */
struct nlmsghdr *nl_begin_genl(struct nl *nl, uint16_t family, uint8_t command, uint16_t flags);

/**
 * nl_talk() - send the request and read the answer to its end
 * @nl: socket
 * @take: called with each message, or NULL
 * @data: for @take
 *
 * Return: 0 or -errno, the kernel's or that of @take.
 */
int nl_talk(struct nl *nl, nl_take take, void *data);

/* Send another request than the one begun, which gets a number. */
int nl_talk_message(struct nl *nl, struct nlmsghdr *request, nl_take take, void *data);

/**
 * nl_family() - look a generic netlink family up
 * @nl: socket of NETLINK_GENERIC
 * @name: family
 * @id: set to its number
 *
 * Return: 0, -ENOENT if there is none, another -errno.
 */
int nl_family(struct nl *nl, const char *name, uint16_t *id);

/**
 * nl_attributes() - sort attributes by their type
 * @table: one pointer for each type from 0 to @most, NULL where there is none
 * @most: largest type wanted; others are passed over
 * @first: the first attribute
 * @end: where they end
 */
void nl_attributes(const struct nlattr **table, unsigned int most, const struct nlattr *first,
		   const void *end);

/* The attributes of a message behind @header bytes. */
void nl_parse(const struct nlattr **table, unsigned int most, const struct nlmsghdr *message,
	      size_t header);

/* The attributes in a nest. */
void nl_parse_nest(const struct nlattr **table, unsigned int most, const struct nlattr *nest);

/* Values of attributes; 0 or nothing if it is absent or too short. */
uint32_t nl_u32(const struct nlattr *attr);
uint16_t nl_u16(const struct nlattr *attr);
uint8_t nl_u8(const struct nlattr *attr);
uint64_t nl_u64(const struct nlattr *attr);
/* Copies a string and ends it. */
void nl_string(const struct nlattr *attr, char *to, size_t size);
/* Copies @size bytes. Return: whether there were so many. */
bool nl_bytes(const struct nlattr *attr, void *to, size_t size);

#endif
