// SPDX-License-Identifier: GPL-2.0
/*
 * The hold policy alone.  Besides the directed cases, random ones are played
 * against a model that keeps every single need and searches them all.  SEED=n
 * repeats a run.
 */
#include <string.h>

#include "reorder/hold.h"
#include "seed.h"
#include "tap.h"

#define MS	1000000LL

/* Of the policy. */
#define SLACK	100000		/* on top of an offset and a quarter of it */
#define PERIOD	32		/* waits in vain in a period */
#define TRIAL_VAIN	8	/* of those the wait to begin with outlasts one less */
#define TRIAL_CAME	1024	/* and one less missing packets that come */

static const s64 times[] = {
	0, 1, 2, 3, 4, 5, 99999, 100000, 100001, MS, 5 * MS, 50 * MS, 1000 * MS, 1ll << 40,
	1ll << 62, S64_MAX / 5 * 4, S64_MAX - 100000, S64_MAX - 1, S64_MAX,
};

#define TIMES	(sizeof(times) / sizeof(times[0]))

static struct wgr_hold hold;

static s64 need(s64 offset_ns)
{
	__int128 ns = (__int128)offset_ns + offset_ns / 4 + SLACK;

	return ns > hold.max_ns ? hold.max_ns : (s64)ns;
}

/* So many waits in vain, none beside another. */
static void lose(u32 losses)
{
	while (losses--)
		wgr_hold_lost(&hold, hold.count_from_ns);
}

/* Nothing is known any more, and a period begins. */
static void begin_empty(s64 max_ns)
{
	wgr_hold_set_adaptive(&hold, 0, (u64)max_ns);
	lose(TRIAL_VAIN);
}

static bool within_bounds(void)
{
	return hold.wait_ns >= 0 && hold.wait_ns <= hold.max_ns && hold.in_vain < PERIOD;
}

static bool fixed_stays(void)
{
	bool good = true;
	u32 i;

	wgr_hold_set_fixed(&hold, 5 * MS);
	for (i = 0; i < 2; i++) {
		wgr_hold_came(&hold, 0);
		wgr_hold_came(&hold, 4 * MS + MS / 2);
		wgr_hold_came(&hold, S64_MAX);
	}
	for (i = 0; i < 3 * PERIOD; i++)
		wgr_hold_lost(&hold, i * 10 * MS);
	wgr_hold_lost(&hold, S64_MAX);
	good &= hold.wait_ns == 5 * MS && !hold.adaptive;
	wgr_hold_set_fixed(&hold, U64_MAX);
	good &= hold.wait_ns == S64_MAX;
	wgr_hold_set_fixed(&hold, (u64)S64_MAX + 1);
	good &= hold.wait_ns == S64_MAX;
	/* Nothing of an adaptive life before is left. */
	wgr_hold_set_adaptive(&hold, 5 * MS, 50 * MS);
	wgr_hold_set_fixed(&hold, 3 * MS);
	wgr_hold_came(&hold, 2 * MS);
	wgr_hold_came(&hold, 2 * MS);
	return good && hold.wait_ns == 3 * MS && !hold.adaptive;
}

static bool start_is_bounded(void)
{
	bool good = true;

	wgr_hold_set_adaptive(&hold, 5 * MS, 50 * MS);
	good &= hold.wait_ns == 5 * MS && hold.max_ns == 50 * MS && hold.adaptive;
	wgr_hold_set_adaptive(&hold, 60 * MS, 50 * MS);
	good &= hold.wait_ns == 50 * MS;
	wgr_hold_set_adaptive(&hold, U64_MAX, U64_MAX);
	good &= hold.wait_ns == S64_MAX && hold.max_ns == S64_MAX;
	wgr_hold_set_adaptive(&hold, 0, U64_MAX);
	good &= !hold.wait_ns && hold.max_ns == S64_MAX;
	wgr_hold_set_adaptive(&hold, U64_MAX, 0);
	return good && !hold.wait_ns && !hold.max_ns;
}

/* A quarter more, and what timers need; the longest alone does not count. */
static bool second_longest_counts(void)
{
	bool good = true;

	wgr_hold_set_adaptive(&hold, 5 * MS, 50 * MS);
	wgr_hold_came(&hold, 3 * MS);
	wgr_hold_came(&hold, 3 * MS);
	good &= hold.wait_ns == 5 * MS;
	wgr_hold_came(&hold, 8 * MS);
	good &= hold.wait_ns == 5 * MS;
	wgr_hold_came(&hold, 4 * MS);
	good &= hold.wait_ns == 5 * MS + SLACK;
	wgr_hold_came(&hold, 6 * MS);
	good &= hold.wait_ns == 7 * MS + MS / 2 + SLACK;
	/* A longer one makes the longest so far the second longest. */
	wgr_hold_came(&hold, 30 * MS);
	good &= hold.wait_ns == 10 * MS + SLACK;
	wgr_hold_came(&hold, 7 * MS);
	good &= hold.wait_ns == 10 * MS + SLACK;
	wgr_hold_came(&hold, 40 * MS);
	good &= hold.wait_ns == 37 * MS + MS / 2 + SLACK;
	wgr_hold_came(&hold, 40 * MS);
	good &= hold.wait_ns == 50 * MS;
	return good;
}

static bool no_wait_becomes_one(void)
{
	bool good = true;

	begin_empty(50 * MS);
	wgr_hold_came(&hold, 0);
	good &= !hold.wait_ns;
	wgr_hold_came(&hold, 0);
	good &= hold.wait_ns == SLACK;
	wgr_hold_came(&hold, 4);
	wgr_hold_came(&hold, 4);
	good &= hold.wait_ns == SLACK + 5;
	/* Of a quarter what is whole. */
	wgr_hold_came(&hold, 7);
	wgr_hold_came(&hold, 7);
	good &= hold.wait_ns == SLACK + 8;
	return good;
}

static bool beyond_the_bound_teaches_nothing(void)
{
	bool good = true;
	u32 i;

	begin_empty(50 * MS);
	for (i = 0; i < 3; i++)
		wgr_hold_came(&hold, 50 * MS + 1);
	wgr_hold_came(&hold, S64_MAX);
	good &= !hold.wait_ns && !hold.now.longest_ns;
	wgr_hold_came(&hold, 50 * MS);
	wgr_hold_came(&hold, 50 * MS);
	return good && hold.wait_ns == 50 * MS;
}

/* The wait to begin with is nobody's need: it is not kept for long. */
static bool start_is_on_trial(void)
{
	bool good = true;
	size_t i;

	for (i = 0; i < TIMES; i++) {
		wgr_hold_set_adaptive(&hold, (u64)times[i], U64_MAX);
		hold.count_from_ns = 0;
		lose(TRIAL_VAIN - 1);
		good &= hold.wait_ns == times[i] && hold.in_vain == PERIOD - 1;
		lose(1);
		good &= !hold.wait_ns && !hold.in_vain;
	}
	/* What has been learned meanwhile is kept for a whole period more. */
	wgr_hold_set_adaptive(&hold, 5 * MS, 50 * MS);
	lose(TRIAL_VAIN - 1);
	wgr_hold_came(&hold, MS);
	wgr_hold_came(&hold, 2 * MS);
	good &= hold.wait_ns == 5 * MS;
	lose(1);
	good &= hold.wait_ns == need(MS);
	lose(PERIOD - 1);
	good &= hold.wait_ns == need(MS);
	lose(1);
	return good && !hold.wait_ns;
}

static void come(u32 times, s64 offset_ns)
{
	while (times--)
		wgr_hold_came(&hold, offset_ns);
}

/* Nor where nothing is lost but much is swapped. */
static bool swaps_end_the_trial(void)
{
	bool good = true;

	wgr_hold_set_adaptive(&hold, 40 * MS, 50 * MS);
	come(5, 50 * MS + 1);
	come(TRIAL_CAME - 1, MS);
	good &= hold.wait_ns == 40 * MS;
	come(1, MS);
	good &= hold.wait_ns == need(MS) && hold.in_vain == PERIOD - TRIAL_VAIN;
	/* Only once: what is of the period before is not forgotten again. */
	come(2, 8 * MS);
	lose(TRIAL_VAIN);
	come(3 * TRIAL_CAME, MS);
	good &= hold.wait_ns == need(8 * MS);
	/* Nor after losses have ended it. */
	wgr_hold_set_adaptive(&hold, 40 * MS, 50 * MS);
	come(2, 8 * MS);
	lose(TRIAL_VAIN);
	come(3 * TRIAL_CAME, MS);
	return good && hold.wait_ns == need(8 * MS);
}

/* Learned at the beginning of a period: two of them.  At its end: one. */
static bool needs_last_a_period_or_two(void)
{
	bool good = true;
	u32 into;

	for (into = 0; into < PERIOD; into++) {
		begin_empty(50 * MS);
		lose(into);
		wgr_hold_came(&hold, 10 * MS);
		wgr_hold_came(&hold, 10 * MS);
		lose(PERIOD - into - 1);
		good &= hold.wait_ns == need(10 * MS) && hold.in_vain == PERIOD - 1;
		lose(1);
		good &= hold.wait_ns == need(10 * MS) && !hold.in_vain;
		/* Less does not matter until that is forgotten. */
		wgr_hold_came(&hold, 4 * MS);
		wgr_hold_came(&hold, 4 * MS);
		good &= hold.wait_ns == need(10 * MS);
		lose(PERIOD - 1);
		good &= hold.wait_ns == need(10 * MS);
		lose(1);
		good &= hold.wait_ns == need(4 * MS);
		lose(PERIOD);
		good &= !hold.wait_ns && within_bounds();
	}
	return good;
}

/* The two longest may be of different periods, or both of the older one. */
static bool periods_count_together(void)
{
	bool good = true;

	begin_empty(50 * MS);
	wgr_hold_came(&hold, 20 * MS);
	wgr_hold_came(&hold, 8 * MS);
	good &= hold.wait_ns == need(8 * MS);
	lose(PERIOD);
	good &= hold.wait_ns == need(8 * MS);
	wgr_hold_came(&hold, 7 * MS);
	good &= hold.wait_ns == need(8 * MS);
	wgr_hold_came(&hold, 12 * MS);
	good &= hold.wait_ns == need(12 * MS);
	wgr_hold_came(&hold, 30 * MS);
	good &= hold.wait_ns == need(20 * MS);
	lose(PERIOD);
	return good && hold.wait_ns == need(12 * MS);
}

/* Once in a while one is very late: others do not wait for that. */
static bool outlier_changes_nothing(void)
{
	bool good = true;
	u32 i;

	begin_empty(50 * MS);
	for (i = 0; i < 10; i++) {
		wgr_hold_came(&hold, 35 * MS);
		good &= !hold.wait_ns;
		lose(2 * PERIOD);
		good &= !hold.wait_ns;
	}
	/* Nor if there are others, which are late by less. */
	for (i = 0; i < 10; i++) {
		wgr_hold_came(&hold, 3 * MS);
		wgr_hold_came(&hold, 3 * MS);
		good &= hold.wait_ns == need(3 * MS);
		if (!(i % 2))
			wgr_hold_came(&hold, 35 * MS);
		good &= hold.wait_ns == need(3 * MS);
		lose(PERIOD);
	}
	/* One in each period is not once in a while. */
	begin_empty(50 * MS);
	wgr_hold_came(&hold, 35 * MS);
	lose(PERIOD);
	good &= !hold.wait_ns;
	wgr_hold_came(&hold, 34 * MS);
	return good && hold.wait_ns == need(34 * MS);
}

static bool side_by_side_counts_once(void)
{
	bool good = true;
	u32 i;

	wgr_hold_set_adaptive(&hold, 32 * MS, 50 * MS);
	wgr_hold_lost(&hold, 10);
	good &= hold.in_vain == PERIOD - TRIAL_VAIN + 1 && hold.count_from_ns == 32 * MS + 10;
	for (i = 0; i < PERIOD; i++)
		wgr_hold_lost(&hold, 32 * MS + 9);
	wgr_hold_lost(&hold, S64_MIN);
	good &= hold.in_vain == PERIOD - TRIAL_VAIN + 1 && hold.count_from_ns == 32 * MS + 10;
	wgr_hold_lost(&hold, 32 * MS + 10);
	good &= hold.in_vain == PERIOD - TRIAL_VAIN + 2 && hold.count_from_ns == 64 * MS + 10;
	/* From the end of a period on the new wait says what is side by side. */
	wgr_hold_came(&hold, MS);
	wgr_hold_came(&hold, MS);
	lose(TRIAL_VAIN - 3);
	good &= hold.wait_ns == 32 * MS && hold.in_vain == PERIOD - 1;
	wgr_hold_lost(&hold, 1000 * MS);
	good &= hold.wait_ns == need(MS) && hold.count_from_ns == 1000 * MS + need(MS);
	/* Without a wait nothing goes on side by side. */
	begin_empty(50 * MS);
	for (i = 1; i < PERIOD; i++) {
		wgr_hold_lost(&hold, 5 * MS);
		good &= hold.in_vain == i;
	}
	/* Nor before the first one. */
	wgr_hold_set_adaptive(&hold, 5 * MS, 50 * MS);
	wgr_hold_lost(&hold, S64_MIN);
	return good && hold.in_vain == PERIOD - TRIAL_VAIN + 1;
}

static bool another_bound(void)
{
	bool good = true;

	wgr_hold_set_adaptive(&hold, 5 * MS, 50 * MS);
	lose(1);
	wgr_hold_came(&hold, 20 * MS);
	wgr_hold_came(&hold, 20 * MS);
	good &= hold.wait_ns == 25 * MS + SLACK;
	wgr_hold_set_max(&hold, 7 * MS);
	good &= hold.wait_ns == 7 * MS && hold.max_ns == 7 * MS;
	good &= hold.in_vain == PERIOD - TRIAL_VAIN + 1;
	wgr_hold_came(&hold, 7 * MS + 1);
	good &= hold.now.longest_ns == 25 * MS + SLACK && hold.wait_ns == 7 * MS;
	/* What was known is known again, the wait to begin with is not on trial anew. */
	wgr_hold_set_max(&hold, U64_MAX);
	good &= hold.wait_ns == 25 * MS + SLACK && hold.max_ns == S64_MAX;
	wgr_hold_set_max(&hold, 0);
	good &= !hold.wait_ns;
	wgr_hold_came(&hold, 0);
	wgr_hold_came(&hold, 0);
	wgr_hold_came(&hold, MS);
	good &= !hold.wait_ns;
	wgr_hold_set_max(&hold, 50 * MS);
	good &= hold.wait_ns == 25 * MS + SLACK;
	/* What came under a lower bound needed no more than that. */
	begin_empty(6 * MS);
	wgr_hold_came(&hold, 6 * MS);
	wgr_hold_came(&hold, 6 * MS);
	wgr_hold_set_max(&hold, 50 * MS);
	good &= hold.wait_ns == 6 * MS;
	/* Periods go on while the bound hides what they are about. */
	wgr_hold_came(&hold, 20 * MS);
	wgr_hold_came(&hold, 20 * MS);
	wgr_hold_set_max(&hold, 7 * MS);
	lose(2 * PERIOD - 1);
	wgr_hold_set_max(&hold, 50 * MS);
	good &= hold.wait_ns == 25 * MS + SLACK;
	wgr_hold_set_max(&hold, 7 * MS);
	lose(1);
	wgr_hold_set_max(&hold, 50 * MS);
	return good && !hold.wait_ns;
}

static bool until_ends_with_time(void)
{
	bool good = true;
	size_t i, k;

	for (i = 0; i < TIMES; i++) {
		wgr_hold_set_fixed(&hold, (u64)times[i]);
		good &= wgr_hold_until(&hold, S64_MIN) == S64_MIN + times[i];
		good &= wgr_hold_until(&hold, 0) == times[i];
		for (k = 0; k < TIMES; k++) {
			__int128 want = (__int128)times[i] + times[k];

			if (want > WGR_NEVER)
				want = WGR_NEVER;
			good &= wgr_hold_until(&hold, times[k]) == (s64)want;
		}
	}
	return good;
}

/* Longer offsets never lead to a shorter wait; which came first is the same. */
static bool is_monotone(void)
{
	size_t start, most, i, k;
	s64 last, wait;

	for (most = 0; most < TIMES; most++) {
		for (start = 0; start <= most; start++) {
			last = -1;
			for (i = 0; i <= most; i++) {
				for (k = 0; k <= i; k++) {
					wgr_hold_set_adaptive(&hold, (u64)times[start],
							      (u64)times[most]);
					wgr_hold_came(&hold, times[i]);
					if (hold.wait_ns != times[start])
						return false;
					wgr_hold_came(&hold, times[k]);
					wait = hold.wait_ns;
					if (!within_bounds() || wait < times[start] ||
					    wait < times[k])
						return false;
					wgr_hold_set_adaptive(&hold, (u64)times[start],
							      (u64)times[most]);
					wgr_hold_came(&hold, times[k]);
					wgr_hold_came(&hold, times[i]);
					if (hold.wait_ns != wait)
						return false;
				}
				if (wait < last)
					return false;
				last = wait;
			}
		}
	}
	return true;
}

/* The longest times there are, where a sum would not fit. */
static bool ends_of_time(void)
{
	bool good = true;
	u32 i;

	begin_empty(S64_MAX);
	wgr_hold_came(&hold, S64_MAX);
	wgr_hold_came(&hold, S64_MAX);
	good &= hold.wait_ns == S64_MAX;
	wgr_hold_lost(&hold, S64_MAX);
	good &= hold.in_vain == 1 && hold.count_from_ns == WGR_NEVER;
	wgr_hold_lost(&hold, S64_MAX - 1);
	good &= hold.in_vain == 1;
	/* The last moment there is counts every time. */
	for (i = 2; i < PERIOD; i++)
		wgr_hold_lost(&hold, S64_MAX);
	good &= hold.in_vain == PERIOD - 1 && hold.wait_ns == S64_MAX;
	begin_empty(S64_MAX);
	wgr_hold_came(&hold, S64_MAX / 5 * 4);
	wgr_hold_came(&hold, S64_MAX / 5 * 4 - SLACK);
	good &= hold.wait_ns == need(S64_MAX / 5 * 4 - SLACK) && hold.wait_ns < S64_MAX;
	wgr_hold_came(&hold, S64_MAX / 5 * 4);
	return good && hold.wait_ns == S64_MAX;
}

#define MODEL_NEEDS	8192

/* What the header says, by keeping everything. */
static struct {
	s64 need[2][MODEL_NEEDS];	/* of this period and the one before */
	u32 needs[2];
	u32 in_vain;
	u32 to_come;
	__int128 count_from;
} model;

static s64 model_wait(void)
{
	s64 longest = 0, second = 0, ns;
	u32 i, k;

	for (i = 0; i < 2; i++) {
		for (k = 0; k < model.needs[i]; k++) {
			ns = model.need[i][k];
			if (ns > longest) {
				second = longest;
				longest = ns;
			} else if (ns > second) {
				second = ns;
			}
		}
	}
	return second > hold.max_ns ? hold.max_ns : second;
}

static void model_begin(s64 start)
{
	if (start > hold.max_ns)
		start = hold.max_ns;
	model.needs[0] = 0;
	model.needs[1] = 2;
	model.need[1][0] = start;
	model.need[1][1] = start;
	model.in_vain = PERIOD - TRIAL_VAIN;
	model.to_come = TRIAL_CAME;
	model.count_from = S64_MIN;
}

/* Return: true if that ends the trial. */
static bool model_came(s64 offset)
{
	if (offset > hold.max_ns)
		return false;
	model.need[0][model.needs[0]++] = need(offset);
	if (!model.to_come || --model.to_come)
		return false;
	model.needs[1] = 0;
	return true;
}

static void model_lost(s64 now)
{
	if (now < model.count_from)
		return;
	if (++model.in_vain == PERIOD) {
		model.in_vain = 0;
		model.to_come = 0;
		model.needs[1] = model.needs[0];
		memcpy(model.need[1], model.need[0], sizeof(s64) * model.needs[0]);
		model.needs[0] = 0;
	}
	model.count_from = (__int128)now + model_wait();
	if (model.count_from > S64_MAX)
		model.count_from = S64_MAX;
}

static u64 state;

static u64 random_below(u64 limit)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return (state >> 33) % limit;
}

static s64 later(s64 now, s64 ns)
{
	return now > S64_MAX - ns ? S64_MAX : now + ns;
}

static bool random_lessons(void)
{
	u64 round, turns = 0, waits = 0, trials = 0, share = 60;
	s64 now = 0;

	for (round = 0; round < 1000000; round++) {
		s64 was = hold.wait_ns, t = times[random_below(TIMES)];
		u64 what = random_below(1000);

		if (!round || !what || model.needs[0] == MODEL_NEEDS) {
			wgr_hold_set_adaptive(&hold, (u64)t, (u64)times[random_below(TIMES)]);
			model_begin(t);
			/* Some lives with nothing but swaps. */
			share = random_below(4) ? 60 : 999;
			now = random_below(2) ? 0 : S64_MIN;
		} else if (what < 10) {
			wgr_hold_set_max(&hold, (u64)t);
		} else if (what < share) {
			wgr_hold_came(&hold, t);
			if (model_came(t))
				trials++;
			else if (hold.wait_ns < was)
				return false;
		} else {
			now = later(now, random_below(2) ? hold.wait_ns : times[random_below(12)]);
			wgr_hold_lost(&hold, now);
			model_lost(now);
			turns += !hold.in_vain;
			if (hold.wait_ns > was)
				return false;
		}
		if (!within_bounds() || hold.in_vain != model.in_vain ||
		    hold.wait_ns != model_wait())
			return false;
		waits += hold.wait_ns > 0 && hold.wait_ns < hold.max_ns;
	}
	printf("# %llu ends of a period, %llu of a trial, %llu times a wait between the bounds\n",
	       turns, trials, waits);
	return turns > 1000 && trials > 10 && waits > 10000;
}

int main(void)
{
	state = seed_taken();
	tap_ok(fixed_stays(), "a fixed wait stays");
	tap_ok(start_is_bounded(), "the wait to begin with is bounded");
	tap_ok(second_longest_counts(), "the second longest need sets the wait, at once");
	tap_ok(no_wait_becomes_one(), "no wait becomes one with the second packet");
	tap_ok(beyond_the_bound_teaches_nothing(), "who is late beyond the bound teaches nothing");
	tap_ok(start_is_on_trial(), "the wait to begin with is on trial");
	tap_ok(swaps_end_the_trial(), "the trial ends where nothing is lost but much is swapped");
	tap_ok(needs_last_a_period_or_two(), "a need lasts for a period or two");
	tap_ok(periods_count_together(), "both periods count together");
	tap_ok(outlier_changes_nothing(), "a single one that is very late changes nothing");
	tap_ok(side_by_side_counts_once(), "waits in vain side by side count once");
	tap_ok(another_bound(), "another bound, and what was learned stays");
	tap_ok(until_ends_with_time(), "waiting ends with time");
	tap_ok(is_monotone(), "who comes later is never waited for less");
	tap_ok(ends_of_time(), "times may be as long as there are");
	tap_ok(random_lessons(), "random lessons: as a model that forgets nothing");
	return tap_done();
}
