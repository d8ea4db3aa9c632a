/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the reorder engine should do, said in the plainest way: one array of
 * waiting packets, searched from end to end for everything, and numbers wide
 * enough to never wrap.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include "reorder/engine.h"

/* The largest window used with it, and one packet more. */
#ifndef ORACLE_ROOM
#define ORACLE_ROOM	(WGR_WINDOW_MAX + 1)
#endif

typedef unsigned __int128 wide;

struct oracle_packet {
	u32 epoch;
	u64 counter;
	s64 arrival;
};

struct oracle_out {
	u32 epoch;
	u64 counter;
};

struct oracle {
	u32 window;
	s64 hold;
	s64 clock;
	bool started;
	u32 epoch;		/* all older epochs are done */
	wide next;		/* in @epoch everything below is done */
	u32 waiting;
	struct oracle_packet packet[ORACLE_ROOM];	/* in order of arrival */
	struct wgr_reorder_stats stats;
	u32 released;		/* since the caller last set it to 0 */
	struct oracle_out out[ORACLE_ROOM];
};

void oracle_init(struct oracle *o, u32 window, s64 hold);

/* @refuse: the number of the allocation within this push that fails, from 0 */
enum wgr_verdict oracle_push(struct oracle *o, u32 epoch, u64 counter, s64 arrival,
			     unsigned int refuse);
void oracle_advance(struct oracle *o, s64 now);
void oracle_flush(struct oracle *o);
void oracle_configure(struct oracle *o, u32 window, s64 hold);
s64 oracle_deadline(const struct oracle *o);

/* Missing counters before waiting packets. */
wide oracle_gaps(const struct oracle *o);
bool oracle_boundary(const struct oracle *o);

#endif
