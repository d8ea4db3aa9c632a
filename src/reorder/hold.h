/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long a packet may wait for those sent before it.
 *
 * The engine knows order and asks here about time, nothing else.  One wait is
 * in force for all packets of a peer at any moment, so the packet that arrived
 * first is always the first one due, whatever the policy does to the wait.
 */
#ifndef WGR_REORDER_HOLD_H
#define WGR_REORDER_HOLD_H

#include "port.h"

/* A point on the arrival time line that never comes. */
#define WGR_NEVER	S64_MAX

/**
 * struct wgr_hold - hold policy of one peer
 * @wait_ns: wait in force, nanoseconds, 0 to S64_MAX
 */
struct wgr_hold {
	s64 wait_ns;
};

/**
 * wgr_hold_set_fixed - wait the same time for every gap
 * @hold: policy to set
 * @wait_ns: the wait, nanoseconds; more than S64_MAX means for ever
 */
void wgr_hold_set_fixed(struct wgr_hold *hold, u64 wait_ns);

/**
 * wgr_hold_until - the time when a packet has waited long enough
 * @hold: policy to ask
 * @arrival_ns: when the packet arrived
 *
 * Return: nanoseconds on the arrival time line, %WGR_NEVER if that lies past
 * its end.
 */
s64 wgr_hold_until(const struct wgr_hold *hold, s64 arrival_ns);

#endif
