// SPDX-License-Identifier: GPL-2.0
/* outer.c - WireGuard's data packets as they are seen from outside a tunnel. */
#include "outer.h"

#include <endian.h>
#include <net/ethernet.h>
#include <pcap/pcap.h>
#include <string.h>

#include "util.h"

#define PROTOCOL_IPV4 0x0800
#define PROTOCOL_IPV6 0x86dd
#define PROTOCOL_PPPOE 0x8864
#define PROTOCOL_NONE 0

/* A type of 4, three zeros, the index and the counter; a tag of 16 bytes at the least. */
#define TYPE_DATA 4
#define HEAD 16
#define SHORTEST 32
/* What all packets of a session begin with: type and index. */
#define SAME 8

/**
 * struct part - the rest of a frame that is yet to be read
 * @at: its first byte
 * @len: how many were captured
 * @ended: more was wanted than there is
 */
struct part {
	const uint8_t *at;
	size_t len;
	bool ended;
};

static bool has(struct part *part, size_t len)
{
	if (part->len < len)
		part->ended = true;
	return part->len >= len;
}

static bool skip(struct part *part, size_t len)
{
	if (!has(part, len))
		return false;
	part->at += len;
	part->len -= len;
	return true;
}

static uint16_t be16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

/*
 * Link types. Each leaves the IP packet and returns its protocol by Ethernet's
 * numbers, or PROTOCOL_NONE.
 */

static uint16_t behind(struct part *part, size_t type_at, size_t len)
{
	uint16_t type = part->len >= len ? be16(part->at + type_at) : PROTOCOL_NONE;

	return skip(part, len) ? type : PROTOCOL_NONE;
}

/* VLANs, one in the other, and DSL's PPP. */
static uint16_t read_tags(struct part *part, uint16_t type)
{
	while (type == ETHERTYPE_VLAN || type == 0x88a8 || type == 0x9100)
		type = behind(part, 2, 4);
	if (type != PROTOCOL_PPPOE)
		return type;
	type = behind(part, 6, 8);
	return type == 0x0021 ? PROTOCOL_IPV4 : type == 0x0057 ? PROTOCOL_IPV6 : PROTOCOL_NONE;
}

static uint16_t read_ethernet(struct part *part)
{
	return read_tags(part, behind(part, 12, 14));
}

static uint16_t read_sll(struct part *part)
{
	return read_tags(part, behind(part, 14, 16));
}

static uint16_t read_sll2(struct part *part)
{
	return read_tags(part, behind(part, 0, 20));
}

static uint16_t read_ip(struct part *part)
{
	unsigned int version = has(part, 1) ? part->at[0] >> 4 : 0;

	return version == 4 ? PROTOCOL_IPV4 : version == 6 ? PROTOCOL_IPV6 : PROTOCOL_NONE;
}

/* BSD's loopback, in whoever's byte order: the IP packet says itself what it is. */
static uint16_t read_loop(struct part *part)
{
	return skip(part, 4) ? read_ip(part) : PROTOCOL_NONE;
}

static const struct {
	int link;
	uint16_t (*read)(struct part *part);
} links[] = {
	{ DLT_EN10MB, read_ethernet }, { DLT_LINUX_SLL, read_sll },
	{ DLT_LINUX_SLL2, read_sll2 }, { DLT_RAW, read_ip }, { DLT_IPV4, read_ip },
	{ DLT_IPV6, read_ip }, { DLT_NULL, read_loop }, { DLT_LOOP, read_loop },
};

static uint16_t read_link(int link, struct part *part)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(links); i++) {
		if (links[i].link == link)
			return links[i].read(part);
	}
	return PROTOCOL_NONE;
}

bool outer_knows(int link)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(links); i++) {
		if (links[i].link == link)
			return true;
	}
	return false;
}

/* Both pseudo link layers of Linux say whether the machine has sent it itself. */
static enum outer_way way_of(const struct outer_frame *frame)
{
	const uint8_t *type;

	if (frame->link == DLT_LINUX_SLL && frame->len >= 16)
		type = frame->data + 1;
	else if (frame->link == DLT_LINUX_SLL2 && frame->len >= 20)
		type = frame->data + 10;
	else
		return OUTER_PASSED;
	return *type == 4 ? OUTER_SENT : *type == 0 ? OUTER_RECEIVED : OUTER_PASSED;
}

/*
 * IP. Each leaves the UDP datagram, or its first fragment.
 */

static bool read_ipv4(struct part *part, struct outer *outer)
{
	const uint8_t *head = part->at;
	size_t len = part->len ? (head[0] & 15) * 4 : 0;

	if (!has(part, 20) || len < 20 || head[9] != IPPROTO_UDP || be16(head + 6) & 0x1fff)
		return false;
	outer->from.v4.sin_family = AF_INET;
	outer->to.v4.sin_family = AF_INET;
	memcpy(&outer->from.v4.sin_addr, head + 12, 4);
	memcpy(&outer->to.v4.sin_addr, head + 16, 4);
	return skip(part, len);
}

/* Leaves out headers in front of UDP. Return: whether it is there. */
static bool read_extensions(struct part *part, uint8_t next)
{
	size_t len;

	while (next != IPPROTO_UDP) {
		if (!has(part, 8))
			return false;
		if (next == IPPROTO_FRAGMENT && be16(part->at + 2) & 0xfff8)
			return false;
		if (next == IPPROTO_FRAGMENT)
			len = 8;
		else if (next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING ||
			 next == IPPROTO_DSTOPTS)
			len = 8 + 8 * part->at[1];
		else
			return false;
		next = part->at[0];
		if (!skip(part, len))
			return false;
	}
	return true;
}

static bool read_ipv6(struct part *part, struct outer *outer)
{
	const uint8_t *head = part->at;

	if (!has(part, 40))
		return false;
	outer->from.v6.sin6_family = AF_INET6;
	outer->to.v6.sin6_family = AF_INET6;
	memcpy(&outer->from.v6.sin6_addr, head + 8, 16);
	memcpy(&outer->to.v6.sin6_addr, head + 24, 16);
	skip(part, 40);
	return read_extensions(part, head[6]);
}

/* The ports are at the same place in both kinds of addresses. */
static bool read_udp(struct part *part, struct outer *outer)
{
	size_t len;

	if (!has(part, 8))
		return false;
	memcpy(&outer->from.v4.sin_port, part->at, 2);
	memcpy(&outer->to.v4.sin_port, part->at + 2, 2);
	len = be16(part->at + 4);
	if (len < 8 + SHORTEST)
		return false;
	if (part->len > len)
		part->len = len;
	return skip(part, 8);
}

/*
 * WireGuard.
 */

/* What begins as something else is that, however short it is. */
static bool is_data(struct part *part)
{
	static const uint8_t type[] = { TYPE_DATA, 0, 0, 0 };
	size_t len = part->len < sizeof(type) ? part->len : sizeof(type);

	return !memcmp(part->at, type, len) && has(part, HEAD);
}

static void take_one(const uint8_t *at, struct outer *outer, outer_take take, void *data)
{
	memcpy(&outer->index, at + 4, sizeof(outer->index));
	memcpy(&outer->counter, at + 8, sizeof(outer->counter));
	outer->index = le32toh(outer->index);
	outer->counter = le64toh(outer->counter);
	take(data, outer);
}

/* Whether it is packets of that size, one behind the other; the last may be shorter. */
static bool is_made_of(const struct part *part, size_t size)
{
	size_t at;

	for (at = size; at + HEAD <= part->len; at += size) {
		if (memcmp(part->at + at, part->at, SAME))
			return false;
	}
	return true;
}

/*
 * The kernel may hand several packets of one flow through the stack as one, all of
 * a size but the last.
 */
static size_t size_of_first(const struct part *part)
{
	const uint8_t *second;

	if (part->len < SHORTEST + HEAD)
		return part->len;
	second = memmem(part->at + SHORTEST, part->len - SHORTEST, part->at, SAME);
	return second && is_made_of(part, second - part->at) ? (size_t)(second - part->at) :
							       part->len;
}

static void read_messages(struct part *part, struct outer *outer, outer_take take, void *data)
{
	size_t size = size_of_first(part);

	do
		take_one(part->at, outer, take, data);
	while (skip(part, size) && part->len >= HEAD);
}

bool outer_read(const struct outer_frame *frame, outer_take take, void *data)
{
	struct outer outer = { .ns = frame->ns, .way = way_of(frame) };
	struct part part = { frame->data, frame->len, false };
	uint16_t protocol = read_link(frame->link, &part);
	bool is_ip = false;

	if (protocol == PROTOCOL_IPV4)
		is_ip = read_ipv4(&part, &outer);
	else if (protocol == PROTOCOL_IPV6)
		is_ip = read_ipv6(&part, &outer);
	if (!is_ip || !read_udp(&part, &outer) || !is_data(&part))
		return !frame->cut || !part.ended;
	read_messages(&part, &outer, take, data);
	return true;
}

bool outer_same_end(const union outer_end *one, const union outer_end *other)
{
	if (one->any.sa_family != other->any.sa_family || one->v4.sin_port != other->v4.sin_port)
		return false;
	if (one->any.sa_family == AF_INET)
		return one->v4.sin_addr.s_addr == other->v4.sin_addr.s_addr;
	return !memcmp(&one->v6.sin6_addr, &other->v6.sin6_addr, sizeof(struct in6_addr));
}
