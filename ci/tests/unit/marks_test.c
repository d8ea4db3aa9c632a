// SPDX-License-Identifier: GPL-2.0
/*
 * Since when what is missing, alone.  Random marks are compared with all there
 * have ever been.  SEED=n repeats a run.
 */
#include <string.h>

#include "reorder/marks.h"
#include "seed.h"
#include "tap.h"

#define REACH	3000LL
#define STEP	(REACH / (WGR_MARKS - 2))

static struct wgr_marks marks;

static void note(u32 epoch, u64 counter, s64 now_ns)
{
	wgr_marks_note(&marks, epoch, counter, 7, now_ns, REACH);
}

static s64 since(u32 epoch, u64 counter)
{
	return wgr_marks_since(&marks, epoch, counter);
}

static void begin(void)
{
	memset(&marks, 0, sizeof(marks));
}

static bool nothing_seen(void)
{
	begin();
	return since(0, 0) == S64_MIN && since(1, U64_MAX) == S64_MIN;
}

static bool first_one_above_counts(void)
{
	bool good = true;

	begin();
	note(1, 10, 100);
	good &= since(1, 0) == 100 && since(1, 9) == 100;
	good &= since(1, 10) == S64_MIN && since(1, 11) == S64_MIN;
	note(1, 20, 200);
	note(1, 30, 300);
	good &= since(1, 9) == 100 && since(1, 10) == 200 && since(1, 19) == 200;
	good &= since(1, 20) == 300 && since(1, 29) == 300 && since(1, 30) == S64_MIN;
	/* Times may be negative, and a counter the highest there is. */
	begin();
	note(1, U64_MAX - 1, S64_MIN + 1);
	note(1, U64_MAX, -5);
	good &= since(1, 0) == S64_MIN + 1 && since(1, U64_MAX - 1) == -5;
	return good && since(1, U64_MAX) == S64_MIN;
}

static bool epochs(void)
{
	bool good = true;

	begin();
	note(1, 10, 100);
	note(2, 3, 200);
	note(4, 0, 300);
	good &= since(0, U64_MAX) == 100 && since(1, 9) == 100;
	good &= since(1, 10) == 200 && since(1, U64_MAX) == 200 && since(2, 2) == 200;
	good &= since(2, 3) == 300 && since(3, 0) == 300;
	return good && since(4, 0) == S64_MIN && since(5, 0) == S64_MIN;
}

static bool lower_ones_change_nothing(void)
{
	struct wgr_marks was;
	bool good = true;

	begin();
	note(2, 10, 100);
	note(2, 20, 200);
	was = marks;
	note(2, 19, 300);
	note(2, 0, 300);
	note(1, U64_MAX, 300);
	good &= !memcmp(&was, &marks, sizeof(marks));
	note(2, 21, 300);
	return good && since(2, 20) == 300;
}

/* Far apart, so that none become one.  The oldest only says where it ends. */
static bool the_newest_are_known(void)
{
	bool good = true;
	u64 i, k;

	begin();
	for (i = 0; i < 10 * WGR_MARKS; i++) {
		note(1, 10 * i + 10, (s64)i * REACH);
		for (k = 0; k <= i; k++) {
			s64 want = (s64)k * REACH;

			if (i + 1 >= WGR_MARKS && k + WGR_MARKS <= i + 1)
				want = S64_MIN;
			good &= since(1, 10 * k + 9) == want;
		}
		good &= since(1, 10 * i + 10) == S64_MIN;
	}
	return good;
}

/* However many there are: as far back as was asked for, and never by a step more. */
static bool reaches_back(s64 apart)
{
	u64 i, k, all = 3 * REACH / (u64)apart + 3 * WGR_MARKS;
	s64 now, true_ns, found;

	begin();
	for (i = 0; i < all; i++) {
		now = (s64)i * apart;
		note(1, 2 * i + 1, now);
		/* The first ones were too many before there was one too many. */
		if (now < 2 * REACH)
			continue;
		for (k = i; ; k--) {
			true_ns = (s64)k * apart;
			if (now - true_ns > REACH)
				break;
			found = since(1, 2 * k);
			if (found > true_ns || found <= true_ns - STEP) {
				printf("# %lld apart, at %lld: since %lld, not %lld\n", apart, now,
				       found, true_ns);
				return false;
			}
			if (!k)
				break;
		}
	}
	return true;
}

static bool reaches_back_at_any_rate(void)
{
	static const s64 apart[] = { 1, 3, 10, 33, 49, 50, 51, 98, 99, 100, 101, 150, 1000 };
	bool good = true;
	size_t i;

	for (i = 0; i < sizeof(apart) / sizeof(apart[0]); i++)
		good &= reaches_back(apart[i]);
	return good;
}

/* Until the ring is full each is exact, then those become one that are too close. */
static bool when_they_become_one(void)
{
	bool good = true;
	u64 i;

	begin();
	for (i = 0; i < WGR_MARKS; i++)
		note(1, 10 * (i + 1), (s64)i);
	good &= since(1, 10 * WGR_MARKS - 1) == WGR_MARKS - 1;
	good &= since(1, 10) == 1;
	note(1, 1000, WGR_MARKS - 1 + STEP - 1);
	good &= since(1, 999) == WGR_MARKS - 1 && since(1, 10) == 1;
	/* Not quite as close. */
	note(1, 2000, WGR_MARKS - 1 + STEP);
	good &= since(1, 1999) == WGR_MARKS - 1 + STEP && since(1, 999) == WGR_MARKS - 1;
	good &= since(1, 10) == S64_MIN && since(1, 20) == 2;
	/* Another epoch is another one, however close. */
	note(2, 0, WGR_MARKS - 1 + STEP);
	good &= since(1, 2000) == WGR_MARKS - 1 + STEP && since(1, 20) == S64_MIN;
	/* Nor do they where the ring reaches back far enough. */
	begin();
	for (i = 0; i < WGR_MARKS; i++)
		note(1, 10 * (i + 1), (s64)i);
	note(1, 1000, REACH + 2);
	note(1, 2000, REACH + 3);
	good &= since(1, 1000) == REACH + 3;
	note(1, 3000, REACH + 3);
	good &= since(1, 2000) == REACH + 3 && since(1, 29) == S64_MIN && since(1, 30) == 3;
	/* With nothing to reach for never. */
	begin();
	for (i = 0; i < 3 * WGR_MARKS; i++)
		wgr_marks_note(&marks, 1, 10 * (i + 1), 7, 7, 0);
	return good && marks.mark[(marks.count - WGR_MARKS) % WGR_MARKS].top ==
	       10 * (2 * WGR_MARKS + 1);
}

static bool flows_apart(void)
{
	bool good;

	begin();
	wgr_marks_note(&marks, 1, 10, 3, 100, REACH);
	wgr_marks_note(&marks, 1, 20, 4, 200, REACH);
	wgr_marks_note(&marks, 1, 30, 3, 300, REACH);
	good = wgr_marks_flow_since(&marks, 1, 15, 3) == 300 &&
	       wgr_marks_flow_since(&marks, 1, 5, 3) == 100 &&
	       wgr_marks_flow_since(&marks, 1, 5, 4) == 200;
	return good && wgr_marks_flow_since(&marks, 1, 25, 4) == S64_MIN &&
	       wgr_marks_flow_since(&marks, 1, 5, 9) == S64_MIN;
}

static u64 state;

static u64 random_below(u64 limit)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return (state >> 33) % limit;
}

#define ALL	3000

/* Never too short, never too long by more than it may be, or not known. */
static bool random_marks(void)
{
	static struct wgr_mark all[ALL];
	u64 counter = 0, asked = 0, known = 0;
	u32 round, i, k, epoch = 0, apart;
	s64 now = 0, found;

	for (round = 0; round < 20; round++) {
		begin();
		apart = 1u << random_below(12);
		for (i = 0; i < ALL; i++) {
			now += random_below(50) ? (s64)random_below(apart) : 2 * REACH;
			if (!random_below(100)) {
				epoch++;
				counter = 0;
			}
			counter += 1 + random_below(5);
			all[i] = (struct wgr_mark){ .top = counter, .ns = now, .epoch = epoch };
			note(epoch, counter, now);
			k = (u32)random_below(i < 64 ? i + 1 : 64);
			found = since(all[i - k].epoch, all[i - k].top - 1);
			asked++;
			if (found == S64_MIN)
				continue;
			/* Nothing above it came before, so that is when it is missing from. */
			known++;
			if (found > all[i - k].ns || found <= all[i - k].ns - STEP)
				return false;
		}
	}
	printf("# asked %llu times, known %llu times\n", asked, known);
	return known > asked / 4 && known < asked;
}

int main(void)
{
	state = seed_taken();
	tap_ok(nothing_seen(), "nothing is known at first");
	tap_ok(first_one_above_counts(), "missing since the first higher one came");
	tap_ok(epochs(), "a following epoch is higher");
	tap_ok(lower_ones_change_nothing(), "what is not the highest changes nothing");
	tap_ok(the_newest_are_known(), "the newest are known, the others not");
	tap_ok(reaches_back_at_any_rate(), "it reaches back far enough at any rate");
	tap_ok(when_they_become_one(), "only marks too close and too many become one");
	tap_ok(flows_apart(), "missing to its own flow since the first higher one of that came");
	tap_ok(random_marks(), "random marks: never missing for too short");
	return tap_done();
}
