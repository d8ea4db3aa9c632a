// SPDX-License-Identifier: GPL-2.0
/*
 * With mode=fixed scope=peer hold_us=5000 window=2048 the engine does what a ring of 2048
 * slots with a timer of 5 ms does, to the nanosecond, whatever flows there are.  The ring
 * here shares nothing with the engine.  SEED=n repeats a run.
 */
#include <stdlib.h>
#include <string.h>

#include "reorder/engine.h"
#include "seed.h"
#include "tap.h"

#define SLOTS	2048
#define HOLD	5000000LL
#define PACKETS	20000
#define LATE	(-1)
#define LOST	(-2)

/* ---- the ring ---- */

static struct {
	bool used;
	s64 came;
} slot[SLOTS];

static u64 next;
static u32 used;
static s64 *fate;	/* of each packet: when it went up */

static void hand_up(u64 counter, s64 now)
{
	slot[counter % SLOTS].used = false;
	used--;
	next = counter + 1;
	fate[counter] = now;
}

static void run_on(s64 now)
{
	while (used && slot[next % SLOTS].used)
		hand_up(next, now);
}

/* The one that has waited longest, of those in the ring. */
static u64 longest(void)
{
	u64 counter, best = next;
	s64 came = S64_MAX;

	for (counter = next; counter < next + SLOTS; counter++)
		if (slot[counter % SLOTS].used && slot[counter % SLOTS].came < came) {
			came = slot[counter % SLOTS].came;
			best = counter;
		}
	return best;
}

/* Whatever is due before this time. */
static void ring_until(s64 now)
{
	u64 last, counter;
	s64 due;

	while (used) {
		last = longest();
		due = slot[last % SLOTS].came + HOLD;
		if (due >= now)
			return;
		for (counter = next; counter <= last; counter++)
			if (slot[counter % SLOTS].used)
				hand_up(counter, due);
		run_on(due);
	}
}

static void ring_take(u64 counter, s64 now)
{
	ring_until(now);
	if (counter < next) {
		fate[counter] = LATE;
		return;
	}
	slot[counter % SLOTS].used = true;
	slot[counter % SLOTS].came = now;
	used++;
	run_on(now);
}

/* ---- the engine ---- */

static struct wgr_item item[PACKETS];
static s64 went[PACKETS];
static u64 out_last;
static bool in_order;

static void *give(void *ctx, size_t bytes)
{
	(void)ctx;
	return calloc(1, bytes);
}

static void take_back(void *ctx, void *memory, size_t bytes)
{
	(void)ctx;
	(void)bytes;
	free(memory);
}

static u32 never_asked(void *ctx, const struct wgr_item *of)
{
	(void)ctx;
	(void)of;
	abort();
}

static const struct wgr_reorder_ops ops = { .alloc = give, .free = take_back, .flow = never_asked };

static void note(struct wgr_item_list *out, s64 now)
{
	const struct wgr_item *i;

	for (i = out->first; i; i = i->newer) {
		went[i->counter] = now;
		in_order &= i->counter + 1 > out_last;
		out_last = i->counter + 1;
	}
	memset(out, 0, sizeof(*out));
}

static void engine_until(struct wgr_reorder *r, s64 now)
{
	struct wgr_item_list out = { 0 };
	s64 due;

	while ((due = wgr_reorder_deadline(r)) < now) {
		wgr_reorder_advance(r, due, &out);
		note(&out, due);
	}
}

static void engine_take(struct wgr_reorder *r, u64 counter, s64 now)
{
	struct wgr_item_list out = { 0 };

	engine_until(r, now);
	item[counter] = (struct wgr_item){ .counter = counter, .epoch = 1, .arrival_ns = now };
	if (wgr_reorder_push(r, &item[counter], &out) == WGR_LATE)
		went[counter] = LATE;
	note(&out, now);
}

/* ---- paths ---- */

static u64 state;

static u64 random_below(u64 limit)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return (state >> 33) % limit;
}

struct arrival {
	s64 ns;
	u64 counter;
};

static int earlier(const void *a, const void *b)
{
	const struct arrival *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	return x->counter < y->counter ? -1 : x->counter > y->counter;
}

/* Every @gap_ns a packet, up to @jitter_ns late, @lost of 1000 never. */
static u32 path(struct arrival *a, s64 gap_ns, s64 jitter_ns, u32 lost)
{
	u32 count = 0;
	u64 i;

	for (i = 0; i < PACKETS; i++)
		if (!i || random_below(1000) >= lost)
			a[count++] = (struct arrival){ (s64)i * gap_ns + (i ? (s64)random_below((u64)jitter_ns + 1) : 0), i };
	qsort(a, count, sizeof(*a), earlier);
	return count;
}

static bool same(enum wgr_scope scope, s64 gap_ns, s64 jitter_ns, u32 lost, u32 *late)
{
	struct wgr_settings settings = { WGR_FIXED, SLOTS, HOLD, 250000000, scope };
	static struct arrival a[PACKETS];
	static s64 wanted[PACKETS];
	struct wgr_reorder r;
	u32 i, count;

	memset(slot, 0, sizeof(slot));
	next = used = 0;
	out_last = 0;
	in_order = true;
	fate = wanted;
	for (i = 0; i < PACKETS; i++)
		went[i] = wanted[i] = LOST;
	wgr_reorder_init(&r, &ops, NULL, &settings);
	count = path(a, gap_ns, jitter_ns, lost);
	for (i = 0; i < count; i++) {
		ring_take(a[i].counter, a[i].ns);
		engine_take(&r, a[i].counter, a[i].ns);
	}
	ring_until(S64_MAX);
	engine_until(&r, WGR_NEVER);
	*late = 0;
	for (i = 0; i < PACKETS; i++) {
		*late += wanted[i] == LATE;
		if (went[i] != wanted[i]) {
			printf("# packet %u: %lld, the ring: %lld\n", i, went[i], wanted[i]);
			return false;
		}
	}
	return in_order;
}

int main(void)
{
	static const struct {
		s64 gap_ns;
		s64 jitter_ns;
		u32 lost;
	} paths[] = {
		{ 100000, 0, 0 }, { 100000, 0, 20 }, { 100000, 1000000, 0 }, { 100000, 4900000, 10 },
		{ 100000, 12000000, 10 }, { 7000, 9000000, 1 }, { 3000000, 20000000, 100 },
	};
	u32 late, all = 0;
	size_t i;

	state = seed_taken();
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		tap_ok(same(i & 1 ? WGR_SCOPE_AUTO : WGR_SCOPE_PEER, paths[i].gap_ns, paths[i].jitter_ns,
			    paths[i].lost, &late),
		       "as a ring with a timer: a packet each %lld us, jitter %lld us, loss %u of 1000 (%u late)",
		       paths[i].gap_ns / 1000, paths[i].jitter_ns / 1000, paths[i].lost, late);
		all += late;
	}
	tap_ok(all, "some of them were late");
	return tap_done();
}
