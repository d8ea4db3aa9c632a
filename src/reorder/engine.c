// SPDX-License-Identifier: GPL-2.0
/*
 * Held items stand in a ring of slots for each lane, found by the low bits of
 * their counter, and in one list for both lanes in the order of arrival.  The
 * ring answers "what comes next", the list "what is due next".
 *
 * The ring has room for the largest window, whatever the window is, so that
 * changing the window moves no item.  It is cut into chunks that exist only
 * while they hold something: an absent chunk is stepped over at once, so a
 * search never costs more than a chunk's slots and the number of chunks,
 * however far the counters are apart.
 */
#include "engine.h"

#define CHUNK_SLOTS	256
#define RING_CHUNKS	(WGR_WINDOW_MAX / CHUNK_SLOTS)

struct wgr_chunk {
	struct wgr_item *slot[CHUNK_SLOTS];
};

struct wgr_ring {
	struct wgr_chunk *chunk[RING_CHUNKS];
	u16 used[RING_CHUNKS];
};

static u32 chunk_of(u64 counter)
{
	return counter / CHUNK_SLOTS % RING_CHUNKS;
}

static u32 slot_of(u64 counter)
{
	return counter % CHUNK_SLOTS;
}

/* The counter must lie between the lane's next and the end of its window. */
static struct wgr_item *lane_at(const struct wgr_lane *lane, u64 counter)
{
	const struct wgr_chunk *chunk = lane->ring->chunk[chunk_of(counter)];

	return chunk ? chunk->slot[slot_of(counter)] : NULL;
}

/* The lane must hold something: only that ends the search. */
static struct wgr_item *lane_lowest(const struct wgr_lane *lane)
{
	u64 counter = lane->next;

	for (;;) {
		const struct wgr_chunk *chunk = lane->ring->chunk[chunk_of(counter)];

		if (!chunk) {
			counter = (counter | (CHUNK_SLOTS - 1)) + 1;
			continue;
		}
		if (chunk->slot[slot_of(counter)])
			return chunk->slot[slot_of(counter)];
		counter++;
	}
}

/* All counters up to this one are settled. */
static void lane_settle(struct wgr_lane *lane, u64 counter)
{
	lane->spent = counter == U64_MAX;
	lane->next = lane->spent ? counter : counter + 1;
}

static u64 lane_gaps(const struct wgr_lane *lane)
{
	return lane->held ? lane->top - lane->next + 1 - lane->held : 0;
}

static void ring_free(struct wgr_reorder *r, struct wgr_lane *lane)
{
	r->ops->free(r->ctx, lane->ring, sizeof(*lane->ring));
	lane->ring = NULL;
}

/* Make sure that the counter has a slot. */
static bool ring_reach(struct wgr_reorder *r, struct wgr_lane *lane, u64 counter)
{
	struct wgr_chunk **chunk;

	if (!lane->ring)
		lane->ring = r->ops->alloc(r->ctx, sizeof(*lane->ring));
	if (!lane->ring)
		return false;

	chunk = &lane->ring->chunk[chunk_of(counter)];
	if (!*chunk)
		*chunk = r->ops->alloc(r->ctx, sizeof(**chunk));
	if (*chunk)
		return true;

	if (!lane->held)
		ring_free(r, lane);
	return false;
}

static void ring_insert(struct wgr_lane *lane, struct wgr_item *item)
{
	u32 nr = chunk_of(item->counter);

	lane->ring->chunk[nr]->slot[slot_of(item->counter)] = item;
	lane->ring->used[nr]++;
	if (!lane->held++ || item->counter > lane->top)
		lane->top = item->counter;
}

static void ring_remove(struct wgr_reorder *r, struct wgr_lane *lane, const struct wgr_item *item)
{
	struct wgr_ring *ring = lane->ring;
	u32 nr = chunk_of(item->counter);

	ring->chunk[nr]->slot[slot_of(item->counter)] = NULL;
	if (!--ring->used[nr]) {
		r->ops->free(r->ctx, ring->chunk[nr], sizeof(*ring->chunk[nr]));
		ring->chunk[nr] = NULL;
	}
	if (!--lane->held)
		ring_free(r, lane);
}

static void waiting_add(struct wgr_reorder *r, struct wgr_item *item)
{
	item->newer = NULL;
	item->older = r->oldest ? r->newest : NULL;
	if (item->older)
		item->older->newer = item;
	else
		r->oldest = item;
	r->newest = item;

	if (++r->held > r->stats.max_held)
		r->stats.max_held = r->held;
}

static void waiting_del(struct wgr_reorder *r, struct wgr_item *item)
{
	u64 waited = (u64)r->clock_ns - (u64)item->arrival_ns;

	if (item->older)
		item->older->newer = item->newer;
	else
		r->oldest = item->newer;
	if (item->newer)
		item->newer->older = item->older;
	else
		r->newest = item->older;

	r->held--;
	if (waited > r->stats.max_hold_ns)
		r->stats.max_hold_ns = waited;
}

static void list_append(struct wgr_item_list *list, struct wgr_item *item)
{
	item->older = NULL;
	item->newer = NULL;
	if (list->first)
		list->last->newer = item;
	else
		list->first = item;
	list->last = item;
}

/* Release a held item of the current lane; what is missing before it is lost. */
static void release(struct wgr_reorder *r, struct wgr_item *item, enum wgr_cause cause,
		    struct wgr_item_list *out)
{
	struct wgr_lane *lane = &r->lane[0];

	if (item->counter != lane->next)
		r->stats.gaps_closed[cause] += item->counter - lane->next;
	ring_remove(r, lane, item);
	waiting_del(r, item);
	lane_settle(lane, item->counter);
	r->stats.released[cause]++;
	list_append(out, item);
}

/* Release what follows without a gap. */
static void release_run(struct wgr_reorder *r, enum wgr_cause cause, struct wgr_item_list *out)
{
	struct wgr_lane *lane = &r->lane[0];
	struct wgr_item *item;

	while (lane->held) {
		item = lane_at(lane, lane->next);
		if (!item)
			break;
		release(r, item, cause, out);
	}
}

static void release_lane(struct wgr_reorder *r, enum wgr_cause cause, struct wgr_item_list *out)
{
	while (r->lane[0].held)
		release(r, lane_lowest(&r->lane[0]), cause, out);
}

/* The old epoch ends here, the following one becomes the current one. */
static void cross_boundary(struct wgr_reorder *r, enum wgr_cause cause, struct wgr_item_list *out)
{
	release_lane(r, cause, out);
	r->lane[0] = r->lane[1];
	memset(&r->lane[1], 0, sizeof(r->lane[1]));
	r->open = 1;
	r->stats.boundaries_closed[cause]++;
}

/* Release everything up to and including a held item, and what follows. */
static void release_through(struct wgr_reorder *r, struct wgr_item *item,
			    enum wgr_cause cause, struct wgr_item_list *out)
{
	struct wgr_item *lowest;

	if (item->epoch != r->lane[0].epoch)
		cross_boundary(r, cause, out);
	do {
		lowest = lane_lowest(&r->lane[0]);
		release(r, lowest, cause, out);
	} while (lowest != item);
	release_run(r, cause, out);
}

/*
 * Give up the oldest gap or boundary to make room for a packet that is not
 * held yet.  If it comes before all held ones, it is where the gap ends.
 */
static void give_way(struct wgr_reorder *r, u32 epoch, u64 counter, struct wgr_item_list *out)
{
	struct wgr_lane *lane = &r->lane[0];
	bool same = epoch == lane->epoch;
	u64 end = same ? counter : U64_MAX;

	if (!same && !lane->held) {
		cross_boundary(r, WGR_OVERFLOWED, out);
		release_run(r, WGR_OVERFLOWED, out);
		return;
	}
	if (lane->held && lane_lowest(lane)->counter < end)
		end = lane_lowest(lane)->counter;

	r->stats.gaps_closed[WGR_OVERFLOWED] += end - lane->next;
	lane->next = end;
	release_run(r, WGR_OVERFLOWED, out);
}

static struct wgr_lane *lane_open(struct wgr_reorder *r, u32 epoch)
{
	struct wgr_lane *lane = &r->lane[r->open];

	if (r->open)
		r->stats.boundaries_opened++;
	r->open++;
	memset(lane, 0, sizeof(*lane));
	lane->epoch = epoch;
	return lane;
}

/* The lane of an epoch, NULL if it is closed. */
static struct wgr_lane *lane_find(struct wgr_reorder *r, u32 epoch)
{
	u32 i;

	for (i = 0; i < r->open; i++)
		if (r->lane[i].epoch == epoch)
			return &r->lane[i];
	return NULL;
}

/* As lane_find(), but an epoch not seen before gets its lane. */
static struct wgr_lane *lane_enter(struct wgr_reorder *r, u32 epoch, struct wgr_item_list *out)
{
	if (r->open && epoch <= r->lane[r->open - 1].epoch)
		return lane_find(r, epoch);
	if (r->open == 2) {
		cross_boundary(r, WGR_OVERFLOWED, out);
		release_run(r, WGR_OVERFLOWED, out);
	}
	return lane_open(r, epoch);
}

static void note_gap(struct wgr_reorder *r, const struct wgr_lane *lane, u64 counter)
{
	if (!lane->held)
		r->stats.gaps_opened += counter - lane->next;
	else if (counter > lane->top)
		r->stats.gaps_opened += counter - lane->top - 1;
	else
		r->stats.gaps_closed[WGR_FILLED]++;
}

/* Put the item where it belongs, making room at the old end if there is none. */
static enum wgr_verdict place(struct wgr_reorder *r, struct wgr_item *item,
			      struct wgr_item_list *out)
{
	enum wgr_cause cause = WGR_IN_ORDER;
	bool starved = false;
	struct wgr_lane *lane;

	for (;;) {
		lane = lane_find(r, item->epoch);
		if (lane == &r->lane[0] && lane->next == item->counter)
			break;
		if (!starved && r->held < r->window && item->counter - lane->next < r->window) {
			if (ring_reach(r, lane, item->counter)) {
				ring_insert(lane, item);
				waiting_add(r, item);
				return WGR_HELD;
			}
			/* Asking again for every gap given up would take too long. */
			starved = true;
			r->stats.alloc_failures++;
		}
		give_way(r, item->epoch, item->counter, out);
		cause = WGR_OVERFLOWED;
	}

	lane_settle(lane, item->counter);
	r->stats.released[cause]++;
	list_append(out, item);
	release_run(r, cause == WGR_IN_ORDER ? WGR_FILLED : cause, out);
	return WGR_RELEASED;
}

static enum wgr_verdict push_slow(struct wgr_reorder *r, struct wgr_item *item,
				  struct wgr_item_list *out)
{
	struct wgr_lane *lane;

	while (wgr_reorder_deadline(r) < r->clock_ns)
		release_through(r, r->oldest, WGR_TIMED_OUT, out);

	lane = lane_enter(r, item->epoch, out);
	if (!lane || item->counter < lane->next || lane->spent) {
		r->stats.late++;
		return WGR_LATE;
	}
	if (lane->held && item->counter <= lane->top && lane_at(lane, item->counter)) {
		r->stats.duplicate++;
		return WGR_DUPLICATE;
	}
	note_gap(r, lane, item->counter);
	item->arrival_ns = r->clock_ns;
	return place(r, item, out);
}

void wgr_reorder_init(struct wgr_reorder *r, const struct wgr_reorder_ops *ops,
		      void *ctx, u32 window, u64 hold_ns)
{
	struct wgr_item_list none = { 0 };

	memset(r, 0, sizeof(*r));
	r->ops = ops;
	r->ctx = ctx;
	r->clock_ns = S64_MIN;
	/* No lane is open: keep the short way in wgr_reorder_push() shut. */
	r->lane[0].next = U64_MAX;
	wgr_reorder_configure(r, window, hold_ns, &none);
}

enum wgr_verdict wgr_reorder_push(struct wgr_reorder *r, struct wgr_item *item,
				  struct wgr_item_list *out)
{
	struct wgr_lane *lane = &r->lane[0];

	r->stats.pushed++;
	if (item->arrival_ns > r->clock_ns)
		r->clock_ns = item->arrival_ns;

	if (likely(!r->held && item->counter == lane->next && item->epoch == lane->epoch &&
		   item->counter != U64_MAX)) {
		lane->next++;
		r->stats.released[WGR_IN_ORDER]++;
		list_append(out, item);
		return WGR_RELEASED;
	}
	return push_slow(r, item, out);
}

void wgr_reorder_advance(struct wgr_reorder *r, s64 now_ns, struct wgr_item_list *out)
{
	if (now_ns > r->clock_ns)
		r->clock_ns = now_ns;
	while (r->held && wgr_reorder_deadline(r) <= r->clock_ns)
		release_through(r, r->oldest, WGR_TIMED_OUT, out);
}

s64 wgr_reorder_deadline(const struct wgr_reorder *r)
{
	return r->held ? wgr_hold_until(&r->hold, r->oldest->arrival_ns) : WGR_NEVER;
}

void wgr_reorder_flush(struct wgr_reorder *r, struct wgr_item_list *out)
{
	if (r->open == 2)
		cross_boundary(r, WGR_RESET, out);
	release_lane(r, WGR_RESET, out);
}

/* The lane that keeps an engine from fitting its window, NULL if it fits. */
static const struct wgr_lane *lane_too_much(const struct wgr_reorder *r)
{
	u32 i;

	for (i = 0; i < r->open; i++)
		if (r->lane[i].held && r->lane[i].top - r->lane[i].next >= r->window)
			return &r->lane[i];
	return r->held > r->window ? &r->lane[r->open - 1] : NULL;
}

void wgr_reorder_configure(struct wgr_reorder *r, u32 window, u64 hold_ns,
			   struct wgr_item_list *out)
{
	const struct wgr_lane *lane;

	if (window < WGR_WINDOW_MIN)
		window = WGR_WINDOW_MIN;
	if (window > WGR_WINDOW_MAX)
		window = WGR_WINDOW_MAX;
	r->window = window;
	wgr_hold_set_fixed(&r->hold, hold_ns);

	for (lane = lane_too_much(r); lane; lane = lane_too_much(r))
		give_way(r, lane->epoch, lane->top, out);
}

u64 wgr_reorder_open_gaps(const struct wgr_reorder *r)
{
	return lane_gaps(&r->lane[0]) + lane_gaps(&r->lane[1]);
}

u32 wgr_reorder_open_boundaries(const struct wgr_reorder *r)
{
	return r->open == 2;
}
