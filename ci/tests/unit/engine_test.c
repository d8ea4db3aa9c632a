// SPDX-License-Identifier: GPL-2.0
/*
 * Directed cases for the reorder engine.  Each case is a short story of
 * arrivals; what comes out is compared as text, "epoch:counter" in order of
 * release.  Whatever the story, after every step the books must balance, the
 * output must ascend and no memory may be owned by an engine that holds
 * nothing.
 */
#include <string.h>

#include "memory.h"
#include "tap.h"

#define HOLD	1000

static struct wgr_reorder r;
static struct memory memory;
static struct wgr_item_list out;
static struct wgr_item *mine;	/* every item made in this case */
static s64 now;			/* when the last arrival was */
static bool good;		/* nothing wrong in this case so far */
static bool seen_any;
static u32 seen_epoch;
static u64 seen_counter;

static void wrong(int line, const char *what)
{
	printf("# line %d: %s\n", line, what);
	good = false;
}

#define CHECK(condition) do { if (!(condition)) wrong(__LINE__, #condition); } while (0)

static u64 sum(const u64 *values, int n)
{
	u64 total = 0;

	while (n--)
		total += values[n];
	return total;
}

static void audit(int line)
{
	const struct wgr_reorder_stats *s = &r.stats;

	if (s->pushed != sum(s->released, WGR_CAUSES) + r.held + s->late + s->duplicate)
		wrong(line, "items do not balance");
	if (s->gaps_opened != sum(s->gaps_closed, WGR_IN_ORDER) + wgr_reorder_open_gaps(&r))
		wrong(line, "gaps do not balance");
	if (s->boundaries_opened != sum(s->boundaries_closed, WGR_IN_ORDER) +
	    wgr_reorder_open_boundaries(&r))
		wrong(line, "boundaries do not balance");
	if (r.held > r.window)
		wrong(line, "too much held");
	if (!r.held && memory.live)
		wrong(line, "memory kept for nothing");
	if ((wgr_reorder_deadline(&r) == WGR_NEVER) != (!r.held || r.hold.wait_ns == S64_MAX))
		wrong(line, "deadline and held items disagree");
}

static struct wgr_item *item_new(u32 epoch, u64 counter, s64 at)
{
	struct wgr_item **made = calloc(1, sizeof(*made) + sizeof(struct wgr_item));
	struct wgr_item *item = (struct wgr_item *)(made + 1);

	item->epoch = epoch;
	item->counter = counter;
	item->arrival_ns = at;
	item->tag = 0xfeed;
	*made = mine;
	mine = item;
	return item;
}

static enum wgr_verdict push_at(int line, u32 epoch, u64 counter, s64 at)
{
	enum wgr_verdict verdict;

	now = at;
	verdict = wgr_reorder_push(&r, item_new(epoch, counter, at), &out);
	audit(line);
	return verdict;
}

/* Take the output so far and compare it. */
static void got(int line, const char *want)
{
	char text[4096] = "";
	size_t used = 0;
	struct wgr_item *item;

	for (item = out.first; item; item = item->newer) {
		if (seen_any && (item->epoch < seen_epoch ||
				 (item->epoch == seen_epoch && item->counter <= seen_counter)))
			wrong(line, "released out of order");
		if (item->tag != 0xfeed)
			wrong(line, "tag changed");
		seen_any = true;
		seen_epoch = item->epoch;
		seen_counter = item->counter;
		used += snprintf(text + used, sizeof(text) - used, "%s%u:%llu", used ? " " : "",
				 item->epoch, item->counter);
	}
	memset(&out, 0, sizeof(out));
	if (strcmp(text, want)) {
		printf("# line %d: released \"%s\", expected \"%s\"\n", line, text, want);
		good = false;
	}
}

static void advance_at(int line, s64 at)
{
	wgr_reorder_advance(&r, at, &out);
	audit(line);
}

#define PUSH(verdict, epoch, counter, at) \
	CHECK(push_at(__LINE__, epoch, counter, at) == WGR_##verdict)
#define GOT(want)	got(__LINE__, want)
#define ADVANCE(at)	advance_at(__LINE__, at)
#define DEADLINE(at)	CHECK(wgr_reorder_deadline(&r) == (at))
#define STAT(name, value)	CHECK(r.stats.name == (value))
#define FLUSH()		do { wgr_reorder_flush(&r, &out); audit(__LINE__); } while (0)
#define CONFIGURE(window, hold) \
	do { wgr_reorder_configure(&r, window, hold, &out); audit(__LINE__); } while (0)

static void begin(u32 window, u64 hold)
{
	seen_any = false;
	now = 0;
	memset(&out, 0, sizeof(out));
	memset(&memory, 0, sizeof(memory));
	wgr_reorder_init(&r, &memory_ops, &memory, window, hold);
}

/* Items stay until the case ends, so that the engine's use of one is seen. */
static void end(void)
{
	memset(&out, 0, sizeof(out));
	FLUSH();
	CHECK(!r.held && !memory.live);
	while (mine) {
		struct wgr_item **made = (struct wgr_item **)mine - 1;

		mine = *made;
		free(made);
	}
}

static void in_order_is_free(void)
{
	u64 i;

	for (i = 0; i < 100000; i++) {
		PUSH(RELEASED, 1, i, (s64)i);
		CHECK(out.first && out.first == out.last && out.first->counter == i);
		memset(&out, 0, sizeof(out));
		DEADLINE(WGR_NEVER);
	}
	CHECK(!memory.calls);
	STAT(max_hold_ns, 0);
	STAT(max_held, 0);
	STAT(released[WGR_IN_ORDER], 100000);
}

static void gap_is_filled(void)
{
	PUSH(RELEASED, 1, 0, 10);
	PUSH(HELD, 1, 2, 20);
	PUSH(HELD, 1, 3, 30);
	PUSH(HELD, 1, 5, 40);
	GOT("1:0");
	DEADLINE(20 + HOLD);
	PUSH(RELEASED, 1, 1, 50);
	GOT("1:1 1:2 1:3");
	DEADLINE(40 + HOLD);
	PUSH(RELEASED, 1, 4, 60);
	GOT("1:4 1:5");
	DEADLINE(WGR_NEVER);
	PUSH(RELEASED, 1, 6, 70);
	GOT("1:6");
	STAT(gaps_opened, 2);
	STAT(gaps_closed[WGR_FILLED], 2);
	STAT(released[WGR_FILLED], 3);
	STAT(released[WGR_IN_ORDER], 4);
	STAT(max_hold_ns, 30);
	STAT(max_held, 3);
}

static void reversed_burst(void)
{
	u64 i;

	for (i = 9; i >= 1; i--)
		PUSH(HELD, 1, i, 10);
	GOT("");
	STAT(gaps_opened, 9);
	CHECK(wgr_reorder_open_gaps(&r) == 1);
	PUSH(RELEASED, 1, 0, 11);
	GOT("1:0 1:1 1:2 1:3 1:4 1:5 1:6 1:7 1:8 1:9");
}

static void tail_is_released_by_time(void)
{
	PUSH(RELEASED, 1, 0, 0);
	PUSH(HELD, 1, 2, 100);
	PUSH(HELD, 1, 3, 200);
	ADVANCE(100 + HOLD - 1);
	GOT("1:0");
	ADVANCE(100 + HOLD);
	GOT("1:2 1:3");
	DEADLINE(WGR_NEVER);
	STAT(gaps_closed[WGR_TIMED_OUT], 1);
	STAT(released[WGR_TIMED_OUT], 2);
	STAT(max_hold_ns, HOLD);
	PUSH(LATE, 1, 1, 200 + HOLD);
	PUSH(RELEASED, 1, 4, 201 + HOLD);
	GOT("1:4");
}

static void one_expiry_releases_all_due(void)
{
	PUSH(HELD, 1, 1, 0);
	PUSH(HELD, 1, 3, 0);
	PUSH(HELD, 1, 5, 1);
	PUSH(HELD, 1, 7, 2);
	ADVANCE(HOLD + 1);
	GOT("1:1 1:3 1:5");
	DEADLINE(2 + HOLD);
	STAT(gaps_closed[WGR_TIMED_OUT], 3);
}

/* The one that waited longest stands last in order: all before it go too. */
static void due_item_takes_those_before_it(void)
{
	PUSH(HELD, 1, 9, 0);
	PUSH(HELD, 1, 10, 500);
	PUSH(HELD, 1, 5, 600);
	PUSH(HELD, 1, 12, 700);
	ADVANCE(HOLD);
	GOT("1:5 1:9 1:10");
	DEADLINE(700 + HOLD);
}

static void arrival_at_the_deadline_counts(void)
{
	PUSH(HELD, 1, 1, 0);
	PUSH(RELEASED, 1, 0, HOLD);
	GOT("1:0 1:1");
	PUSH(HELD, 1, 3, 2 * HOLD);
	PUSH(LATE, 1, 2, 3 * HOLD + 1);
	GOT("1:3");
	STAT(late, 1);
}

/* Arrivals are pushed long after they came: only their own times matter. */
static void slow_cpu_loses_nothing(void)
{
	u64 i;

	for (i = 0; i < 2000; i += 2) {
		CHECK(push_at(__LINE__, 1, i + 1, (s64)i * 10) == WGR_HELD);
		CHECK(push_at(__LINE__, 1, i, (s64)i * 10 + HOLD) == WGR_RELEASED);
		/* The next pair "came" before the hold of this one ended. */
	}
	STAT(late, 0);
	STAT(gaps_closed[WGR_FILLED], 1000);
}

static void time_never_runs_back(void)
{
	PUSH(HELD, 1, 1, 500);
	PUSH(HELD, 1, 3, 100);
	DEADLINE(500 + HOLD);
	ADVANCE(400 + HOLD);
	GOT("");
	PUSH(HELD, 1, 5, 0);
	ADVANCE(500 + HOLD);
	GOT("1:1 1:3");
	DEADLINE(400 + 2 * HOLD);
	STAT(max_hold_ns, HOLD);
}

static void late_and_duplicate(void)
{
	PUSH(RELEASED, 1, 0, 0);
	PUSH(LATE, 1, 0, 1);
	PUSH(HELD, 1, 2, 2);
	PUSH(DUPLICATE, 1, 2, 3);
	PUSH(HELD, 1, 4, 4);
	PUSH(DUPLICATE, 1, 4, 5);
	PUSH(DUPLICATE, 1, 2, 6);
	DEADLINE(2 + HOLD);
	PUSH(RELEASED, 1, 1, 7);
	PUSH(LATE, 1, 2, 8);
	GOT("1:0 1:1 1:2");
	STAT(late, 2);
	STAT(duplicate, 3);
}

/* Packets a ring apart share a slot and must not pass for each other. */
static void slot_of_another_round(void)
{
	PUSH(HELD, 3, 1, 0);
	PUSH(HELD, 3, 16385, 0);
	GOT("3:1");
	FLUSH();
	GOT("3:16385");
	begin(16384, HOLD);
	PUSH(HELD, 1, 1, 0);
	PUSH(HELD, 1, 16383, 0);
	PUSH(RELEASED, 1, 0, 1);
	GOT("1:0 1:1");
	PUSH(HELD, 1, 16384, 2);
	PUSH(HELD, 1, 16385, 2);
	PUSH(DUPLICATE, 1, 16385, 2);
	PUSH(HELD, 1, 3, 3);
	ADVANCE(3 + HOLD);
	GOT("1:3 1:16383 1:16384 1:16385");
}

static void first_packets_missing(void)
{
	PUSH(HELD, 7, 3, 0);
	STAT(gaps_opened, 3);
	STAT(boundaries_opened, 0);
	PUSH(RELEASED, 7, 0, 1);
	PUSH(RELEASED, 7, 1, 2);
	PUSH(RELEASED, 7, 2, 3);
	GOT("7:0 7:1 7:2 7:3");
}

static void new_epoch_waits(void)
{
	PUSH(RELEASED, 1, 0, 0);
	PUSH(HELD, 2, 0, 100);
	PUSH(HELD, 2, 1, 150);
	PUSH(RELEASED, 1, 1, 200);
	PUSH(HELD, 1, 3, 300);
	GOT("1:0 1:1");
	DEADLINE(100 + HOLD);
	CHECK(wgr_reorder_open_boundaries(&r) == 1);
	ADVANCE(100 + HOLD);
	GOT("1:3 2:0 2:1");
	DEADLINE(WGR_NEVER);
	PUSH(LATE, 1, 4, 101 + HOLD);
	PUSH(RELEASED, 2, 2, 102 + HOLD);
	GOT("2:2");
	STAT(boundaries_opened, 1);
	STAT(boundaries_closed[WGR_TIMED_OUT], 1);
	STAT(gaps_closed[WGR_TIMED_OUT], 1);
}

/* What is due in the old epoch does not close it. */
static void old_epoch_due_alone(void)
{
	PUSH(HELD, 1, 1, 0);
	PUSH(HELD, 2, 0, 500);
	ADVANCE(HOLD);
	GOT("1:1");
	PUSH(RELEASED, 1, 2, 10 + HOLD);
	GOT("1:2");
	ADVANCE(500 + HOLD);
	GOT("2:0");
}

/* The very counter that would be next, but under another key. */
static void new_epoch_goes_on_counting(void)
{
	PUSH(RELEASED, 1, 0, 0);
	PUSH(HELD, 2, 1, 1);
	PUSH(RELEASED, 1, 1, 2);
	GOT("1:0 1:1");
	ADVANCE(1 + HOLD);
	GOT("2:1");
}

static void new_epoch_begins_with_a_gap(void)
{
	PUSH(RELEASED, 1, 0, 0);
	PUSH(HELD, 2, 2, 100);
	PUSH(HELD, 2, 4, 200);
	PUSH(HELD, 2, 0, 300);
	CHECK(wgr_reorder_open_gaps(&r) == 2);
	ADVANCE(100 + HOLD);
	GOT("1:0 2:0 2:2");
	PUSH(RELEASED, 2, 3, 150 + HOLD);
	GOT("2:3 2:4");
	STAT(gaps_opened, 3);
	STAT(gaps_closed[WGR_FILLED], 2);
	STAT(gaps_closed[WGR_TIMED_OUT], 1);
}

static void third_epoch_closes_the_first(void)
{
	PUSH(HELD, 1, 1, 0);
	PUSH(HELD, 2, 0, 1);
	PUSH(HELD, 2, 1, 2);
	PUSH(HELD, 2, 3, 3);
	PUSH(HELD, 5, 0, 4);
	GOT("1:1 2:0 2:1");
	PUSH(LATE, 1, 0, 5);
	PUSH(LATE, 3, 0, 5);
	PUSH(RELEASED, 2, 2, 6);
	GOT("2:2 2:3");
	STAT(boundaries_closed[WGR_OVERFLOWED], 1);
	STAT(gaps_closed[WGR_OVERFLOWED], 1);
	ADVANCE(4 + HOLD);
	GOT("5:0");
}

static void full_window_gives_up_the_oldest_gap(void)
{
	PUSH(HELD, 1, 10, 0);
	PUSH(HELD, 1, 63, 0);
	GOT("");
	PUSH(HELD, 1, 64, 0);
	GOT("1:10");
	STAT(gaps_closed[WGR_OVERFLOWED], 10);
	PUSH(LATE, 1, 9, 1);
	PUSH(HELD, 1, 74, 1);
	GOT("");
	PUSH(HELD, 1, 75, 2);
	GOT("1:63 1:64");
	STAT(gaps_closed[WGR_OVERFLOWED], 10 + 52);
	PUSH(RELEASED, 1, 200, 2);
	GOT("1:74 1:75 1:200");
	STAT(late, 1);
	STAT(duplicate, 0);
}

static void far_jumps(void)
{
	PUSH(RELEASED, 1, 0, 0);
	PUSH(HELD, 1, 2, 0);
	PUSH(RELEASED, 1, 1ull << 60, 1);
	GOT("1:0 1:2 1:1152921504606846976");
	PUSH(LATE, 1, (1ull << 60) - 1, 2);
	PUSH(HELD, 1, (1ull << 60) + 2, 2);
	PUSH(RELEASED, 1, U64_MAX - 3, 3);
	GOT("1:1152921504606846978 1:18446744073709551612");
	PUSH(HELD, 1, U64_MAX, 3);
	PUSH(HELD, 1, U64_MAX - 1, 3);
	PUSH(DUPLICATE, 1, U64_MAX, 3);
	ADVANCE(3 + HOLD);
	GOT("1:18446744073709551614 1:18446744073709551615");
	STAT(gaps_opened, U64_MAX - 5);
	PUSH(LATE, 1, U64_MAX, 4 + HOLD);
	PUSH(LATE, 1, 0, 4 + HOLD);
	PUSH(HELD, 2, 0, 5 + HOLD);
	ADVANCE(5 + 2 * HOLD);
	GOT("2:0");
}

/* The highest counter in order, and as the first one of all. */
static void highest_counter(void)
{
	PUSH(RELEASED, 1, U64_MAX - 1, 0);
	PUSH(RELEASED, 1, U64_MAX, 1 + HOLD);
	PUSH(LATE, 1, U64_MAX, 1 + HOLD);
	GOT("1:18446744073709551614 1:18446744073709551615");
	begin(64, HOLD);
	PUSH(RELEASED, 0, U64_MAX, 0);
	PUSH(LATE, 0, U64_MAX, 0);
	PUSH(LATE, 0, 0, 0);
	PUSH(HELD, 1, U64_MAX % 64, 0);
	ADVANCE(HOLD);
	GOT("0:18446744073709551615 1:63");
}

static void both_lanes_share_the_window(void)
{
	u64 i;

	PUSH(HELD, 1, 2, 0);
	for (i = 0; i < 63; i++)
		PUSH(HELD, 2, i, 1);
	CHECK(r.held == 64);
	GOT("");
	PUSH(HELD, 1, 4, 2);
	GOT("1:2");
	CHECK(r.held == 64);
	/* The packet itself ends the oldest gap: released, not late. */
	PUSH(HELD, 1, 6, 2);
	GOT("1:4");
	PUSH(RELEASED, 1, 5, 2);
	GOT("1:5 1:6");
	PUSH(HELD, 1, 9, 2);
	PUSH(RELEASED, 1, 8, 2);
	GOT("1:8 1:9");
	STAT(late, 0);
	/* Only the boundary is left to be given up. */
	PUSH(HELD, 2, 63, 3);
	CHECK(r.held == 64);
	GOT("");
	CHECK(push_at(__LINE__, 2, 64, 3) == WGR_RELEASED);
	STAT(boundaries_closed[WGR_OVERFLOWED], 1);
	CHECK(!r.held && out.first->counter == 0 && out.last->counter == 64);
	memset(&out, 0, sizeof(out));
	STAT(max_held, 64);
}

/* Beyond the window in the following epoch: the current one makes room. */
static void window_of_the_following_epoch(void)
{
	PUSH(HELD, 1, 1, 0);
	PUSH(HELD, 2, 3, 1);
	PUSH(HELD, 2, 64, 2);
	GOT("1:1 2:3");
	STAT(boundaries_closed[WGR_OVERFLOWED], 1);
	PUSH(LATE, 1, 2, 2);
	PUSH(LATE, 2, 0, 2);
	PUSH(HELD, 2, 5, 3);
	PUSH(RELEASED, 2, 4, 3);
	GOT("2:4 2:5");
}

static void hold_of_zero(void)
{
	CONFIGURE(64, 0);
	PUSH(RELEASED, 1, 0, 0);
	PUSH(HELD, 1, 2, 5);
	DEADLINE(5);
	PUSH(RELEASED, 1, 1, 5);
	GOT("1:0 1:1 1:2");
	PUSH(HELD, 1, 4, 6);
	ADVANCE(6);
	GOT("1:4");
	STAT(max_hold_ns, 0);
}

static void hold_for_ever(void)
{
	CONFIGURE(64, U64_MAX);
	PUSH(HELD, 1, 1, 5);
	CHECK(r.held == 1 && wgr_hold_until(&r.hold, 5) == WGR_NEVER);
	CHECK(wgr_hold_until(&r.hold, -5) == WGR_NEVER - 5);
	PUSH(HELD, 1, 3, S64_MAX - 1);
	PUSH(RELEASED, 1, 0, S64_MAX - 1);
	GOT("1:0 1:1");
	FLUSH();
	GOT("1:3");
}

static void flush_keeps_order(void)
{
	PUSH(HELD, 1, 1, 0);
	PUSH(HELD, 1, 4, 0);
	PUSH(HELD, 2, 1, 0);
	FLUSH();
	GOT("1:1 1:4 2:1");
	DEADLINE(WGR_NEVER);
	STAT(gaps_closed[WGR_RESET], 4);
	STAT(boundaries_closed[WGR_RESET], 1);
	STAT(released[WGR_RESET], 3);
	PUSH(LATE, 1, 5, 1);
	PUSH(LATE, 2, 0, 1);
	PUSH(RELEASED, 2, 2, 1);
	FLUSH();
	GOT("2:2");
}

static void window_is_made_smaller(void)
{
	u64 i;

	for (i = 1; i < 200; i += 2)
		PUSH(HELD, 1, i, 0);
	PUSH(HELD, 2, 10, 1);
	CONFIGURE(64, HOLD);
	CHECK(r.lane[0].next == 199 - 63 && out.first->counter == 1);
	memset(&out, 0, sizeof(out));
	CHECK(r.held <= 64);
	FLUSH();
	CHECK(out.last->epoch == 2);
	memset(&out, 0, sizeof(out));
	STAT(released[WGR_OVERFLOWED] + r.stats.released[WGR_RESET], 101);
	STAT(late, 0);
	CONFIGURE(0, HOLD);
	CHECK(r.window == WGR_WINDOW_MIN);
	CONFIGURE(1 << 20, HOLD);
	CHECK(r.window == WGR_WINDOW_MAX);
}

static void window_is_made_larger(void)
{
	PUSH(HELD, 1, 63, 0);
	CONFIGURE(16384, HOLD);
	PUSH(HELD, 1, 16383, 1);
	PUSH(HELD, 1, 64, 1);
	GOT("");
	PUSH(HELD, 1, 16384, 2);
	PUSH(LATE, 1, 0, 2);
	ADVANCE(HOLD + 1);
	GOT("1:63 1:64 1:16383 1:16384");
}

static void hold_is_changed(void)
{
	PUSH(HELD, 1, 1, 100);
	CONFIGURE(64, 50);
	DEADLINE(150);
	CONFIGURE(64, 5000);
	DEADLINE(5100);
	PUSH(HELD, 1, 3, 4000);
	CONFIGURE(64, 10);
	PUSH(LATE, 1, 0, 4001);
	GOT("1:1");
	ADVANCE(4010);
	GOT("1:3");
}

/* Every slot of the largest window in use, then all of it goes back. */
static void memory_is_bounded(void)
{
	size_t most = 0;
	u64 i;

	for (i = 1; i < 16384; i++) {
		CHECK(push_at(__LINE__, 1, i, 0) == WGR_HELD);
		if (memory.live > most)
			most = memory.live;
	}
	CHECK(r.held == 16383);
	CHECK(most < 16384 * sizeof(void *) + 1024);
	PUSH(HELD, 2, 0, 0);
	PUSH(RELEASED, 1, 16384, 1);
	CHECK(out.first->counter == 1 && out.last->counter == 16384);
	memset(&out, 0, sizeof(out));
	CHECK(memory.live < 4096);
	ADVANCE(HOLD);
	GOT("2:0");
	CHECK(!memory.live);
}

/*
 * One story that needs rings in both lanes and several chunks, told again and
 * again with another allocation refused each time, and with all from it on.
 */
static u64 story(void)
{
	static const struct {
		u32 epoch;
		u64 counter;
		s64 at;
	} arrivals[] = {
		{ 1, 0, 0 }, { 1, 2, 1 }, { 1, 300, 2 }, { 1, 4, 3 }, { 2, 0, 4 }, { 1, 600, 5 },
		{ 2, 2, 6 }, { 1, 1, 7 }, { 1, 3, 8 }, { 2, 300, 9 }, { 1, 301, 10 }, { 2, 1, 11 },
		{ 1, 900, HOLD }, { 2, 600, HOLD + 1 }, { 1, 5, HOLD + 2 }, { 2, 3, HOLD + 3 },
		{ 3, 4, HOLD + 4 }, { 3, 0, HOLD + 5 }, { 4, 7, HOLD + 6 }, { 3, 1, HOLD + 7 },
	};
	u64 late = 0;
	size_t i;

	for (i = 0; i < sizeof(arrivals) / sizeof(arrivals[0]); i++) {
		enum wgr_verdict verdict = push_at(__LINE__, arrivals[i].epoch,
						   arrivals[i].counter, arrivals[i].at);

		CHECK(verdict != WGR_DUPLICATE);
		late += verdict == WGR_LATE;
	}
	ADVANCE(now + HOLD);
	CHECK(sum(r.stats.released, WGR_CAUSES) + late == i);
	CHECK(!r.held);
	return late;
}

static void allocation_fails_anywhere(void)
{
	unsigned int calls, at, lasting;

	CHECK(story() == 0 && !r.stats.alloc_failures);
	calls = memory.calls;
	CHECK(calls > 8);
	for (lasting = 0; lasting < 2; lasting++) {
		for (at = 0; at < calls; at++) {
			end();
			begin(1024, HOLD);
			memory.fail_from = at;
			memory.fail_count = lasting ? NEVER_FAIL : 1;
			story();
			CHECK(memory.refused && r.stats.alloc_failures == memory.refused);
			CHECK(memory.live == 0);
			if (!good)
				return;
		}
	}
}

/* Without memory the engine passes packets in order and is late for the rest. */
static void no_memory_at_all(void)
{
	memory.fail_count = NEVER_FAIL;
	PUSH(RELEASED, 1, 1, 0);
	PUSH(LATE, 1, 0, 1);
	PUSH(RELEASED, 1, 5, 2);
	PUSH(RELEASED, 2, 3, 3);
	PUSH(LATE, 1, 6, 4);
	GOT("1:1 1:5 2:3");
	STAT(alloc_failures, 3);
	STAT(released[WGR_OVERFLOWED], 3);
	STAT(gaps_closed[WGR_OVERFLOWED], 1 + 3 + 3);
	STAT(boundaries_closed[WGR_OVERFLOWED], 1);
	CHECK(memory.calls == 3);
}

/* A slot in a chunk that is there costs nothing. */
static void present_chunk_needs_no_memory(void)
{
	PUSH(HELD, 1, 2, 0);
	PUSH(HELD, 1, 4, 0);
	memory.fail_from = memory.calls;
	memory.fail_count = NEVER_FAIL;
	PUSH(HELD, 1, 6, 0);
	GOT("");
	STAT(alloc_failures, 0);
}

static void allocation_fails_between_held(void)
{
	PUSH(HELD, 1, 2, 0);
	PUSH(HELD, 1, 700, 0);
	memory.fail_from = memory.calls;
	memory.fail_count = 1;
	PUSH(RELEASED, 1, 300, 1);
	GOT("1:2 1:300");
	CHECK(r.held == 1);
	PUSH(LATE, 1, 200, 2);
	memory.fail_from = memory.calls;
	PUSH(RELEASED, 2, 9, 3);
	GOT("1:700 2:9");
	STAT(alloc_failures, 2);
}

/* A released item may be reused at once, a refused one too. */
static void given_items_are_not_touched(void)
{
	struct wgr_item *held[50], *item, *next;
	int i;

	for (i = 0; i < 50; i++) {
		held[i] = malloc(sizeof(**held));
		*held[i] = (struct wgr_item){ .epoch = 1, .counter = (u64)i * 2 + 1 };
		CHECK(wgr_reorder_push(&r, held[i], &out) == WGR_HELD);
	}
	for (i = 0; i < 50; i++) {
		struct wgr_item fill = { .epoch = 1, .counter = (u64)i * 2 };
		struct wgr_item again = { .epoch = 1, .counter = (u64)i * 2 + 3 };
		enum wgr_verdict verdict;

		CHECK(wgr_reorder_push(&r, &fill, &out) == WGR_RELEASED);
		CHECK(out.first == &fill && fill.newer == held[i] && out.last == held[i]);
		memset(&out, 0, sizeof(out));
		memset(&fill, 0xff, sizeof(fill));
		free(held[i]);
		verdict = wgr_reorder_push(&r, &again, &out);
		if (i < 49)
			CHECK(verdict == WGR_DUPLICATE);
		else
			CHECK(verdict == WGR_HELD);
		if (i == 49)
			FLUSH();
		else
			CHECK(!out.first);
		for (item = out.first; item; item = next)
			next = item->newer;
		memset(&out, 0, sizeof(out));
	}
}

/* An absent chunk is one step: else this runs for the age of the universe. */
static void long_gaps_cost_little(void)
{
	u64 i;

	for (i = 1; i < 20000; i++) {
		CHECK(push_at(__LINE__, 1, i << 40, (s64)i) != WGR_LATE);
		memset(&out, 0, sizeof(out));
	}
	CHECK(memory.live < 2 * 4096);
}

static const struct {
	const char *name;
	void (*run)(void);
	u32 window;
} cases[] = {
	{ "in-order traffic takes no memory, no time and arms nothing", in_order_is_free, 2048 },
	{ "a gap is filled and the packets behind it follow", gap_is_filled, 2048 },
	{ "a reversed burst comes out in order", reversed_burst, 2048 },
	{ "the tail is released by time alone", tail_is_released_by_time, 2048 },
	{ "one expiry releases all that is due", one_expiry_releases_all_due, 2048 },
	{ "a due packet takes along those before it", due_item_takes_those_before_it, 2048 },
	{ "an arrival at the very deadline counts", arrival_at_the_deadline_counts, 2048 },
	{ "arrival times decide, not the time of the push", slow_cpu_loses_nothing, 2048 },
	{ "time never runs back", time_never_runs_back, 2048 },
	{ "late packets and duplicates are told apart", late_and_duplicate, 2048 },
	{ "a slot serves one round of the ring at a time", slot_of_another_round, 16384 },
	{ "the first packets of all may be missing", first_packets_missing, 2048 },
	{ "a new epoch waits for the old one's stragglers", new_epoch_waits, 2048 },
	{ "a due packet of the old epoch leaves it open", old_epoch_due_alone, 2048 },
	{ "a new epoch's counters are its own", new_epoch_goes_on_counting, 2048 },
	{ "a new epoch may begin with a gap", new_epoch_begins_with_a_gap, 2048 },
	{ "a third epoch closes the first", third_epoch_closes_the_first, 2048 },
	{ "a full window gives up the oldest gap", full_window_gives_up_the_oldest_gap, 64 },
	{ "counters may jump to the end of their range", far_jumps, 64 },
	{ "nothing follows the highest counter", highest_counter, 64 },
	{ "both epochs share the window", both_lanes_share_the_window, 64 },
	{ "the window counts in the following epoch too", window_of_the_following_epoch, 64 },
	{ "a hold of 0 releases at the time of arrival", hold_of_zero, 64 },
	{ "a hold may last for ever", hold_for_ever, 64 },
	{ "a flush releases all in order and goes on", flush_keeps_order, 2048 },
	{ "a smaller window releases, not drops", window_is_made_smaller, 2048 },
	{ "a larger window counts at once", window_is_made_larger, 64 },
	{ "a new hold counts at once", hold_is_changed, 64 },
	{ "memory is bounded and goes back", memory_is_bounded, 16384 },
	{ "any allocation may fail", allocation_fails_anywhere, 1024 },
	{ "without memory packets pass in order", no_memory_at_all, 1024 },
	{ "no allocation, no failure", present_chunk_needs_no_memory, 256 },
	{ "a failed allocation releases through the packet", allocation_fails_between_held, 1024 },
	{ "items given back are not touched", given_items_are_not_touched, 2048 },
	{ "long gaps cost little", long_gaps_cost_little, 16384 },
};

int main(void)
{
	size_t i;

	tap_ok(sizeof(struct wgr_item) <= 40, "an item fits a packet's control block");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(cases[i].window, HOLD);
		good = true;
		cases[i].run();
		end();
		tap_ok(good, "%s", cases[i].name);
	}
	return tap_done();
}
