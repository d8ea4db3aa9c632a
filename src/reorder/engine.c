// SPDX-License-Identifier: GPL-2.0
/*
 * Held items stand in a ring of slots for each lane, found by the low bits of
 * their counter, and in one list for both lanes in the order of arrival.  The
 * ring answers "what comes next", the list "what is due next".
 *
 * The ring has room for the largest span, so the window limits nothing but how much
 * is held, and changing it moves no item.  It is cut into chunks that exist only
 * while they hold something: an absent chunk is stepped over at once, so a
 * search never costs more than a chunk's slots and the number of chunks,
 * however far the counters are apart.
 */
#include "engine.h"

#define CHUNK_SLOTS	256
#define RING_CHUNKS	(WGR_SPAN_MAX / CHUNK_SLOTS)

/*
 * Packets without a swapped one after which a path counts as calm: the old
 * key's last packet then comes after the new key's first in less than one key
 * change of as many.
 */
#define CALM_PACKETS	512

/* Held items looked at to tell since when one is missed. */
#define LOOK_BACK	64

/* Flows are forgotten when all has been in order for so long. */
#define QUIET_NS	2000000000LL

/* Items that wait behind what was given up, at most. */
#define TRAIL_MOST	256

/* A deadline missed by no more than that is what timers always do. */
#define STALL_NS	100000LL

/* Number of the flow of a ghost: a place kept for what is not held. */
#define GHOST	0xfffe

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

static bool is_ghost(const struct wgr_item *item)
{
	return item->flow == GHOST;
}

static void note_held(struct wgr_reorder *r)
{
	if (wgr_reorder_held(r) > r->stats.max_held)
		r->stats.max_held = wgr_reorder_held(r);
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

	r->held++;
	if (is_ghost(item))
		r->ghosts++;
	else if (item->flow == WGR_NO_FLOW)
		r->nameless++;
	else
		wgr_flows_at(&r->flows, item->flow)->held++;
	note_held(r);
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

static void note_waited(struct wgr_reorder *r, const struct wgr_item *item)
{
	u64 waited = (u64)r->clock_ns - (u64)item->arrival_ns;

	r->stats.hold[bin_of(waited | 1, WGR_HOLD_BINS)]++;
	if (waited > r->stats.max_hold_ns)
		r->stats.max_hold_ns = waited;
}

static void waiting_del(struct wgr_reorder *r, struct wgr_item *item)
{
	if (item->older)
		item->older->newer = item->newer;
	else
		r->oldest = item->newer;
	if (item->newer)
		item->newer->older = item->older;
	else
		r->newest = item->older;

	r->held--;
	if (is_ghost(item)) {
		r->ghosts--;
		return;
	}
	if (item->flow == WGR_NO_FLOW)
		r->nameless--;
	else
		wgr_flows_at(&r->flows, item->flow)->held--;
}

/* ---- flows ---- */

static bool by_flow(const struct wgr_reorder *r)
{
	return r->settings.scope == WGR_SCOPE_FLOW && r->ops->flow;
}

static struct wgr_flow_memory flow_memory(const struct wgr_reorder *r)
{
	return (struct wgr_flow_memory){ r->ops->alloc, r->ops->free, r->ctx };
}

/* Nothing has gone ahead of what is held, else that might be followed by its own flow. */
static void forget_flows(struct wgr_reorder *r)
{
	struct wgr_flow_memory memory = flow_memory(r);
	struct wgr_item *item;

	if (!r->flows.on)
		return;
	for (item = r->oldest; item; item = item->newer)
		item->flow = WGR_NO_FLOW;
	r->nameless = r->held;
	wgr_flows_end(&r->flows, &memory);
	wgr_absent_end(&r->absent, &memory);
}

/* From the first missing place on, nothing has been released. */
static void watch_flows(struct wgr_reorder *r)
{
	const struct wgr_lane *lane = &r->lane[0];

	if (!r->open)
		wgr_flows_begin(&r->flows, 0, 0);
	else if (lane->spent)
		wgr_flows_begin(&r->flows, (u64)lane->epoch + 1, 0);
	else
		wgr_flows_begin(&r->flows, lane->epoch, lane->next);
}

/*
 * Finds the flow of an item that has just come.
 *
 * Return: true if something of its flow that was sent later has come before.
 */
static bool enter_flow(struct wgr_reorder *r, struct wgr_item *item)
{
	struct wgr_flow_memory memory = flow_memory(r);
	struct wgr_flow *flow;
	bool might_go, swapped;
	u32 apart_us;

	if (!r->flows.on)
		watch_flows(r);
	item->flow = wgr_flows_enter(&r->flows, r->ops->flow(r->ctx, item), &memory);
	if (item->flow == WGR_NO_FLOW)
		return false;
	flow = wgr_flows_at(&r->flows, item->flow);
	might_go = wgr_flows_may_go(&r->flows, flow, r->hold.wait_ns);
	apart_us = flow->apart_us;
	/* What was given up before the last one of this flow came is lost, as it seems. */
	if (wgr_flow_time(r->clock_ns) - flow->seen_us > wgr_flow_time(r->hold.wait_ns) &&
	    !wgr_hold_comes_back(&r->hold))
		flow->trails = false;
	swapped = wgr_flow_arrived(flow, item->epoch, item->counter, r->clock_ns);
	wgr_flows_judge(&r->flows, apart_us, might_go && swapped);
	return swapped;
}

/* The table's own hash of an item's flow, where it is asked for by that. */
static u32 tag_if_needed(const struct wgr_reorder *r, const struct wgr_item *item)
{
	if (item->flow != WGR_NO_FLOW)
		return wgr_flows_at(&r->flows, item->flow)->tag;
	return r->ops->flow(r->ctx, item);
}

static void note_released(struct wgr_reorder *r, const struct wgr_item *item)
{
	if (r->flows.on)
		wgr_flows_released(&r->flows, item->flow, tag_if_needed(r, item), item->epoch,
				   item->counter);
}

static enum wgr_overtaken overtaken(const struct wgr_reorder *r, const struct wgr_item *item)
{
	return wgr_flows_overtaken(&r->flows, item->flow, tag_if_needed(r, item), item->epoch,
				   item->counter);
}

/*
 * An item whose flow has nothing to wait for, and of which nothing is held. While something is
 * held whose flow nobody knows none goes: so few are known by then that this matters to none,
 * but order must not hang on how many that takes.
 */
static bool may_go_ahead(const struct wgr_reorder *r, const struct wgr_item *item)
{
	const struct wgr_flow *flow;

	if (!r->flows.on || item->flow == WGR_NO_FLOW || r->nameless)
		return false;
	flow = wgr_flows_at(&r->flows, item->flow);
	return !flow->held && wgr_flows_may_go(&r->flows, flow, r->hold.wait_ns);
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

/* When what happens now was due: the clock may be later, if nobody has told the time since. */
static s64 moment(const struct wgr_reorder *r)
{
	return r->due_ns < r->clock_ns ? r->due_ns : r->clock_ns;
}

static bool may_hold(const struct wgr_reorder *r)
{
	return !r->ops->admit || r->ops->admit(r->ctx, r->held + r->trailing);
}

/* ---- what comes behind: items of the current lane that wait for their own flow only ---- */

/* In the order of arrival: one that was in the lane first may have come before others here. */
static void trail_add(struct wgr_reorder *r, struct wgr_item *item)
{
	struct wgr_item *older = r->trail_oldest ? r->trail_newest : NULL;

	while (older && older->arrival_ns > item->arrival_ns)
		older = older->older;
	item->older = older;
	item->newer = older ? older->newer : r->trail_oldest;
	if (older)
		older->newer = item;
	else
		r->trail_oldest = item;
	if (item->newer)
		item->newer->older = item;
	else
		r->trail_newest = item;
	r->trailing++;
	wgr_flows_at(&r->flows, item->flow)->held++;
	note_held(r);
}

static void trail_del(struct wgr_reorder *r, struct wgr_item *item)
{
	if (item->older)
		item->older->newer = item->newer;
	else
		r->trail_oldest = item->newer;
	if (item->newer)
		item->newer->older = item->older;
	else
		r->trail_newest = item->older;
	r->trailing--;
	wgr_flows_at(&r->flows, item->flow)->held--;
	note_waited(r, item);
}

static void tell_apart(const struct wgr_reorder *r, const struct wgr_item *item,
		       enum wgr_event_kind kind)
{
	tell(r, &(struct wgr_event){
		.kind = kind,
		.epoch = item->epoch,
		.first = item->counter,
		.last = item->counter,
		.ns = r->clock_ns - item->arrival_ns,
		.flow = item->flow,
	});
}

static void put_out(struct wgr_reorder *r, struct wgr_item *item, enum wgr_cause cause,
		    struct wgr_item_list *out)
{
	if (cause == WGR_AHEAD)
		tell_apart(r, item, WGR_ITEM_AHEAD);
	else if (cause == WGR_BEHIND)
		tell_apart(r, item, WGR_ITEM_BEHIND);
	note_released(r, item);
	r->stats.released[cause]++;
	list_append(out, item);
}

/* Of those that wait behind and may be of an item's flow, the first that was sent before it. */
static struct wgr_item *trail_before(const struct wgr_reorder *r, const struct wgr_item *item)
{
	struct wgr_item *other, *first = NULL;

	for (other = r->trail_oldest; other; other = other->newer)
		if ((item->flow == WGR_NO_FLOW || other->flow == item->flow) &&
		    wgr_place_after(item->epoch, item->counter, other->epoch, other->counter) &&
		    (!first || wgr_place_after(first->epoch, first->counter, other->epoch,
					       other->counter)))
			first = other;
	return first;
}

/* No item goes before those of its flow that wait behind. */
static void trail_clear(struct wgr_reorder *r, const struct wgr_item *item,
			struct wgr_item_list *out)
{
	struct wgr_item *other;

	while (r->trailing && (other = trail_before(r, item))) {
		trail_del(r, other);
		put_out(r, other, WGR_BEHIND, out);
	}
}

static void trail_release(struct wgr_reorder *r, struct wgr_item *item, struct wgr_item_list *out)
{
	trail_clear(r, item, out);
	trail_del(r, item);
	put_out(r, item, WGR_BEHIND, out);
}

/* It, or the same packet, waits behind what was given up. */
static bool is_trailing(const struct wgr_reorder *r, const struct wgr_item *item)
{
	const struct wgr_item *other;

	for (other = r->trail_oldest; other; other = other->newer)
		if (other->epoch == item->epoch && other->counter == item->counter)
			return true;
	return false;
}

/* Whether something that may be of the item's flow and was sent before it has not come. */
static bool misses_own(const struct wgr_reorder *r, const struct wgr_item *item)
{
	const struct wgr_flow *flow = wgr_flows_at(&r->flows, item->flow);

	return !flow->guessed && flow->out_epoch == item->epoch &&
	       wgr_absent_between(&r->absent, item->epoch, flow->out_counter, item->counter);
}

/* Release those that miss nothing any more. */
static void trail_settle(struct wgr_reorder *r, struct wgr_item_list *out)
{
	struct wgr_item *item = r->trail_oldest;

	while (item) {
		if (misses_own(r, item)) {
			item = item->newer;
			continue;
		}
		trail_release(r, item, out);
		item = r->trail_oldest;
	}
}

/*
 * As many wait behind as may: the one that has waited longest goes.
 *
 * Return: false if this item has to go first, for they are of one flow.
 */
static bool trail_give_way(struct wgr_reorder *r, const struct wgr_item *item,
			   struct wgr_item_list *out)
{
	struct wgr_item *oldest = r->trail_oldest;

	r->stats.refused++;
	if (oldest->flow == item->flow &&
	    wgr_place_after(oldest->epoch, oldest->counter, item->epoch, item->counter))
		return false;
	trail_release(r, oldest, out);
	return true;
}

/* Whether it has waited long enough itself. */
static bool is_due(const struct wgr_reorder *r, const struct wgr_item *item)
{
	return wgr_hold_until(&r->hold, item->arrival_ns) <= moment(r);
}

static void mark_trailing(struct wgr_reorder *r, const struct wgr_flow *flow,
			  const struct wgr_item *item)
{
	if (flow->in_epoch == item->epoch && flow->in_counter == item->counter)
		wgr_absent_mark(&r->absent, item->flow, item->epoch, item->counter,
				item->arrival_ns, r->hold.wait_ns / 16);
}

/*
 * An item has had its turn in the lane, or comes too late for that, @held or just come.  If
 * its flow is one that trails, it may have to wait for others of that.
 *
 * Return: true if it does.
 */
static bool trail(struct wgr_reorder *r, struct wgr_item *item, enum wgr_cause cause,
		  bool held, struct wgr_item_list *out)
{
	struct wgr_flow *flow;

	if (!r->absent.map || item->flow == WGR_NO_FLOW || cause == WGR_RESET)
		return false;
	flow = wgr_flows_at(&r->flows, item->flow);
	/* The one whose wait is over was sent after it: if of another flow, that was ahead. */
	if (cause == WGR_TIMED_OUT && !is_due(r, item) && misses_own(r, item))
		flow->trails = true;
	if (!flow->trails)
		return false;
	mark_trailing(r, flow, item);
	if (!misses_own(r, item)) {
		flow->trails = cause == WGR_BEHIND || wgr_hold_comes_back(&r->hold);
		return false;
	}
	if (is_due(r, item))
		return false;
	if (!flow->held && wgr_flows_may_go(&r->flows, flow, r->hold.wait_ns))
		return false;
	if (!held && !may_hold(r)) {
		r->stats.refused++;
		return false;
	}
	if (r->trailing == TRAIL_MOST && !trail_give_way(r, item, out))
		return false;
	trail_add(r, item);
	return true;
}

/* What the lane gives up may still come. */
static void note_given_up(struct wgr_reorder *r, u64 first, u64 last)
{
	struct wgr_flow_memory memory = flow_memory(r);

	if (r->flows.on)
		wgr_absent_add(&r->absent, r->lane[0].epoch, first, last, &memory);
}

/*
 * An item has had its turn in its lane, where it was @held or comes just now.
 *
 * Return: false if it has to wait for its own flow all the same.
 */
static bool let_go(struct wgr_reorder *r, struct wgr_item *item, enum wgr_cause cause, bool held,
		   struct wgr_item_list *out)
{
	if (is_ghost(item)) {
		r->ops->free(r->ctx, item, sizeof(*item));
		return true;
	}
	if (trail(r, item, cause, held, out))
		return false;
	if (held)
		note_waited(r, item);
	trail_clear(r, item, out);
	put_out(r, item, cause, out);
	return true;
}

/* Release a held item of the current lane; what is missing before it is lost. */
static void release(struct wgr_reorder *r, struct wgr_item *item, enum wgr_cause cause,
		    struct wgr_item_list *out)
{
	struct wgr_lane *lane = &r->lane[0];

	if (item->counter != lane->next) {
		r->stats.gaps_closed[cause] += item->counter - lane->next;
		note_given_up(r, lane->next, item->counter - 1);
	}
	ring_remove(r, lane, item);
	waiting_del(r, item);
	lane_settle(lane, item->counter);
	let_go(r, item, cause, true, out);
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
	u64 counter = item->counter;

	if (item->epoch != r->lane[0].epoch)
		cross_boundary(r, cause, out);
	do {
		release(r, lane_lowest(&r->lane[0]), cause, out);
	} while (!r->lane[0].spent && r->lane[0].next <= counter);
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
	wgr_hold_came(&r->hold, r->clock_ns, offset_ns, r->stats.pushed);
	tell_wait(r, was_ns);
}

static void learn_gap(struct wgr_reorder *r)
{
	s64 was_ns = r->hold.wait_ns;

	wgr_hold_gap(&r->hold, r->clock_ns);
	tell_wait(r, was_ns);
}

static void learn_lost(struct wgr_reorder *r, s64 due_ns, u64 pushed, u32 held, u64 gone)
{
	s64 was_ns = r->hold.wait_ns;

	wgr_hold_lost(&r->hold, due_ns, pushed, held, gone);
	tell_wait(r, was_ns);
}

static void learn_others(struct wgr_reorder *r)
{
	s64 was_ns = r->hold.wait_ns;

	wgr_hold_others(&r->hold, r->clock_ns, r->stats.pushed, r->held);
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

static bool anything_waits(const struct wgr_reorder *r)
{
	return r->held || r->trailing;
}

/* The packet that has waited longest, whether in a lane or behind. */
static const struct wgr_item *first_due(const struct wgr_reorder *r)
{
	if (!r->trail_oldest || (r->oldest && r->oldest->arrival_ns < r->trail_oldest->arrival_ns))
		return r->oldest;
	return r->trail_oldest;
}

/* One has waited long enough for others of its flow; so many had been pushed then. */
static void trail_time_out(struct wgr_reorder *r, u64 pushed, struct wgr_item_list *out)
{
	s64 due_ns = wgr_reorder_deadline(r);
	u32 waiting = r->held + r->trailing;
	s64 was_ns = r->hold.wait_ns;

	trail_release(r, r->trail_oldest, out);
	trail_settle(r, out);
	r->flows.used_ns = due_ns;
	wgr_hold_others(&r->hold, due_ns, pushed, waiting);
	tell_wait(r, was_ns);
}

/* The packet that has waited longest is due; so many had been pushed then. */
static void lane_time_out(struct wgr_reorder *r, u64 pushed, struct wgr_item_list *out)
{
	u64 lost = r->stats.gaps_closed[WGR_TIMED_OUT];
	/* What is learned must not depend on how soon the caller tells the time. */
	s64 due_ns = wgr_reorder_deadline(r);
	u32 held = r->held;

	give_up_before(r, r->oldest->epoch, r->oldest->counter, WGR_TIMED_OUT);
	release_through(r, r->oldest, WGR_TIMED_OUT, out);
	if (r->flows.on)
		r->flows.used_ns = due_ns;
	/* A boundary alone tells nothing: perhaps no packet was missing. */
	lost = r->stats.gaps_closed[WGR_TIMED_OUT] - lost;
	if (lost)
		learn_lost(r, due_ns, pushed, held, lost);
}

static void time_out(struct wgr_reorder *r, u64 pushed, struct wgr_item_list *out)
{
	r->due_ns = wgr_reorder_deadline(r);
	if (first_due(r) == r->trail_oldest)
		trail_time_out(r, pushed, out);
	else
		lane_time_out(r, pushed, out);
	r->due_ns = WGR_NEVER;
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
	if (end != lane->next)
		note_given_up(r, lane->next, end - 1);
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
	learn_gap(r);
}

static void note_filled(struct wgr_reorder *r, const struct wgr_lane *lane, u64 counter)
{
	r->stats.gaps_closed[WGR_FILLED]++;
	if (!r->ops->event || (r->ops->traced && !r->ops->traced(r->ctx)))
		return;
	tell(r, &(struct wgr_event){
		.kind = WGR_GAP_FILLED,
		.epoch = lane->epoch,
		.first = counter,
		.last = counter,
		.ns = r->clock_ns - missed_since(r, lane->epoch, counter),
	});
}

/*
 * Books and events of an item before it gets its place.
 *
 * Return: true if something sent after it has come before it.
 */
static bool note_arrival(struct wgr_reorder *r, const struct wgr_lane *lane,
			 const struct wgr_item *item)
{
	bool fills = lane->held && item->counter < lane->top;
	u64 behind = fills ? lane->top - item->counter : 0;

	if (fills) {
		note_filled(r, lane, item->counter);
	} else {
		note_gap(r, lane, item->counter);
		wgr_marks_note(&r->marks, lane->epoch, item->counter, item->flow, r->clock_ns,
			       r->hold.reach_ns);
	}
	if (lane == &r->lane[0] && r->open == 2)
		behind += r->lane[1].top + 1;
	else if (!fills)
		return false;

	r->stats.span[bin_of(behind, WGR_SPAN_BINS)]++;
	return true;
}

/* For how long something of an item's own flow that was sent later has been here. */
static s64 overtaken_for(const struct wgr_reorder *r, const struct wgr_item *item)
{
	const struct wgr_item *held = r->oldest;
	u32 left = LOOK_BACK;
	s64 since_ns;

	for (; held && left; held = held->newer, left--)
		if (held->flow == item->flow &&
		    wgr_place_after(held->epoch, held->counter, item->epoch, item->counter))
			return r->clock_ns - held->arrival_ns;
	since_ns = wgr_marks_flow_since(&r->marks, item->epoch, item->counter, item->flow);
	if (since_ns != S64_MIN)
		return r->clock_ns - since_ns;
	return (s64)(wgr_flow_time(r->clock_ns) -
		     wgr_flows_at(&r->flows, item->flow)->seen_us) << 10;
}

/*
 * What an item teaches that was waited for, or has come too late.  Where only other
 * flows have overtaken it, whoever waited did so in vain.
 */
static void learn_arrival(struct wgr_reorder *r, const struct wgr_item *item, bool swapped)
{
	if (!by_flow(r) || item->flow == WGR_NO_FLOW)
		learn_came(r, r->clock_ns - missed_since(r, item->epoch, item->counter));
	else if (swapped)
		learn_came(r, overtaken_for(r, item));
	else if (r->held > r->ghosts)
		learn_others(r);
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

/*
 * By how much an item is late, -1 if that is not known or no wait would have helped.
 * What overtook it first is out already: held are only those that came after that.
 */
static s64 late_by(const struct wgr_reorder *r, const struct wgr_item *item, bool swapped,
		   enum wgr_overtaken fate)
{
	s64 since_ns = wgr_marks_since(&r->marks, item->epoch, item->counter);
	bool own = swapped && by_flow(r);
	s64 behind_ns = own ? wgr_absent_since(&r->absent, item->flow, item->epoch, item->counter) :
			      S64_MIN;

	if (behind_ns != S64_MIN)
		return r->clock_ns - behind_ns;
	if (own && wgr_flows_at(&r->flows, item->flow)->trails)
		return -1;
	if (since_ns == S64_MIN || (fate == WGR_NOT_OVERTAKEN && !own))
		return -1;
	if (own)
		since_ns = wgr_marks_flow_since(&r->marks, item->epoch, item->counter, item->flow);
	return since_ns == S64_MIN ? overtaken_for(r, item) : r->clock_ns - since_ns;
}

/*
 * What is to be learned of an item that is late by so much.  If the wait would have been
 * enough for its flow, then what other flows had sent after it came first and had waited that
 * long: the wait has to be longer by what they were ahead.  A step at a time, and only as far
 * as jitter explains it: where flows pass one another on purpose they are far ahead.
 */
static s64 enough_for(const struct wgr_reorder *r, const struct wgr_item *item, s64 by_ns)
{
	s64 since_ns = wgr_marks_since(&r->marks, item->epoch, item->counter);
	s64 wait_ns = r->hold.wait_ns;
	s64 more_ns;

	if (by_ns > wait_ns || since_ns == S64_MIN || wgr_hold_passes(&r->hold))
		return by_ns;
	more_ns = r->clock_ns - since_ns - wait_ns;
	if (more_ns <= 0 || more_ns > wait_ns / 2)
		return by_ns;
	return wait_ns + (more_ns < wait_ns / 4 ? more_ns : wait_ns / 4);
}

static void note_late(struct wgr_reorder *r, const struct wgr_item *item, s64 by_ns)
{
	r->stats.late++;
	tell(r, &(struct wgr_event){
		.kind = WGR_ITEM_LATE,
		.epoch = item->epoch,
		.first = item->counter,
		.last = item->counter,
		.ns = by_ns,
	});
}

/*
 * What has become of the flow of an item that has no place in a lane.  It may be of an
 * epoch between the open ones, which began too late to get a lane: then it must not
 * go ahead of older ones that are held.  Of those before all epochs nobody knows which
 * was sent first.
 */
static enum wgr_overtaken fate_behind(const struct wgr_reorder *r, const struct wgr_item *item)
{
	enum wgr_overtaken fate;

	if (!by_flow(r))
		return WGR_OVERTAKEN;
	if (!item->epoch)
		return WGR_PERHAPS_OVERTAKEN;
	fate = overtaken(r, item);
	if (fate == WGR_NOT_OVERTAKEN && item->epoch > r->lane[0].epoch && wgr_reorder_held(r))
		fate = WGR_PERHAPS_OVERTAKEN;
	return fate;
}

/* What an item teaches that has come behind what is out, @by_ns as of late_by(). */
static void learn_behind(struct wgr_reorder *r, const struct wgr_item *item, s64 by_ns,
			 bool swapped, enum wgr_overtaken fate)
{
	if (by_ns >= 0) {
		wgr_hold_back(&r->hold);
		learn_came(r, fate == WGR_NOT_OVERTAKEN ? by_ns : enough_for(r, item, by_ns));
	} else if (swapped || fate != WGR_NOT_OVERTAKEN) {
		wgr_hold_unknown(&r->hold);
	} else {
		wgr_hold_behind(&r->hold);
	}
}

/* Only other flows have overtaken it: it goes, if it need not wait for its own. */
static void go_behind(struct wgr_reorder *r, const struct wgr_lane *lane,
		      struct wgr_item *item, struct wgr_item_list *out)
{
	item->arrival_ns = r->clock_ns;
	if (lane == &r->lane[0] && item->flow != WGR_NO_FLOW)
		wgr_flows_at(&r->flows, item->flow)->trails = true;
	let_go(r, item, WGR_BEHIND, false, out);
}

/* A packet has come behind what is out: late, unless only other flows passed it. */
static enum wgr_verdict come_behind(struct wgr_reorder *r, const struct wgr_lane *lane,
				    struct wgr_item *item, bool swapped,
				    struct wgr_item_list *out)
{
	enum wgr_overtaken fate = fate_behind(r, item);
	s64 by_ns = late_by(r, item, swapped, fate);

	note_behind(r, lane, item->counter);
	wgr_absent_came(&r->absent, item->epoch, item->counter);
	if (fate == WGR_NOT_OVERTAKEN)
		go_behind(r, lane, item, out);
	else
		note_late(r, item, by_ns);
	r->stats.late_unknown += fate == WGR_PERHAPS_OVERTAKEN;
	trail_settle(r, out);
	learn_behind(r, item, by_ns, swapped, fate);
	if (fate != WGR_NOT_OVERTAKEN)
		return WGR_LATE;
	return is_trailing(r, item) ? WGR_HELD : WGR_RELEASED;
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
		    item->counter - lane->next < WGR_SPAN_MAX) {
			if (may_hold(r) && ring_reach(r, lane, item->counter)) {
				ring_insert(lane, item);
				waiting_add(r, item);
				r->stats.boundary_held += lane == &r->lane[1] && !is_ghost(item);
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
	let_go(r, item, cause, false, out);
	release_run(r, cause == WGR_IN_ORDER ? WGR_FILLED : cause, out);
	return WGR_RELEASED;
}

/* A place to be kept for an item that is not held, so that it does not count as missing. */
static struct wgr_item *make_ghost(const struct wgr_reorder *r, const struct wgr_item *item)
{
	struct wgr_item *ghost = r->ops->alloc(r->ctx, sizeof(*ghost));

	if (ghost) {
		*ghost = *item;
		ghost->flow = GHOST;
	}
	return ghost;
}

/* Nothing is held and the item is the one that all wait for. */
static bool is_next(const struct wgr_reorder *r, const struct wgr_item *item)
{
	const struct wgr_lane *lane = &r->lane[0];

	return !r->held && item->counter == lane->next && item->epoch == lane->epoch &&
	       item->counter != U64_MAX;
}

/* The first packet of all, and nothing was sent before it. */
static bool is_first(const struct wgr_reorder *r, const struct wgr_item *item)
{
	return !r->open && !item->counter;
}

static enum wgr_verdict release_next(struct wgr_reorder *r, struct wgr_item *item,
				     struct wgr_item_list *out)
{
	r->lane[0].next++;
	r->stats.released[WGR_IN_ORDER]++;
	list_append(out, item);
	return WGR_RELEASED;
}

/* As release_next(), while flows are watched. */
static enum wgr_verdict take_next(struct wgr_reorder *r, struct wgr_item *item,
				  struct wgr_item_list *out)
{
	item->arrival_ns = r->clock_ns;
	r->lane[0].next++;
	return let_go(r, item, WGR_IN_ORDER, false, out) ? WGR_RELEASED : WGR_HELD;
}

/*
 * A packet whose flow has nothing to wait for goes at once, ahead of what is held.
 *
 * Return: false if it has to wait like all others.
 */
static bool go_ahead(struct wgr_reorder *r, struct wgr_item *item, struct wgr_item_list *out)
{
	struct wgr_item *ghost = may_go_ahead(r, item) ? make_ghost(r, item) : NULL;

	if (!ghost)
		return false;
	place(r, ghost, out);
	put_out(r, item, WGR_AHEAD, out);
	return true;
}

/* A later packet of its flow has gone ahead of it: it is late, and has come all the same. */
static enum wgr_verdict come_outrun(struct wgr_reorder *r, const struct wgr_lane *lane,
				    const struct wgr_item *item, enum wgr_overtaken fate,
				    struct wgr_item_list *out)
{
	struct wgr_item *ghost = make_ghost(r, item);

	if (ghost) {
		if (note_arrival(r, lane, item))
			learn_arrival(r, item, fate == WGR_OVERTAKEN);
		ghost->arrival_ns = r->clock_ns;
		place(r, ghost, out);
	}
	note_late(r, item, -1);
	if (fate == WGR_OVERTAKEN)
		r->stats.late_ahead++;
	else
		r->stats.late_unknown++;
	return WGR_LATE;
}

/* A packet gets its place in a lane where nothing was so far. */
static enum wgr_verdict settle(struct wgr_reorder *r, struct wgr_lane *lane,
			       struct wgr_item *item, bool swapped, struct wgr_item_list *out)
{
	u64 in_order = r->stats.released[WGR_IN_ORDER];
	enum wgr_verdict verdict;
	bool behind;

	behind = note_arrival(r, lane, item);
	item->arrival_ns = r->clock_ns;
	if (behind)
		learn_arrival(r, item, swapped);
	if ((lane != &r->lane[0] || item->counter != lane->next) && go_ahead(r, item, out))
		verdict = WGR_RELEASED;
	else
		verdict = place(r, item, out);
	if (behind && r->stats.released[WGR_IN_ORDER] != in_order)
		r->stats.filled_at_once++;
	return verdict;
}

static enum wgr_verdict push_slow(struct wgr_reorder *r, struct wgr_item *item,
				  struct wgr_item_list *out)
{
	enum wgr_overtaken fate = WGR_NOT_OVERTAKEN;
	enum wgr_verdict verdict;
	struct wgr_lane *lane;
	bool swapped = false;

	if (r->settings.mode == WGR_OFF)
		return pass_on(r, item, out);
	while (wgr_reorder_deadline(r) < r->clock_ns)
		time_out(r, r->stats.pushed - 1, out);
	if (wgr_reorder_rest_at(r) <= r->clock_ns)
		forget_flows(r);
	item->flow = WGR_NO_FLOW;
	if (by_flow(r) && item->epoch && (r->flows.on || !is_next(r, item)) && !is_first(r, item))
		swapped = enter_flow(r, item);
	/* Whether the caller told the time before this item must make no difference. */
	if (is_next(r, item))
		return take_next(r, item, out);

	if (r->flows.on)
		r->flows.used_ns = r->clock_ns;
	if (is_trailing(r, item)) {
		r->stats.duplicate++;
		return WGR_DUPLICATE;
	}
	lane = lane_enter(r, item->epoch, out);
	if (!lane || item->counter < lane->next || lane->spent)
		return come_behind(r, lane, item, swapped, out);
	if (lane->held && item->counter <= lane->top && lane_at(lane, item->counter)) {
		r->stats.duplicate++;
		return WGR_DUPLICATE;
	}
	if (r->flows.on)
		fate = overtaken(r, item);
	if (fate == WGR_NOT_OVERTAKEN)
		verdict = settle(r, lane, item, swapped, out);
	else
		verdict = come_outrun(r, lane, item, fate, out);
	end_passed(r, out);
	if (verdict == WGR_LATE)
		return verdict;
	/* If it is in a lane it is the newest there. */
	return (r->held && r->newest == item) || is_trailing(r, item) ? WGR_HELD : WGR_RELEASED;
}

void wgr_reorder_init(struct wgr_reorder *r, const struct wgr_reorder_ops *ops,
		      void *ctx, const struct wgr_settings *settings)
{
	struct wgr_item_list none = { 0 };

	memset(r, 0, sizeof(*r));
	r->ops = ops;
	r->ctx = ctx;
	r->clock_ns = S64_MIN;
	r->not_before_ns = S64_MIN;
	r->due_ns = WGR_NEVER;
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

	if (likely(is_next(r, item) && !r->flows.on))
		return release_next(r, item, out);
	return push_slow(r, item, out);
}

void wgr_reorder_advance(struct wgr_reorder *r, s64 now_ns, struct wgr_item_list *out)
{
	if (now_ns > r->clock_ns)
		r->clock_ns = now_ns;
	while (anything_waits(r) && wgr_reorder_deadline(r) <= r->clock_ns)
		time_out(r, r->stats.pushed, out);
	if (wgr_reorder_rest_at(r) <= r->clock_ns)
		forget_flows(r);
}

s64 wgr_reorder_deadline(const struct wgr_reorder *r)
{
	s64 due_ns;

	if (!anything_waits(r))
		return WGR_NEVER;
	due_ns = wgr_hold_until(&r->hold, first_due(r)->arrival_ns);
	return due_ns > r->not_before_ns ? due_ns : r->not_before_ns;
}

s64 wgr_reorder_rest_at(const struct wgr_reorder *r)
{
	if (!r->flows.on || anything_waits(r) || r->flows.used_ns > S64_MAX - QUIET_NS)
		return WGR_NEVER;
	return r->flows.used_ns + QUIET_NS;
}

void wgr_reorder_excuse(struct wgr_reorder *r, s64 now_ns)
{
	s64 due_ns = wgr_reorder_deadline(r);
	s64 more_ns;

	if (due_ns >= now_ns || now_ns - due_ns <= STALL_NS)
		return;
	/* Nothing is excused twice, so however many are, they do not add up. */
	if (due_ns == r->not_before_ns)
		return;
	more_ns = (now_ns - due_ns) / 2;
	if (more_ns > WGR_EXCUSE_NS)
		more_ns = WGR_EXCUSE_NS;
	r->not_before_ns = now_ns > S64_MAX - more_ns ? WGR_NEVER : now_ns + more_ns;
}

/* Without a word about those of its flow that may still come. */
static void trail_flush(struct wgr_reorder *r, struct wgr_item_list *out)
{
	struct wgr_item *item = r->trail_oldest, *before = trail_before(r, item);

	if (before)
		item = before;
	trail_del(r, item);
	put_out(r, item, WGR_RESET, out);
}

void wgr_reorder_flush(struct wgr_reorder *r, struct wgr_item_list *out)
{
	const struct wgr_lane *last = &r->lane[r->open == 2];

	if (r->held)
		give_up_before(r, last->epoch, last->top, WGR_RESET);
	while (r->trailing)
		trail_flush(r, out);
	if (r->open == 2)
		cross_boundary(r, WGR_RESET, out);
	release_lane(r, WGR_RESET, out);
	forget_flows(r);
}

void wgr_reorder_discard(struct wgr_reorder *r, struct wgr_item_list *out)
{
	u64 released = r->stats.released[WGR_RESET];

	wgr_reorder_flush(r, out);
	r->stats.discarded += r->stats.released[WGR_RESET] - released;
	r->stats.released[WGR_RESET] = released;
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
	const struct wgr_lane *last;

	r->settings = *settings;
	r->settings.scope = wgr_scope_in(settings->scope, settings->mode);
	if (r->settings.window < WGR_WINDOW_MIN)
		r->settings.window = WGR_WINDOW_MIN;
	if (r->settings.window > WGR_WINDOW_MAX)
		r->settings.window = WGR_WINDOW_MAX;
	set_hold(r, same_start);
	tell_wait(r, was_ns);
	if (r->settings.mode == WGR_OFF || ((r->ghosts || r->trailing) && !by_flow(r)))
		wgr_reorder_flush(r, out);
	if (!by_flow(r))
		forget_flows(r);

	while (r->held > r->settings.window) {
		last = &r->lane[r->open - 1];
		give_way(r, last->epoch, last->top, out);
	}
}

static u32 held_behind_boundary(const struct wgr_reorder *r)
{
	const struct wgr_item *item;
	u32 held = 0;

	for (item = r->oldest; item && r->open == 2; item = item->newer)
		held += item->epoch == r->lane[1].epoch && !is_ghost(item);
	return held;
}

void wgr_reorder_reset_stats(struct wgr_reorder *r)
{
	u64 left = r->calm_from > r->stats.pushed ? r->calm_from - r->stats.pushed : 0;

	memset(&r->stats, 0, sizeof(r->stats));
	r->stats.pushed = wgr_reorder_held(r);
	r->stats.max_held = wgr_reorder_held(r);
	r->stats.gaps_opened = wgr_reorder_open_gaps(r);
	r->stats.boundaries_opened = wgr_reorder_open_boundaries(r);
	r->stats.boundary_held = held_behind_boundary(r);
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
