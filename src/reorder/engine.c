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

/*
 * Packets without a swapped one after which a path counts as calm: the old
 * key's last packet then comes after the new key's first in less than one key
 * change of as many.
 */
#define CALM_PACKETS	512

/* Held items looked at to tell since when one is missed. */
#define LOOK_BACK	64

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

static void tell(const struct wgr_reorder *r, const struct wgr_event *event)
{
	if (r->ops->event)
		r->ops->event(r->ctx, event);
}

/* The bin of a histogram of powers of two; what does not fit is in the last. */
static u32 bin_of(u64 value, u32 bins)
{
	u32 bin = (u32)fls64(value) - 1;

	return bin < bins ? bin : bins - 1;
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
	r->stats.hold[bin_of(waited | 1, WGR_HOLD_BINS)]++;
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

static void tell_wait(const struct wgr_reorder *r, s64 was_ns)
{
	if (r->hold.wait_ns != was_ns)
		tell(r, &(struct wgr_event){ .kind = WGR_HOLD_CHANGED, .ns = r->hold.wait_ns });
}

/* A missing packet has come, so waiting for such is of use. */
static void learn_came(struct wgr_reorder *r, s64 offset_ns)
{
	s64 was_ns = r->hold.wait_ns;

	r->calm_from = r->stats.pushed + CALM_PACKETS;
	wgr_hold_came(&r->hold, offset_ns);
	tell_wait(r, was_ns);
}

static void learn_lost(struct wgr_reorder *r, s64 due_ns)
{
	s64 was_ns = r->hold.wait_ns;

	wgr_hold_lost(&r->hold, due_ns);
	tell_wait(r, was_ns);
}

static bool is_calm(const struct wgr_reorder *r)
{
	return r->hold.adaptive && r->stats.pushed >= r->calm_from;
}

/*
 * When the first packet came that was sent after this place; now if none has.
 * The search is cut short where many gaps are open at a time: the marks go on,
 * less exact.
 */
static s64 missed_since(const struct wgr_reorder *r, u32 epoch, u64 counter)
{
	const struct wgr_item *item = r->oldest;
	u32 left = LOOK_BACK;
	s64 since_ns;

	for (; item; item = item->newer) {
		if (item->epoch > epoch || (item->epoch == epoch && item->counter > counter))
			return item->arrival_ns;
		if (!--left)
			break;
	}
	if (!item)
		return r->clock_ns;
	since_ns = wgr_marks_since(&r->marks, epoch, counter);
	return since_ns > item->arrival_ns ? since_ns : item->arrival_ns;
}

static void tell_given_up(const struct wgr_reorder *r, u32 epoch, u64 first, u64 last,
			  enum wgr_cause cause)
{
	if (!r->ops->event)
		return;
	tell(r, &(struct wgr_event){
		.kind = WGR_GAP_GIVEN_UP,
		.cause = cause,
		.epoch = epoch,
		.first = first,
		.last = last,
		.ns = r->clock_ns - missed_since(r, epoch, first),
	});
}

/* What is missing before this place is about to be given up. */
static void give_up_before(struct wgr_reorder *r, u32 epoch, u64 counter, enum wgr_cause cause)
{
	const struct wgr_lane *lane = &r->lane[0];
	u64 first = lane->next;

	if (epoch != lane->epoch) {
		tell_given_up(r, lane->epoch, first, U64_MAX, cause);
		first = 0;
	}
	if (counter > first)
		tell_given_up(r, epoch, first, counter - 1, cause);
}

/* The packet that has waited longest is due. */
static void time_out(struct wgr_reorder *r, struct wgr_item_list *out)
{
	u64 lost = r->stats.gaps_closed[WGR_TIMED_OUT];
	/* What is learned must not depend on how soon the caller tells the time. */
	s64 due_ns = wgr_reorder_deadline(r);

	give_up_before(r, r->oldest->epoch, r->oldest->counter, WGR_TIMED_OUT);
	release_through(r, r->oldest, WGR_TIMED_OUT, out);
	/* A boundary alone tells nothing: perhaps no packet was missing. */
	if (r->stats.gaps_closed[WGR_TIMED_OUT] != lost)
		learn_lost(r, due_ns);
}

/* Give up what every path has passed. */
static void end_passed(struct wgr_reorder *r, struct wgr_item_list *out)
{
	struct wgr_lane *lane = &r->lane[0];
	u64 passed;

	if (!r->hold.adaptive || !r->paths.several)
		return;
	passed = wgr_paths_passed(&r->paths, lane->epoch, r->clock_ns);
	if (r->open == 2 && passed == U64_MAX) {
		give_up_before(r, r->lane[1].epoch, 0, WGR_PASSED);
		cross_boundary(r, WGR_PASSED, out);
		release_run(r, WGR_PASSED, out);
		passed = wgr_paths_passed(&r->paths, lane->epoch, r->clock_ns);
	}
	/* If so, the packet there is held: it has come and is not out yet. */
	if (!lane->held || passed <= lane->next)
		return;
	give_up_before(r, lane->epoch, passed, WGR_PASSED);
	while (lane->held && lane->next <= passed)
		release(r, lane_lowest(lane), WGR_PASSED, out);
	release_run(r, WGR_PASSED, out);
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
		give_up_before(r, epoch, 0, WGR_OVERFLOWED);
		cross_boundary(r, WGR_OVERFLOWED, out);
		release_run(r, WGR_OVERFLOWED, out);
		return;
	}
	if (lane->held && lane_lowest(lane)->counter < end)
		end = lane_lowest(lane)->counter;

	give_up_before(r, lane->epoch, end, WGR_OVERFLOWED);
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
		give_up_before(r, r->lane[1].epoch, 0, WGR_OVERFLOWED);
		cross_boundary(r, WGR_OVERFLOWED, out);
		release_run(r, WGR_OVERFLOWED, out);
	} else if (r->open == 1 && !r->held && is_calm(r)) {
		give_up_before(r, epoch, 0, WGR_TIMED_OUT);
		r->stats.boundaries_opened++;
		r->stats.boundaries_closed[WGR_TIMED_OUT]++;
		r->open = 0;
	}
	return lane_open(r, epoch);
}

/* An item shows that those between the highest so far and itself are missing. */
static void note_gap(struct wgr_reorder *r, const struct wgr_lane *lane, u64 counter)
{
	u64 first = lane->held ? lane->top + 1 : lane->next;

	if (counter == first)
		return;
	r->stats.gaps_opened += counter - first;
	tell(r, &(struct wgr_event){
		.kind = WGR_GAP_OPENED,
		.epoch = lane->epoch,
		.first = first,
		.last = counter - 1,
	});
}

static void note_filled(struct wgr_reorder *r, const struct wgr_lane *lane, u64 counter)
{
	r->stats.gaps_closed[WGR_FILLED]++;
	tell(r, &(struct wgr_event){
		.kind = WGR_GAP_FILLED,
		.epoch = lane->epoch,
		.first = counter,
		.last = counter,
		.ns = r->clock_ns - missed_since(r, lane->epoch, counter),
	});
}

/*
 * Books, events and lessons of an item before it gets its place.
 *
 * Return: true if something sent after it has come before it.
 */
static bool note_arrival(struct wgr_reorder *r, const struct wgr_lane *lane, u64 counter)
{
	bool fills = lane->held && counter < lane->top;
	u64 behind = fills ? lane->top - counter : 0;

	if (fills) {
		note_filled(r, lane, counter);
	} else {
		note_gap(r, lane, counter);
		wgr_marks_note(&r->marks, lane->epoch, counter, r->clock_ns, r->hold.max_ns);
	}
	if (lane == &r->lane[0] && r->open == 2)
		behind += r->lane[1].top + 1;
	else if (!fills)
		return false;

	r->stats.span[bin_of(behind, WGR_SPAN_BINS)]++;
	learn_came(r, r->clock_ns - missed_since(r, lane->epoch, counter));
	return true;
}

/* A packet is behind what is out; @lane is NULL if its epoch is closed. */
static void note_behind(struct wgr_reorder *r, const struct wgr_lane *lane, u64 counter)
{
	u64 behind = 0;

	if (lane)
		behind = (lane->held ? lane->top : lane->spent ? U64_MAX : lane->next - 1) - counter;
	/* What is in the last bin anyhow might wrap. */
	if (lane == &r->lane[0] && r->open == 2 && !(behind >> (WGR_SPAN_BINS - 1)))
		behind += r->lane[1].top + 1;
	r->stats.span[bin_of(behind, WGR_SPAN_BINS)]++;
}

static void note_late(struct wgr_reorder *r, const struct wgr_lane *lane,
		      const struct wgr_item *item)
{
	s64 since_ns = wgr_marks_since(&r->marks, item->epoch, item->counter);
	s64 offset_ns = since_ns == S64_MIN ? -1 : r->clock_ns - since_ns;

	r->stats.late++;
	note_behind(r, lane, item->counter);
	tell(r, &(struct wgr_event){
		.kind = WGR_ITEM_LATE,
		.epoch = item->epoch,
		.first = item->counter,
		.last = item->counter,
		.ns = offset_ns,
	});
	if (offset_ns >= 0)
		learn_came(r, offset_ns);
}

/* No order is kept: out it goes.  What is behind the highest stays known. */
static enum wgr_verdict pass_on(struct wgr_reorder *r, struct wgr_item *item,
				struct wgr_item_list *out)
{
	struct wgr_lane *lane = lane_find(r, item->epoch);

	if (!lane && (!r->open || item->epoch > r->lane[0].epoch)) {
		r->open = 0;
		lane = lane_open(r, item->epoch);
	}
	if (!lane || item->counter < lane->next || lane->spent) {
		note_behind(r, lane, item->counter);
		r->stats.filled_at_once++;
	} else {
		lane_settle(lane, item->counter);
	}
	r->stats.released[WGR_IN_ORDER]++;
	list_append(out, item);
	return WGR_RELEASED;
}

static bool may_hold(const struct wgr_reorder *r)
{
	return !r->ops->admit || r->ops->admit(r->ctx, r->held);
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
		if (!starved && r->held < r->settings.window &&
		    item->counter - lane->next < r->settings.window) {
			if (may_hold(r) && ring_reach(r, lane, item->counter)) {
				ring_insert(lane, item);
				waiting_add(r, item);
				r->stats.boundary_held += lane == &r->lane[1];
				return WGR_HELD;
			}
			/* Asking again for every gap given up would take too long. */
			starved = true;
			r->stats.refused++;
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

/* Nothing is held and the item is the one that all wait for. */
static bool is_next(const struct wgr_reorder *r, const struct wgr_item *item)
{
	const struct wgr_lane *lane = &r->lane[0];

	return !r->held && item->counter == lane->next && item->epoch == lane->epoch &&
	       item->counter != U64_MAX;
}

static enum wgr_verdict release_next(struct wgr_reorder *r, struct wgr_item *item,
				     struct wgr_item_list *out)
{
	r->lane[0].next++;
	r->stats.released[WGR_IN_ORDER]++;
	list_append(out, item);
	return WGR_RELEASED;
}

static enum wgr_verdict push_slow(struct wgr_reorder *r, struct wgr_item *item,
				  struct wgr_item_list *out)
{
	enum wgr_verdict verdict;
	struct wgr_lane *lane;
	bool swapped;
	u64 in_order;

	if (r->settings.mode == WGR_OFF)
		return pass_on(r, item, out);
	while (wgr_reorder_deadline(r) < r->clock_ns)
		time_out(r, out);
	/* Whether the caller told the time before this item must make no difference. */
	if (is_next(r, item))
		return release_next(r, item, out);

	lane = lane_enter(r, item->epoch, out);
	if (!lane || item->counter < lane->next || lane->spent) {
		note_late(r, lane, item);
		return WGR_LATE;
	}
	if (lane->held && item->counter <= lane->top && lane_at(lane, item->counter)) {
		r->stats.duplicate++;
		return WGR_DUPLICATE;
	}
	swapped = note_arrival(r, lane, item->counter);
	item->arrival_ns = r->clock_ns;
	in_order = r->stats.released[WGR_IN_ORDER];
	verdict = place(r, item, out);
	if (swapped && r->stats.released[WGR_IN_ORDER] != in_order)
		r->stats.filled_at_once++;
	end_passed(r, out);
	/* It was the newest, unless it has just been released. */
	return verdict == WGR_HELD && r->newest != item ? WGR_RELEASED : verdict;
}

void wgr_reorder_init(struct wgr_reorder *r, const struct wgr_reorder_ops *ops,
		      void *ctx, const struct wgr_settings *settings)
{
	struct wgr_item_list none = { 0 };

	memset(r, 0, sizeof(*r));
	r->ops = ops;
	r->ctx = ctx;
	r->clock_ns = S64_MIN;
	r->calm_from = CALM_PACKETS;
	wgr_paths_init(&r->paths);
	/* No lane is open: keep the short way in wgr_reorder_push() shut. */
	r->lane[0].next = U64_MAX;
	wgr_reorder_configure(r, settings, &none);
}

enum wgr_verdict wgr_reorder_push(struct wgr_reorder *r, struct wgr_item *item,
				  struct wgr_item_list *out)
{
	r->stats.pushed++;
	if (item->arrival_ns > r->clock_ns)
		r->clock_ns = item->arrival_ns;
	if (unlikely(item->path || r->paths.several))
		wgr_paths_note(&r->paths, item->path, item->epoch, item->counter, r->clock_ns);

	if (likely(is_next(r, item)))
		return release_next(r, item, out);
	return push_slow(r, item, out);
}

void wgr_reorder_advance(struct wgr_reorder *r, s64 now_ns, struct wgr_item_list *out)
{
	if (now_ns > r->clock_ns)
		r->clock_ns = now_ns;
	while (r->held && wgr_reorder_deadline(r) <= r->clock_ns)
		time_out(r, out);
}

s64 wgr_reorder_deadline(const struct wgr_reorder *r)
{
	return r->held ? wgr_hold_until(&r->hold, r->oldest->arrival_ns) : WGR_NEVER;
}

void wgr_reorder_flush(struct wgr_reorder *r, struct wgr_item_list *out)
{
	const struct wgr_lane *last = &r->lane[r->open == 2];

	if (r->held)
		give_up_before(r, last->epoch, last->top, WGR_RESET);
	if (r->open == 2)
		cross_boundary(r, WGR_RESET, out);
	release_lane(r, WGR_RESET, out);
}

void wgr_reorder_discard(struct wgr_reorder *r, struct wgr_item_list *out)
{
	u64 released = r->stats.released[WGR_RESET];

	wgr_reorder_flush(r, out);
	r->stats.discarded += r->stats.released[WGR_RESET] - released;
	r->stats.released[WGR_RESET] = released;
}

/* The lane that keeps an engine from fitting its window, NULL if it fits. */
static const struct wgr_lane *lane_too_much(const struct wgr_reorder *r)
{
	u32 i;

	for (i = 0; i < r->open; i++)
		if (r->lane[i].held && r->lane[i].top - r->lane[i].next >= r->settings.window)
			return &r->lane[i];
	return r->held > r->settings.window ? &r->lane[r->open - 1] : NULL;
}

static void set_hold(struct wgr_reorder *r, bool same_start)
{
	const struct wgr_settings *settings = &r->settings;

	if (settings->mode == WGR_FIXED)
		wgr_hold_set_fixed(&r->hold, settings->hold_ns);
	else if (settings->mode == WGR_OFF)
		wgr_hold_set_fixed(&r->hold, 0);
	else if (r->hold.adaptive && same_start)
		wgr_hold_set_max(&r->hold, settings->hold_max_ns);
	else
		wgr_hold_set_adaptive(&r->hold, settings->hold_ns, settings->hold_max_ns);
}

void wgr_reorder_configure(struct wgr_reorder *r, const struct wgr_settings *settings,
			   struct wgr_item_list *out)
{
	bool same_start = settings->hold_ns == r->settings.hold_ns;
	s64 was_ns = r->hold.wait_ns;
	const struct wgr_lane *lane;

	r->settings = *settings;
	if (r->settings.window < WGR_WINDOW_MIN)
		r->settings.window = WGR_WINDOW_MIN;
	if (r->settings.window > WGR_WINDOW_MAX)
		r->settings.window = WGR_WINDOW_MAX;
	set_hold(r, same_start);
	tell_wait(r, was_ns);
	if (r->settings.mode == WGR_OFF)
		wgr_reorder_flush(r, out);

	for (lane = lane_too_much(r); lane; lane = lane_too_much(r))
		give_way(r, lane->epoch, lane->top, out);
}

void wgr_reorder_reset_stats(struct wgr_reorder *r)
{
	u64 left = r->calm_from > r->stats.pushed ? r->calm_from - r->stats.pushed : 0;

	memset(&r->stats, 0, sizeof(r->stats));
	r->stats.pushed = r->held;
	r->stats.max_held = r->held;
	r->stats.gaps_opened = wgr_reorder_open_gaps(r);
	r->stats.boundaries_opened = wgr_reorder_open_boundaries(r);
	r->stats.boundary_held = r->lane[1].held;
	r->calm_from = r->stats.pushed + left;
}

u64 wgr_reorder_open_gaps(const struct wgr_reorder *r)
{
	return lane_gaps(&r->lane[0]) + lane_gaps(&r->lane[1]);
}

u32 wgr_reorder_open_boundaries(const struct wgr_reorder *r)
{
	return r->open == 2;
}
