/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When the highest packet was how high: what was sent before it and has not
 * come is missing since then.  That tells by how much a packet is late whose
 * gap was given up.
 */
#ifndef WGR_REORDER_MARKS_H
#define WGR_REORDER_MARKS_H

#include "port.h"

#define WGR_MARKS	32

/**
 * struct wgr_mark - the highest packet from some time on
 * @top: its counter
 * @ns: from when, on the arrival time line
 * @epoch: of the packet
 * @flow: of the packet, any number
 */
struct wgr_mark {
	u64 top;
	s64 ns;
	u32 epoch;
	u16 flow;
};

/**
 * struct wgr_marks - the newest of them
 * @mark: a ring
 * @count: how many there have been
 */
struct wgr_marks {
	struct wgr_mark mark[WGR_MARKS];
	u32 count;
};

/**
 * wgr_marks_note - a packet has come that was not next in order
 * @marks: of a peer
 * @epoch: of the packet
 * @counter: of the packet; not the highest so far changes nothing
 * @flow: of the packet
 * @now_ns: its arrival
 * @reach_ns: how late packets have to be measured
 *
 * Where the ring would not reach back so far, marks closer than 1/30 of that
 * become one: two of the ring's 32 say where it ends and where it goes on.  So at
 * any packet rate it reaches back as far as is asked for, and by up to 1/30 of it
 * what is missing may be taken to be missing for longer than it is.
 */
void wgr_marks_note(struct wgr_marks *marks, u32 epoch, u64 counter, u16 flow,
		    s64 now_ns, s64 reach_ns);

/**
 * wgr_marks_since - since when a packet is missing
 * @marks: of its peer
 * @epoch: of the packet
 * @counter: of the packet, lower than the highest that has come
 *
 * Return: a point on the arrival time line, S64_MIN if it is longer than the
 * marks reach back.
 */
s64 wgr_marks_since(const struct wgr_marks *marks, u32 epoch, u64 counter);

/**
 * wgr_marks_flow_since - since when a packet is missing to its own flow
 * @marks: of its peer
 * @epoch: of the packet
 * @counter: of the packet, lower than the highest that has come
 * @flow: of the packet
 *
 * Return: a point on the arrival time line when a later packet of the same flow was
 * the highest, the first that is known; S64_MIN if none is known.
 */
s64 wgr_marks_flow_since(const struct wgr_marks *marks, u32 epoch, u64 counter, u16 flow);

#endif
