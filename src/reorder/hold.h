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
 * What a wait costs is delay for all, what giving up costs is a loss for one
 * flow.  A loss-based sender's throughput goes with 1 / (round trip * sqrt(loss))
 * (Mathis et al. 1997), so the wait is the one for which
 *
 *   (round trip + mean wait in vain)^2 * (lost + twice those that would be late)
 *
 * is least, over the last 16 to 32 waits in vain.  Where nothing is lost waiting
 * costs nothing, and the longest offset counts; a path that only loses packets is
 * left with next to no wait.  Around that:
 *
 *   A wait whose cost cannot be noticed is always kept.  Where packets overtake
 *   many others, as when a path gets shorter, the overtaken ones come one after the
 *   other, each missing for a little longer: as long as each is in time the wait
 *   climbs with them.  What that alone saves does not count above, so that nothing
 *   is waited for between two such events.
 *
 *   Where packets are late one after the other with few losses between, the path
 *   has changed, and the wait rises at once.  It falls as fast if that does not help.
 *
 * Where nothing is missing the wait neither costs anything nor changes.
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

/* The longest wait that is ever advised, and the longest lateness measured. */
#define WGR_HOLD_MOST_NS	5000000000LL

/*
 * How long packets are missing is counted in steps of a quarter of an octave; the
 * lowest goes from 0 to 5/4 of this, the last one on for ever.
 */
#define WGR_HOLD_STEP_SHIFT	17
#define WGR_HOLD_STEP_NS	(1 << WGR_HOLD_STEP_SHIFT)
#define WGR_HOLD_STEPS		64

/**
 * struct wgr_hold_period - what happened in some time
 * @came: missing packets that came and needed more than the climbing wait, by how
 *	long they were missing
 * @pushed: packets
 * @vain: waits that ended in vain, but for those of
 * @others: packets that came and whose flow nobody who waited is of
 * @gone: packets that were missing when they did
 * @back: of these those that have come after all, as far as is known when
 * @behind: of these those that only other flows had overtaken
 */
struct wgr_hold_period {
	u16 came[WGR_HOLD_STEPS];
	u32 pushed;
	u32 vain;
	u32 others;
	u32 gone;
	u32 back;
	u32 behind;
};

/**
 * struct wgr_hold - hold policy of one peer
 * @wait_ns: wait in force, nanoseconds, 0 to S64_MAX: the longest of the five
 *	below, at most @max_ns
 * @max_ns: the most that an adaptive wait may reach, nanoseconds
 * @start_ns: what it began with, 0 when that is no longer trusted
 * @least_ns: what costs nothing
 * @cheapest_ns: what costs least
 * @ramp_ns: climbs with what comes in time
 * @surge_ns: raised by packets that were late in a row
 * @reach_ns: how late packets have to be measured, for wgr_marks_note()
 * @came_ns: when a missing packet came last
 * @late_ns: how long the last one that was late was missing
 * @count_from_ns: no wait in vain ends the period before this time; those that
 *	went on side by side count once
 * @now: the current period
 * @before: the one before
 * @beyond: packets that came later than @max_ns, by how long they were missing
 * @beyond_pushed: packets pushed meanwhile
 * @pushed: what the engine had counted when it taught something last
 * @waited: packets that arrived while others waited in vain
 * @waited_ticks: the time of that
 * @in_vain: waits in vain in the current period, side by side ones once
 * @to_come: missing packets that have to come until the wait to begin with is
 *	forgotten, 0 when it has been
 * @row: late packets lately, less those that were lost
 * @above: in this period packets came that needed more than @cheapest_ns
 * @choose_at: how many of these it takes to choose anew
 * @surge_helps: something came that @surge_ns is of use for
 * @adaptive: follow the path
 */
struct wgr_hold {
	s64 wait_ns;
	s64 max_ns;
	s64 start_ns;
	s64 least_ns;
	s64 cheapest_ns;
	s64 ramp_ns;
	s64 surge_ns;
	s64 reach_ns;
	s64 came_ns;
	s64 late_ns;
	s64 count_from_ns;
	struct wgr_hold_period now;
	struct wgr_hold_period before;
	u16 beyond[WGR_HOLD_STEPS];
	u32 beyond_pushed;
	u64 pushed;
	u32 waited;
	u32 waited_ticks;
	u32 in_vain;
	u32 to_come;
	u32 row;
	u32 above;
	u32 choose_at;
	bool surge_helps;
	bool adaptive;
};

/**
 * struct wgr_hold_wish - what a longer hold would have been of use for
 * @hold_ns: how long it should be, nanoseconds, at most %WGR_HOLD_MOST_NS; 0 if
 *	none that may be set would have saved many
 * @saved: packets that would have come in time then
 * @late: packets that came later than the longest wait that is allowed
 * @packets: of so many, the latest ones
 */
struct wgr_hold_wish {
	s64 hold_ns;
	u32 saved;
	u32 late;
	u32 packets;
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
 * wgr_hold_gap - packets are found missing that were not missing before
 * @hold: policy to teach
 * @now_ns: when, on the arrival time line
 *
 * Ends a climb that has been over for as long as it had got.
 */
void wgr_hold_gap(struct wgr_hold *hold, s64 now_ns);

/**
 * wgr_hold_came - a missing packet has come, in time or late
 * @hold: policy to teach
 * @now_ns: when, on the arrival time line
 * @offset_ns: how long it was missing: time since the first arrival of a packet
 *	sent after it
 * @pushed: packets that have arrived so far
 */
void wgr_hold_came(struct wgr_hold *hold, s64 now_ns, s64 offset_ns, u64 pushed);

/**
 * wgr_hold_unknown - a late packet has come, and it is not known how late
 * @hold: policy to teach; asks the engine to look further back from now on
 */
void wgr_hold_unknown(struct wgr_hold *hold);

/**
 * wgr_hold_lost - a wait for missing packets has ended in vain
 * @hold: policy to teach
 * @now_ns: when, on the arrival time line
 * @pushed: packets that have arrived so far
 * @held: packets that were held at that moment, 1 or more
 * @gone: packets that were missing and are given up
 */
void wgr_hold_lost(struct wgr_hold *hold, s64 now_ns, u64 pushed, u32 held, u64 gone);

/**
 * wgr_hold_others - a missing packet has come for which only other flows waited
 * @hold: policy to teach
 * @now_ns: when, on the arrival time line
 * @pushed: packets that have arrived so far
 * @held: packets that are held, 1 or more
 *
 * They did so in vain, which is delay, yet nothing was lost.
 */
void wgr_hold_others(struct wgr_hold *hold, s64 now_ns, u64 pushed, u32 held);

/**
 * wgr_hold_back - a packet that was given up has come, be it of use or late
 * @hold: policy to teach
 */
void wgr_hold_back(struct wgr_hold *hold);

/**
 * wgr_hold_behind - likewise, and only other flows have overtaken it: it is of use
 * @hold: policy to teach
 */
void wgr_hold_behind(struct wgr_hold *hold);

/* Of what was given up lately most has come all the same. */
bool wgr_hold_comes_back(const struct wgr_hold *hold);

/* Of the packets pushed lately many came behind what other flows sent after them. */
bool wgr_hold_passes(const struct wgr_hold *hold);

/**
 * wgr_hold_until - the time when a packet has waited long enough
 * @hold: policy to ask
 * @arrival_ns: when the packet arrived
 *
 * Return: nanoseconds on the arrival time line, %WGR_NEVER if that lies past
 * its end.
 */
s64 wgr_hold_until(const struct wgr_hold *hold, s64 arrival_ns);

/**
 * wgr_hold_wanted - would a longer hold help?
 * @hold: policy to ask, fixed or adaptive
 * @wish: what it would do
 *
 * Return: true if of the last 1000 to a million packets more than 4 of a thousand
 * came later than the longest wait that is allowed; then @wish->hold_ns says
 * which one would have saved most of them, or 0.
 */
bool wgr_hold_wanted(const struct wgr_hold *hold, struct wgr_hold_wish *wish);

#endif
