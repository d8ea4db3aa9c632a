// SPDX-License-Identifier: GPL-2.0
/*
 * Directed cases for the reorder engine.  Each case is a short story of
 * arrivals; what comes out is compared as text, "epoch:counter" in order of
 * release, and so are the events.  Whatever the story, after every step the
 * books must balance, the output must ascend and no memory may be owned by an
 * engine that holds nothing.
 */
#include <string.h>

#include "memory.h"
#include "tap.h"

#define HOLD	1000
#define MS	1000000LL

/* Of the engine and of what it is made of. */
#define CALM	512		/* packets without a swapped one that make a path calm */
#define DOUBT	16384		/* packets without a verdict after a swap within a path */
#define SILENT	(250 * MS)	/* a path that brought nothing for longer is left out */
#define TRIAL	8		/* waits in vain that end the wait to begin with */

static struct wgr_reorder r;
static struct memory memory;
static struct wgr_item_list out;
static struct wgr_item *mine;	/* every item made in this case */
static s64 now;			/* when the last arrival was */
static bool good;		/* nothing wrong in this case so far */
static bool any_order;		/* the mode was off in this case */
static enum wgr_scope scope = WGR_SCOPE_PEER;
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

	if (s->pushed != sum(s->released, WGR_CAUSES) + r.held + s->late + s->duplicate +
	    s->discarded)
		wrong(line, "items do not balance");
	if (s->filled_at_once > s->released[WGR_IN_ORDER])
		wrong(line, "more filled at once than released at once");
	if (s->gaps_opened != sum(s->gaps_closed, WGR_IN_ORDER) + wgr_reorder_open_gaps(&r))
		wrong(line, "gaps do not balance");
	if (s->boundaries_opened != sum(s->boundaries_closed, WGR_IN_ORDER) +
	    wgr_reorder_open_boundaries(&r))
		wrong(line, "boundaries do not balance");
	if (r.held > r.settings.window)
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
	item->tag = 0xfe;
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

static enum wgr_verdict push_by(int line, u8 path, u32 epoch, u64 counter, s64 at)
{
	struct wgr_item *item = item_new(epoch, counter, at);
	enum wgr_verdict verdict;

	item->path = path;
	now = at;
	verdict = wgr_reorder_push(&r, item, &out);
	audit(line);
	return verdict;
}

static void configure(int line, enum wgr_mode mode, u32 window, u64 hold, u64 most)
{
	wgr_reorder_configure(&r, &(struct wgr_settings){ mode, window, hold, most, scope }, &out);
	any_order |= mode == WGR_OFF;
	audit(line);
}

/* Take the output so far and compare it. */
static void got(int line, const char *want)
{
	char text[4096] = "";
	size_t used = 0;
	struct wgr_item *item;

	for (item = out.first; item; item = item->newer) {
		if (seen_any && !any_order &&
		    (item->epoch < seen_epoch ||
		     (item->epoch == seen_epoch && item->counter <= seen_counter)))
			wrong(line, "released out of order");
		if (item->tag != 0xfe)
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

/* What was told since this was last asked. */
static void told(int line, const char *want)
{
	static const char *const cause[] = { "filled", "timed out", "passed", "no room", "reset" };
	const struct wgr_event *e;
	char text[4096] = "";
	size_t used = 0, left;

	for (e = memory.event; e < memory.event + memory.events; e++) {
		if (e > memory.event)
			used += snprintf(text + used, sizeof(text) - used, ", ");
		left = sizeof(text) - used;
		if (e->kind == WGR_GAP_OPENED)
			used += snprintf(text + used, left, "open %u:%llu-%llu",
					 e->epoch, e->first, e->last);
		else if (e->kind == WGR_GAP_FILLED && e->first == e->last)
			used += snprintf(text + used, left, "filled %u:%llu %lld",
					 e->epoch, e->first, e->ns);
		else if (e->kind == WGR_GAP_GIVEN_UP && e->cause < WGR_IN_ORDER)
			used += snprintf(text + used, left, "%s %u:%llu-%llu %lld",
					 cause[e->cause], e->epoch, e->first, e->last, e->ns);
		else if (e->kind == WGR_ITEM_LATE && e->first == e->last)
			used += snprintf(text + used, left, "late %u:%llu %lld",
					 e->epoch, e->first, e->ns);
		else if (e->kind == WGR_HOLD_CHANGED && !e->epoch)
			used += snprintf(text + used, left, "wait %lld", e->ns);
		else
			used += snprintf(text + used, left, "?");
	}
	memory.events = 0;
	if (strcmp(text, want)) {
		printf("# line %d: told \"%s\", expected \"%s\"\n", line, text, want);
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
#define CONFIGURE(window, hold)	configure(__LINE__, WGR_FIXED, window, hold, 0)
#define SET(mode, hold, most)	configure(__LINE__, WGR_##mode, 2048, hold, most)
#define PUSH_BY(path, verdict, epoch, counter, at) \
	CHECK(push_by(__LINE__, path, epoch, counter, at) == WGR_##verdict)
#define TOLD(want)	told(__LINE__, want)
#define WAIT(ns)	CHECK(r.hold.wait_ns == (ns))
#define DISCARD()	do { wgr_reorder_discard(&r, &out); audit(__LINE__); } while (0)
#define RESET()		do { wgr_reorder_reset_stats(&r); audit(__LINE__); } while (0)

static void begin_with(enum wgr_mode mode, u32 window, u64 hold, u64 most)
{
	seen_any = false;
	any_order = mode == WGR_OFF;
	now = 0;
	memset(&out, 0, sizeof(out));
	memory_init(&memory);
	wgr_reorder_init(&r, &memory_ops, &memory,
			 &(struct wgr_settings){ mode, window, hold, most, scope });
}

static void begin(u32 window, u64 hold)
{
	begin_with(WGR_FIXED, window, hold, 0);
}

static void adaptive(s64 hold, s64 most)
{
	begin_with(WGR_ADAPTIVE, 2048, (u64)hold, (u64)most);
	TOLD(hold ? "wait 5000000" : "");
}

/* Packets of an epoch in order, one each nanosecond, from a counter on. */
static void in_order(u32 epoch, u64 counter, u64 number)
{
	while (number--) {
		CHECK(push_at(__LINE__, epoch, counter++, now + 1) == WGR_RELEASED);
		memset(&out, 0, sizeof(out));
	}
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
	PUSH(HELD, 3, WGR_SPAN_MAX + 1, 0);
	GOT("3:1");
	FLUSH();
	GOT("3:65537");
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

/* However far what is held is apart. */
static void window_counts_what_is_held(void)
{
	u64 i;

	PUSH(HELD, 1, 10, 0);
	PUSH(HELD, 1, WGR_SPAN_MAX - 1, 0);
	for (i = 0; i < 62; i++)
		PUSH(HELD, 1, 1000 + 2 * i, 0);
	GOT("");
	CHECK(r.held == 64);
	PUSH(HELD, 1, 2000, 0);
	GOT("1:10");
	STAT(gaps_closed[WGR_OVERFLOWED], 10);
	PUSH(LATE, 1, 9, 1);
	PUSH(HELD, 1, 2002, 1);
	GOT("1:1000");
	STAT(max_held, 64);
	STAT(late, 1);
	STAT(duplicate, 0);
}

static void full_span_gives_up_the_oldest_gap(void)
{
	const u64 end = WGR_SPAN_MAX;

	PUSH(HELD, 1, 10, 0);
	PUSH(HELD, 1, end - 1, 0);
	GOT("");
	PUSH(HELD, 1, end, 0);
	GOT("1:10");
	STAT(gaps_closed[WGR_OVERFLOWED], 10);
	PUSH(LATE, 1, 9, 1);
	PUSH(HELD, 1, end + 10, 1);
	GOT("");
	PUSH(HELD, 1, end + 11, 2);
	GOT("1:65535 1:65536");
	STAT(gaps_closed[WGR_OVERFLOWED], 10 + end - 12);
	PUSH(RELEASED, 1, 3 * end, 2);
	GOT("1:65546 1:65547 1:196608");
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

/* Beyond the span in the following epoch: the current one makes room. */
static void span_of_the_following_epoch(void)
{
	PUSH(HELD, 1, 1, 0);
	PUSH(HELD, 2, 3, 1);
	PUSH(HELD, 2, WGR_SPAN_MAX, 2);
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
	memory.events = 0;
	FLUSH();
	GOT("1:1 1:4 2:1");
	TOLD("reset 1:0-18446744073709551615 0, reset 2:0-0 0");
	DEADLINE(WGR_NEVER);
	STAT(gaps_closed[WGR_RESET], 4);
	STAT(boundaries_closed[WGR_RESET], 1);
	STAT(released[WGR_RESET], 3);
	PUSH(LATE, 1, 5, 1);
	PUSH(LATE, 2, 0, 1);
	PUSH(RELEASED, 2, 2, 1);
	memory.events = 0;
	FLUSH();
	GOT("2:2");
	TOLD("");
	PUSH(HELD, 2, 5, 10);
	PUSH(HELD, 2, 8, 20);
	ADVANCE(30);
	memory.events = 0;
	FLUSH();
	GOT("2:5 2:8");
	TOLD("reset 2:3-7 20");
}

static void window_is_made_smaller(void)
{
	u64 i;

	for (i = 1; i < 200; i += 2)
		PUSH(HELD, 1, i, 0);
	PUSH(HELD, 2, 10, 1);
	CONFIGURE(64, HOLD);
	CHECK(out.first->counter == 1 && r.held == 64);
	memset(&out, 0, sizeof(out));
	CHECK(r.held <= 64);
	FLUSH();
	CHECK(out.last->epoch == 2);
	memset(&out, 0, sizeof(out));
	STAT(released[WGR_OVERFLOWED] + r.stats.released[WGR_RESET], 101);
	STAT(late, 0);
	CONFIGURE(0, HOLD);
	CHECK(r.settings.window == WGR_WINDOW_MIN);
	CONFIGURE(WGR_WINDOW_MIN - 1, HOLD);
	CHECK(r.settings.window == WGR_WINDOW_MIN);
	CONFIGURE(WGR_WINDOW_MAX + 1, HOLD);
	CHECK(r.settings.window == WGR_WINDOW_MAX);
	CONFIGURE(1 << 20, HOLD);
	CHECK(r.settings.window == WGR_WINDOW_MAX);
}

static void window_is_made_larger(void)
{
	u64 i;

	for (i = 0; i < 64; i++)
		PUSH(HELD, 1, 10 + 2 * i, 0);
	CONFIGURE(128, HOLD);
	PUSH(HELD, 1, 500, 1);
	GOT("");
	CONFIGURE(64, HOLD);
	GOT("1:10");
	PUSH(HELD, 1, 502, 2);
	GOT("1:12");
	PUSH(LATE, 1, 0, 2);
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

	configure(__LINE__, WGR_FIXED, WGR_WINDOW_MAX, HOLD, 0);
	for (i = 1; i < WGR_WINDOW_MAX; i++) {
		CHECK(push_at(__LINE__, 1, i, 0) == WGR_HELD);
		if (memory.live > most)
			most = memory.live;
	}
	CHECK(r.held == WGR_WINDOW_MAX - 1);
	CHECK(most < WGR_WINDOW_MAX * sizeof(void *) + 4096);
	PUSH(HELD, 2, 0, 0);
	PUSH(RELEASED, 1, WGR_WINDOW_MAX, 1);
	CHECK(out.first->counter == 1 && out.last->counter == WGR_WINDOW_MAX);
	memset(&out, 0, sizeof(out));
	CHECK(memory.live < 8192);
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

	CHECK(story() == 0 && !r.stats.refused);
	calls = memory.calls;
	CHECK(calls > 8);
	for (lasting = 0; lasting < 2; lasting++) {
		for (at = 0; at < calls; at++) {
			end();
			begin(1024, HOLD);
			memory.fail_from = at;
			memory.fail_count = lasting ? NEVER_FAIL : 1;
			story();
			CHECK(memory.refused && r.stats.refused == memory.refused);
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
	STAT(refused, 3);
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
	STAT(refused, 0);
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
	STAT(refused, 2);
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

/* What the policy has to have been told, and when: the same calls are made here. */
static struct wgr_hold should;

#define TAUGHT()	CHECK(!memcmp(&r.hold, &should, sizeof(should)))

static void adaptive_as(s64 hold, s64 most)
{
	adaptive(hold, most);
	wgr_hold_set_adaptive(&should, (u64)hold, (u64)most);
	TAUGHT();
}

static void tells_of_losses_and_late_ones(void)
{
	adaptive_as(5 * MS, 50 * MS);
	PUSH(RELEASED, 1, 0, 0);
	PUSH(HELD, 1, 3, MS);
	wgr_hold_gap(&should, MS);
	TAUGHT();
	PUSH(HELD, 1, 4, 2 * MS);
	DEADLINE(6 * MS);
	ADVANCE(6 * MS);
	GOT("1:0 1:3 1:4");
	wgr_hold_lost(&should, 6 * MS, 3, 2, 2);
	TAUGHT();
	TOLD("open 1:1-2, timed out 1:1-2 5000000");
	/* Of one loss and one that is late it thinks that waiting pays. */
	PUSH(LATE, 1, 1, 9 * MS);
	TOLD("late 1:1 8000000, wait 9537184");
	wgr_hold_back(&should);
	wgr_hold_came(&should, 9 * MS, 8 * MS, 4);
	TAUGHT();
	/* Later than the longest wait, too. */
	PUSH(LATE, 1, 2, 60 * MS);
	wgr_hold_back(&should);
	wgr_hold_came(&should, 60 * MS, 59 * MS, 5);
	TAUGHT();
	/* A copy was not missing. */
	PUSH(LATE, 1, 4, 61 * MS);
	wgr_hold_unknown(&should);
	TAUGHT();
}

/* What is due is so before a packet that comes later, which does not count yet. */
static void tells_of_losses_before_arrivals(void)
{
	adaptive_as(5 * MS, 50 * MS);
	PUSH(RELEASED, 1, 0, 0);
	PUSH(HELD, 1, 2, MS);
	PUSH(RELEASED, 1, 3, 20 * MS);
	wgr_hold_gap(&should, MS);
	wgr_hold_lost(&should, 6 * MS, 2, 1, 1);
	TAUGHT();
	GOT("1:0 1:2 1:3");
}

static void tells_of_filled_gaps(void)
{
	adaptive_as(5 * MS, 50 * MS);
	PUSH(RELEASED, 1, 0, 0);
	PUSH(HELD, 1, 2, 0);
	PUSH(HELD, 1, 4, MS);
	wgr_hold_gap(&should, 0);
	wgr_hold_gap(&should, MS);
	PUSH(RELEASED, 1, 1, 4 * MS + MS / 2);
	wgr_hold_came(&should, 4 * MS + MS / 2, 4 * MS + MS / 2, 4);
	TAUGHT();
	DEADLINE(wgr_hold_until(&should, MS));
	PUSH(RELEASED, 1, 3, 5 * MS);
	wgr_hold_came(&should, 5 * MS, 4 * MS, 5);
	TAUGHT();
	TOLD("open 1:1-1, open 1:3-3, filled 1:1 4500000, wait 5998240, filled 1:3 4000000");
	GOT("1:0 1:1 1:2 1:3 1:4");
	STAT(late, 0);
}

/* At a boundary a straggler's offset runs from the new key's first packet. */
static void tells_of_stragglers(void)
{
	adaptive_as(5 * MS, 50 * MS);
	PUSH(RELEASED, 1, 0, 0);
	PUSH(HELD, 2, 0, MS);
	PUSH(HELD, 2, 1, 3 * MS);
	PUSH(RELEASED, 1, 1, 5 * MS);
	wgr_hold_came(&should, 5 * MS, 4 * MS, 4);
	TAUGHT();
	STAT(filled_at_once, 1);
	STAT(span[1], 1);
	DEADLINE(wgr_hold_until(&should, MS));
	ADVANCE(wgr_hold_until(&should, MS));
	GOT("1:0 1:1 2:0 2:1");
	/* No counter was missing there, so nothing was lost. */
	TAUGHT();
	PUSH(LATE, 1, 3, 9 * MS);
	wgr_hold_back(&should);
	wgr_hold_came(&should, 9 * MS, 8 * MS, 5);
	TAUGHT();
	STAT(span[WGR_SPAN_BINS - 1], 1);
}

static void tells_of_losses_only(void)
{
	char text[100];
	u32 losses = 0;

	adaptive_as(5 * MS, 50 * MS);
	PUSH(RELEASED, 1, 0, 0);
	while (r.hold.wait_ns == 5 * MS && losses < 2 * TRIAL) {
		memory.events = 0;
		PUSH(HELD, 1, 2 * (u64)losses + 2, losses * 10 * MS);
		ADVANCE(losses * 10 * MS + 5 * MS);
		losses++;
	}
	CHECK(losses == TRIAL && r.hold.wait_ns > 0 && r.hold.wait_ns <= MS);
	snprintf(text, sizeof(text), "open 1:15-15, timed out 1:15-15 5000000, wait %lld",
		 r.hold.wait_ns);
	TOLD(text);
	memset(&out, 0, sizeof(out));
}

static void lose_on_trial(bool in_time)
{
	s64 i;

	adaptive(5 * MS, 50 * MS);
	seen_any = false;
	for (i = 0; i < TRIAL - 1; i++) {
		PUSH(HELD, 1, 2 * (u64)i + 1, i * 5 * MS);
		if (in_time)
			ADVANCE((i + 1) * 5 * MS);
	}
	ADVANCE(500 * MS);
	GOT("1:1 1:3 1:5 1:7 1:9 1:11 1:13");
	WAIT(5 * MS);
}

/* What is learned is a matter of arrivals, not of when time is told. */
static void learns_the_same_when_told_late(void)
{
	struct wgr_hold in_time;

	lose_on_trial(true);
	in_time = r.hold;
	lose_on_trial(false);
	CHECK(r.hold.in_vain == in_time.in_vain &&
	      r.hold.count_from_ns == in_time.count_from_ns);
}

/* Told or not that the boundary is due, before the next packet in order comes. */
static void marks_the_same_when_told_late(void)
{
	int told_in_time;

	for (told_in_time = 0; told_in_time < 2; told_in_time++) {
		adaptive(5 * MS, 50 * MS);
		PUSH(RELEASED, 1, 0, 0);
		PUSH(HELD, 2, 0, MS);
		if (told_in_time)
			ADVANCE(7 * MS);
		PUSH(RELEASED, 2, 1, 8 * MS);
		GOT("1:0 2:0 2:1");
		/* A copy: nothing was missing, and nothing is learned. */
		memory.events = 0;
		PUSH(LATE, 2, 0, 9 * MS);
		TOLD("late 2:0 -1");
		end();
	}
	begin(2048, HOLD);
}

/* Only the newest marks are known; what is late by more is not measured. */
static void late_offsets_are_remembered(void)
{
	u64 i;

	adaptive(5 * MS, 50 * MS);
	for (i = 1; i <= WGR_MARKS + 1; i++) {
		PUSH(HELD, 1, 2 * i, (s64)i * 20 * MS);
		ADVANCE(now + r.hold.wait_ns);
	}
	memset(&out, 0, sizeof(out));
	memory.events = 0;
	/* The mark of 2 is gone, that of 4 is where it ends. */
	PUSH(LATE, 1, 1, now + 7 * MS);
	PUSH(LATE, 1, 3, now);
	PUSH(LATE, 1, 5, now);
	PUSH(LATE, 1, 2 * WGR_MARKS + 1, now);
	TOLD("late 1:1 -1, late 1:3 -1, late 1:5 607000000, late 1:65 7000000");
	/* What has been handed up was not missing. */
	PUSH(LATE, 1, 2 * WGR_MARKS + 2, now);
	TOLD("late 1:66 -1");
}

static void the_most_is_lowered(void)
{
	char text[40];
	s64 wait;

	adaptive(5 * MS, 50 * MS);
	PUSH(HELD, 1, 3, 0);
	ADVANCE(5 * MS);
	PUSH(LATE, 1, 1, 20 * MS);
	PUSH(LATE, 1, 2, 20 * MS);
	wait = r.hold.wait_ns;
	CHECK(wait > 22 * MS && wait < 30 * MS);
	snprintf(text, sizeof(text), "wait %lld", wait);
	PUSH(HELD, 1, 5, 20 * MS);
	memory.events = 0;
	SET(ADAPTIVE, 5 * MS, 22 * MS);
	TOLD("wait 22000000");
	DEADLINE(42 * MS);
	/* Learned is learned: another window does not matter, a higher bound lets it be. */
	configure(__LINE__, WGR_ADAPTIVE, 64, 5 * MS, 22 * MS);
	TOLD("");
	configure(__LINE__, WGR_ADAPTIVE, 64, 5 * MS, 100 * MS);
	TOLD(text);
	DEADLINE(20 * MS + wait);
	/* Another wait to begin with begins anew. */
	SET(ADAPTIVE, 4 * MS, 100 * MS);
	TOLD("wait 4000000");
	DEADLINE(24 * MS);
	SET(ADAPTIVE, 200 * MS, 100 * MS);
	WAIT(100 * MS);
	SET(ADAPTIVE, 200 * MS, 0);
	WAIT(0);
	ADVANCE(20 * MS);
	GOT("1:3 1:5");
}

static void modes_are_changed_while_held(void)
{
	PUSH(RELEASED, 1, 0, 0);
	PUSH(HELD, 1, 2, 0);
	PUSH(HELD, 2, 1, 100);
	DEADLINE(HOLD);
	SET(ADAPTIVE, 5 * MS, 50 * MS);
	DEADLINE(5 * MS);
	PUSH(HELD, 1, 4, 200);
	PUSH(RELEASED, 1, 1, 300);
	GOT("1:0 1:1 1:2");
	CHECK(r.held == 2);
	SET(OFF, 5 * MS, 50 * MS);
	GOT("1:4 2:1");
	CHECK(!r.held);
	DEADLINE(WGR_NEVER);
	/* Arrival order, whatever it is. */
	PUSH(RELEASED, 2, 5, 400);
	PUSH(RELEASED, 2, 3, 500);
	PUSH(RELEASED, 1, 3, 600);
	PUSH(RELEASED, 2, 6, 700);
	PUSH(RELEASED, 3, 9, 800);
	PUSH(RELEASED, 2, 8, 900);
	GOT("2:5 2:3 1:3 2:6 3:9 2:8");
	DEADLINE(WGR_NEVER);
	STAT(filled_at_once, 4);
	STAT(late, 0);
	/* Never back behind what is out. */
	SET(FIXED, HOLD, 0);
	PUSH(LATE, 3, 8, 1000);
	PUSH(LATE, 2, 7, 1100);
	PUSH(HELD, 3, 11, 1200);
	DEADLINE(1200 + HOLD);
	PUSH(RELEASED, 3, 10, 1300);
	GOT("3:10 3:11");
	STAT(boundaries_opened, 1);
	STAT(boundaries_closed[WGR_RESET], 1);
}

static void off_from_the_start(void)
{
	begin_with(WGR_OFF, 64, HOLD, HOLD);
	PUSH(RELEASED, 5, 7, 0);
	PUSH(RELEASED, 5, 1000, 1);
	PUSH(RELEASED, 5, 8, 2);
	PUSH(RELEASED, 6, 0, 3);
	PUSH(RELEASED, 6, 1, 3);
	PUSH(RELEASED, 5, 1001, 4);
	PUSH(RELEASED, 6, U64_MAX, 4);
	PUSH(RELEASED, 6, 2, 4);
	PUSH(RELEASED, 6, U64_MAX, 4);
	GOT("5:7 5:1000 5:8 6:0 6:1 5:1001 6:18446744073709551615 6:2 6:18446744073709551615");
	CHECK(!memory.calls);
	STAT(gaps_opened, 0);
	STAT(released[WGR_IN_ORDER], 9);
	STAT(filled_at_once, 4);
	STAT(span[9], 1);
	TOLD("");
	any_order = false;
	SET(FIXED, HOLD, 0);
	PUSH(LATE, 6, 3, 5);
	PUSH(HELD, 7, 0, 6);
	GOT("");
}

/* Counter 4 is lost on one of two lines: the other one need not be waited out. */
static void two_paths_have_passed(void)
{
	adaptive(5 * MS, 50 * MS);
	PUSH_BY(0, RELEASED, 1, 0, 1);
	PUSH_BY(1, RELEASED, 1, 1, 2);
	PUSH_BY(0, RELEASED, 1, 2, 3);
	PUSH_BY(1, RELEASED, 1, 3, 4);
	PUSH_BY(1, HELD, 1, 5, 5);
	PUSH_BY(1, HELD, 1, 7, 6);
	GOT("1:0 1:1 1:2 1:3");
	TOLD("open 1:4-4, open 1:6-6");
	/* Line 0 has passed 4 but not 6, and neither what comes on line 1. */
	PUSH_BY(0, RELEASED, 1, 6, 7);
	GOT("1:5 1:6 1:7");
	TOLD("filled 1:6 1, passed 1:4-5 2");
	STAT(gaps_closed[WGR_PASSED], 1);
	STAT(released[WGR_PASSED], 3);
	WAIT(5 * MS);
	/* The packet that shows it may itself be released by it. */
	PUSH_BY(1, HELD, 1, 10, 8);
	PUSH_BY(0, RELEASED, 1, 9, 9);
	GOT("1:9 1:10");
	STAT(gaps_closed[WGR_PASSED], 2);
	STAT(max_hold_ns, 2);
}

static void three_paths_have_passed(void)
{
	adaptive(5 * MS, 50 * MS);
	PUSH_BY(0, RELEASED, 1, 0, 1);
	PUSH_BY(2, RELEASED, 1, 1, 2);
	PUSH_BY(3, RELEASED, 1, 2, 2);
	CHECK(!r.paths.doubt);
	/* As long as there was but one it was not noted; so this is the third. */
	PUSH_BY(0, RELEASED, 1, 3, 3);
	CHECK(r.paths.doubt == DOUBT);
	r.paths.doubt = 0;
	PUSH_BY(2, HELD, 1, 5, 4);
	PUSH_BY(0, HELD, 1, 6, 5);
	GOT("1:0 1:1 1:2 1:3");
	/* Two of three are not all. */
	PUSH_BY(2, HELD, 1, 8, 6);
	GOT("");
	/* Nor has line 0 passed 7. */
	PUSH_BY(3, HELD, 1, 9, 7);
	GOT("1:5 1:6");
	PUSH_BY(0, RELEASED, 1, 10, 8);
	GOT("1:8 1:9 1:10");
	STAT(gaps_closed[WGR_PASSED], 2);
	STAT(gaps_closed[WGR_TIMED_OUT], 0);
}

static void paths_pass_a_boundary(void)
{
	adaptive(5 * MS, 50 * MS);
	PUSH_BY(0, RELEASED, 1, 0, 1);
	PUSH_BY(1, RELEASED, 1, 1, 2);
	PUSH_BY(0, RELEASED, 1, 2, 3);
	PUSH_BY(1, HELD, 1, 4, 3);
	PUSH_BY(0, HELD, 2, 0, 4);
	/* Line 0 is under the new key, so 3 is lost; line 1 may bring more of the old. */
	GOT("1:0 1:1 1:2 1:4");
	CHECK(wgr_reorder_open_boundaries(&r) == 1);
	PUSH_BY(0, HELD, 2, 1, 5);
	memory.events = 0;
	PUSH_BY(1, HELD, 2, 3, 6);
	GOT("2:0 2:1");
	TOLD("open 2:2-2, passed 1:5-18446744073709551615 2");
	CHECK(r.held == 1);
	STAT(boundaries_closed[WGR_PASSED], 1);
	PUSH_BY(0, RELEASED, 2, 2, 7);
	GOT("2:2 2:3");
}

static void a_swap_within_a_path_puts_it_in_doubt(void)
{
	u64 i;

	adaptive(5 * MS, 50 * MS);
	PUSH_BY(0, RELEASED, 1, 0, 1);
	PUSH_BY(1, RELEASED, 1, 1, 2);
	PUSH_BY(0, RELEASED, 1, 2, 3);
	PUSH_BY(1, HELD, 1, 4, 4);
	PUSH_BY(1, RELEASED, 1, 3, 5);
	CHECK(r.paths.doubt == DOUBT);
	/* A gap that both have passed is waited for now. */
	PUSH_BY(1, HELD, 1, 6, 6);
	PUSH_BY(0, HELD, 1, 7, 7);
	PUSH_BY(1, HELD, 1, 8, 8);
	GOT("1:0 1:1 1:2 1:3 1:4");
	ADVANCE(6 + 5 * MS);
	GOT("1:6 1:7 1:8");
	now = 6 * MS;
	for (i = 9; r.paths.doubt > 1 && good; i++) {
		PUSH_BY(i % 2, RELEASED, 1, i, now);
		memset(&out, 0, sizeof(out));
	}
	CHECK(i == 9 + DOUBT - 4);
	/* The last one in doubt, and the first one that is not. */
	PUSH_BY(0, HELD, 1, i + 1, now);
	CHECK(!r.paths.doubt);
	CHECK(r.held == 1);
	PUSH_BY(1, RELEASED, 1, i + 2, now);
	CHECK(!r.held);
	STAT(gaps_closed[WGR_PASSED], 1);
}

static void a_silent_path_is_not_waited_for(void)
{
	adaptive(5 * MS, 900 * MS);
	PUSH_BY(0, RELEASED, 1, 0, 0);
	PUSH_BY(2, RELEASED, 1, 1, 10);
	PUSH_BY(0, RELEASED, 1, 2, SILENT);
	PUSH_BY(1, RELEASED, 1, 3, SILENT + 10);
	CHECK(r.paths.doubt == DOUBT);
	r.paths.doubt = 0;
	/* Line 2 has not been silent for long enough yet. */
	PUSH_BY(1, HELD, 1, 5, SILENT + 10);
	PUSH_BY(0, HELD, 1, 6, SILENT + 10);
	GOT("1:0 1:1 1:2 1:3");
	PUSH_BY(0, RELEASED, 1, 7, SILENT + 11);
	GOT("1:5 1:6 1:7");
	STAT(gaps_closed[WGR_PASSED], 1);
	/* It is back with what was given up: there may be more of that, so wait again. */
	PUSH_BY(2, LATE, 1, 4, SILENT + 12);
	CHECK(r.paths.doubt == DOUBT);
	PUSH_BY(2, HELD, 1, 9, SILENT + 13);
	PUSH_BY(0, HELD, 1, 10, SILENT + 13);
	PUSH_BY(1, HELD, 1, 11, SILENT + 13);
	GOT("");
	PUSH_BY(2, RELEASED, 1, 8, SILENT + 14);
	GOT("1:8 1:9 1:10 1:11");
	STAT(late, 1);
	/* All others silent: one path alone tells nothing. */
	r.paths.doubt = 0;
	PUSH_BY(0, RELEASED, 1, 12, 2 * SILENT + 20);
	PUSH_BY(0, HELD, 1, 14, 2 * SILENT + 21);
	PUSH_BY(0, HELD, 1, 15, 2 * SILENT + 22);
	GOT("1:12");
	CHECK(!r.paths.doubt);
	/* A second one is back, and no third was trusted meanwhile. */
	PUSH_BY(2, RELEASED, 1, 16, 2 * SILENT + 23);
	CHECK(!r.paths.doubt);
	GOT("1:14 1:15 1:16");
}

static void a_single_path_tells_nothing(void)
{
	u64 i;

	adaptive(5 * MS, 50 * MS);
	PUSH_BY(0, RELEASED, 1, 0, 1);
	for (i = 2; i < 50; i++)
		PUSH_BY(0, HELD, 1, i, (s64)i);
	GOT("1:0");
	CHECK(!r.paths.several);
	FLUSH();
	/* The same for one that is not the first. */
	adaptive(5 * MS, 50 * MS);
	seen_any = false;
	PUSH_BY(3, RELEASED, 1, 0, 1);
	for (i = 2; i < 50; i++)
		PUSH_BY(3, HELD, 1, i, (s64)i);
	GOT("1:0");
	STAT(released[WGR_PASSED], 0);
}

/* In the other modes the wait is what was chosen. */
static void paths_matter_in_adaptive_mode_only(void)
{
	PUSH_BY(0, RELEASED, 1, 0, 1);
	PUSH_BY(1, RELEASED, 1, 1, 2);
	PUSH_BY(0, RELEASED, 1, 2, 3);
	PUSH_BY(1, HELD, 1, 4, 4);
	PUSH_BY(0, HELD, 1, 5, 5);
	PUSH_BY(1, HELD, 1, 6, 6);
	DEADLINE(4 + HOLD);
	GOT("1:0 1:1 1:2");
}

static void a_calm_boundary_is_not_held(void)
{
	adaptive(5 * MS, 50 * MS);
	in_order(1, 0, CALM - 1);
	TOLD("");
	/* This one is the first of the new key and the last that is needed. */
	PUSH(RELEASED, 2, 0, now + 1);
	GOT("2:0");
	TOLD("timed out 1:511-18446744073709551615 0");
	CHECK(!memory.calls);
	STAT(boundaries_opened, 1);
	STAT(boundaries_closed[WGR_TIMED_OUT], 1);
	STAT(boundary_held, 0);
	/* A straggler after all: late, it teaches, and there is no calm any more. */
	PUSH(LATE, 1, CALM - 1, now + 5 * MS);
	TOLD("late 1:511 5000000, wait 5998240");
	in_order(2, 1, CALM - 1);
	PUSH(RELEASED, 2, CALM, now + 1);
	memset(&out, 0, sizeof(out));
	/* Losses are no swaps, but what is held keeps its boundary. */
	PUSH(HELD, 2, CALM + 2, now + 1);
	PUSH(HELD, 3, 0, now + 1);
	STAT(boundary_held, 1);
	CHECK(wgr_reorder_open_boundaries(&r) == 1);
	ADVANCE(now + 50 * MS);
	GOT("2:514 3:0");
}

static void an_uncalm_boundary_is_held(void)
{
	adaptive(5 * MS, 50 * MS);
	in_order(1, 0, CALM - 2);
	PUSH(HELD, 2, 0, now + 1);
	PUSH(HELD, 2, 1, now + 1);
	GOT("");
	DEADLINE(now - 1 + 5 * MS);
	STAT(boundary_held, 2);
	ADVANCE(now + 50 * MS);
	GOT("2:0 2:1");
	/* One swapped pair, and it takes as many again. */
	in_order(2, 2, CALM);
	PUSH(HELD, 2, CALM + 3, now + 1);
	PUSH(RELEASED, 2, CALM + 2, now + 1);
	in_order(2, CALM + 4, CALM - 2);
	memset(&out, 0, sizeof(out));
	PUSH(HELD, 3, 0, now + 1);
	GOT("");
}

/* A calm boundary before a gap: the boundary is crossed, the gap is waited for. */
static void a_calm_boundary_before_a_gap(void)
{
	adaptive(5 * MS, 50 * MS);
	in_order(1, 0, CALM);
	PUSH(HELD, 2, 1, now + 1);
	STAT(boundary_held, 0);
	CHECK(!wgr_reorder_open_boundaries(&r));
	PUSH(RELEASED, 2, 0, now + 1);
	GOT("2:0 2:1");
	/* Fixed mode knows no calm. */
	begin(2048, HOLD);
	seen_any = false;
	in_order(1, 0, 2 * CALM);
	PUSH(HELD, 2, 0, now + 1);
	GOT("");
}

/* Statistics that begin anew must not make a path calm, or uncalm. */
static void calm_outlasts_a_reset(void)
{
	adaptive(5 * MS, 50 * MS);
	in_order(1, 0, CALM / 2);
	RESET();
	in_order(1, CALM / 2, CALM / 2 - 2);
	PUSH(HELD, 2, 0, now + 1);
	ADVANCE(now + 50 * MS);
	GOT("2:0");
	in_order(2, 1, CALM);
	RESET();
	PUSH(RELEASED, 3, 0, now + 1);
	GOT("3:0");
}

static bool nobody(void *ctx)
{
	(void)ctx;
	return false;
}

/* How long a gap was open is looked up for who traces it only. */
static void fills_are_told_to_who_looks(void)
{
	struct wgr_reorder_ops ops = memory_ops;

	ops.traced = nobody;
	r.ops = &ops;
	TOLD("wait 1000");
	PUSH(RELEASED, 1, 0, 0);
	PUSH(HELD, 1, 2, 10);
	PUSH(RELEASED, 1, 1, 30);
	TOLD("open 1:1-1");
	STAT(gaps_closed[WGR_FILLED], 1);
	GOT("1:0 1:1 1:2");
	r.ops = &memory_ops;
}

static void events_of_every_kind(void)
{
	TOLD("wait 1000");
	PUSH(RELEASED, 1, 0, 0);
	PUSH(RELEASED, 1, 1, 1);
	TOLD("");
	PUSH(HELD, 1, 4, 10);
	TOLD("open 1:2-3");
	PUSH(HELD, 1, 5, 20);
	PUSH(DUPLICATE, 1, 5, 25);
	TOLD("");
	PUSH(HELD, 1, 3, 30);
	TOLD("filled 1:3 20");
	PUSH(HELD, 2, 2, 40);
	TOLD("open 2:0-1");
	ADVANCE(10 + HOLD);
	TOLD("timed out 1:2-3 1000");
	PUSH(LATE, 1, 2, 20 + HOLD);
	TOLD("late 1:2 1010");
	ADVANCE(41 + HOLD);
	TOLD("timed out 1:6-18446744073709551615 1001, timed out 2:0-1 1001");
	PUSH(LATE, 2, 0, 42 + HOLD);
	PUSH(LATE, 1, 6, 42 + HOLD);
	TOLD("late 2:0 1002, late 1:6 1002");
	PUSH(HELD, 2, 10, 2000);
	PUSH(RELEASED, 2, 11 + WGR_SPAN_MAX, 2100);
	TOLD("open 2:3-9, open 2:11-65546, no room 2:3-9 100, no room 2:11-65546 0");
	PUSH(HELD, 3, 1, 2200);
	PUSH(HELD, 4, 0, 2300);
	TOLD("open 3:0-0, no room 2:65548-18446744073709551615 100");
	SET(FIXED, 7, 0);
	TOLD("wait 7");
	SET(FIXED, 7, 0);
	TOLD("");
	SET(OFF, 7, 0);
	TOLD("wait 0, reset 3:0-18446744073709551615 100");
	GOT("1:0 1:1 1:3 1:4 1:5 2:2 2:10 2:65547 3:1 4:0");
}

/* Nobody listens: nothing is called. */
static void events_are_optional(void)
{
	static const struct wgr_reorder_ops deaf = {
		.alloc = memory_alloc,
		.free = memory_free,
	};

	wgr_reorder_init(&r, &deaf, &memory, &(struct wgr_settings){ WGR_FIXED, 64, HOLD, 0, scope });
	memory.events = 0;
	PUSH(HELD, 1, 1, 0);
	PUSH(HELD, 1, 3, 0);
	PUSH(RELEASED, 1, 0, 1);
	ADVANCE(HOLD);
	PUSH(LATE, 1, 2, HOLD);
	GOT("1:0 1:1 1:3");
	TOLD("");
}

static void books_begin_anew_while_held(void)
{
	PUSH(RELEASED, 1, 0, 0);
	PUSH(HELD, 1, 2, 10);
	PUSH(HELD, 1, 5, 20);
	PUSH(HELD, 2, 1, 30);
	PUSH(LATE, 1, 0, 40);
	RESET();
	STAT(pushed, 3);
	STAT(gaps_opened, 4);
	STAT(boundaries_opened, 1);
	STAT(boundary_held, 1);
	STAT(max_held, 3);
	STAT(late, 0);
	STAT(max_hold_ns, 0);
	PUSH(RELEASED, 1, 1, 50);
	PUSH(HELD, 1, 4, 50);
	ADVANCE(30 + HOLD);
	GOT("1:0 1:1 1:2 1:4 1:5 2:1");
	STAT(pushed, 5);
	STAT(gaps_closed[WGR_FILLED], 2);
	STAT(gaps_closed[WGR_TIMED_OUT], 2);
	STAT(boundaries_closed[WGR_TIMED_OUT], 1);
	STAT(released[WGR_IN_ORDER], 1);
	STAT(filled_at_once, 1);
	STAT(max_hold_ns, HOLD + 10);
	RESET();
	STAT(pushed, 0);
	STAT(max_held, 0);
	STAT(boundary_held, 0);
}

static void what_is_discarded_is_not_released(void)
{
	PUSH(RELEASED, 1, 0, 0);
	PUSH(HELD, 1, 2, 10);
	PUSH(HELD, 1, 5, 20);
	PUSH(HELD, 2, 1, 30);
	GOT("1:0");
	DISCARD();
	GOT("1:2 1:5 2:1");
	CHECK(!r.held && !memory.live);
	STAT(discarded, 3);
	STAT(released[WGR_RESET], 0);
	STAT(gaps_closed[WGR_RESET], 1 + 2 + 1);
	STAT(boundaries_closed[WGR_RESET], 1);
	DISCARD();
	STAT(discarded, 3);
	/* It goes on after what it gave back. */
	PUSH(LATE, 1, 6, 40);
	PUSH(LATE, 2, 0, 40);
	PUSH(RELEASED, 2, 2, 40);
	GOT("2:2");
	PUSH(HELD, 2, 4, 50);
	FLUSH();
	GOT("2:4");
	STAT(released[WGR_RESET], 1);
	DISCARD();
	STAT(discarded, 3);
}

static void bins_of_the_hold(void)
{
	static const struct {
		s64 ns;
		u32 bin;
	} want[] = {
		{ 0, 0 }, { 1, 0 }, { 2, 1 }, { 3, 1 }, { 4, 2 }, { 1 << 15, 15 },
		{ (1 << 16) - 1, 15 }, { (1ll << 31) - 1, 30 }, { 1ll << 31, 31 },
		{ 1ll << 32, 31 }, { 1ll << 60, 31 },
	};
	u64 counter = 0;
	size_t i;

	CONFIGURE(64, U64_MAX);
	PUSH(RELEASED, 1, 0, 0);
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		u64 was = r.stats.hold[want[i].bin];

		PUSH(HELD, 1, counter + 2, now);
		PUSH(RELEASED, 1, counter + 1, now + want[i].ns);
		CHECK(r.stats.hold[want[i].bin] == was + 1);
		counter += 2;
	}
	CHECK(sum(r.stats.hold, WGR_HOLD_BINS) == i);
	STAT(max_hold_ns, 1ull << 60);
}

static void bins_of_the_span(void)
{
	static const struct {
		u64 behind;
		u32 bin;
	} want[] = {
		{ 1, 0 }, { 2, 1 }, { 3, 1 }, { 4, 2 }, { 7, 2 }, { 8, 3 }, { 255, 7 },
		{ (1 << 15) - 1, 14 }, { 1 << 15, 15 }, { 1 << 20, 15 }, { 1ull << 62, 15 },
	};
	u64 top = 1ull << 63;
	size_t i;

	PUSH(RELEASED, 1, top, 0);
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		u64 was = r.stats.span[want[i].bin];

		PUSH(LATE, 1, top - want[i].behind, 1);
		CHECK(r.stats.span[want[i].bin] == was + 1);
	}
	/* Those that still come in time count as well. */
	PUSH(HELD, 1, top + 1002, 2);
	PUSH(HELD, 1, top + 2, 2);
	GOT("1:9223372036854775808");
	STAT(span[9], 1);
	/* The highest counter there is. */
	PUSH(RELEASED, 1, U64_MAX, 3);
	PUSH(LATE, 1, U64_MAX - 1, 4);
	PUSH(LATE, 1, 0, 4);
	STAT(span[0], 2);
	/* With the following epoch open, what came of that is counted too. */
	PUSH(HELD, 2, 5, 5);
	PUSH(LATE, 1, U64_MAX - 2, 6);
	STAT(span[3], 2);
	i = r.stats.span[WGR_SPAN_BINS - 1];
	PUSH(LATE, 1, 1, 7);
	CHECK(r.stats.span[WGR_SPAN_BINS - 1] == i + 1);
	FLUSH();
	/* A closed epoch is far behind. */
	PUSH(LATE, 1, U64_MAX - 2, 8);
	CHECK(r.stats.span[WGR_SPAN_BINS - 1] == i + 2);
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
	{ "the window counts what is held, not how far apart", window_counts_what_is_held, 64 },
	{ "a full span gives up the oldest gap", full_span_gives_up_the_oldest_gap, 64 },
	{ "counters may jump to the end of their range", far_jumps, 64 },
	{ "nothing follows the highest counter", highest_counter, 64 },
	{ "both epochs share the window", both_lanes_share_the_window, 64 },
	{ "the span counts in the following epoch too", span_of_the_following_epoch, 64 },
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
	{ "adaptive: the policy is told of losses and late ones", tells_of_losses_and_late_ones, 2048 },
	{ "adaptive: of losses before arrivals", tells_of_losses_before_arrivals, 2048 },
	{ "adaptive: of filled gaps", tells_of_filled_gaps, 2048 },
	{ "adaptive: of stragglers of the old epoch", tells_of_stragglers, 2048 },
	{ "adaptive: losses end the wait to begin with", tells_of_losses_only, 2048 },
	{ "adaptive: learns the same when time is told late", learns_the_same_when_told_late, 2048 },
	{ "adaptive: marks the same when time is told late", marks_the_same_when_told_late, 2048 },
	{ "adaptive: late ones are measured while remembered", late_offsets_are_remembered, 2048 },
	{ "adaptive: the most is lowered", the_most_is_lowered, 2048 },
	{ "modes are changed while packets are held", modes_are_changed_while_held, 2048 },
	{ "off from the start", off_from_the_start, 2048 },
	{ "two paths have passed a gap", two_paths_have_passed, 2048 },
	{ "three paths have passed a gap", three_paths_have_passed, 2048 },
	{ "all paths have passed a boundary", paths_pass_a_boundary, 2048 },
	{ "a swap within a path puts paths in doubt", a_swap_within_a_path_puts_it_in_doubt, 2048 },
	{ "a silent path is not waited for", a_silent_path_is_not_waited_for, 2048 },
	{ "a single path tells nothing", a_single_path_tells_nothing, 2048 },
	{ "paths matter in adaptive mode only", paths_matter_in_adaptive_mode_only, 2048 },
	{ "a calm boundary is not held", a_calm_boundary_is_not_held, 2048 },
	{ "an uncalm boundary is held", an_uncalm_boundary_is_held, 2048 },
	{ "a calm boundary before a gap", a_calm_boundary_before_a_gap, 2048 },
	{ "calm outlasts a reset of statistics", calm_outlasts_a_reset, 2048 },
	{ "events of every kind", events_of_every_kind, 2048 },
	{ "fills are told to who looks", fills_are_told_to_who_looks, 2048 },
	{ "events are optional", events_are_optional, 2048 },
	{ "books begin anew while packets are held", books_begin_anew_while_held, 2048 },
	{ "what is discarded is not released", what_is_discarded_is_not_released, 2048 },
	{ "bins of the hold", bins_of_the_hold, 64 },
	{ "bins of the span", bins_of_the_span, 2048 },
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
