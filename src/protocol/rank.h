/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rank.h - which of a peer's sessions was used after which.
 *
 * Counters begin anew with each session, so packets of two sessions are in order
 * only if it is known which one the other side went over to. It goes over once
 * and never back. Mostly it is plain which: of two sessions that the same side
 * began, or that were made longer apart than a handshake may take, the one made
 * later. Where both sides began one at once each may be the later one.
 *
 * What comes first is then a guess: a new session is taken to follow those
 * seen before. The guess may be wrong, as the first packet of all may be a
 * straggler of the session that was left. Which one goes on tells: a session
 * that brings something new while the one ahead of it has been silent for as long
 * as that had gone on alone goes ahead in turn. So two packets in a row are enough
 * to put right what one straggler has spoiled, and one straggler spoils nothing
 * once the session ahead has been in use for longer than it pauses.
 *
 * A session that goes ahead gets an epoch of its own for what it brings from
 * then on. What is older keeps out of the way: it comes before all that has been
 * handed up, and is late. So what is handed up of one session stays in order.
 *
 * No kernel calls, no lock: one context at a time works on a peer's ranks.
 */
#ifndef WGR_RANK_H
#define WGR_RANK_H

#include "port.h"

/**
 * struct wgr_rank - a session among those of its peer
 * @number: counts the sessions of the peer as they are made; 0 for none
 * @birth_ns: when it was made, boot time clock
 * @initiator: we began the handshake
 * @epoch: what the engine knows it by, 0 before its first packet
 * @from: the lowest counter that belongs to @epoch
 * @top: the highest counter that has come
 * @seen_ns: when that came, arrival time line
 *
 * The first three are set by whoever makes the session, the others are zero then.
 */
struct wgr_rank {
	u64 number;
	u64 birth_ns;
	bool initiator;
	u32 epoch;
	u64 from;
	u64 top;
	s64 seen_ns;
};

/**
 * struct wgr_ranks - the sessions of a peer
 * @ahead: a copy of the one that all others come before; all zeros for none
 *
 * All zeros is a peer of which nothing has come.
 */
struct wgr_ranks {
	struct wgr_rank ahead;
};

/**
 * struct wgr_rank_place - where the order engine finds a packet
 * @epoch: of the session, 0 for before all
 * @counter: within the epoch
 */
struct wgr_rank_place {
	u32 epoch;
	u64 counter;
};

/**
 * wgr_rank_arrival() - an authentic packet that was not seen before has come
 * @ranks: of the peer
 * @rank: of the packet's session
 * @counter: of the packet
 * @now_ns: its arrival
 * @open_epoch: the lowest epoch that the engine still takes packets of, 0 for all
 *
 * Return: true if no packet that has come was sent after this one.
 */
bool wgr_rank_arrival(struct wgr_ranks *ranks, struct wgr_rank *rank,
		      u64 counter, s64 now_ns, u32 open_epoch);

/*
 * The place of a packet of a session, after wgr_rank_arrival(). What a session brings
 * from before it went ahead comes before all: of some of it the place is lost, so
 * not even its own flow may take it for newer than what is out.
 */
struct wgr_rank_place wgr_rank_place(const struct wgr_rank *rank, u64 counter);

#endif
