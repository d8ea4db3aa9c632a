/* SPDX-License-Identifier: GPL-2.0 */
/*
 * look.h - what has been counted since an earlier look.
 *
 * The module counts from the time an interface is made, and settings are to be
 * judged by what came under them. So what was counted when they were changed, or
 * when doctor looked last, is kept in /run/wireguard-reorder, a file for each
 * interface, if there may be written.
 */
#ifndef LOOK_H
#define LOOK_H

#include "order.h"

/* Fewer packets than this say nothing. */
#define LOOK_ENOUGH 1000

/**
 * look_since() - look, and remember
 * @settings: of the interface, as they are
 * @totals: of the interface, as they are
 * @since: set to @totals less what had been counted at the look before, if
 *	%LOOK_ENOUGH packets came since, otherwise at one before, but never before
 *	the settings were changed
 *
 * Return: by how much packets of that time came too late at most, microseconds, 0
 * if that is not known.
 */
uint64_t look_since(const struct order_settings *settings, const struct order_stats *totals,
		    struct order_stats *since);

/* Settings have been changed or counters set to zero: what came before counts no more. */
void look_begin(struct order *order, const char *ifname);

#endif
