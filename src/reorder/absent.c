// SPDX-License-Identifier: GPL-2.0
#include "absent.h"

#define WORD_BITS	64
#define REACH		((u64)WGR_ABSENT_WORDS * WORD_BITS)

static u64 row_of(u64 counter)
{
	return counter / WORD_BITS + 1;
}

static u32 place_of(u64 row)
{
	return row % WGR_ABSENT_WORDS;
}

/* Bits of a row that lie from one counter to another, both included. */
static u64 bits_of(u64 row, u64 first, u64 last)
{
	u64 bits = U64_MAX;

	if (row_of(first) == row)
		bits &= U64_MAX << first % WORD_BITS;
	if (row_of(last) == row)
		bits &= U64_MAX >> (WORD_BITS - 1 - last % WORD_BITS);
	return bits;
}

/* No more rows than there are words. */
static u64 within_reach(u64 first, u64 last)
{
	return last - first < REACH - WORD_BITS ? first : last - (REACH - WORD_BITS);
}

void wgr_absent_add(struct wgr_absent *absent, u32 epoch, u64 first, u64 last,
		    const struct wgr_flow_memory *memory)
{
	struct wgr_absent_map *map = absent->map;
	struct wgr_absent_word *word;
	u64 row;

	if (!map)
		map = memory->alloc(memory->ctx, sizeof(*map));
	if (!map)
		return;
	absent->map = map;
	if (map->epoch != epoch)
		memset(map, 0, sizeof(*map));
	map->epoch = epoch;
	first = within_reach(first, last);
	for (row = row_of(first); row <= row_of(last); row++) {
		word = &map->word[place_of(row)];
		if (word->row != row)
			*word = (struct wgr_absent_word){ .row = row };
		word->bits |= bits_of(row, first, last);
	}
}

void wgr_absent_came(struct wgr_absent *absent, u32 epoch, u64 counter)
{
	struct wgr_absent_word *word;

	if (!absent->map || absent->map->epoch != epoch)
		return;
	word = &absent->map->word[place_of(row_of(counter))];
	if (word->row == row_of(counter))
		word->bits &= ~(1ULL << counter % WORD_BITS);
}

bool wgr_absent_between(const struct wgr_absent *absent, u32 epoch, u64 after, u64 before)
{
	const struct wgr_absent_word *word;
	u64 row, first, last = before - 1;

	if (!absent->map || absent->map->epoch != epoch || before <= after || last == after)
		return false;
	first = within_reach(after + 1, last);
	for (row = row_of(last); row >= row_of(first); row--) {
		word = &absent->map->word[place_of(row)];
		if (word->row == row && word->bits & bits_of(row, first, last))
			return true;
	}
	return false;
}

void wgr_absent_mark(struct wgr_absent *absent, u16 flow, u32 epoch, u64 counter, s64 now_ns,
		     s64 apart_ns)
{
	struct wgr_absent_map *map = absent->map;
	struct wgr_absent_mark *newest = &map->mark[(map->marks - 1) % WGR_ABSENT_MARKS];

	if (newest->epoch == epoch && newest->flow == flow &&
	    (u64)now_ns - (u64)newest->ns < (u64)apart_ns) {
		newest->counter = counter;
		return;
	}
	map->mark[map->marks++ % WGR_ABSENT_MARKS] = (struct wgr_absent_mark){
		.counter = counter,
		.ns = now_ns,
		.epoch = epoch,
		.flow = flow,
	};
}

s64 wgr_absent_since(const struct wgr_absent *absent, u16 flow, u32 epoch, u64 counter)
{
	const struct wgr_absent_map *map = absent->map;
	const struct wgr_absent_mark *mark;
	s64 since_ns = S64_MIN;
	u32 i;

	for (i = 1; map && i <= WGR_ABSENT_MARKS; i++) {
		mark = &map->mark[(map->marks - i) % WGR_ABSENT_MARKS];
		if (!mark->epoch || mark->flow != flow)
			continue;
		if (!wgr_place_after(mark->epoch, mark->counter, epoch, counter))
			break;
		since_ns = mark->ns;
	}
	return since_ns;
}

void wgr_absent_end(struct wgr_absent *absent, const struct wgr_flow_memory *memory)
{
	if (absent->map)
		memory->free(memory->ctx, absent->map, sizeof(*absent->map));
	absent->map = NULL;
}
