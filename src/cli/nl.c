// SPDX-License-Identifier: GPL-2.0
/* nl.c - conversations with the kernel through netlink. */
#include "nl.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "say.h"

/* As nlmsgerr_attrs of linux/netlink.h, which has it as an enum. */
#define WHY_TEXT NLMSGERR_ATTR_MSG
#define WHY_OFFSET NLMSGERR_ATTR_OFFS

int nl_open(struct nl *nl, int bus)
{
	int yes = 1, err;

	*nl = (struct nl){ .seq = time(NULL) };
	nl->socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (!nl->socket)
		return -errno;
	if (mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		err = -errno;
		mnl_socket_close(nl->socket);
		nl->socket = NULL;
		return err;
	}
	/* Without these the kernel's words are missing, that is all. */
	mnl_socket_setsockopt(nl->socket, NETLINK_EXT_ACK, &yes, sizeof(yes));
	/* No request comes back, which may hold keys. */
	mnl_socket_setsockopt(nl->socket, NETLINK_CAP_ACK, &yes, sizeof(yes));
	nl->request = say_alloc(NULL, NL_ROOM);
	nl->answer = say_alloc(NULL, NL_ROOM);
	return 0;
}

static void wipe(uint8_t *memory)
{
	if (!memory)
		return;
	explicit_bzero(memory, NL_ROOM);
	free(memory);
}

void nl_close(struct nl *nl)
{
	if (nl->socket)
		mnl_socket_close(nl->socket);
	wipe(nl->request);
	wipe(nl->answer);
	*nl = (struct nl){};
}

struct nlmsghdr *nl_begin(struct nl *nl, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(nl->request);

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	return message;
}

struct nlmsghdr *nl_begin_genl(struct nl *nl, uint16_t family, uint8_t command, uint16_t flags)
{
	struct nlmsghdr *message = nl_begin(nl, family, flags);
	struct genlmsghdr *head = mnl_nlmsg_put_extra_header(message, sizeof(*head));

	head->cmd = command;
	head->version = 1;
	return message;
}

/* What the kernel says behind the number of an error, or behind a dump's end. */
static void read_why(struct nl *nl, const struct nlmsghdr *message, size_t header)
{
	const struct nlattr *table[WHY_OFFSET + 1];

	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	nl_parse(table, WHY_OFFSET, message, header);
	nl_string(table[WHY_TEXT], nl->why, sizeof(nl->why));
	nl->wrong = nl_u32(table[WHY_OFFSET]);
}

static int read_error(struct nl *nl, const struct nlmsghdr *message)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);
	size_t header = sizeof(*error);

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*error))
		return -EBADMSG;
	if (!(message->nlmsg_flags & NLM_F_CAPPED))
		header += error->msg.nlmsg_len - sizeof(error->msg);
	read_why(nl, message, header);
	return error->error;
}

static int read_done(struct nl *nl, const struct nlmsghdr *message)
{
	const int *status = mnl_nlmsg_get_payload(message);

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*status) || *status >= 0)
		return 0;
	read_why(nl, message, sizeof(*status));
	return *status;
}

/*
 * Return: 1 if more follows, 0 at the end of the answer, -errno. What @take
 * does not like is kept in @refused, and the rest of the answer is read all the
 * same, so that the socket can be used again.
 */
static int read_messages(struct nl *nl, int len, nl_take take, void *data, int *refused)
{
	const struct nlmsghdr *message = (const void *)nl->answer;

	for (; mnl_nlmsg_ok(message, len); message = mnl_nlmsg_next(message, &len)) {
		if (message->nlmsg_seq != nl->seq)
			continue;
		nl->changed |= message->nlmsg_flags & NLM_F_DUMP_INTR;
		if (message->nlmsg_type == NLMSG_ERROR)
			return read_error(nl, message);
		if (message->nlmsg_type == NLMSG_DONE)
			return read_done(nl, message);
		if (take && !*refused)
			*refused = take(message, data);
	}
	return 1;
}

/* Whether the kernel will say that it is done: by an acknowledgement or the end of a dump. */
static bool ends_by_itself(const struct nlmsghdr *request)
{
	return request->nlmsg_flags & NLM_F_ACK ||
	       (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
}

int nl_talk_message(struct nl *nl, struct nlmsghdr *request, nl_take take, void *data)
{
	int len, more, refused = 0;

	nl->why[0] = 0;
	nl->wrong = 0;
	nl->changed = false;
	if (!ends_by_itself(request))
		request->nlmsg_flags |= NLM_F_ACK;
	request->nlmsg_seq = ++nl->seq;
	if (mnl_socket_sendto(nl->socket, request, request->nlmsg_len) < 0)
		return -errno;
	do {
		len = mnl_socket_recvfrom(nl->socket, nl->answer, NL_ROOM);
		if (len < 0 && errno == EINTR) {
			more = 1;
			continue;
		}
		if (len < 0)
			return -errno;
		more = read_messages(nl, len, take, data, &refused);
	} while (more > 0);
	return more ? more : refused;
}

int nl_talk(struct nl *nl, nl_take take, void *data)
{
	return nl_talk_message(nl, (struct nlmsghdr *)nl->request, take, data);
}

static int take_family(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *table[CTRL_ATTR_FAMILY_ID + 1];

	nl_parse(table, CTRL_ATTR_FAMILY_ID, message, sizeof(struct genlmsghdr));
	*(uint16_t *)data = nl_u16(table[CTRL_ATTR_FAMILY_ID]);
	return 0;
}

int nl_family(struct nl *nl, const char *name, uint16_t *id)
{
	struct nlmsghdr *request = nl_begin_genl(nl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	int err;

	*id = 0;
	mnl_attr_put_strz(request, CTRL_ATTR_FAMILY_NAME, name);
	err = nl_talk(nl, take_family, id);
	if (err)
		return err;
	return *id ? 0 : -ENOENT;
}

void nl_attributes(const struct nlattr **table, unsigned int most, const struct nlattr *first,
		   const void *end)
{
	const struct nlattr *attr;
	unsigned int type;

	memset(table, 0, (most + 1) * sizeof(*table));
	for (attr = first; mnl_attr_ok(attr, (const char *)end - (const char *)attr);
	     attr = mnl_attr_next(attr)) {
		type = mnl_attr_get_type(attr);
		if (type <= most)
			table[type] = attr;
	}
}

void nl_parse(const struct nlattr **table, unsigned int most, const struct nlmsghdr *message,
	      size_t header)
{
	if (mnl_nlmsg_get_payload_len(message) < MNL_ALIGN(header)) {
		memset(table, 0, (most + 1) * sizeof(*table));
		return;
	}
	nl_attributes(table, most, mnl_nlmsg_get_payload_offset(message, header),
		      mnl_nlmsg_get_payload_tail(message));
}

void nl_parse_nest(const struct nlattr **table, unsigned int most, const struct nlattr *nest)
{
	const char *payload = mnl_attr_get_payload(nest);

	nl_attributes(table, most, (const void *)payload, payload + mnl_attr_get_payload_len(nest));
}

bool nl_bytes(const struct nlattr *attr, void *to, size_t size)
{
	memset(to, 0, size);
	if (!attr || mnl_attr_get_payload_len(attr) < size)
		return false;
	memcpy(to, mnl_attr_get_payload(attr), size);
	return true;
}

uint64_t nl_u64(const struct nlattr *attr)
{
	uint64_t value;

	nl_bytes(attr, &value, sizeof(value));
	return value;
}

uint32_t nl_u32(const struct nlattr *attr)
{
	uint32_t value;

	nl_bytes(attr, &value, sizeof(value));
	return value;
}

uint16_t nl_u16(const struct nlattr *attr)
{
	uint16_t value;

	nl_bytes(attr, &value, sizeof(value));
	return value;
}

uint8_t nl_u8(const struct nlattr *attr)
{
	uint8_t value;

	nl_bytes(attr, &value, sizeof(value));
	return value;
}

void nl_string(const struct nlattr *attr, char *to, size_t size)
{
	size_t len = attr ? mnl_attr_get_payload_len(attr) : 0;

	if (len >= size)
		len = size - 1;
	if (len)
		memcpy(to, mnl_attr_get_payload(attr), len);
	to[len] = 0;
}
