/* SPDX-License-Identifier: GPL-2.0 */
/*
 * replay.h - which counters of a session have been seen.
 *
 * No kernel calls and no lock: one context per session, the poll of its peer.
 */
#ifndef WGR_REPLAY_H
#define WGR_REPLAY_H

#include "limits.h"

/* Counters that are told apart: as many as the order engine waits for. */
#define WGR_REPLAY_BITS		65536U

/**
 * struct wgr_replay - sliding window over the counters of one session
 * @end: one past the greatest counter that was accepted, 0 before the first
 * @seen: a bit for each counter from @end - WGR_REPLAY_BITS to @end - 1, at
 *	the counter modulo WGR_REPLAY_BITS
 */
struct wgr_replay {
	u64 end;
	u64 seen[WGR_REPLAY_BITS / 64];
};

/**
 * wgr_replay_init() - forget all counters
 * @replay: window to set up
 */
void wgr_replay_init(struct wgr_replay *replay);

/**
 * wgr_replay_accept() - note a counter, if it is new
 * @replay: window of the session
 * @counter: of a packet that has been authenticated
 *
 * A counter is refused if it was accepted before, if it lies WGR_REPLAY_BITS
 * or more behind the greatest accepted one, or from WGR_REJECT_AFTER_MESSAGES
 * on.
 * Takes constant time but for a jump ahead, whose cost grows with its length
 * up to that of clearing the window.
 *
 * Return: true for a new counter, which counts as seen from now on.
 */
bool wgr_replay_accept(struct wgr_replay *replay, u64 counter);

#endif
