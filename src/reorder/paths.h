/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What can be told from the paths that a peer's packets come by.
 *
 * A peer behind several lines sends from several addresses, and what takes one
 * line stays in order there.  So once every line has brought something sent
 * after a missing packet, that packet is lost: PPP multilink's rule (RFC 1990,
 * section 4.1).  It says nothing about a single path, and it is void
 * where a line swaps packets by itself.  Both are found out here, and then no
 * verdict is given for a while: the rule can end a wait early, never make one
 * longer, and does no lasting harm where it does not hold.
 */
#ifndef WGR_REORDER_PATHS_H
#define WGR_REORDER_PATHS_H

#include "port.h"

/* Paths of a peer that are told apart. */
#define WGR_PATHS	4

/**
 * struct wgr_path - one of them
 * @epoch: of the packet that was sent last among those it has brought
 * @top: counter of that packet
 * @seen_ns: when it brought a packet last, arrival time line
 */
struct wgr_path {
	u32 epoch;
	u64 top;
	s64 seen_ns;
};

/**
 * struct wgr_paths - the paths of a peer
 * @path: each of them
 * @several: more than one has been seen; until then nothing is noted
 * @doubt: packets to come before verdicts are given again
 */
struct wgr_paths {
	struct wgr_path path[WGR_PATHS];
	bool several;
	u32 doubt;
};

void wgr_paths_init(struct wgr_paths *paths);

/**
 * wgr_paths_note - a packet has come by a path
 * @paths: of its peer
 * @nr: which path, 0 to %WGR_PATHS - 1
 * @epoch: of the packet
 * @counter: of the packet
 * @now_ns: its arrival
 */
void wgr_paths_note(struct wgr_paths *paths, u32 nr, u32 epoch, u64 counter, s64 now_ns);

/**
 * wgr_paths_passed - how far every path has come
 * @paths: of a peer
 * @epoch: the epoch that is asked about
 * @now_ns: time, arrival time line
 *
 * Return: a counter: what was sent before it and is missing will not come;
 * %U64_MAX if all paths have gone on to a following epoch; 0 if nothing can be
 * told.
 */
u64 wgr_paths_passed(const struct wgr_paths *paths, u32 epoch, s64 now_ns);

#endif
