// SPDX-License-Identifier: GPL-2.0
/* order.c - the netlink family "wg-reorder": settings and statistics. */
#include "order.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "distinct.h"
#include "kernel.h"
#include "say.h"
#include "util.h"

static const char *const names[ORDER_LAST + 1] = {
	[WG_REORDER_STAT_AUTHENTICATED] = "authenticated",
	[WG_REORDER_STAT_IN_ORDER] = "in_order",
	[WG_REORDER_STAT_REORDERED] = "reordered",
	[WG_REORDER_STAT_RELEASED_FILLED] = "released_filled",
	[WG_REORDER_STAT_RELEASED_TIMED_OUT] = "released_timed_out",
	[WG_REORDER_STAT_RELEASED_PASSED] = "released_passed",
	[WG_REORDER_STAT_RELEASED_OVERFLOWED] = "released_overflowed",
	[WG_REORDER_STAT_RELEASED_FLUSHED] = "released_flushed",
	[WG_REORDER_STAT_LATE] = "late",
	[WG_REORDER_STAT_DUPLICATE] = "duplicate",
	[WG_REORDER_STAT_DISCARDED] = "discarded",
	[WG_REORDER_STAT_HELD] = "held",
	[WG_REORDER_STAT_MAX_HELD] = "max_held",
	[WG_REORDER_STAT_GAPS_OPENED] = "gaps_opened",
	[WG_REORDER_STAT_GAPS_FILLED] = "gaps_filled",
	[WG_REORDER_STAT_GAPS_TIMED_OUT] = "gaps_timed_out",
	[WG_REORDER_STAT_GAPS_PASSED] = "gaps_passed",
	[WG_REORDER_STAT_GAPS_OVERFLOWED] = "gaps_overflowed",
	[WG_REORDER_STAT_GAPS_RESET] = "gaps_reset",
	[WG_REORDER_STAT_GAPS_OPEN] = "gaps_open",
	[WG_REORDER_STAT_WAIT_NS] = "wait_ns",
	[WG_REORDER_STAT_MAX_HOLD_NS] = "max_hold_ns",
	[WG_REORDER_STAT_EPOCHS] = "epochs",
	[WG_REORDER_STAT_EPOCH_CHANGES] = "epoch_changes",
	[WG_REORDER_STAT_EPOCH_HELD] = "epoch_held",
	[WG_REORDER_STAT_STARVED] = "starved",
	[WG_REORDER_STAT_RELEASED_AHEAD] = "released_ahead",
	[WG_REORDER_STAT_RELEASED_BEHIND] = "released_behind",
	[WG_REORDER_STAT_LATE_AHEAD] = "late_ahead",
	[WG_REORDER_STAT_LATE_UNKNOWN] = "late_unknown",
};

unsigned int order_next(unsigned int figure)
{
	do
		figure++;
	while (figure == WG_REORDER_STAT_EXTENT || figure == WG_REORDER_STAT_HOLD);
	return figure;
}

bool order_counts_up(unsigned int figure)
{
	switch (figure) {
	case WG_REORDER_STAT_HELD:
	case WG_REORDER_STAT_MAX_HELD:
	case WG_REORDER_STAT_GAPS_OPEN:
	case WG_REORDER_STAT_WAIT_NS:
	case WG_REORDER_STAT_MAX_HOLD_NS:
		return false;
	default:
		return true;
	}
}

uint64_t order_late_own(const struct order_stats *stats)
{
	const uint64_t *v = stats->value;
	uint64_t others = v[WG_REORDER_STAT_LATE_AHEAD] + v[WG_REORDER_STAT_LATE_UNKNOWN];

	/* They are counted one after the other. */
	return v[WG_REORDER_STAT_LATE] > others ? v[WG_REORDER_STAT_LATE] - others : 0;
}

const char *order_name(unsigned int figure)
{
	return names[figure];
}

int order_open(struct order *order)
{
	int err = nl_open(&order->nl, NETLINK_GENERIC);

	if (err)
		return err;
	err = nl_family(&order->nl, WG_REORDER_GENL_NAME, &order->family);
	if (err)
		order_close(order);
	return err;
}

void order_close(struct order *order)
{
	nl_close(&order->nl);
}

static struct nlmsghdr *begin(struct order *order, uint8_t command, uint16_t flags,
			      const char *ifname)
{
	struct nlmsghdr *request = nl_begin_genl(&order->nl, order->family, command, flags);

	if (ifname)
		mnl_attr_put_strz(request, WG_REORDER_A_IFNAME, ifname);
	return request;
}

/*
 * Settings.
 */

static void read_values(const struct nlattr **table, struct order_settings *settings)
{
	settings->mode = nl_u32(table[WG_REORDER_A_MODE]);
	settings->hold_us = nl_u32(table[WG_REORDER_A_HOLD_US]);
	settings->hold_max_us = nl_u32(table[WG_REORDER_A_HOLD_MAX_US]);
	settings->window = nl_u32(table[WG_REORDER_A_WINDOW]);
	settings->scope = table[WG_REORDER_A_SCOPE] ? nl_u32(table[WG_REORDER_A_SCOPE]) :
						      ORDER_UNKNOWN;
}

static void read_settings(const struct nlmsghdr *message, struct order_settings *settings)
{
	const struct nlattr *table[WG_REORDER_A_MAX + 1];

	nl_parse(table, WG_REORDER_A_MAX, message, sizeof(struct genlmsghdr));
	settings->ifindex = nl_u32(table[WG_REORDER_A_IFINDEX]);
	nl_string(table[WG_REORDER_A_IFNAME], settings->ifname, sizeof(settings->ifname));
	read_values(table, settings);
}

uint32_t order_scope_in(uint32_t scope, uint32_t mode)
{
	if (scope != WG_REORDER_SCOPE_AUTO)
		return scope;
	return mode == WG_REORDER_MODE_FIXED ? WG_REORDER_SCOPE_PEER : WG_REORDER_SCOPE_FLOW;
}

static int take_settings(const struct nlmsghdr *message, void *data)
{
	read_settings(message, data);
	return 0;
}

int order_get(struct order *order, const char *ifname, struct order_settings *settings)
{
	*settings = (struct order_settings){};
	begin(order, WG_REORDER_CMD_GET, 0, ifname);
	return nl_talk(&order->nl, take_settings, settings);
}

/**
 * struct list - settings of interfaces as they come
 * @all: array
 * @count: how many
 */
struct list {
	struct order_settings *all;
	size_t count;
};

static int take_listed(const struct nlmsghdr *message, void *data)
{
	struct list *list = data;

	list->all = say_alloc(list->all, (list->count + 1) * sizeof(*list->all));
	read_settings(message, &list->all[list->count++]);
	return 0;
}

int order_list(struct order *order, struct order_settings **all, size_t *count)
{
	struct list list = {};
	int err, try = 0;

	do {
		list.count = 0;
		begin(order, WG_REORDER_CMD_GET, NLM_F_DUMP, NULL);
		err = nl_talk(&order->nl, take_listed, &list);
	} while (!err && order->nl.changed && ++try < NL_TRIES);
	if (order->nl.changed)
		list.count = distinct(list.all, list.count, sizeof(*list.all),
				      sizeof(list.all->ifindex), NULL);
	*all = list.all;
	*count = list.count;
	return err;
}

/**
 * struct place - where in a request a setting is
 * @setting: one of enum order_setting
 * @type: its attribute
 * @offset: bytes from the start of the request; 0 if it is not there
 * @value: its value
 */
struct place {
	unsigned int setting;
	uint16_t type;
	uint32_t offset;
	uint32_t value;
};

/* An older module refuses what it does not know without saying what that is. */
static int too_old(struct order *order, const char *what, const char *since)
{
	struct loaded loaded;

	kernel_loaded(&loaded);
	snprintf(order->nl.why, sizeof(order->nl.why),
		 "the module that is loaded, %s, has no %s: load version %s or later",
		 *loaded.id.version ? loaded.id.version : "of no version", what, since);
	return -EOPNOTSUPP;
}

static int check_scope(struct order *order, const char *ifname)
{
	struct order_settings settings;
	int err = order_get(order, ifname, &settings);

	if (err || settings.scope != ORDER_UNKNOWN)
		return err;
	return too_old(order, "scope", ORDER_SCOPE_SINCE);
}

int order_set(struct order *order, const struct order_settings *settings, unsigned int given,
	      unsigned int *wrong)
{
	return order_set_peer(order, settings, NULL, given, wrong);
}

int order_set_peer(struct order *order, const struct order_settings *settings,
		   const uint8_t *key, unsigned int given, unsigned int *wrong)
{
	struct place places[] = {
		{ ORDER_MODE, WG_REORDER_A_MODE, 0, settings->mode },
		{ ORDER_HOLD, WG_REORDER_A_HOLD_US, 0, settings->hold_us },
		{ ORDER_HOLD_MAX, WG_REORDER_A_HOLD_MAX_US, 0, settings->hold_max_us },
		{ ORDER_WINDOW, WG_REORDER_A_WINDOW, 0, settings->window },
		{ ORDER_SCOPE, WG_REORDER_A_SCOPE, 0, settings->scope },
	};
	size_t i, count = ARRAY_SIZE(places);
	struct nlmsghdr *request;
	uint32_t key_at;
	int err = 0;

	if (!key && given & ORDER_SCOPE)
		err = check_scope(order, settings->ifname);
	*wrong = err == -EOPNOTSUPP ? ORDER_SCOPE : 0;
	if (err)
		return err;
	request = begin(order, WG_REORDER_CMD_SET, NLM_F_ACK, settings->ifname);
	key_at = request->nlmsg_len;
	if (key)
		mnl_attr_put(request, WG_REORDER_A_PUBLIC_KEY, KEY_LEN, key);
	for (i = 0; i < count; i++) {
		if (!(given & places[i].setting))
			continue;
		places[i].offset = request->nlmsg_len;
		mnl_attr_put_u32(request, places[i].type, places[i].value);
	}
	err = nl_talk(&order->nl, NULL, NULL);
	for (i = 0; i < count && err; i++) {
		if (places[i].offset && places[i].offset == order->nl.wrong)
			*wrong = places[i].setting;
	}
	if (key && err == -EINVAL && order->nl.wrong == key_at)
		return too_old(order, "settings of single peers", ORDER_OWN_SINCE);
	return err;
}

/*
 * Statistics.
 */

static void read_stats(const struct nlattr *nest, struct order_stats *stats)
{
	const struct nlattr *table[WG_REORDER_STAT_MAX + 1];
	unsigned int i;

	*stats = (struct order_stats){};
	if (!nest)
		return;
	nl_parse_nest(table, WG_REORDER_STAT_MAX, nest);
	for (i = ORDER_FIRST; i <= ORDER_LAST; i = order_next(i))
		stats->value[i] = nl_u64(table[i]);
	nl_bytes(table[WG_REORDER_STAT_EXTENT], stats->extent, sizeof(stats->extent));
	nl_bytes(table[WG_REORDER_STAT_HOLD], stats->hold, sizeof(stats->hold));
}

static struct order_peer *add_peer(struct order_report *report)
{
	if (report->count == report->room) {
		report->room = report->room ? 2 * report->room : 16;
		report->peers = say_alloc(report->peers, report->room * sizeof(*report->peers));
	}
	return &report->peers[report->count++];
}

static int take_stats(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *table[WG_REORDER_A_MAX + 1];
	struct order_report *report = data;
	struct order_peer *peer;

	nl_parse(table, WG_REORDER_A_MAX, message, sizeof(struct genlmsghdr));
	if (!table[WG_REORDER_A_PUBLIC_KEY]) {
		nl_string(table[WG_REORDER_A_IFNAME], report->ifname, sizeof(report->ifname));
		read_stats(table[WG_REORDER_A_STATS], &report->totals);
		return 0;
	}
	peer = add_peer(report);
	nl_bytes(table[WG_REORDER_A_PUBLIC_KEY], peer->key, sizeof(peer->key));
	read_stats(table[WG_REORDER_A_STATS], &peer->stats);
	peer->own = nl_u32(table[WG_REORDER_A_OWN]);
	peer->settings = (struct order_settings){};
	if (peer->own)
		read_values(table, &peer->settings);
	return 0;
}

int order_read(struct order *order, const char *ifname, struct order_report *report)
{
	int err, try = 0;

	do {
		report->count = 0;
		begin(order, WG_REORDER_CMD_GET_STATS, NLM_F_DUMP, ifname);
		err = nl_talk(&order->nl, take_stats, report);
	} while (!err && order->nl.changed && ++try < NL_TRIES);
	if (order->nl.changed)
		report->count = distinct(report->peers, report->count, sizeof(*report->peers),
					 sizeof(report->peers->key), NULL);
	return err;
}

void order_free(struct order_report *report)
{
	free(report->peers);
	*report = (struct order_report){};
}

static int compare_peers(const void *one, const void *other)
{
	return memcmp(((const struct order_peer *)one)->key,
		      ((const struct order_peer *)other)->key, KEY_LEN);
}

void order_sort(struct order_report *report)
{
	if (report->count)
		qsort(report->peers, report->count, sizeof(*report->peers), compare_peers);
}

const struct order_peer *order_find(const struct order_report *report, const uint8_t *key)
{
	struct order_peer wanted;

	if (!report->count)
		return NULL;
	memcpy(wanted.key, key, KEY_LEN);
	return bsearch(&wanted, report->peers, report->count, sizeof(*report->peers),
		       compare_peers);
}

/* Of the most of something the sum is the most of all. */
static bool is_most(unsigned int figure)
{
	return figure == WG_REORDER_STAT_MAX_HELD || figure == WG_REORDER_STAT_WAIT_NS ||
	       figure == WG_REORDER_STAT_MAX_HOLD_NS;
}

static void add_stats(struct order_stats *sum, const struct order_stats *one)
{
	unsigned int i;

	for (i = ORDER_FIRST; i <= ORDER_LAST; i = order_next(i)) {
		if (!is_most(i))
			sum->value[i] += one->value[i];
		else if (one->value[i] > sum->value[i])
			sum->value[i] = one->value[i];
	}
	for (i = 0; i < WG_REORDER_EXTENT_BINS; i++)
		sum->extent[i] += one->extent[i];
	for (i = 0; i < WG_REORDER_HOLD_BINS; i++)
		sum->hold[i] += one->hold[i];
}

size_t order_shared(const struct order_report *report, struct order_stats *sum)
{
	size_t i, own = 0;

	*sum = (struct order_stats){};
	for (i = 0; i < report->count; i++) {
		if (report->peers[i].own)
			own++;
		else
			add_stats(sum, &report->peers[i].stats);
	}
	if (!own)
		*sum = report->totals;
	return own;
}

int order_reset(struct order *order, const char *ifname, const uint8_t *key)
{
	struct nlmsghdr *request = begin(order, WG_REORDER_CMD_RESET_STATS, NLM_F_ACK, ifname);

	if (key)
		mnl_attr_put(request, WG_REORDER_A_PUBLIC_KEY, KEY_LEN, key);
	return nl_talk(&order->nl, NULL, NULL);
}
