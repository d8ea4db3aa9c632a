/* SPDX-License-Identifier: GPL-2.0 */
/*
 * look.h - what has been counted since an earlier look.
 *
 * The module counts from the time an interface is made, and settings are to be
 * judged by what came under them. So what was counted when they were changed, or
 * when doctor looked last, is kept in /run/wireguard-reorder, if there may be written:
 * a file for each interface, and one for each peer that has settings of its own.
 */
#ifndef LOOK_H
#define LOOK_H

#include "klog.h"
#include "order.h"

/* Fewer packets than this say nothing. */
#define LOOK_ENOUGH 1000

/**
 * struct look_at - what is looked at
 * @settings: in force there, and the interface
 * @key: of a peer that has settings of its own, NULL for the interface
 * @stats: as they are; of an interface without peers that have settings of their own
 * @apart: how many these are
 * @whose: which lines of the kernel's log tell of it
 */
struct look_at {
	struct order_settings settings;
	const uint8_t *key;
	struct order_stats stats;
	size_t apart;
	struct klog_whose whose;
};

/**
 * look_since() - look, and remember
 * @at: at what
 * @since: set to the figures less what had been counted at the look before, if
 *	%LOOK_ENOUGH packets came since, otherwise at one before, but never before
 *	the settings were changed
 *
 * Return: by how much packets of that time came too late at most, microseconds, 0
 * if that is not known.
 */
uint64_t look_since(const struct look_at *at, struct order_stats *since);

/* The peer of the report that has settings of its own, as a look is to be at it. */
struct look_at look_at_peer(const struct order_settings *interface,
			    const struct order_peer *peer);

/* The interface, without such peers. */
struct look_at look_at_interface(const struct order_settings *interface,
				 const struct order_report *report);

/*
 * Settings have been changed or counters set to zero: what came before counts no more,
 * but of a peer with settings of its own only if these are others now.
 */
void look_begin(struct order *order, const char *ifname);

#endif
