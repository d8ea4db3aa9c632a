/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which packets were given up and have not come so far, and what of a flow that trails
 * behind the others came when.
 *
 * Where flows pass one another much of what is given up comes all the same.  To a
 * packet that comes so the lane says nothing any more; whether one of its own flow may be
 * missing before it shows here.
 *
 * A ring of bits, one for each counter, a word knowing which counters it has: what lies
 * too far back is overwritten, and counts as come.
 */
#ifndef WGR_REORDER_ABSENT_H
#define WGR_REORDER_ABSENT_H

#include "flows.h"

/* So many words of 64 counters. */
#define WGR_ABSENT_WORDS	128
#define WGR_ABSENT_MARKS	32

/**
 * struct wgr_absent_word - bits of a row of counters
 * @row: which, from 1; 0 is none
 * @bits: the lowest is the row's first counter; 1 is absent
 */
struct wgr_absent_word {
	u64 row;
	u64 bits;
};

/**
 * struct wgr_absent_mark - the highest packet of a flow from some time on
 * @counter: its own
 * @ns: from when, on the arrival time line
 * @epoch: of the packet, 0 if there is none
 * @flow: number
 */
struct wgr_absent_mark {
	u64 counter;
	s64 ns;
	u32 epoch;
	u16 flow;
};

/**
 * struct wgr_absent_map - what is known, of one epoch
 * @word: rows by the low bits of their number
 * @mark: a ring
 * @marks: how many there have been
 * @epoch: of the bits
 */
struct wgr_absent_map {
	struct wgr_absent_word word[WGR_ABSENT_WORDS];
	struct wgr_absent_mark mark[WGR_ABSENT_MARKS];
	u32 marks;
	u32 epoch;
};

/**
 * struct wgr_absent - what is absent of a peer
 * @map: NULL while nothing was given up
 */
struct wgr_absent {
	struct wgr_absent_map *map;
};

/**
 * wgr_absent_add - counters have been given up
 * @absent: of the peer
 * @epoch: what is known of another one is forgotten
 * @first: counter
 * @last: counter, at least @first
 * @memory: for the map; if it is refused nothing is absent
 */
void wgr_absent_add(struct wgr_absent *absent, u32 epoch, u64 first, u64 last,
		    const struct wgr_flow_memory *memory);

/* A packet has come after all. */
void wgr_absent_came(struct wgr_absent *absent, u32 epoch, u64 counter);

/* Whether something is absent between two counters, both excluded. */
bool wgr_absent_between(const struct wgr_absent *absent, u32 epoch, u64 after, u64 before);

/**
 * wgr_absent_mark - the highest packet so far of a flow that trails has come
 * @absent: of the peer; has a map
 * @flow: number of the flow
 * @epoch: of the packet
 * @counter: of the packet
 * @now_ns: its arrival
 * @apart_ns: of packets of one flow that are closer together one mark will do
 */
void wgr_absent_mark(struct wgr_absent *absent, u16 flow, u32 epoch, u64 counter, s64 now_ns,
		     s64 apart_ns);

/* When the first one of a flow came that was sent after a place; S64_MIN if that is not known. */
s64 wgr_absent_since(const struct wgr_absent *absent, u16 flow, u32 epoch, u64 counter);

void wgr_absent_end(struct wgr_absent *absent, const struct wgr_flow_memory *memory);

#endif
