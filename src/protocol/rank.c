// SPDX-License-Identifier: GPL-2.0
/* rank.c - which of a peer's sessions was used after which. */
#include "rank.h"

#include "limits.h"

/* Sessions made closer to each other may come of handshakes begun at once. */
#define APART_NS	((u64)WGR_REKEY_TIMEOUT_S * NSEC_PER_SEC)

/* Silence after which the protocol itself takes the other side for gone. */
#define SILENT_NS	((s64)(WGR_KEEPALIVE_S + WGR_REKEY_TIMEOUT_S) * NSEC_PER_SEC)

/* True if the other side can only have gone over to @a from @b. */
static bool follows(const struct wgr_rank *a, const struct wgr_rank *b)
{
	if (a->number < b->number)
		return false;
	return a->initiator == b->initiator || a->birth_ns >= b->birth_ns + APART_NS;
}

/*
 * True if a session whose place was behind has shown that it is in use. Where the
 * one ahead can only be the later one, that has to be as good as gone first.
 */
static bool goes_on(const struct wgr_rank *ahead, const struct wgr_rank *rank,
		    s64 now_ns)
{
	s64 enough = follows(ahead, rank) ? SILENT_NS : ahead->seen_ns - rank->seen_ns;
	s64 silent = now_ns - ahead->seen_ns;

	return silent >= enough || silent >= SILENT_NS || follows(rank, ahead);
}

/* As long as its place is open a packet needs no other. */
static bool may_go_ahead(const struct wgr_rank *ahead, const struct wgr_rank *rank,
			 s64 now_ns, u32 open_epoch)
{
	if (!rank->epoch)
		return !ahead->number || !follows(ahead, rank);
	return rank->epoch < open_epoch && goes_on(ahead, rank, now_ns);
}

/* Epochs are even: the odd one below is for who is behind from the beginning. */
static void go_ahead(struct wgr_ranks *ranks, struct wgr_rank *rank)
{
	rank->from = rank->epoch ? rank->top + 1 : 0;
	rank->epoch = ranks->ahead.epoch + 2;
}

static bool is_ahead(const struct wgr_ranks *ranks, const struct wgr_rank *rank)
{
	return rank->epoch && rank->epoch == ranks->ahead.epoch;
}

bool wgr_rank_arrival(struct wgr_ranks *ranks, struct wgr_rank *rank,
		      u64 counter, s64 now_ns, u32 open_epoch)
{
	bool ahead = is_ahead(ranks, rank);

	if (rank->epoch && counter < rank->top)
		return false;
	if (!ahead && may_go_ahead(&ranks->ahead, rank, now_ns, open_epoch)) {
		go_ahead(ranks, rank);
		ahead = true;
	} else if (!rank->epoch) {
		rank->epoch = ranks->ahead.epoch - 1;
	}
	rank->top = counter;
	rank->seen_ns = now_ns;
	if (ahead)
		ranks->ahead = *rank;
	return ahead;
}

struct wgr_rank_place wgr_rank_place(const struct wgr_rank *rank, u64 counter)
{
	if (counter < rank->from)
		return (struct wgr_rank_place){ .counter = counter };
	return (struct wgr_rank_place){ .counter = counter - rank->from, .epoch = rank->epoch };
}
