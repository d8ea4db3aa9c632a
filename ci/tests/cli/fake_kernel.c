// SPDX-License-Identifier: GPL-2.0
/*
 * fake_kernel.c - stands between the command and the kernel.
 *
 * Linked into the command, it takes the place of libmnl's sockets: what goes to
 * generic netlink is answered here, all other netlink goes to the real kernel. So
 * the whole command runs without the module.
 *
 *   WGR_ROOT      sys/module/wireguard/srcversion below it says which module
 *                 "runs": ours if it begins with "OURS"
 *   FAKE_IFS      interfaces, with spaces between (default wg0)
 *   FAKE_PEERS    how many peers each has (default 2)
 *   FAKE_EPERM    refuse all that needs rights
 *   FAKE_QUIET    refuse without words
 *   FAKE_STEP     file: figures of order grow by one step with each reading
 *   FAKE_LATE     that many packets of each peer were late
 *   FAKE_AHEAD    that many went up ahead of what was missing
 *   FAKE_BEHIND   that many went up behind what other flows had sent later
 *   FAKE_LATE_AHEAD    of those late, that many were of a flow that went ahead
 *   FAKE_LATE_UNKNOWN  of those late, that many were of flows not known any more
 *   FAKE_OLD      with 1 as a module of 1.2.0, which has no scope and none of its
 *                 figures; with a srcversion the module of that one is it
 *   FAKE_OVERFLOWED  that many gaps were given up as the window was full
 *   FAKE_MAX_HELD  so many packets were held at most (default 4)
 *   FAKE_WORSE    the number of the one peer of which packets were late, and gaps given
 *                 up; without it of all
 *   FAKE_PACKETS  that many packets came from each peer (default 1000)
 *   FAKE_WAIT_US  how long packets may be held now (default 50000)
 *   FAKE_IDLE     nothing came from the peers from this number on
 *   FAKE_ORDERLY  nothing was ever held or behind
 *   FAKE_SETTINGS  folder: settings are kept there, in a file for each interface, and
 *                 in one more for each peer, "wg0.1": lines "ATTRIBUTE VALUE" of its own
 *   FAKE_NO_OWN   the same as a module of 1.3.0: peers have none of their own
 *   FAKE_SET_ERROR  errno of all requests to the family wireguard that set
 *   FAKE_CHANGED  that many dumps are interrupted by a change, and have the first
 *                 entry once more at their end, with other figures
 *   FAKE_GONE     an interface that is listed, and gone when it is asked for
 *   FAKE_GONE_FILE  file: while it has the name of an interface, that one is gone
 *   FAKE_BUSY     an interface by which ten times as many packets come
 *   FAKE_LOG      file: each request to the family wireguard that sets, in hex
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/wireguard.h>
#include <malloc.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "uapi/linux/wg_reorder.h"

/*
 * With FAKE_WIPED memory with keys in it may not be given back (--wrap=free).
 * What stands in for the kernel may do so.
 */
void __real_free(void *memory);
#ifndef FAKE_WIPED
#define __real_free free
#endif

#define FAMILY_WIREGUARD 30
#define FAMILY_ORDER 31
#define LINE 4096

/* A socket: a real one, or answers that wait to be read. */
struct mnl_socket {
	int fd;
	uint8_t *answers;
	size_t len;
	size_t room;
	size_t at;
};

/* Nothing of what is in it may turn up in other memory. */
static void give_back(uint8_t *answers, size_t len)
{
	if (answers)
		explicit_bzero(answers, len);
	__real_free(answers);
}

struct mnl_socket *mnl_socket_open2(int bus, int flags)
{
	struct mnl_socket *s = calloc(1, sizeof(*s));

	s->fd = bus == NETLINK_GENERIC ? -1 : socket(AF_NETLINK, SOCK_RAW | flags, bus);
	return s;
}

int mnl_socket_bind(struct mnl_socket *s, unsigned int groups, pid_t pid)
{
	(void)s, (void)groups, (void)pid;
	return 0;
}

int mnl_socket_setsockopt(const struct mnl_socket *s, int type, void *value, socklen_t len)
{
	return s->fd < 0 ? 0 : setsockopt(s->fd, SOL_NETLINK, type, value, len);
}

int mnl_socket_close(struct mnl_socket *s)
{
	if (s->fd >= 0)
		close(s->fd);
	give_back(s->answers, s->len);
	__real_free(s);
	return 0;
}

ssize_t mnl_socket_recvfrom(const struct mnl_socket *socket, void *to, size_t size)
{
	struct mnl_socket *s = (struct mnl_socket *)socket;
	const struct nlmsghdr *first;
	size_t len = 0;

	if (s->fd >= 0)
		return recv(s->fd, to, size, 0);
	/* As many messages as a kernel would put together. */
	while (s->at + len < s->len) {
		first = (const void *)(s->answers + s->at + len);
		if (len && len + first->nlmsg_len > 8192)
			break;
		len += MNL_ALIGN(first->nlmsg_len);
	}
	memcpy(to, s->answers + s->at, len);
	s->at += len;
	return len;
}

/*
 * Answers.
 */

static uint8_t scratch[65536];
static const struct nlmsghdr *request;
/* The dump that is being answered is interrupted. */
static bool changed;

static void push(struct mnl_socket *s, struct nlmsghdr *message)
{
	size_t len = MNL_ALIGN(message->nlmsg_len);
	uint8_t *longer;

	message->nlmsg_seq = request->nlmsg_seq;
	if (s->len + len > s->room) {
		s->room = 2 * s->room + len;
		longer = calloc(1, s->room);
		if (s->len)
			memcpy(longer, s->answers, s->len);
		give_back(s->answers, s->len);
		s->answers = longer;
	}
	memcpy(s->answers + s->len, message, message->nlmsg_len);
	s->len += len;
}

static struct nlmsghdr *answer(uint8_t command)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(scratch);
	struct genlmsghdr *head;

	message->nlmsg_type = request->nlmsg_type;
	message->nlmsg_flags = NLM_F_MULTI | (changed ? NLM_F_DUMP_INTR : 0);
	head = mnl_nlmsg_put_extra_header(message, sizeof(*head));
	head->cmd = command;
	head->version = 1;
	return message;
}

/* An error, or with 0 an acknowledgement; capped, as the command asks for. */
static void end(struct mnl_socket *s, int error, const char *why, const struct nlattr *wrong)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(scratch);
	struct nlmsgerr *about;

	if (!error && (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP) {
		message->nlmsg_type = NLMSG_DONE;
		*(int *)mnl_nlmsg_put_extra_header(message, sizeof(int)) = 0;
		push(s, message);
		return;
	}
	message->nlmsg_type = NLMSG_ERROR;
	message->nlmsg_flags = NLM_F_CAPPED;
	about = mnl_nlmsg_put_extra_header(message, sizeof(*about));
	about->error = -error;
	about->msg = *request;
	if (why && !getenv("FAKE_QUIET")) {
		message->nlmsg_flags |= NLM_F_ACK_TLVS;
		mnl_attr_put_strz(message, NLMSGERR_ATTR_MSG, why);
		if (wrong)
			mnl_attr_put_u32(message, NLMSGERR_ATTR_OFFS,
					 (const char *)wrong - (const char *)request);
	}
	push(s, message);
}

/*
 * What there is.
 */

static unsigned int number(const char *name, unsigned int otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

/* Of the module that "runs", "" if none does. */
static void read_srcversion(char text[LINE])
{
	char path[LINE];
	FILE *file;

	*text = 0;
	snprintf(path, sizeof(path), "%s/sys/module/wireguard/srcversion", getenv("WGR_ROOT"));
	file = fopen(path, "r");
	if (!file)
		return;
	if (!fgets(text, LINE, file))
		*text = 0;
	fclose(file);
}

static bool ours_runs(void)
{
	char text[LINE];

	read_srcversion(text);
	return !strncmp(text, "OURS", 4);
}

/* Whether the variable is 1 or names the module that "runs". */
static bool is_that(const char *name)
{
	const char *which = getenv(name);
	char text[LINE];

	read_srcversion(text);
	return which && (!strcmp(which, "1") || !strncmp(text, which, strlen(which)));
}

static bool is_old(void)
{
	return is_that("FAKE_OLD");
}

/* The name of interface @n, "" behind the last one. */
static void interface(unsigned int n, char *to)
{
	const char *all = getenv("FAKE_IFS") ? getenv("FAKE_IFS") : "wg0";

	*to = 0;
	for (; *all; all += strcspn(all, " ")) {
		all += *all == ' ';
		if (!n--) {
			sprintf(to, "%.*s", (int)strcspn(all, " "), all);
			return;
		}
	}
}

static bool is_away(const char *name)
{
	const char *path = getenv("FAKE_GONE_FILE");
	FILE *file = path ? fopen(path, "r") : NULL;
	char text[LINE] = "";

	if (!file)
		return false;
	if (!fgets(text, sizeof(text), file))
		*text = 0;
	fclose(file);
	return !strcmp(text, name);
}

/* Return: its number, or -1. */
static int find(const char *name)
{
	const char *gone = getenv("FAKE_GONE");
	char known[LINE];
	int n = 0;

	if ((gone && !strcmp(name, gone)) || is_away(name))
		return -1;
	for (interface(0, known); *known; interface(++n, known)) {
		if (!strcmp(known, name))
			return n;
	}
	return -1;
}

static void key_of(unsigned int peer, uint8_t key[32])
{
	memset(key, 0x11, 32);
	/* Not in the order of their numbers, as no keys are. */
	key[0] = peer * 7;
	key[1] = peer >> 8;
	key[2] = peer;
}

/* Steps so far; each reading is one more. */
static unsigned int step(void)
{
	const char *path = getenv("FAKE_STEP");
	unsigned int now = 0;
	FILE *file;

	if (!path)
		return 1;
	file = fopen(path, "r");
	if (file) {
		if (fscanf(file, "%u", &now) != 1)
			now = 0;
		fclose(file);
	}
	file = fopen(path, "w");
	fprintf(file, "%u", now + 1);
	fclose(file);
	return now + 1;
}

#ifdef FAKE_WIPED
void __wrap_free(void *memory);

/* Eight bytes of a private or preshared key are enough to tell. */
void __wrap_free(void *memory)
{
	static const char secret[] = "\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5", psk[] = "\\\\\\\\\\\\\\\\";
	size_t size = memory ? malloc_usable_size(memory) : 0;

	if (size && (memmem(memory, size, secret, 8) || memmem(memory, size, psk, 8))) {
		fprintf(stderr, "memory with a key in it is given back\n");
		abort();
	}
	__real_free(memory);
}
#endif

/*
 * The family wg-reorder.
 */

static void put_name(struct nlmsghdr *to, int n)
{
	char name[LINE];

	interface(n, name);
	mnl_attr_put_u32(to, WG_REORDER_A_IFINDEX, 10 + n);
	mnl_attr_put_strz(to, WG_REORDER_A_IFNAME, name);
}

/* The settings that there are, and their values at first. */
static const struct {
	int attr;
	uint32_t value;
} settings[] = {
	{ WG_REORDER_A_MODE, 0 },
	{ WG_REORDER_A_HOLD_US, 5000 },
	{ WG_REORDER_A_HOLD_MAX_US, 50000 },
	{ WG_REORDER_A_WINDOW, 8192 },
	{ WG_REORDER_A_SCOPE, WG_REORDER_SCOPE_AUTO },
};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

static FILE *settings_file(int n, const char *how)
{
	char path[2 * LINE], name[LINE];

	if (!getenv("FAKE_SETTINGS"))
		return NULL;
	interface(n, name);
	snprintf(path, sizeof(path), "%s/%s", getenv("FAKE_SETTINGS"), name);
	return fopen(path, how);
}

static void read_settings(int n, uint32_t *values)
{
	FILE *file = settings_file(n, "r");
	size_t i;

	for (i = 0; i < SETTINGS; i++) {
		values[i] = i ? settings[i].value : (uint32_t)n % 3;
		/* A file of a test may end before the scope. */
		if (file && fscanf(file, "%u", &values[i]) != 1 &&
		    settings[i].attr != WG_REORDER_A_SCOPE)
			abort();
	}
	if (file)
		fclose(file);
}

/* Changes those that are in the request. */
static void keep_settings(int n, const struct nlattr **table)
{
	uint32_t values[SETTINGS];
	FILE *file;
	size_t i;

	read_settings(n, values);
	file = settings_file(n, "w");
	for (i = 0; i < SETTINGS && file; i++)
		fprintf(file, "%u\n", table[settings[i].attr] ?
				      mnl_attr_get_u32(table[settings[i].attr]) : values[i]);
	if (file)
		fclose(file);
}

/* What interface @n has in a file of peer @peer; room for more than there should be. */
static FILE *own_file(int n, unsigned int peer, const char *how)
{
	char path[2 * LINE], name[LINE];

	if (!getenv("FAKE_SETTINGS"))
		return NULL;
	interface(n, name);
	snprintf(path, sizeof(path), "%s/%s.%u", getenv("FAKE_SETTINGS"), name, peer);
	return fopen(path, how);
}

/* Puts what is a peer's own into @values. Return: which of them, as bits. */
static unsigned int read_own(int n, unsigned int peer, uint32_t *values)
{
	FILE *file = own_file(n, peer, "r");
	unsigned int attr, value, own = 0;
	size_t i;

	while (file && fscanf(file, "%u %u", &attr, &value) == 2) {
		for (i = 0; i < SETTINGS; i++) {
			if (settings[i].attr != (int)attr)
				continue;
			values[i] = value;
			own |= 1 << i;
		}
	}
	if (file)
		fclose(file);
	return own;
}

static void keep_own(int n, unsigned int peer, const struct nlattr **table)
{
	uint32_t values[SETTINGS];
	unsigned int own = read_own(n, peer, values);
	FILE *file = own_file(n, peer, "w");
	size_t i;

	for (i = 0; i < SETTINGS && file; i++) {
		if (table[settings[i].attr]) {
			values[i] = mnl_attr_get_u32(table[settings[i].attr]);
			own &= ~(1 << i);
			own |= (values[i] != WG_REORDER_INHERIT) << i;
		}
		if (own & 1 << i)
			fprintf(file, "%u %u\n", settings[i].attr, values[i]);
	}
	if (file)
		fclose(file);
}

static void put_settings(struct nlmsghdr *to, uint32_t *values)
{
	size_t i;

	for (i = 0; i < SETTINGS; i++) {
		if (settings[i].attr == WG_REORDER_A_SCOPE && is_old())
			continue;
		/* What it comes to. */
		if (settings[i].attr == WG_REORDER_A_SCOPE && values[i] == WG_REORDER_SCOPE_AUTO)
			values[i] = values[0] == WG_REORDER_MODE_FIXED;
		mnl_attr_put_u32(to, settings[i].attr, values[i]);
	}
	/* As a later module may. */
	mnl_attr_put_u32(to, WG_REORDER_A_MAX + 3, 1);
}

static void push_settings(struct mnl_socket *s, int n)
{
	struct nlmsghdr *to = answer(WG_REORDER_CMD_GET);
	uint32_t values[SETTINGS];

	put_name(to, n);
	read_settings(n, values);
	put_settings(to, values);
	push(s, to);
}

static bool has_own(void)
{
	return !is_old() && !is_that("FAKE_NO_OWN");
}

static void put_own(struct nlmsghdr *to, int n, unsigned int peer)
{
	uint32_t values[SETTINGS];
	unsigned int own;

	read_settings(n, values);
	own = read_own(n, peer, values);
	if (!own || !has_own())
		return;
	mnl_attr_put_u32(to, WG_REORDER_A_OWN, own);
	put_settings(to, values);
}

/* Figures that add up as they should, @worse times those of what did not go well. */
static void put_stats(struct nlmsghdr *to, unsigned int times, unsigned int worse)
{
	uint64_t packets = number("FAKE_PACKETS", 1000), late = number("FAKE_LATE", 1);
	uint64_t ahead = number("FAKE_AHEAD", 0), behind = number("FAKE_BEHIND", 0);
	uint64_t in_order = (packets - 10 - ahead - behind) * times - late * worse;
	uint64_t values[WG_REORDER_STAT_MAX + 1] = {
		[WG_REORDER_STAT_AUTHENTICATED] = packets * times,
		[WG_REORDER_STAT_IN_ORDER] = in_order,
		[WG_REORDER_STAT_REORDERED] = (9 + ahead + behind) * times,
		[WG_REORDER_STAT_RELEASED_FILLED] = 7 * times,
		[WG_REORDER_STAT_RELEASED_TIMED_OUT] = 2 * times,
		[WG_REORDER_STAT_LATE] = late * worse,
		[WG_REORDER_STAT_DUPLICATE] = 1 * times,
		[WG_REORDER_STAT_MAX_HELD] = number("FAKE_MAX_HELD", 4),
		[WG_REORDER_STAT_GAPS_OPENED] = 5 * times + number("FAKE_OVERFLOWED", 0) * worse,
		[WG_REORDER_STAT_GAPS_FILLED] = 3 * times,
		[WG_REORDER_STAT_GAPS_TIMED_OUT] = 2 * times,
		[WG_REORDER_STAT_GAPS_OVERFLOWED] = number("FAKE_OVERFLOWED", 0) * worse,
		[WG_REORDER_STAT_WAIT_NS] = number("FAKE_WAIT_US", 50000) * 1000ull,
		[WG_REORDER_STAT_MAX_HOLD_NS] = 20100000,
		[WG_REORDER_STAT_EPOCHS] = 1,
		[WG_REORDER_STAT_RELEASED_AHEAD] = ahead * times,
		[WG_REORDER_STAT_RELEASED_BEHIND] = behind * times,
		[WG_REORDER_STAT_LATE_AHEAD] = number("FAKE_LATE_AHEAD", 0) * worse,
		[WG_REORDER_STAT_LATE_UNKNOWN] = number("FAKE_LATE_UNKNOWN", 0) * worse,
	};
	uint64_t extent[WG_REORDER_EXTENT_BINS] = { 3 * times, 0, 1 * times };
	uint64_t hold[WG_REORDER_HOLD_BINS] = { [20] = 8 * times, [24] = 1 * times };
	struct nlattr *nest = mnl_attr_nest_start(to, WG_REORDER_A_STATS);
	unsigned int i;

	if (getenv("FAKE_ORDERLY")) {
		memset(extent, 0, sizeof(extent));
		memset(hold, 0, sizeof(hold));
	}
	for (i = WG_REORDER_STAT_AUTHENTICATED; i <= WG_REORDER_STAT_STARVED; i++) {
		mnl_attr_put(to, WG_REORDER_STAT_PAD, 0, NULL);
		mnl_attr_put_u64(to, i, values[i]);
	}
	mnl_attr_put(to, WG_REORDER_STAT_EXTENT, sizeof(extent), extent);
	mnl_attr_put(to, WG_REORDER_STAT_HOLD, sizeof(hold), hold);
	for (i = WG_REORDER_STAT_RELEASED_AHEAD; i <= WG_REORDER_STAT_MAX && !is_old(); i++)
		mnl_attr_put_u64(to, i, values[i]);
	/* As a later module may. */
	mnl_attr_put_u64(to, WG_REORDER_STAT_MAX + 5, 1);
	mnl_attr_nest_end(to, nest);
}

static void push_peer(struct mnl_socket *s, int n, unsigned int peer, unsigned int times)
{
	struct nlmsghdr *to = answer(WG_REORDER_CMD_GET_STATS);
	uint8_t key[32];

	mnl_attr_put_u32(to, WG_REORDER_A_IFINDEX, 10 + n);
	key_of(peer, key);
	mnl_attr_put(to, WG_REORDER_A_PUBLIC_KEY, 32, key);
	put_own(to, n, peer);
	put_stats(to, times, number("FAKE_WORSE", peer) == peer ? times : 0);
	push(s, to);
}

static void push_stats(struct mnl_socket *s, int n)
{
	unsigned int i, peers = number("FAKE_PEERS", 2), now = step();
	struct nlmsghdr *to = answer(WG_REORDER_CMD_GET_STATS);
	char name[LINE];

	interface(n, name);
	if (getenv("FAKE_BUSY") && !strcmp(name, getenv("FAKE_BUSY")))
		now *= 10;
	put_name(to, n);
	put_stats(to, peers * now, getenv("FAKE_WORSE") ? now : peers * now);
	push(s, to);
	for (i = 0; i < peers; i++)
		push_peer(s, n, i, i < number("FAKE_IDLE", peers) ? now : 0);
	if (changed)
		push_peer(s, n, 0, 2 * now);
}

static void attributes(const struct nlattr **table, unsigned int most)
{
	const struct nlattr *attr;

	memset(table, 0, (most + 1) * sizeof(*table));
	mnl_attr_for_each(attr, request, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) <= most)
			table[mnl_attr_get_type(attr)] = attr;
	}
}

/* Return: its number, or -1. */
static int find_peer(const struct nlattr *attr)
{
	unsigned int i, peers = number("FAKE_PEERS", 2);
	uint8_t key[32];

	for (i = 0; i < peers; i++) {
		key_of(i, key);
		if (!memcmp(mnl_attr_get_payload(attr), key, 32))
			return i;
	}
	return -1;
}

static void set(struct mnl_socket *s, int n, const struct nlattr **table)
{
	const struct nlattr *peer = table[WG_REORDER_A_PUBLIC_KEY];
	static const struct {
		int attr;
		uint32_t min, max;
		const char *why;
	} rules[] = {
		{ WG_REORDER_A_MODE, 0, 2, "mode: give adaptive (0), fixed (1) or off (2)" },
		{ WG_REORDER_A_HOLD_US, 0, 1000000, "hold_us: give 0 to 1000000 microseconds" },
		{ WG_REORDER_A_HOLD_MAX_US, 0, 5000000,
		  "hold_max_us: give 0 to 5000000 microseconds" },
		{ WG_REORDER_A_WINDOW, 64, 32768,
		  "window: give a power of two from 64 to 32768 packets" },
		{ WG_REORDER_A_SCOPE, 0, 2, "scope: give flow (0), peer (1) or auto (2)" },
	};
	size_t i;

	/* As the kernel says it of what a module's policy does not have. */
	if (!has_own() && peer) {
		end(s, EINVAL, "Unsupported attribute", peer);
		return;
	}
	if (is_old() && table[WG_REORDER_A_SCOPE]) {
		end(s, EINVAL, "Unknown attribute type", table[WG_REORDER_A_SCOPE]);
		return;
	}
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct nlattr *attr = table[rules[i].attr];
		uint32_t value = attr ? mnl_attr_get_u32(attr) : 0;

		if (attr && (value < rules[i].min || value > rules[i].max) &&
		    !(peer && value == WG_REORDER_INHERIT)) {
			end(s, ERANGE, rules[i].why, attr);
			return;
		}
	}
	if (peer && find_peer(peer) < 0) {
		end(s, ENOENT, "the interface has no peer with this public key", peer);
		return;
	}
	if (peer)
		keep_own(n, find_peer(peer), table);
	else
		keep_settings(n, table);
	end(s, 0, NULL, NULL);
}

static void reset(struct mnl_socket *s, const struct nlattr *key)
{
	uint8_t first[32];

	key_of(0, first);
	if (key && memcmp(mnl_attr_get_payload(key), first, 32))
		end(s, ENOENT, "the interface has no peer with this public key", key);
	else
		end(s, 0, NULL, NULL);
}

static void answer_order(struct mnl_socket *s, uint8_t command)
{
	const struct nlattr *table[WG_REORDER_A_MAX + 1], *name;
	char known[LINE];
	int n;

	attributes(table, WG_REORDER_A_MAX);
	name = table[WG_REORDER_A_IFNAME];
	if (getenv("FAKE_EPERM")) {
		end(s, EPERM, NULL, NULL);
		return;
	}
	if (!name) {
		for (n = 0, interface(0, known); *known; interface(++n, known)) {
			if (!is_away(known))
				push_settings(s, n);
		}
		if (changed)
			push_settings(s, 0);
		end(s, 0, NULL, NULL);
		return;
	}
	n = find(mnl_attr_get_str(name));
	if (n < 0) {
		end(s, ENODEV, "no such interface in this network namespace: create it first",
		    name);
		return;
	}
	if (command == WG_REORDER_CMD_SET) {
		set(s, n, table);
		return;
	}
	if (command == WG_REORDER_CMD_RESET_STATS) {
		reset(s, table[WG_REORDER_A_PUBLIC_KEY]);
		return;
	}
	if (command == WG_REORDER_CMD_GET)
		push_settings(s, n);
	else
		push_stats(s, n);
	end(s, 0, NULL, NULL);
}

/*
 * The family wireguard.
 */

static void put_allowed(struct nlmsghdr *to, unsigned int peer, unsigned int n)
{
	struct in6_addr v6 = { .s6_addr = { 0xfd, 0, 0, 0, 0, 0, 0, 0, peer >> 8, peer, n } };
	uint32_t v4 = htonl(0x0a000000 + peer);
	struct nlattr *nest = mnl_attr_nest_start(to, 0);

	mnl_attr_put_u16(to, WGALLOWEDIP_A_FAMILY, n ? AF_INET6 : AF_INET);
	mnl_attr_put(to, WGALLOWEDIP_A_IPADDR, n ? 16 : 4, n ? (void *)&v6 : &v4);
	mnl_attr_put_u8(to, WGALLOWEDIP_A_CIDR_MASK, n ? 128 : 32);
	mnl_attr_nest_end(to, nest);
}

static void put_state(struct nlmsghdr *to, unsigned int peer)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(2000 + peer),
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(2000 + peer),
				  .sin_addr.s_addr = htonl(0xc0000201) };
	int64_t when[2] = { peer == 1 ? 0 : time(NULL) - 65 - peer };
	uint8_t psk[32] = {};

	if (!peer)
		memset(psk, 0x5c, sizeof(psk));
	mnl_attr_put(to, WGPEER_A_PRESHARED_KEY, 32, psk);
	mnl_attr_put(to, WGPEER_A_LAST_HANDSHAKE_TIME, sizeof(when), when);
	mnl_attr_put_u16(to, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, peer ? 0 : 25);
	mnl_attr_put_u64(to, WGPEER_A_RX_BYTES, 1536 * peer);
	mnl_attr_put_u64(to, WGPEER_A_TX_BYTES, 5);
	mnl_attr_put_u32(to, WGPEER_A_PROTOCOL_VERSION, 1);
	if (peer == 1)
		mnl_attr_put(to, WGPEER_A_ENDPOINT, sizeof(v6), &v6);
	else
		mnl_attr_put(to, WGPEER_A_ENDPOINT, sizeof(v4), &v4);
}

/* @from and @more: which of its allowed addresses come now. */
static void put_peer(struct nlmsghdr *to, unsigned int peer, unsigned int from, unsigned int more)
{
	struct nlattr *nest = mnl_attr_nest_start(to, 0), *allowed;
	uint8_t key[32];

	key_of(peer, key);
	mnl_attr_put(to, WGPEER_A_PUBLIC_KEY, 32, key);
	if (!from)
		put_state(to, peer);
	allowed = mnl_attr_nest_start(to, WGPEER_A_ALLOWEDIPS);
	for (; more--; from++)
		put_allowed(to, peer, from);
	mnl_attr_nest_end(to, allowed);
	mnl_attr_nest_end(to, nest);
}

static void put_device(struct nlmsghdr *to, int n)
{
	uint8_t secret[32], public[32];
	char name[LINE];

	memset(secret, 0xa5, sizeof(secret));
	memset(public, 0x77, sizeof(public));
	interface(n, name);
	mnl_attr_put_u32(to, WGDEVICE_A_IFINDEX, 10 + n);
	mnl_attr_put_strz(to, WGDEVICE_A_IFNAME, name);
	mnl_attr_put_u16(to, WGDEVICE_A_LISTEN_PORT, 51820 + n);
	mnl_attr_put_u32(to, WGDEVICE_A_FWMARK, 0xca6c);
	mnl_attr_put(to, WGDEVICE_A_PRIVATE_KEY, 32, secret);
	mnl_attr_put(to, WGDEVICE_A_PUBLIC_KEY, 32, public);
}

/* The last peer's addresses take two messages. */
static void push_device(struct mnl_socket *s, int n)
{
	unsigned int i, peers = number("FAKE_PEERS", 2);
	struct nlattr *nest;
	struct nlmsghdr *to;

	for (i = 0; i <= peers; i++) {
		to = answer(WG_CMD_GET_DEVICE);
		if (!i)
			put_device(to, n);
		nest = mnl_attr_nest_start(to, WGDEVICE_A_PEERS);
		if (i && i == peers)
			put_peer(to, i - 1, 2, 1);
		else if (i < peers)
			put_peer(to, i, 0, 2);
		mnl_attr_nest_end(to, nest);
		push(s, to);
	}
	if (changed) {
		to = answer(WG_CMD_GET_DEVICE);
		nest = mnl_attr_nest_start(to, WGDEVICE_A_PEERS);
		put_peer(to, 0, 0, 1);
		mnl_attr_nest_end(to, nest);
		push(s, to);
	}
	end(s, 0, NULL, NULL);
}

static void log_request(void)
{
	const uint8_t *bytes = (const void *)request;
	FILE *file;
	size_t i;

	if (!getenv("FAKE_LOG"))
		return;
	file = fopen(getenv("FAKE_LOG"), "a");
	for (i = 0; i < request->nlmsg_len; i++)
		fprintf(file, "%02x", bytes[i]);
	fputc('\n', file);
	fclose(file);
}

static void answer_wireguard(struct mnl_socket *s, uint8_t command)
{
	const struct nlattr *table[WGDEVICE_A_MAX + 1];
	int n;

	attributes(table, WGDEVICE_A_MAX);
	n = table[WGDEVICE_A_IFNAME] ? find(mnl_attr_get_str(table[WGDEVICE_A_IFNAME])) : -1;
	if (getenv("FAKE_EPERM")) {
		end(s, EPERM, NULL, NULL);
	} else if (n < 0) {
		end(s, ENODEV, NULL, NULL);
	} else if (command == WG_CMD_GET_DEVICE) {
		push_device(s, n);
	} else {
		log_request();
		end(s, number("FAKE_SET_ERROR", 0), NULL, NULL);
	}
}

static void answer_family(struct mnl_socket *s)
{
	const struct nlattr *table[CTRL_ATTR_FAMILY_NAME + 1];
	struct nlmsghdr *to;
	bool order;

	attributes(table, CTRL_ATTR_FAMILY_NAME);
	order = !strcmp(mnl_attr_get_str(table[CTRL_ATTR_FAMILY_NAME]), WG_REORDER_GENL_NAME);
	if (order && !ours_runs()) {
		end(s, ENOENT, NULL, NULL);
		return;
	}
	to = answer(CTRL_CMD_NEWFAMILY);
	mnl_attr_put_u16(to, CTRL_ATTR_FAMILY_ID, order ? FAMILY_ORDER : FAMILY_WIREGUARD);
	push(s, to);
	end(s, 0, NULL, NULL);
}

/* Whether this dump is one of those that a change interrupts. */
static bool is_interrupted(void)
{
	static unsigned int dumps;

	return (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP &&
	       dumps++ < number("FAKE_CHANGED", 0);
}

ssize_t mnl_socket_sendto(const struct mnl_socket *socket, const void *message, size_t len)
{
	struct mnl_socket *s = (struct mnl_socket *)socket;
	const struct genlmsghdr *head;

	if (s->fd >= 0)
		return send(s->fd, message, len, 0);
	request = message;
	head = mnl_nlmsg_get_payload(request);
	changed = is_interrupted();
	give_back(s->answers, s->len);
	s->answers = NULL;
	s->room = 0;
	s->len = 0;
	s->at = 0;
	if (request->nlmsg_type == GENL_ID_CTRL)
		answer_family(s);
	else if (request->nlmsg_type == FAMILY_ORDER)
		answer_order(s, head->cmd);
	else
		answer_wireguard(s, head->cmd);
	return len;
}
