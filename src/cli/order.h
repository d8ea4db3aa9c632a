/* SPDX-License-Identifier: GPL-2.0 */
/* order.h - the netlink family "wg-reorder": settings and statistics. */
#ifndef ORDER_H
#define ORDER_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "key.h"
#include "nl.h"
#include "uapi/linux/wg_reorder.h"

/**
 * enum order_setting - which settings are meant, as bits
 * @ORDER_MODE: &order_settings.mode
 * @ORDER_HOLD: &order_settings.hold_us
 * @ORDER_HOLD_MAX: &order_settings.hold_max_us
 * @ORDER_WINDOW: &order_settings.window
 * @ORDER_SCOPE: &order_settings.scope
 */
enum order_setting {
	ORDER_MODE = 1,
	ORDER_HOLD = 2,
	ORDER_HOLD_MAX = 4,
	ORDER_WINDOW = 8,
	ORDER_SCOPE = 16,
};

/* A setting that the module which runs does not have. */
#define ORDER_UNKNOWN UINT32_MAX

/* The module that has a scope first. */
#define ORDER_SCOPE_SINCE "1.3.0"

/* The module whose peers can have settings of their own first. */
#define ORDER_OWN_SINCE "1.4.0"

/**
 * struct order_settings - of one interface
 * @ifindex: its index
 * @ifname: its name
 * @mode: one of enum wg_reorder_mode
 * @hold_us: the wait in the fixed mode, microseconds
 * @hold_max_us: the most in the adaptive mode, microseconds
 * @window: packets
 * @scope: one of enum wg_reorder_scope, as it is shown never %WG_REORDER_SCOPE_AUTO;
 *	%ORDER_UNKNOWN with a module before %ORDER_SCOPE_SINCE
 */
struct order_settings {
	uint32_t ifindex;
	char ifname[IFNAMSIZ];
	uint32_t mode;
	uint32_t hold_us;
	uint32_t hold_max_us;
	uint32_t window;
	uint32_t scope;
};

/* The figures that are one number each, with order_next(): the histograms are between. */
#define ORDER_FIRST WG_REORDER_STAT_AUTHENTICATED
#define ORDER_LAST WG_REORDER_STAT_MAX

/**
 * struct order_stats - of one peer, or totals of an interface
 * @value: by enum wg_reorder_stat, %ORDER_FIRST to %ORDER_LAST; a figure that the
 *	module does not have is 0
 * @extent: WG_REORDER_STAT_EXTENT
 * @hold: WG_REORDER_STAT_HOLD
 */
struct order_stats {
	uint64_t value[ORDER_LAST + 1];
	uint64_t extent[WG_REORDER_EXTENT_BINS];
	uint64_t hold[WG_REORDER_HOLD_BINS];
};

/**
 * struct order_peer - a peer's statistics and settings
 * @key: its public key
 * @stats: what was counted
 * @own: which settings are its own, bits of enum order_setting
 * @settings: if there are such, all that are in force for it; without an interface
 */
struct order_peer {
	uint8_t key[KEY_LEN];
	struct order_stats stats;
	unsigned int own;
	struct order_settings settings;
};

/**
 * struct order_report - statistics of an interface
 * @ifname: its name
 * @totals: those of the interface
 * @peers: each peer, in the order in which they were added
 * @count: how many
 * @room: for how many there is memory
 */
struct order_report {
	char ifname[IFNAMSIZ];
	struct order_stats totals;
	struct order_peer *peers;
	size_t count;
	size_t room;
};

/**
 * struct order - access to the family
 * @nl: socket
 * @family: its number
 */
struct order {
	struct nl nl;
	uint16_t family;
};

/* Return: 0, -ENOENT if no module that keeps order is loaded, another -errno. */
int order_open(struct order *order);
void order_close(struct order *order);

/* Each of these: 0 or -errno; order->nl.why may say more. */
int order_get(struct order *order, const char *ifname, struct order_settings *settings);

/* All interfaces of the network namespace, each once; *list is to be freed, also on errors. */
int order_list(struct order *order, struct order_settings **list, size_t *count);

/**
 * order_set() - change settings
 * @order: access
 * @settings: values, and the name of the interface
 * @given: which of them, bits of enum order_setting
 * @wrong: set to the one that the kernel did not like, 0 if it did not say
 *
 * Return: as the others; -EOPNOTSUPP also if a scope is given and the module has none.
 */
int order_set(struct order *order, const struct order_settings *settings, unsigned int given,
	      unsigned int *wrong);

/*
 * The same for settings of one peer's own; the value %WG_REORDER_INHERIT takes one away.
 * Return: -EOPNOTSUPP also if peers have none of their own with this module.
 */
int order_set_peer(struct order *order, const struct order_settings *settings,
		   const uint8_t *key, unsigned int given, unsigned int *wrong);

/* @key: of one peer, or NULL for the interface and all its peers. */
int order_reset(struct order *order, const char *ifname, const uint8_t *key);

/* Into a report that is all zeros or was filled before; it is freed later. Each peer is there once. */
int order_read(struct order *order, const char *ifname, struct order_report *report);
void order_free(struct order_report *report);

/* The peer of that key, or NULL; see order_sort(). */
const struct order_peer *order_find(const struct order_report *report, const uint8_t *key);
void order_sort(struct order_report *report);

/*
 * What was counted of those peers that have no settings of their own: where there are
 * others, also without what was counted of peers that are gone. Return: how many have.
 */
size_t order_shared(const struct order_report *report, struct order_stats *sum);

/* The scope that one comes to in a mode: never %WG_REORDER_SCOPE_AUTO. */
uint32_t order_scope_in(uint32_t scope, uint32_t mode);

/* The figure after one of them; behind the last one more than %ORDER_LAST. */
unsigned int order_next(unsigned int figure);

/* Whether a figure counts up, so that a difference says something; others are a state. */
bool order_counts_up(unsigned int figure);

/* Of those late, the ones that a longer wait would have been of use to. */
uint64_t order_late_own(const struct order_stats *stats);

/* The name of a figure, as ethtool -S has it. */
const char *order_name(unsigned int figure);

#endif
