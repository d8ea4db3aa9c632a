// SPDX-License-Identifier: GPL-2.0
/*
 * replay.c - which counters of a session have been seen.
 *
 * The window is a ring of bits that ends right behind the greatest accepted
 * counter. When it moves ahead, exactly the bits of the counters that enter
 * are cleared, so all of its bits are good at any time and none has to be kept
 * spare.
 */
#include "replay.h"

#define WORD_BITS	64U

static u64 *word_of(struct wgr_replay *replay, u64 counter)
{
	return &replay->seen[counter % WGR_REPLAY_BITS / WORD_BITS];
}

static u64 bit_of(u64 counter)
{
	return 1ULL << counter % WORD_BITS;
}

/* Clears the bits of counters from @first up to but without @end. */
static void forget(struct wgr_replay *replay, u64 first, u64 end)
{
	if (end - first >= WGR_REPLAY_BITS) {
		memset(replay->seen, 0, sizeof(replay->seen));
		return;
	}

	while (first < end) {
		u64 left = end - first;
		u64 room = WORD_BITS - first % WORD_BITS;
		u64 ones = ~0ULL << first % WORD_BITS;

		if (left < room) {
			ones &= bit_of(end) - 1;
			room = left;
		}
		*word_of(replay, first) &= ~ones;
		first += room;
	}
}

void wgr_replay_init(struct wgr_replay *replay)
{
	memset(replay, 0, sizeof(*replay));
}

bool wgr_replay_accept(struct wgr_replay *replay, u64 counter)
{
	u64 *word = word_of(replay, counter);
	u64 bit = bit_of(counter);

	if (counter >= WGR_REJECT_AFTER_MESSAGES)
		return false;

	if (counter >= replay->end) {
		/* In order there is nothing in between, and no loop to enter. */
		forget(replay, replay->end, counter);
		replay->end = counter + 1;
	} else if (replay->end - counter > WGR_REPLAY_BITS || *word & bit) {
		return false;
	}

	*word |= bit;
	return true;
}
