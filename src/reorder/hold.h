/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long a packet may wait for those sent before it.
 *
 * The engine knows order and asks here about time, nothing else.  One wait is
 * in force for all packets of a peer at any moment, so the packet that arrived
 * first is always the first one due, whatever the policy does to the wait.
 *
 * A fixed wait stays as it was set.  An adaptive one follows what the path
 * does, which shows in two ways:
 *
 *   A missing packet comes, in time or late.  How long it was missing (the
 *   late-time offset of RFC 4737, section 4.2.3) is what the wait has to be, and
 *   something more.
 *
 *   The wait for one ends in vain.  It was a loss, and everything behind it
 *   waited for nothing.
 *
 * Waits in vain are the clock: they are what waiting costs.  Of what came during
 * the last 32 to 64 of them the second longest sets the wait, so that where
 * packets are late at all, that is about one for 32 that are lost anyway.  A
 * path that only loses packets is left with no wait, one that loses some and
 * swaps others keeps the wait that the others need, and a single packet that is
 * late once in a while, for whatever reason, does not make all others wait.
 *
 * Where nothing is missing the wait neither costs anything nor changes.  A wait
 * that has become too short is put right by the first two packets that are late.
 *
 * The wait to begin with is nobody's need.  A few waits in vain end it, and so do
 * many missing packets that come: a path that only swaps packets has none of the
 * former.
 */
#ifndef WGR_REORDER_HOLD_H
#define WGR_REORDER_HOLD_H

#include "port.h"

/* A point on the arrival time line that never comes. */
#define WGR_NEVER	S64_MAX

/**
 * struct wgr_needs - what waits were needed during a period, margin included
 * @longest_ns: nanoseconds, 0 if none
 * @second_ns: the second longest
 */
struct wgr_needs {
	s64 longest_ns;
	s64 second_ns;
};

/**
 * struct wgr_hold - hold policy of one peer
 * @wait_ns: wait in force, nanoseconds, 0 to S64_MAX
 * @max_ns: the most that an adaptive wait may reach, nanoseconds
 * @now: needs of the current period
 * @before: needs of the period before
 * @count_from_ns: no wait in vain is counted before this time; those that went
 *	on side by side count once
 * @in_vain: waits in vain in the current period
 * @to_come: missing packets that have to come until the wait to begin with is
 *	forgotten, 0 when it has been
 * @adaptive: follow the path
 */
struct wgr_hold {
	s64 wait_ns;
	s64 max_ns;
	struct wgr_needs now;
	struct wgr_needs before;
	s64 count_from_ns;
	u32 in_vain;
	u32 to_come;
	bool adaptive;
};

/**
 * wgr_hold_set_fixed - wait the same time for every gap
 * @hold: policy to set
 * @wait_ns: the wait, nanoseconds; more than S64_MAX means for ever
 */
void wgr_hold_set_fixed(struct wgr_hold *hold, u64 wait_ns);

/**
 * wgr_hold_set_adaptive - follow the path, beginning anew
 * @hold: policy to set
 * @start_ns: wait until something is known, nanoseconds
 * @max_ns: longest wait, nanoseconds; also bounds @start_ns
 */
void wgr_hold_set_adaptive(struct wgr_hold *hold, u64 start_ns, u64 max_ns);

/**
 * wgr_hold_set_max - change the bound of an adaptive wait and keep what is known
 * @hold: policy to set
 * @max_ns: longest wait, nanoseconds
 */
void wgr_hold_set_max(struct wgr_hold *hold, u64 max_ns);

/**
 * wgr_hold_came - a missing packet has come, in time or late
 * @hold: policy to teach
 * @offset_ns: how long it was missing: time since the first arrival of a packet
 *	sent after it.  More than the bound teaches nothing, since no wait that
 *	is allowed would have helped.
 */
void wgr_hold_came(struct wgr_hold *hold, s64 offset_ns);

/**
 * wgr_hold_lost - a wait for missing packets has ended in vain
 * @hold: policy to teach
 * @now_ns: when, on the arrival time line
 */
void wgr_hold_lost(struct wgr_hold *hold, s64 now_ns);

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
