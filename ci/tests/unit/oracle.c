// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "oracle.h"

/* Ring slots share an allocation in groups of this many. */
#define GROUP	256

static bool before(const struct oracle_packet *a, const struct oracle_packet *b)
{
	return a->epoch != b->epoch ? a->epoch < b->epoch : a->counter < b->counter;
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

static void skip(struct oracle *o, wide next, enum wgr_cause cause)
{
	if (next != o->next)
		o->stats.gaps_closed[cause] += (u64)(next - o->next);
	o->next = next;
}

/* Release the first waiting packet, whatever is missing before it. */
static void release_first(struct oracle *o, enum wgr_cause cause, bool held)
{
	u32 i = first(o);
	struct oracle_packet p = o->packet[i];

	enter(o, p.epoch, cause);
	skip(o, p.counter, cause);
	o->next++;
	if (held && (u64)(o->clock - p.arrival) > o->stats.max_hold_ns)
		o->stats.max_hold_ns = (u64)(o->clock - p.arrival);
	o->out[o->released].epoch = p.epoch;
	o->out[o->released++].counter = p.counter;
	o->stats.released[cause]++;
	drop(o, i);
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

static void expire(struct oracle *o, bool at_deadline)
{
	while (o->waiting) {
		struct oracle_packet oldest = o->packet[0];
		__int128 due = (__int128)oldest.arrival + o->hold;

		if (at_deadline ? due > o->clock : due >= o->clock)
			return;
		while (o->waiting && !before(&oldest, &o->packet[first(o)]))
			release_first(o, WGR_TIMED_OUT, true);
		run(o, WGR_TIMED_OUT);
	}
}

/* Close the current epoch, though packets of it may still come. */
static void finish_epoch(struct oracle *o, u32 following, enum wgr_cause cause)
{
	while (count(o, o->epoch))
		release_first(o, cause, true);
	enter(o, following, cause);
}

/* How many allocations it takes to hold one more. */
static unsigned int allocations(const struct oracle *o, u32 epoch, u64 counter)
{
	u32 i;

	if (!count(o, epoch))
		return 2;
	for (i = 0; i < o->waiting; i++)
		if (o->packet[i].epoch == epoch &&
		    o->packet[i].counter / GROUP % (WGR_WINDOW_MAX / GROUP) ==
		    counter / GROUP % (WGR_WINDOW_MAX / GROUP))
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
		finish_epoch(o, epoch, WGR_OVERFLOWED);
		run(o, WGR_OVERFLOWED);
		return;
	}
	if (count(o, o->epoch))
		end = o->packet[first(o)].counter;
	if (epoch == o->epoch && counter < end)
		end = counter;
	skip(o, end, WGR_OVERFLOWED);
	run(o, WGR_OVERFLOWED);
}

static void note_gap(struct oracle *o, u32 epoch, wide counter)
{
	__int128 top = highest(o, epoch);

	if (top < 0)
		o->stats.gaps_opened += (u64)(counter - next_of(o, epoch));
	else if (counter > (wide)top)
		o->stats.gaps_opened += (u64)(counter - top - 1);
	else
		o->stats.gaps_closed[WGR_FILLED]++;
}

static enum wgr_verdict place(struct oracle *o, u32 epoch, u64 counter, unsigned int refuse)
{
	struct oracle_packet p = { epoch, counter, o->clock };
	enum wgr_cause cause = WGR_IN_ORDER;
	bool starved = false;

	while (epoch != o->epoch || counter != o->next) {
		if (!starved && o->waiting < o->window &&
		    counter < next_of(o, epoch) + o->window) {
			if (refuse >= allocations(o, epoch, counter)) {
				o->packet[o->waiting++] = p;
				if (o->waiting > o->stats.max_held)
					o->stats.max_held = o->waiting;
				return WGR_HELD;
			}
			starved = true;
			o->stats.alloc_failures++;
		}
		yield(o, epoch, counter);
		cause = WGR_OVERFLOWED;
	}
	o->packet[o->waiting++] = p;
	release_first(o, cause, false);
	run(o, cause == WGR_IN_ORDER ? WGR_FILLED : cause);
	return WGR_RELEASED;
}

enum wgr_verdict oracle_push(struct oracle *o, u32 epoch, u64 counter, s64 arrival,
			     unsigned int refuse)
{
	u32 i, newest;

	o->stats.pushed++;
	if (arrival > o->clock)
		o->clock = arrival;
	expire(o, false);

	if (!o->started) {
		o->started = true;
		o->epoch = epoch;
	}
	newest = newest_epoch(o);
	if (epoch > newest) {
		if (newest != o->epoch) {
			finish_epoch(o, newest, WGR_OVERFLOWED);
			run(o, WGR_OVERFLOWED);
		}
		o->stats.boundaries_opened++;
	} else if ((epoch != newest && epoch != o->epoch) || counter < next_of(o, epoch)) {
		o->stats.late++;
		return WGR_LATE;
	}
	for (i = 0; i < o->waiting; i++) {
		if (o->packet[i].epoch == epoch && o->packet[i].counter == counter) {
			o->stats.duplicate++;
			return WGR_DUPLICATE;
		}
	}
	note_gap(o, epoch, counter);
	return place(o, epoch, counter, refuse);
}

void oracle_advance(struct oracle *o, s64 now)
{
	if (now > o->clock)
		o->clock = now;
	expire(o, true);
}

void oracle_flush(struct oracle *o)
{
	while (o->waiting)
		release_first(o, WGR_RESET, true);
}

void oracle_configure(struct oracle *o, u32 window, s64 hold)
{
	o->window = window;
	o->hold = hold;
	for (;;) {
		u32 newest = newest_epoch(o), epoch = newest;

		if (highest(o, o->epoch) - (__int128)o->next >= window)
			epoch = o->epoch;
		else if (highest(o, newest) - (__int128)next_of(o, newest) < window &&
			 o->waiting <= window)
			return;
		yield(o, epoch, highest(o, epoch));
	}
}

s64 oracle_deadline(const struct oracle *o)
{
	__int128 due = (__int128)o->packet[0].arrival + o->hold;

	return o->waiting && due < WGR_NEVER ? (s64)due : WGR_NEVER;
}

void oracle_init(struct oracle *o, u32 window, s64 hold)
{
	memset(o, 0, sizeof(*o));
	o->clock = S64_MIN;
	o->window = window;
	o->hold = hold;
}
