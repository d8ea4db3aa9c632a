// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

/* Ring slots share an allocation in groups of this many. */
#define GROUP	256

/* So many packets without a swapped one make a path calm. */
#define CALM	512

/* The engine looks at so many held packets to find out since when one is missed. */
#define LOOKED_AT	64

/* A path that brought nothing for longer is silent. */
#define SILENT_NS	250000000

/* Flows are forgotten when all was in order for so long. */
#define QUIET_NS	2000000000

/* Steps of a flow's own clock. */
#define FLOW_STEP	1024

/* A deadline may be missed by so much, and an excuse is at most so long in all. */
#define STALL_NS	100000
#define EXCUSE_NS	2000000

/* Packets until paths are believed again after one has swapped its own. */
#define DOUBT	16384

/* What was sent later is at a higher place. */
static wide place_of(u32 epoch, u64 counter)
{
	return (wide)epoch << 64 | counter;
}

static bool before(const struct oracle_packet *a, const struct oracle_packet *b)
{
	return place_of(a->epoch, a->counter) < place_of(b->epoch, b->counter);
}

static wide place_at(const struct oracle_packet *p)
{
	return place_of(p->epoch, p->counter);
}

/* Index of the waiting packet to be released next. */
static u32 first(const struct oracle *o)
{
	u32 i, best = 0;

	for (i = 1; i < o->waiting; i++)
		if (before(&o->packet[i], &o->packet[best]))
			best = i;
	return best;
}

static u32 newest_epoch(const struct oracle *o)
{
	u32 i, epoch = o->epoch;

	for (i = 0; i < o->waiting; i++)
		if (o->packet[i].epoch > epoch)
			epoch = o->packet[i].epoch;
	return epoch;
}

bool oracle_boundary(const struct oracle *o)
{
	return newest_epoch(o) != o->epoch;
}

/* Highest waiting counter of an epoch, -1 if there is none. */
static __int128 highest(const struct oracle *o, u32 epoch)
{
	__int128 top = -1;
	u32 i;

	for (i = 0; i < o->waiting; i++)
		if (o->packet[i].epoch == epoch && o->packet[i].counter > top)
			top = o->packet[i].counter;
	return top;
}

static u32 count(const struct oracle *o, u32 epoch)
{
	u32 i, n = 0;

	for (i = 0; i < o->waiting; i++)
		n += o->packet[i].epoch == epoch;
	return n;
}

static wide gaps_of(const struct oracle *o, u32 epoch)
{
	wide next = epoch == o->epoch ? o->next : 0;

	return count(o, epoch) ? (wide)highest(o, epoch) + 1 - next - count(o, epoch) : 0;
}

wide oracle_gaps(const struct oracle *o)
{
	wide gaps = gaps_of(o, o->epoch);

	return oracle_boundary(o) ? gaps + gaps_of(o, newest_epoch(o)) : gaps;
}

/* Number of halvings until 1 is left, at most the last bin. */
static u32 bin(wide value, u32 bins)
{
	u32 n = 0;

	while (value > 1) {
		value /= 2;
		n++;
	}
	return n < bins ? n : bins - 1;
}

static void event(struct oracle *o, struct wgr_event e)
{
	if (o->events < ORACLE_EVENTS)
		o->event[o->events] = e;
	o->events++;
}

/* When the first packet arrived that was sent after a place. */
static s64 missed_since(const struct oracle *o, wide place)
{
	u32 i;

	for (i = 0; i < o->arrivals; i++)
		if (place_of(o->arrival[i].epoch, o->arrival[i].counter) > place)
			return o->arrival[i].arrival;
	return o->clock;
}

/* What the marks say; S64_MIN if they do not reach back so far. */
static s64 marked_since(struct oracle *o, u32 epoch, u64 counter)
{
	s64 since = wgr_marks_since(&o->marks, epoch, counter);
	u32 i;

	/* A copy was never missing, and what came while no order was kept left no mark. */
	for (i = 0; i + 1 < o->arrivals; i++)
		if (place_at(&o->arrival[i]) == place_of(epoch, counter))
			return since;
	if (!o->was_off && since > missed_since(o, place_of(epoch, counter)))
		o->odd = true;
	return since;
}

/* How long a packet has been missing, as the engine can know it. */
static s64 missing_for(struct oracle *o, u32 epoch, u64 counter)
{
	wide place = place_of(epoch, counter);
	s64 since;
	u32 i;

	for (i = 0; i < o->waiting && i < LOOKED_AT; i++)
		if (place_at(&o->packet[i]) > place)
			return o->clock - missed_since(o, place);
	if (ORACLE_ROOM < LOOKED_AT || i < LOOKED_AT)
		return 0;
	since = marked_since(o, epoch, counter);
	if (since < o->packet[i - 1].arrival)
		since = o->packet[i - 1].arrival;
	return o->clock - since;
}

static void hold_changed(struct oracle *o, s64 before_ns)
{
	if (o->hold.wait_ns != before_ns)
		event(o, (struct wgr_event){ .kind = WGR_HOLD_CHANGED, .ns = o->hold.wait_ns });
}

static void came_after(struct oracle *o, s64 offset)
{
	s64 before_ns = o->hold.wait_ns;

	o->in_a_row = 0;
	wgr_hold_came(&o->hold, o->clock, offset, o->stats.pushed);
	hold_changed(o, before_ns);
}

/* Nobody waits any more for what is missing in a range of an epoch. */
static void give_up(struct oracle *o, u32 epoch, wide from, u64 last, enum wgr_cause cause)
{
	u64 start = from > U64_MAX ? U64_MAX : (u64)from;

	event(o, (struct wgr_event){
		.kind = WGR_GAP_GIVEN_UP,
		.cause = cause,
		.epoch = epoch,
		.first = start,
		.last = last,
		.ns = missing_for(o, epoch, start),
	});
}

static void give_up_epoch(struct oracle *o, enum wgr_cause cause)
{
	give_up(o, o->epoch, o->next, U64_MAX, cause);
}

static void give_up_below(struct oracle *o, u32 epoch, u64 counter, enum wgr_cause cause)
{
	wide from = epoch == o->epoch ? o->next : 0;

	if (epoch != o->epoch)
		give_up_epoch(o, cause);
	if (counter > from)
		give_up(o, epoch, from, counter - 1, cause);
}

static void drop(struct oracle *o, u32 i)
{
	memmove(&o->packet[i], &o->packet[i + 1], (o->waiting - i - 1) * sizeof(o->packet[0]));
	o->waiting--;
}

static void enter(struct oracle *o, u32 epoch, enum wgr_cause cause)
{
	if (epoch == o->epoch)
		return;
	o->stats.boundaries_closed[cause]++;
	o->epoch = epoch;
	o->next = 0;
}

static struct wgr_absent absent(struct oracle *o)
{
	return (struct wgr_absent){ o->mapped ? &o->map : NULL };
}

static void *map_for(void *ctx, size_t bytes)
{
	struct oracle *o = ctx;

	if (bytes != sizeof(o->map))
		abort();
	memset(&o->map, 0, bytes);
	o->mapped = true;
	return &o->map;
}

static void skip(struct oracle *o, wide next, enum wgr_cause cause)
{
	const struct wgr_flow_memory memory = { map_for, NULL, o };
	struct wgr_absent gone = absent(o);

	if (next != o->next) {
		o->stats.gaps_closed[cause] += (u64)(next - o->next);
		if (o->watching)
			wgr_absent_add(&gone, o->epoch, (u64)o->next, (u64)(next - 1), &memory);
	}
	o->next = next;
}

/* A packet of the flow has come since flows are watched. */
static bool is_known(const struct oracle *o, u32 flow)
{
	u32 i;

	for (i = o->watched; i < o->arrivals; i++)
		if (o->arrival[i].flow == flow)
			return true;
	return false;
}

static void put_out(struct oracle *o, u32 epoch, u64 counter, u32 flow)
{
	struct oracle_out out = { epoch, counter, flow, is_known(o, flow) };

	o->out[o->released++] = out;
	if (!o->watching)
		return;
	/* Held since before: nobody knows how far this flow has got, so all are strict. */
	if (!out.known && place_of(epoch, counter) >= o->from)
		o->from = place_of(epoch, counter) + 1;
	o->gone[o->gones++] = out;
}

/* ---- flows ---- */

/* A flow that no packet is of. */
#define NOBODY	0xffffffff

static bool by_flow(const struct oracle *o)
{
	return o->settings.scope == WGR_SCOPE_FLOW;
}

static u32 held_in_lanes(const struct oracle *o)
{
	u32 i, n = 0;

	for (i = 0; i < o->waiting; i++)
		n += !o->packet[i].ghost;
	return n;
}

u32 oracle_held(const struct oracle *o)
{
	return held_in_lanes(o) + o->trailing;
}

static void forget_flows(struct oracle *o)
{
	u32 i;

	memset(o->trails, 0, sizeof(o->trails));
	o->mapped = false;
	o->judged = 0;
	o->outrun = 0;
	o->apart = 0;
	for (i = 0; i < o->waiting; i++)
		o->packet[i].named = false;
	o->watching = false;
	o->gones = 0;
}

static void watch_flows(struct oracle *o)
{
	o->watching = true;
	o->from = o->started ? place_of(o->epoch, 0) + o->next : 0;
	o->watched = o->arrivals;
	o->used = 0;
}

/* When the highest of a flow came among those in the list from @watched to @end. */
static const struct oracle_packet *highest_of(const struct oracle *o, u32 flow, u32 end)
{
	const struct oracle_packet *best = NULL;
	u32 i;

	for (i = o->watched; i < end; i++)
		if (o->arrival[i].flow == flow && (!best || !before(&o->arrival[i], best)))
			best = &o->arrival[i];
	return best;
}

/* Whether something of its flow that was sent later had come before arrival @nr. */
static bool swapped_at(const struct oracle *o, u32 nr)
{
	const struct oracle_packet *p = highest_of(o, o->arrival[nr].flow, nr);

	return p && before(&o->arrival[nr], p);
}

static u32 steps(s64 ns)
{
	return (u32)((u64)ns / FLOW_STEP);
}

/* Whether packets of a flow are held. */
static bool flow_waits(const struct oracle *o, u32 flow)
{
	u32 i;

	for (i = 0; i < o->waiting; i++)
		if (!o->packet[i].ghost && o->packet[i].named && o->packet[i].flow == flow)
			return true;
	for (i = 0; i < o->trailing; i++)
		if (o->trail[i].flow == flow)
			return true;
	return false;
}

/* Of some that are held nobody has looked at the flow. */
static bool nameless_wait(const struct oracle *o)
{
	u32 i;

	for (i = 0; i < o->waiting; i++)
		if (!o->packet[i].ghost && !o->packet[i].named)
			return true;
	return false;
}

/* How far the packets of a flow are apart, of those that came before arrival @end. */
static u32 distance_of(const struct oracle *o, u32 flow, u32 end, u32 *known, bool *swapped)
{
	const struct oracle_packet *last = NULL;
	u32 apart = 0, i;
	wide sent = 0;

	*known = 0;
	*swapped = false;
	for (i = o->watched; i < end; i++) {
		const struct oracle_packet *p = &o->arrival[i];

		if (p->flow != flow)
			continue;
		if (place_at(p) < sent) {
			*swapped = true;
			continue;
		}
		sent = place_at(p);
		if (last) {
			u32 distance = steps(p->arrival) - steps(last->arrival);

			if (distance < apart / 8)
				*known = 0;
			*known += *known < 16;
			apart += distance / *known - apart / *known;
		}
		last = p;
	}
	return apart;
}

/* Whether a flow has nothing to wait for. */
static bool may_go(const struct oracle *o, u32 flow, u32 end)
{
	bool swapped;
	u32 known, apart = distance_of(o, flow, end, &known, &swapped);

	return !swapped && known >= WGR_FLOW_KNOWN && apart > o->apart && apart >= 4000 &&
	       3 * (u64)apart * FLOW_STEP > 2 * (u64)o->hold.wait_ns;
}

/* The newest arrival tells whether those who might go did well to. */
static void judge(struct oracle *o, bool swapped)
{
	u32 flow = o->arrival[o->arrivals - 1].flow, known;
	bool before;
	u32 apart = distance_of(o, flow, o->arrivals - 1, &known, &before);

	if (may_go(o, flow, o->arrivals - 1) && swapped) {
		o->outrun++;
		if (o->outrun > WGR_FLOWS_OUTRUN && apart > o->apart)
			o->apart = apart;
	}
	if (++o->judged < WGR_FLOWS_JUDGED)
		return;
	if (o->outrun <= WGR_FLOWS_OUTRUN)
		o->apart -= (o->apart + 3) / 4;
	o->judged = 0;
	o->outrun = 0;
}

/* What of a packet's flow has been released before it. */
static enum wgr_overtaken overtaken(const struct oracle *o, u32 epoch, u64 counter, u32 flow)
{
	u32 i;

	if (place_of(epoch, counter) < o->from)
		return WGR_PERHAPS_OVERTAKEN;
	for (i = 0; i < o->gones; i++)
		if (o->gone[i].flow == flow &&
		    place_of(o->gone[i].epoch, o->gone[i].counter) >= place_of(epoch, counter))
			return WGR_OVERTAKEN;
	return WGR_NOT_OVERTAKEN;
}

/* For how long a later packet of its flow has been here, of the newest arrival. */
static s64 overtaken_for(const struct oracle *o)
{
	const struct oracle_packet *p = &o->arrival[o->arrivals - 1];
	s64 since;
	u32 i;

	for (i = 0; i < o->waiting && i < LOOKED_AT; i++)
		if (!o->packet[i].ghost && o->packet[i].named && o->packet[i].flow == p->flow &&
		    before(p, &o->packet[i]))
			return o->clock - o->packet[i].arrival;
	since = wgr_marks_flow_since(&o->marks, p->epoch, p->counter, (u16)p->flow);
	if (since != S64_MIN)
		return o->clock - since;
	return (s64)(steps(o->clock) - steps(highest_of(o, p->flow, o->arrivals - 1)->arrival)) *
	       FLOW_STEP;
}

static void tell_apart(struct oracle *o, const struct oracle_packet *p, enum wgr_event_kind kind)
{
	event(o, (struct wgr_event){
		.kind = kind,
		.epoch = p->epoch,
		.first = p->counter,
		.last = p->counter,
		.ns = o->clock - p->arrival,
	});
}

static void release(struct oracle *o, const struct oracle_packet *p, enum wgr_cause cause)
{
	if (cause == WGR_AHEAD)
		tell_apart(o, p, WGR_ITEM_AHEAD);
	if (cause == WGR_BEHIND)
		tell_apart(o, p, WGR_ITEM_BEHIND);
	o->stats.released[cause]++;
	put_out(o, p->epoch, p->counter, p->flow);
}

static void note_waited(struct oracle *o, const struct oracle_packet *p)
{
	u64 waited = (u64)o->clock - (u64)p->arrival;

	o->stats.hold[bin(waited, WGR_HOLD_BINS)]++;
	if (waited > o->stats.max_hold_ns)
		o->stats.max_hold_ns = waited;
}

/* ---- what comes behind ---- */

static void trail_release(struct oracle *o, u32 i, enum wgr_cause cause)
{
	struct oracle_packet p = o->trail[i];

	memmove(&o->trail[i], &o->trail[i + 1], (o->trailing - i - 1) * sizeof(p));
	o->trailing--;
	note_waited(o, &p);
	release(o, &p, cause);
}

/* Those that may be of its flow and were sent before it, in the order sent. */
static void trail_clear(struct oracle *o, const struct oracle_packet *p)
{
	bool any = !p->named || p->flow == NOBODY;
	u32 i, best;

	do {
		best = o->trailing;
		for (i = 0; i < o->trailing; i++)
			if ((any || o->trail[i].flow == p->flow) && before(&o->trail[i], p) &&
			    (best == o->trailing || before(&o->trail[i], &o->trail[best])))
				best = i;
		if (best < o->trailing)
			trail_release(o, best, WGR_BEHIND);
		else
			break;
	} while (o->trailing);
}

static void trail_end(struct oracle *o, u32 i)
{
	struct oracle_packet p = o->trail[i];

	trail_clear(o, &p);
	for (i = 0; place_at(&o->trail[i]) != place_at(&p); i++)
		;
	trail_release(o, i, WGR_BEHIND);
}

static bool trails_already(const struct oracle *o, wide where)
{
	u32 i;

	for (i = 0; i < o->trailing; i++)
		if (place_at(&o->trail[i]) == where)
			return true;
	return false;
}

/* Something between what of its flow is out and the packet was given up and has not come. */
static bool misses_own(struct oracle *o, const struct oracle_packet *p)
{
	struct wgr_absent gone = absent(o);
	const struct oracle_out *last = NULL;
	u32 i;

	for (i = 0; i < o->gones; i++)
		if (o->gone[i].known && o->gone[i].flow == p->flow &&
		    (!last || place_of(o->gone[i].epoch, o->gone[i].counter) >
			      place_of(last->epoch, last->counter)))
			last = &o->gone[i];
	return last && last->epoch == p->epoch &&
	       wgr_absent_between(&gone, p->epoch, last->counter, p->counter);
}

static void trail_settle(struct oracle *o)
{
	u32 i;

	for (i = 0; i < o->trailing; i++) {
		if (misses_own(o, &o->trail[i]))
			continue;
		trail_end(o, i);
		i = (u32)-1;
	}
}

static bool has_waited(const struct oracle *o, const struct oracle_packet *p)
{
	return (__int128)p->arrival + o->hold.wait_ns <= (o->due < o->clock ? o->due : o->clock);
}

/* Return: true if it waits for its own flow now. */
static bool trail(struct oracle *o, const struct oracle_packet *p, enum wgr_cause cause)
{
	struct wgr_absent gone = absent(o);
	u32 i;

	if (!o->mapped || !p->named || p->flow == NOBODY || cause == WGR_RESET)
		return false;
	o->trails[p->flow] |= cause == WGR_TIMED_OUT && !has_waited(o, p) && misses_own(o, p);
	if (!o->trails[p->flow])
		return false;
	if (place_at(highest_of(o, p->flow, o->arrivals)) == place_at(p))
		wgr_absent_mark(&gone, (u16)p->flow, p->epoch, p->counter, p->arrival,
				o->hold.wait_ns / 16);
	if (!misses_own(o, p)) {
		o->trails[p->flow] = cause == WGR_BEHIND || wgr_hold_comes_back(&o->hold);
		return false;
	}
	if (has_waited(o, p))
		return false;
	if (!flow_waits(o, p->flow) && may_go(o, p->flow, o->arrivals))
		return false;
	if (o->trailing == ORACLE_TRAIL - 1) {
		o->stats.refused++;
		if (o->trail[0].flow == p->flow && place_of(o->trail[0].epoch, o->trail[0].counter) >
						   place_of(p->epoch, p->counter))
			return false;
		trail_end(o, 0);
	}
	for (i = o->trailing; i && o->trail[i - 1].arrival > p->arrival; i--)
		o->trail[i] = o->trail[i - 1];
	o->trail[i] = *p;
	o->trailing++;
	if (oracle_held(o) > o->stats.max_held)
		o->stats.max_held = oracle_held(o);
	return true;
}

/* Return: false if it has to wait for its own flow all the same. */
static bool let_go(struct oracle *o, const struct oracle_packet *p, enum wgr_cause cause, bool held)
{
	if (p->ghost)
		return true;
	if (trail(o, p, cause))
		return false;
	if (held)
		note_waited(o, p);
	trail_clear(o, p);
	release(o, p, cause);
	return true;
}

/* Release the first waiting packet, whatever is missing before it. */
static void release_first(struct oracle *o, enum wgr_cause cause, bool held)
{
	u32 i = first(o);
	struct oracle_packet p = o->packet[i];

	enter(o, p.epoch, cause);
	skip(o, p.counter, cause);
	o->next++;
	drop(o, i);
	let_go(o, &p, cause, held);
}

static bool nothing_missing(const struct oracle *o)
{
	const struct oracle_packet *p = &o->packet[first(o)];

	return o->waiting && p->epoch == o->epoch && p->counter == o->next;
}

static void run(struct oracle *o, enum wgr_cause cause)
{
	while (nothing_missing(o))
		release_first(o, cause, true);
}

/* The one that has waited longest waits behind what was given up. */
static bool trail_is_due_first(const struct oracle *o)
{
	return o->trailing && (!o->waiting || o->trail[0].arrival <= o->packet[0].arrival);
}

static void expire_trail(struct oracle *o, s64 due, u64 pushed)
{
	u32 waiting = o->waiting + o->trailing;
	s64 before_ns = o->hold.wait_ns;

	trail_end(o, 0);
	trail_settle(o);
	o->used = due;
	wgr_hold_others(&o->hold, due, pushed, waiting);
	hold_changed(o, before_ns);
}

static void expire(struct oracle *o, bool at_deadline)
{
	while (o->waiting || o->trailing) {
		bool behind = trail_is_due_first(o);
		struct oracle_packet oldest = behind ? o->trail[0] : o->packet[0];
		u64 lost = o->stats.gaps_closed[WGR_TIMED_OUT];
		u32 waiting = o->waiting;
		__int128 due = (__int128)oldest.arrival + o->hold.wait_ns;
		s64 before_ns = o->hold.wait_ns;

		if (due < o->not_before)
			due = o->not_before;
		if (at_deadline ? due > o->clock : due >= o->clock)
			break;
		/* However late that is noticed. */
		o->due = (s64)due;
		if (behind) {
			expire_trail(o, (s64)due, o->stats.pushed - !at_deadline);
			continue;
		}
		give_up_below(o, oldest.epoch, oldest.counter, WGR_TIMED_OUT);
		while (o->waiting && !before(&oldest, &o->packet[first(o)]))
			release_first(o, WGR_TIMED_OUT, true);
		run(o, WGR_TIMED_OUT);
		o->used = (s64)due;
		if (o->stats.gaps_closed[WGR_TIMED_OUT] != lost)
			wgr_hold_lost(&o->hold, (s64)due, o->stats.pushed - !at_deadline, waiting,
				      o->stats.gaps_closed[WGR_TIMED_OUT] - lost);
		hold_changed(o, before_ns);
	}
	o->due = S64_MAX;
}

/* Close the current epoch, though packets of it may still come. */
static void finish_epoch(struct oracle *o, u32 following, enum wgr_cause cause)
{
	while (count(o, o->epoch))
		release_first(o, cause, true);
	enter(o, following, cause);
	run(o, cause);
}

/* How many allocations it takes to hold one more. */
static unsigned int allocations(const struct oracle *o, u32 epoch, u64 counter)
{
	const u32 groups = WGR_SPAN_MAX / GROUP;
	u32 i;

	if (!count(o, epoch))
		return 2;
	for (i = 0; i < o->waiting; i++)
		if (o->packet[i].epoch == epoch &&
		    o->packet[i].counter / GROUP % groups == counter / GROUP % groups)
			return 0;
	return 1;
}

static wide next_of(const struct oracle *o, u32 epoch)
{
	return epoch == o->epoch ? o->next : 0;
}

/* Give up the oldest gap; it may end at @counter, which is not in the array. */
static void yield(struct oracle *o, u32 epoch, wide counter)
{
	wide end = (wide)1 << 100;

	if (epoch != o->epoch && !count(o, o->epoch)) {
		give_up_epoch(o, WGR_OVERFLOWED);
		finish_epoch(o, epoch, WGR_OVERFLOWED);
		return;
	}
	if (count(o, o->epoch))
		end = o->packet[first(o)].counter;
	if (epoch == o->epoch && counter < end)
		end = counter;
	give_up(o, o->epoch, o->next, (u64)(end - 1), WGR_OVERFLOWED);
	skip(o, end, WGR_OVERFLOWED);
	run(o, WGR_OVERFLOWED);
}

/* How far a packet is behind what has arrived, for the books. */
static void count_span(struct oracle *o, u32 epoch, u64 counter)
{
	u32 newest = newest_epoch(o), i;
	wide behind = 0, own = counter, following = 0;

	for (i = 0; i < o->arrivals; i++) {
		const struct oracle_packet *p = &o->arrival[i];

		if (p->epoch == epoch && p->counter > own)
			own = p->counter;
		if (p->epoch == newest && p->counter + (wide)1 > following)
			following = p->counter + (wide)1;
	}
	behind = own - counter;
	if (epoch == o->epoch && newest != epoch)
		behind += following;
	/* Its epoch is closed, or it is a copy of what was sent last. */
	if ((epoch != o->epoch && epoch != newest) || !behind)
		behind = ~(wide)0;
	o->stats.span[bin(behind, WGR_SPAN_BINS)]++;
}

/* What stands for the newest arrival's flow in the marks. */
static u16 number_of(const struct oracle *o)
{
	return o->watching ? (u16)o->arrival[o->arrivals - 1].flow : WGR_NO_FLOW;
}

/* What the newest arrival teaches. */
static void learn(struct oracle *o, bool swapped)
{
	const struct oracle_packet *p = &o->arrival[o->arrivals - 1];
	s64 before_ns = o->hold.wait_ns;

	if (!by_flow(o)) {
		came_after(o, missing_for(o, p->epoch, p->counter));
	} else if (swapped) {
		came_after(o, overtaken_for(o));
	} else if (held_in_lanes(o)) {
		wgr_hold_others(&o->hold, o->clock, o->stats.pushed, o->waiting);
		hold_changed(o, before_ns);
	}
}

/* Books and lessons of a packet that is not late; true if it was overtaken. */
static bool note(struct oracle *o, u32 epoch, u64 counter, bool swapped)
{
	wide place = place_of(epoch, counter), from = next_of(o, epoch);
	__int128 top = highest(o, epoch);

	if (top > counter) {
		o->stats.gaps_closed[WGR_FILLED]++;
		event(o, (struct wgr_event){
			.kind = WGR_GAP_FILLED,
			.epoch = epoch,
			.first = counter,
			.last = counter,
			.ns = missing_for(o, epoch, counter),
		});
	} else {
		if (top >= 0)
			from = (wide)top + 1;
		o->stats.gaps_opened += (u64)(counter - from);
		if (counter > from) {
			s64 before_ns = o->hold.wait_ns;

			event(o, (struct wgr_event){
				.kind = WGR_GAP_OPENED,
				.epoch = epoch,
				.first = (u64)from,
				.last = counter - 1,
			});
			wgr_hold_gap(&o->hold, o->clock);
			hold_changed(o, before_ns);
		}
		/* The engine's short way makes no mark, since nothing is missing there. */
		if (!o->quick)
			wgr_marks_note(&o->marks, epoch, counter, number_of(o), o->clock,
				       o->hold.reach_ns);
	}
	if (o->highest == place)
		return false;
	count_span(o, epoch, counter);
	learn(o, swapped);
	return true;
}

static enum wgr_verdict place(struct oracle *o, struct oracle_packet p, unsigned int refuse,
			      bool behind)
{
	u64 in_order = o->stats.released[WGR_IN_ORDER];
	enum wgr_cause cause = WGR_IN_ORDER;
	bool starved = false;

	while (p.epoch != o->epoch || p.counter != o->next) {
		if (!starved && o->waiting < o->settings.window &&
		    p.counter < next_of(o, p.epoch) + WGR_SPAN_MAX) {
			if (refuse >= allocations(o, p.epoch, p.counter)) {
				o->packet[o->waiting++] = p;
				if (oracle_held(o) > o->stats.max_held)
					o->stats.max_held = oracle_held(o);
				if (p.epoch != o->epoch && !p.ghost)
					o->stats.boundary_held++;
				return WGR_HELD;
			}
			starved = true;
			o->stats.refused++;
		}
		yield(o, p.epoch, p.counter);
		cause = WGR_OVERFLOWED;
	}
	o->packet[o->waiting++] = p;
	release_first(o, cause, false);
	if (behind && o->stats.released[WGR_IN_ORDER] != in_order)
		o->stats.filled_at_once++;
	run(o, cause == WGR_IN_ORDER ? WGR_FILLED : cause);
	return WGR_RELEASED;
}

static enum wgr_verdict settle(struct oracle *o, struct oracle_packet p, unsigned int refuse,
			       bool swapped)
{
	bool behind = note(o, p.epoch, p.counter, swapped);

	if (o->watching && (p.epoch != o->epoch || p.counter != o->next) && !nameless_wait(o) &&
	    !flow_waits(o, p.flow) && may_go(o, p.flow, o->arrivals)) {
		p.ghost = true;
		place(o, p, refuse, false);
		release(o, &p, WGR_AHEAD);
		return WGR_RELEASED;
	}
	return place(o, p, refuse, behind);
}

static bool in_use(const struct oracle *o, const struct oracle_path *p)
{
	return p->seen && o->clock - p->seen_at <= SILENT_NS;
}

static u32 paths_in_use(const struct oracle *o)
{
	u32 i, n = 0;

	for (i = 0; i < WGR_PATHS; i++)
		n += in_use(o, &o->path[i]);
	return n;
}

static void note_path(struct oracle *o, u16 number, wide where)
{
	struct oracle_path *p = &o->path[number];
	bool silent = !in_use(o, p);

	if (!number && !o->several)
		return;
	o->several = true;
	if (o->doubt)
		o->doubt--;
	if (silent && paths_in_use(o) > 1)
		o->doubt = DOUBT;
	if (!silent && where <= p->sent)
		o->doubt = DOUBT;
	else
		p->sent = where;
	p->seen = true;
	p->seen_at = o->clock;
}

/* Two paths or more that are in use have all brought something sent later. */
static void give_up_passed(struct oracle *o)
{
	wide passed = ~(wide)0;
	u64 counter;
	u32 i;

	for (i = 0; i < WGR_PATHS; i++) {
		const struct oracle_path *p = &o->path[i];

		if (in_use(o, p) && p->sent < passed)
			passed = p->sent;
	}
	if (o->settings.mode != WGR_ADAPTIVE || o->doubt || paths_in_use(o) < 2)
		return;

	/* What is sent after the highest counter is sent under another key. */
	if (oracle_boundary(o) && (passed + 1) >> 64 > o->epoch) {
		give_up_epoch(o, WGR_PASSED);
		finish_epoch(o, newest_epoch(o), WGR_PASSED);
	}
	counter = (u64)passed;
	if (passed >> 64 != o->epoch || counter <= o->next || !count(o, o->epoch))
		return;
	give_up(o, o->epoch, o->next, counter - 1, WGR_PASSED);
	while (count(o, o->epoch) && o->packet[first(o)].counter <= counter)
		release_first(o, WGR_PASSED, true);
	run(o, WGR_PASSED);
}

static void tell_late(struct oracle *o, u32 epoch, u64 counter, s64 offset)
{
	o->stats.late++;
	event(o, (struct wgr_event){
		.kind = WGR_ITEM_LATE,
		.epoch = epoch,
		.first = counter,
		.last = counter,
		.ns = offset,
	});
}

static enum wgr_overtaken fate_of(const struct oracle *o, const struct oracle_packet *p, u32 flow)
{
	enum wgr_overtaken fate;

	if (!by_flow(o))
		return WGR_OVERTAKEN;
	fate = overtaken(o, p->epoch, p->counter, flow);
	if (!p->epoch || (fate == WGR_NOT_OVERTAKEN && p->epoch > o->epoch && oracle_held(o)))
		return WGR_PERHAPS_OVERTAKEN;
	return fate;
}

/* For how long a later packet has been here, of its own flow if that matters; -1: not known. */
static s64 late_by(struct oracle *o, const struct oracle_packet *p, bool swapped,
		   enum wgr_overtaken fate)
{
	s64 since = marked_since(o, p->epoch, p->counter);
	struct wgr_absent gone = absent(o);
	bool own = swapped && by_flow(o);

	if (own && wgr_absent_since(&gone, (u16)p->flow, p->epoch, p->counter) != S64_MIN)
		return o->clock - wgr_absent_since(&gone, (u16)p->flow, p->epoch, p->counter);
	if (own && o->trails[p->flow])
		return -1;
	if (since == S64_MIN || (fate == WGR_NOT_OVERTAKEN && !own))
		return -1;
	if (own)
		since = wgr_marks_flow_since(&o->marks, p->epoch, p->counter, (u16)p->flow);
	return since == S64_MIN ? overtaken_for(o) : o->clock - since;
}

/* Who waited as long as was right for its flow was of another one, and that came first. */
static s64 lesson_of(struct oracle *o, const struct oracle_packet *p, s64 by)
{
	s64 since = marked_since(o, p->epoch, p->counter);
	s64 wait = o->hold.wait_ns;
	__int128 all = (__int128)o->clock - since;

	if (by > wait || since == S64_MIN || wgr_hold_passes(&o->hold) ||
	    all <= wait || all > (__int128)wait + wait / 2)
		return by;
	return all > (__int128)wait + wait / 4 ? wait + wait / 4 : (s64)all;
}

/* @flow: its own; that in @p is nobody's where it comes before all. */
static enum wgr_verdict late(struct oracle *o, struct oracle_packet p, u32 flow, bool swapped)
{
	enum wgr_overtaken fate = fate_of(o, &p, flow);
	s64 offset = late_by(o, &p, swapped, fate);
	struct wgr_absent gone = absent(o);

	count_span(o, p.epoch, p.counter);
	wgr_absent_came(&gone, p.epoch, p.counter);
	if (fate == WGR_NOT_OVERTAKEN) {
		if (p.epoch == o->epoch)
			o->trails[flow] = true;
		let_go(o, &p, WGR_BEHIND, false);
	} else {
		tell_late(o, p.epoch, p.counter, offset);
		o->stats.late_unknown += fate == WGR_PERHAPS_OVERTAKEN;
	}
	trail_settle(o);
	if (offset >= 0) {
		wgr_hold_back(&o->hold);
		came_after(o, fate == WGR_NOT_OVERTAKEN ? offset : lesson_of(o, &p, offset));
	} else if (swapped || fate != WGR_NOT_OVERTAKEN) {
		wgr_hold_unknown(&o->hold);
	} else {
		wgr_hold_behind(&o->hold);
	}
	if (fate != WGR_NOT_OVERTAKEN)
		return WGR_LATE;
	return trails_already(o, place_at(&p)) ? WGR_HELD : WGR_RELEASED;
}

/* A later packet of its flow went ahead of it. */
static enum wgr_verdict outrun(struct oracle *o, struct oracle_packet p, unsigned int refuse,
			       enum wgr_overtaken fate)
{
	note(o, p.epoch, p.counter, fate == WGR_OVERTAKEN);
	p.ghost = true;
	place(o, p, refuse, false);
	tell_late(o, p.epoch, p.counter, -1);
	if (fate == WGR_OVERTAKEN)
		o->stats.late_ahead++;
	else
		o->stats.late_unknown++;
	return WGR_LATE;
}

static enum wgr_verdict pass_on(struct oracle *o, u32 epoch, u64 counter, u32 flow)
{
	if (!o->started || epoch > o->epoch) {
		o->epoch = epoch;
		o->next = 0;
	}
	o->started = true;
	if (epoch == o->epoch && counter >= o->next) {
		o->next = counter + (wide)1;
	} else {
		count_span(o, epoch, counter);
		o->stats.filled_at_once++;
	}
	o->stats.released[WGR_IN_ORDER]++;
	put_out(o, epoch, counter, flow);
	return WGR_RELEASED;
}

/* A packet of an epoch not seen before has come. */
static void begin_epoch(struct oracle *o, u32 epoch)
{
	u32 newest = newest_epoch(o);
	bool calm = o->settings.mode == WGR_ADAPTIVE && o->in_a_row >= CALM && !o->waiting;

	if (newest != o->epoch) {
		give_up_epoch(o, WGR_OVERFLOWED);
		finish_epoch(o, newest, WGR_OVERFLOWED);
	}
	o->stats.boundaries_opened++;
	if (calm) {
		o->calm++;
		give_up_epoch(o, WGR_TIMED_OUT);
		enter(o, epoch, WGR_TIMED_OUT);
	}
}

/* All has been in order for long. */
static void rest(struct oracle *o)
{
	if (o->watching && !o->waiting && !o->trailing && o->clock >= (__int128)o->used + QUIET_NS)
		forget_flows(o);
}

/* It is the one that all wait for, while nothing is held. */
static enum wgr_verdict push_next(struct oracle *o, u32 epoch, u64 counter, u32 flow)
{
	struct oracle_packet p = { epoch, counter, o->clock, flow, false, o->watching };

	note(o, epoch, counter, false);
	place(o, p, 2, false);
	return trails_already(o, place_at(&p)) ? WGR_HELD : WGR_RELEASED;
}

enum wgr_verdict oracle_push(struct oracle *o, u32 epoch, u64 counter, u32 flow, u16 path,
			     s64 arrival, unsigned int refuse)
{
	struct oracle_packet p = { epoch, counter, arrival, flow, false, false };
	enum wgr_overtaken fate = WGR_NOT_OVERTAKEN;
	wide where = place_of(epoch, counter);
	const struct oracle_packet *last;
	enum wgr_verdict verdict;
	bool swapped = false;
	u32 i, newest;

	o->stats.pushed++;
	o->in_a_row++;
	if (arrival > o->clock)
		o->clock = arrival;
	p.arrival = o->clock;
	if (o->arrivals == ORACLE_ARRIVALS)
		abort();
	note_path(o, path, where);
	if (o->settings.mode != WGR_OFF) {
		expire(o, false);
		rest(o);
	}
	o->quick = o->started && !o->waiting && epoch == o->epoch && counter == o->next &&
		   counter != U64_MAX;
	if (o->settings.mode != WGR_OFF && by_flow(o) && epoch && !o->quick && !o->watching &&
	    (o->started || counter))
		watch_flows(o);

	p.named = o->watching;
	/* What comes before all tells nothing of its flow. */
	if (!epoch)
		p.flow = NOBODY;
	o->arrival[o->arrivals++] = p;
	if (where > o->highest)
		o->highest = where;
	if (o->settings.mode == WGR_OFF)
		return pass_on(o, epoch, counter, flow);

	if (!o->started) {
		o->started = true;
		o->epoch = epoch;
	}
	if (o->watching && epoch) {
		swapped = swapped_at(o, o->arrivals - 1);
		judge(o, swapped);
		last = highest_of(o, flow, o->arrivals - 1);
		if (last && steps(o->clock) - steps(last->arrival) > steps(o->hold.wait_ns) &&
		    !wgr_hold_comes_back(&o->hold))
			o->trails[flow] = false;
	}
	if (o->quick)
		return push_next(o, epoch, counter, flow);
	o->used = o->clock;
	if (trails_already(o, where)) {
		o->stats.duplicate++;
		return WGR_DUPLICATE;
	}
	newest = newest_epoch(o);
	if (epoch > newest)
		begin_epoch(o, epoch);
	else if ((epoch != newest && epoch != o->epoch) || counter < next_of(o, epoch))
		return late(o, p, flow, swapped);
	for (i = 0; i < o->waiting; i++) {
		if (o->packet[i].epoch == epoch && o->packet[i].counter == counter) {
			o->stats.duplicate++;
			return WGR_DUPLICATE;
		}
	}
	if (o->watching)
		fate = overtaken(o, epoch, counter, flow);
	if (fate == WGR_NOT_OVERTAKEN)
		verdict = settle(o, p, refuse, swapped);
	else
		verdict = outrun(o, p, refuse, fate);
	give_up_passed(o);
	if (verdict != WGR_LATE && trails_already(o, where))
		return WGR_HELD;
	for (i = 0; i < o->waiting; i++)
		if (!o->packet[i].ghost &&
		    place_of(o->packet[i].epoch, o->packet[i].counter) == where)
			return WGR_HELD;
	return verdict == WGR_HELD ? WGR_RELEASED : verdict;
}

void oracle_advance(struct oracle *o, s64 now)
{
	if (now > o->clock)
		o->clock = now;
	expire(o, true);
	rest(o);
}

void oracle_excuse(struct oracle *o, s64 now)
{
	s64 due = oracle_deadline(o), more;

	if (due == WGR_NEVER || (__int128)now - due <= STALL_NS || due == o->not_before)
		return;
	more = (now - due) / 2 < EXCUSE_NS ? (now - due) / 2 : EXCUSE_NS;
	o->not_before = (__int128)now + more < WGR_NEVER ? now + more : WGR_NEVER;
}

void oracle_flush(struct oracle *o)
{
	u32 newest = newest_epoch(o);

	if (o->waiting)
		give_up_below(o, newest, (u64)highest(o, newest), WGR_RESET);
	while (o->trailing) {
		u32 i, first_of = 0;

		for (i = 1; i < o->trailing; i++)
			if (o->trail[i].flow == o->trail[0].flow &&
			    before(&o->trail[i], &o->trail[first_of]))
				first_of = i;
		trail_release(o, first_of, WGR_RESET);
	}
	while (o->waiting)
		release_first(o, WGR_RESET, true);
	forget_flows(o);
}

void oracle_discard(struct oracle *o)
{
	u32 waiting = oracle_held(o);

	oracle_flush(o);
	o->stats.released[WGR_RESET] -= waiting;
	o->stats.discarded += waiting;
}

void oracle_configure(struct oracle *o, const struct wgr_settings *settings)
{
	bool keep = o->settings.mode == WGR_ADAPTIVE && settings->mode == WGR_ADAPTIVE &&
		    o->hold.adaptive && o->settings.hold_ns == settings->hold_ns;
	s64 before_ns = o->hold.wait_ns;
	u32 window;

	o->settings = *settings;
	if (o->settings.scope == WGR_SCOPE_AUTO)
		o->settings.scope = settings->mode == WGR_FIXED ? WGR_SCOPE_PEER : WGR_SCOPE_FLOW;
	o->was_off |= settings->mode == WGR_OFF;
	if (o->settings.window < WGR_WINDOW_MIN)
		o->settings.window = WGR_WINDOW_MIN;
	if (o->settings.window > WGR_WINDOW_MAX)
		o->settings.window = WGR_WINDOW_MAX;
	window = o->settings.window;

	if (settings->mode == WGR_OFF)
		wgr_hold_set_fixed(&o->hold, 0);
	else if (settings->mode == WGR_FIXED)
		wgr_hold_set_fixed(&o->hold, settings->hold_ns);
	else if (keep)
		wgr_hold_set_max(&o->hold, settings->hold_max_ns);
	else
		wgr_hold_set_adaptive(&o->hold, settings->hold_ns, settings->hold_max_ns);
	hold_changed(o, before_ns);
	if (settings->mode == WGR_OFF ||
	    ((held_in_lanes(o) != o->waiting || o->trailing) && !by_flow(o)))
		oracle_flush(o);
	if (!by_flow(o))
		forget_flows(o);

	while (o->waiting > window)
		yield(o, newest_epoch(o), highest(o, newest_epoch(o)));
}

void oracle_reset_stats(struct oracle *o)
{
	u32 i;

	memset(&o->stats, 0, sizeof(o->stats));
	o->stats.pushed = oracle_held(o);
	o->stats.max_held = oracle_held(o);
	o->stats.gaps_opened = (u64)oracle_gaps(o);
	o->stats.boundaries_opened = oracle_boundary(o);
	for (i = 0; i < o->waiting; i++)
		o->stats.boundary_held += o->packet[i].epoch != o->epoch && !o->packet[i].ghost;
}

s64 oracle_deadline(const struct oracle *o)
{
	const struct oracle_packet *oldest = trail_is_due_first(o) ? o->trail : o->packet;
	__int128 due = (__int128)oldest->arrival + o->hold.wait_ns;

	if (due < o->not_before)
		due = o->not_before;
	return (o->waiting || o->trailing) && due < WGR_NEVER ? (s64)due : WGR_NEVER;
}

void oracle_init(struct oracle *o, const struct wgr_settings *settings)
{
	memset(o, 0, offsetof(struct oracle, packet));
	o->clock = S64_MIN;
	o->not_before = S64_MIN;
	o->due = S64_MAX;
	oracle_configure(o, settings);
}

void oracle_copy(struct oracle *to, const struct oracle *from)
{
	memcpy(to, from, offsetof(struct oracle, packet));
	memcpy(to->packet, from->packet, from->waiting * sizeof(from->packet[0]));
	memcpy(to->trail, from->trail, from->trailing * sizeof(from->trail[0]));
	if (from->mapped)
		to->map = from->map;
	memcpy(to->arrival, from->arrival, from->arrivals * sizeof(from->arrival[0]));
	memcpy(&to->watching, &from->watching,
	       offsetof(struct oracle, gone) - offsetof(struct oracle, watching));
	memcpy(to->gone, from->gone, from->gones * sizeof(from->gone[0]));
}

const char *oracle_differs(const struct oracle *o, const struct wgr_reorder *r)
{
	if (r->held != o->waiting || wgr_reorder_held(r) != oracle_held(o))
		return "held and the oracle's differ";
	if (r->trailing != o->trailing || (bool)r->absent.map != o->mapped)
		return "what waits behind differs";
	if (r->flows.on != o->watching)
		return "flows are watched and not by the oracle, or the other way round";
	if (wgr_reorder_open_gaps(r) != (u64)oracle_gaps(o))
		return "open gaps and the oracle's differ";
	if (wgr_reorder_open_boundaries(r) != oracle_boundary(o))
		return "open boundaries and the oracle's differ";
	if (wgr_reorder_deadline(r) != oracle_deadline(o))
		return "deadline and the oracle's differ";
	if (r->hold.wait_ns != o->hold.wait_ns || r->hold.max_ns != o->hold.max_ns ||
	    memcmp(&r->hold.now, &o->hold.now, sizeof(o->hold.now)) ||
	    memcmp(r->hold.beyond, o->hold.beyond, sizeof(o->hold.beyond)) ||
	    r->hold.in_vain != o->hold.in_vain || r->hold.waited != o->hold.waited ||
	    r->hold.waited_ticks != o->hold.waited_ticks ||
	    r->hold.reach_ns != o->hold.reach_ns ||
	    r->hold.count_from_ns != o->hold.count_from_ns)
		return "what was learned and what the oracle learned differ";
	if (o->odd)
		return "the marks name a later time than when a packet was missed first";
	if (memcmp(&r->stats, &o->stats, sizeof(r->stats)))
		return "statistics and the oracle's differ";
	return NULL;
}

static u64 sum(const u64 *values, int n)
{
	u64 total = 0;

	while (n--)
		total += values[n];
	return total;
}

const char *books_wrong(const struct wgr_reorder *r)
{
	const struct wgr_reorder_stats *s = &r->stats;

	if (s->pushed != sum(s->released, WGR_CAUSES) + wgr_reorder_held(r) + s->late + s->duplicate +
	    s->discarded)
		return "items do not balance";
	if (s->gaps_opened != sum(s->gaps_closed, WGR_IN_ORDER) + wgr_reorder_open_gaps(r))
		return "gaps do not balance";
	if (s->boundaries_opened != sum(s->boundaries_closed, WGR_IN_ORDER) +
	    wgr_reorder_open_boundaries(r))
		return "boundaries do not balance";
	if (s->boundaries_closed[WGR_FILLED])
		return "a boundary was filled";
	if (s->filled_at_once > s->released[WGR_IN_ORDER])
		return "more filled at once than released at once";
	if (s->late_ahead + s->late_unknown > s->late)
		return "more late for a reason than late";
	if (wgr_reorder_held(r) > s->max_held)
		return "more held than the most held";
	return NULL;
}
