/* SPDX-License-Identifier: GPL-2.0 */
/* Drives the engine through a trace as the kernel would, and measures. */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "policy.h"
#include "trace.h"

/* Everything is counted for each tenth of a second, to be summed as needed. */
#define SLICE_NS	(NS_PER_S / 10)

/**
 * struct slice - what happened in a tenth of a second
 * @arrived: packets
 * @late: of these refused as late
 * @losses: gaps that never fill, found by the arrival behind them; neighbours
 *	that were lost together are one
 * @changes: key changes
 * @delay_ns: from arrival to release, sum over the packets that arrived
 * @stall_ns: time in which packets were held and the first missing one was
 *	lost
 * @boundary_ns: time in which packets were held and nothing was missing but
 *	the knowledge that the old key sent no more
 */
struct slice {
	u64 arrived;
	u64 late;
	u64 losses;
	u64 changes;
	s64 delay_ns;
	s64 stall_ns;
	s64 boundary_ns;
};

/**
 * struct result - what came of a run
 * @slice: all of it
 * @slices: how many
 * @p99_ns: 99 of 100 packets that arrived after the time given to run() were
 *	released within
 * @max_ns: all of these
 * @wait_ns: in force at the end
 * @max_held: most packets held at a time
 * @passed: gaps that the rule of several paths gave up
 * @overflowed: gaps given up for want of room
 * @ahead: packets released ahead of what was missing
 * @behind: packets released behind what other flows sent later
 * @late_ahead: late because a later one of their flow had gone ahead
 * @late_unknown: late because their flow was not known
 * @wrong: the engine broke a promise: order, one delivery each, books
 */
struct result {
	struct slice *slice;
	u32 slices;
	s64 p99_ns;
	s64 max_ns;
	s64 wait_ns;
	u32 max_held;
	u64 passed;
	u64 overflowed;
	u64 ahead;
	u64 behind;
	u64 late_ahead;
	u64 late_unknown;
	const char *wrong;
};

/**
 * run - put a trace through the engine
 * @trace: what arrives
 * @policy: how long to wait
 * @settings: for the engine; the scope is the trace's, the mode and the wait of a fixed
 *	policy its own
 * @from_ns: where @p99_ns and @max_ns begin
 * @result: to be freed with result_free()
 */
void run(const struct trace *trace, const struct policy *policy,
	 const struct wgr_settings *settings, s64 from_ns, struct result *result);

/* Sum from one time to another. */
struct slice result_sum(const struct result *result, s64 from_ns, s64 to_ns);

void result_free(struct result *result);

#endif
