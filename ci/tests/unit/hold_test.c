// SPDX-License-Identifier: GPL-2.0
/*
 * The hold policy alone.  Which waits are good ones is the simulator's business
 * (ci/bench/sim); here each rule is seen to be kept, and that nothing overflows.
 * SEED=n repeats a run.
 */
#include <string.h>

#include "reorder/hold.h"
#include "seed.h"
#include "tap.h"

#define MS	1000000LL

/* Of the policy. */
#define SLACK		100000	/* on top of an offset and a part of it */
#define PERIOD		16	/* waits in vain in a period */
#define TRIAL_VAIN	8	/* of those the wait to begin with outlasts one less */
#define TRIAL_CAME	1024	/* and one less missing packets that come */
#define REACH		(64 * MS)
#define IN_STEP		4	/* steps in an octave */

static const s64 times[] = {
	0, 1, 2, 3, 4, 5, 99999, 100000, 100001, MS, 5 * MS, 50 * MS, 1000 * MS, 1ll << 40,
	1ll << 62, S64_MAX / 5 * 4, S64_MAX - 100000, S64_MAX - 1, S64_MAX,
};

#define TIMES	(sizeof(times) / sizeof(times[0]))

static struct wgr_hold hold;
static s64 now;
static u64 pushed;

static void begin(s64 start_ns, s64 max_ns)
{
	now = 0;
	pushed = 0;
	wgr_hold_set_adaptive(&hold, (u64)start_ns, (u64)max_ns);
}

/* What is late had been given up. */
static void come(s64 offset_ns)
{
	now += MS / 4;
	pushed++;
	if (offset_ns > hold.wait_ns)
		wgr_hold_back(&hold);
	wgr_hold_came(&hold, now, offset_ns, pushed);
}

/* One loss among so many packets, none beside another; as many arrive while it is waited for. */
static void lose(u32 packets)
{
	now += 1000 * MS;
	pushed += packets;
	wgr_hold_lost(&hold, now, pushed, 1 + (u32)(hold.wait_ns / MS), 1);
}

static void lose_many(u32 losses, u32 packets)
{
	while (losses--)
		lose(packets);
}

/* The wait that an offset needs: the end of its step, and an eighth more. */
static s64 need(s64 offset_ns)
{
	s64 octave = WGR_HOLD_STEP_NS, end;

	if (offset_ns < WGR_HOLD_STEP_NS)
		offset_ns = WGR_HOLD_STEP_NS;
	while (2 * octave <= offset_ns)
		octave *= 2;
	for (end = octave; end <= offset_ns; )
		end += octave / IN_STEP;
	return end + end / 8 + SLACK;
}

/* A path that has lost much and nothing else: what begins there is not on trial. */
static void begin_lossy(s64 max_ns)
{
	begin(0, max_ns);
	lose_many(3 * PERIOD, 100);
}

static bool fixed_stays(void)
{
	bool good = true;
	u32 i;

	wgr_hold_set_adaptive(&hold, 5 * MS, 50 * MS);
	wgr_hold_set_fixed(&hold, 5 * MS);
	good &= hold.reach_ns == REACH;
	for (i = 0; i < 2000; i++) {
		wgr_hold_came(&hold, i, 4 * MS, i);
		wgr_hold_came(&hold, i, 6 * MS, i);
		wgr_hold_came(&hold, i, S64_MAX, i);
		wgr_hold_lost(&hold, i * 10 * MS, i, 1, 1);
		wgr_hold_gap(&hold, i * 10 * MS);
	}
	good &= hold.wait_ns == 5 * MS && !hold.adaptive && !hold.now.vain && !hold.row;
	wgr_hold_set_fixed(&hold, 200 * MS);
	good &= hold.reach_ns == 400 * MS;
	wgr_hold_set_fixed(&hold, U64_MAX);
	good &= hold.wait_ns == S64_MAX && hold.reach_ns == WGR_HOLD_MOST_NS;
	wgr_hold_set_fixed(&hold, (u64)S64_MAX + 1);
	return good && hold.wait_ns == S64_MAX;
}

static bool start_is_bounded(void)
{
	bool good = true;

	wgr_hold_set_adaptive(&hold, 5 * MS, 50 * MS);
	good &= hold.wait_ns == 5 * MS && hold.max_ns == 50 * MS && hold.adaptive;
	good &= hold.reach_ns == REACH;
	wgr_hold_set_adaptive(&hold, 60 * MS, 50 * MS);
	good &= hold.wait_ns == 50 * MS && hold.reach_ns == 100 * MS;
	wgr_hold_set_max(&hold, 100 * MS);
	good &= hold.wait_ns == 50 * MS;
	wgr_hold_set_adaptive(&hold, U64_MAX, U64_MAX);
	good &= hold.wait_ns == S64_MAX && hold.max_ns == S64_MAX;
	good &= hold.reach_ns == WGR_HOLD_MOST_NS;
	/* What costs nothing is waited for always, if it may be. */
	wgr_hold_set_adaptive(&hold, 0, U64_MAX);
	good &= hold.wait_ns == MS && hold.max_ns == S64_MAX;
	wgr_hold_set_adaptive(&hold, 0, MS / 2);
	good &= hold.wait_ns == MS / 2;
	wgr_hold_set_adaptive(&hold, U64_MAX, 0);
	return good && !hold.wait_ns && !hold.max_ns;
}

/* The wait to begin with is nobody's need: a few losses end it, beside one another or not. */
static bool losses_end_the_trial(void)
{
	bool good = true;
	u32 i;

	begin(50 * MS, 250 * MS);
	lose_many(TRIAL_VAIN - 1, 100);
	good &= hold.wait_ns == 50 * MS;
	lose(100);
	good &= hold.wait_ns <= MS && !hold.in_vain && !hold.to_come;
	begin(50 * MS, 250 * MS);
	for (i = 1; i < TRIAL_VAIN; i++)
		wgr_hold_lost(&hold, 5, 100 * i, 10, 1);
	good &= hold.wait_ns == 50 * MS;
	wgr_hold_lost(&hold, 5, 100 * i, 10, 1);
	return good && hold.wait_ns <= MS;
}

/* Nor where nothing is lost but much is swapped. */
static bool swaps_end_the_trial(void)
{
	bool good = true;
	u32 i;

	begin(50 * MS, 250 * MS);
	for (i = 1; i < TRIAL_CAME; i++)
		come(5 * MS);
	good &= hold.wait_ns == 50 * MS;
	come(5 * MS);
	good &= hold.wait_ns == need(5 * MS) && !hold.in_vain == false;
	/* Only once. */
	hold.start_ns = 7 * MS;
	for (i = 0; i < 2 * TRIAL_CAME; i++)
		come(5 * MS);
	return good && hold.start_ns == 7 * MS;
}

/* Where nothing is lost waiting costs nothing: the longest offset counts, at once. */
static bool without_losses_the_longest_counts(void)
{
	static const s64 offset[] = { 2, 3, 5, 9, 14, 21, 33, 60, 99, 150, 200 };
	bool good = true;
	size_t i;

	begin(0, 250 * MS);
	for (i = 0; i < sizeof(offset) / sizeof(offset[0]); i++) {
		come(offset[i] * MS);
		good &= hold.wait_ns == (need(offset[i] * MS) < 250 * MS ?
					 need(offset[i] * MS) : 250 * MS);
		come(offset[i] * MS / 2);
	}
	begin(0, 250 * MS);
	come(245 * MS);
	return good && hold.wait_ns == 250 * MS;
}

/* The wait that is left after losses costs no more than 33 us on the mean. */
static bool losses_leave_what_costs_nothing(void)
{
	bool good = true;
	s64 few, many;

	begin(50 * MS, 250 * MS);
	lose_many(3 * PERIOD, 100000);
	few = hold.wait_ns;
	begin(50 * MS, 250 * MS);
	lose_many(3 * PERIOD, 10);
	many = hold.wait_ns;
	good &= few == MS && many < MS && many > MS / 4;
	/* One loss among few packets says little. */
	begin(0, 250 * MS);
	wgr_hold_lost(&hold, 1, 1, 1, 1);
	good &= hold.wait_ns == MS;
	begin(50 * MS, 250 * MS);
	lose_many(3 * PERIOD, 2);
	return good && hold.wait_ns < many && hold.wait_ns > MS / 32;
}

/* One late packet for some losses is no reason to wait long, for few losses it is. */
static bool cost_decides(void)
{
	bool good = true;
	u32 i;

	/* 1 % lost, one in 16 of those lost comes 100 ms late. */
	begin_lossy(250 * MS);
	for (i = 0; i < 20 * PERIOD; i++) {
		lose(100);
		if (!(i % PERIOD))
			come(100 * MS);
		good &= hold.wait_ns <= MS;
	}
	/* As many as are lost come, but need 10 ms only. */
	for (i = 0; i < 4 * PERIOD; i++) {
		lose(100);
		come(10 * MS);
	}
	good &= hold.wait_ns == need(10 * MS);
	/* And are forgotten one to two periods after the last. */
	lose_many(PERIOD - 1, 100);
	good &= hold.wait_ns == need(10 * MS);
	lose_many(PERIOD + 1, 100);
	return good && hold.wait_ns <= MS;
}

/* However many are lost in the time of a wait, no packet waits longer than that. */
static bool long_waits_cost_no_more_than_they_take(void)
{
	u32 i;

	begin(0, 5000 * MS);
	for (i = 0; i < PERIOD - 1; i++) {
		now += 10000 * MS;
		pushed += 1000;
		wgr_hold_lost(&hold, now, pushed, 1000, 1 << 20);
	}
	for (i = 0; i < 65000; i++)
		come(2000 * MS);
	return hold.cheapest_ns == need(2000 * MS);
}

/* Waits side by side end a period only once. */
static bool side_by_side_counts_once(void)
{
	bool good = true;
	u32 was;

	begin_lossy(250 * MS);
	lose(100);
	was = hold.in_vain;
	wgr_hold_lost(&hold, hold.count_from_ns - 1, pushed, 1, 1);
	good &= hold.in_vain == was;
	wgr_hold_lost(&hold, hold.count_from_ns, pushed, 1, 1);
	return good && hold.in_vain == was + 1;
}

/* What was given up and came is not lost: there is no reason not to wait for it. */
static bool late_is_not_lost(void)
{
	bool good = true;
	u32 i;

	begin_lossy(250 * MS);
	for (i = 0; i < 3 * PERIOD; i++) {
		lose(1000);
		if (i >= PERIOD)
			come(120 * MS);
	}
	good &= hold.wait_ns == need(120 * MS);
	/* Most of what was given up with each is lost all the same. */
	begin_lossy(250 * MS);
	for (i = 0; i < 2 * PERIOD; i++) {
		now += 1000 * MS;
		pushed += 100;
		wgr_hold_lost(&hold, now, pushed, 1 + (u32)(hold.wait_ns / MS), 100);
		come(240 * MS);
	}
	return good && !hold.cheapest_ns;
}

/* Overtaken ones that come one after the other are all in time, and leave nothing behind. */
static bool climbs(void)
{
	bool good = true;
	s64 offset, from;

	begin_lossy(250 * MS);
	lose_many(2 * PERIOD, 10000);
	good &= hold.wait_ns == MS;
	for (offset = MS / 4; offset < 80 * MS; offset += MS / 4) {
		good &= offset <= hold.wait_ns;
		come(offset);
		good &= hold.wait_ns <= offset + offset / 4 + MS + SLACK;
	}
	good &= !hold.cheapest_ns && hold.wait_ns == hold.ramp_ns && !hold.now.back;
	/* It is over when nothing has come for as long. */
	from = now + hold.ramp_ns;
	wgr_hold_gap(&hold, from);
	good &= hold.wait_ns > 80 * MS;
	wgr_hold_gap(&hold, from + 1);
	good &= hold.wait_ns == MS && !hold.ramp_ns;
	/* Or a quarter less for each loss, side by side ones once. */
	come(MS);
	come(2 * MS);
	offset = hold.ramp_ns;
	lose(10000);
	good &= hold.ramp_ns == offset - offset / 4;
	wgr_hold_lost(&hold, now + 1, pushed, 1, 1);
	good &= hold.ramp_ns == offset - offset / 4;
	/* Never beyond the bound. */
	wgr_hold_set_max(&hold, 4 * MS);
	while (hold.ramp_ns < 4 * MS && good) {
		offset = hold.wait_ns;
		come(offset);
		good &= hold.wait_ns > offset && hold.wait_ns <= 4 * MS;
	}
	return good;
}

/* Late ones in a row, with few losses between: at once, and gone if that does not help. */
static bool surges(void)
{
	bool good = true;
	s64 wait;
	u32 i;

	begin_lossy(250 * MS);
	lose_many(2 * PERIOD, 100);
	for (i = 0; i < 3; i++)
		come(40 * MS);
	good &= !hold.surge_ns && hold.row == 12;
	come(41 * MS);
	/* Of the last two the shorter one. */
	good &= hold.surge_ns == 50 * MS + SLACK && hold.wait_ns >= hold.surge_ns;
	lose(100);
	good &= !hold.surge_ns;
	/* Losses count against it. */
	begin_lossy(250 * MS);
	for (i = 0; i < 20; i++) {
		come(40 * MS);
		lose_many(4, 1000);
	}
	good &= !hold.surge_ns;
	/* Of use, so it stays for a while. */
	begin_lossy(250 * MS);
	for (i = 0; i < 5; i++)
		come(40 * MS);
	wait = hold.surge_ns;
	good &= wait == 50 * MS + SLACK;
	come(40 * MS);
	lose(10000);
	good &= hold.surge_ns == wait - wait / 4;
	/* Not for what no wait can help. */
	begin_lossy(50 * MS);
	for (i = 0; i < 10; i++)
		come(50 * MS + 1);
	return good && !hold.surge_ns && hold.wait_ns <= MS;
}

/* What is late beyond the bound is not waited for, but remembered. */
static bool beyond_the_bound(void)
{
	struct wgr_hold_wish wish;
	bool good = true;
	u32 i;

	begin_lossy(50 * MS);
	for (i = 0; i < 100; i++)
		come(50 * MS + 1);
	good &= hold.wait_ns <= MS;
	come(50 * MS);
	good &= hold.wait_ns == 50 * MS;
	/* 101 late of 4901; 5 % of them by far more. */
	good &= wgr_hold_wanted(&hold, &wish);
	good &= wish.late == 100 && wish.saved == 100 && wish.packets == 4901;
	good &= wish.hold_ns == need(50 * MS + 1);
	for (i = 0; i < 5; i++)
		come(4000 * MS);
	good &= wgr_hold_wanted(&hold, &wish) && wish.saved == 100 && wish.late == 105;
	good &= wish.hold_ns == need(50 * MS + 1);
	/* More of these than an eighth. */
	for (i = 0; i < 15; i++)
		come(4000 * MS);
	good &= wgr_hold_wanted(&hold, &wish) && wish.saved == 120 && wish.late == 120;
	good &= wish.hold_ns == need(4000 * MS);
	/* No setting helps. */
	for (i = 0; i < 30; i++)
		come(6000 * MS);
	good &= wgr_hold_wanted(&hold, &wish) && !wish.hold_ns && !wish.saved && wish.late == 150;
	/* Another bound, another question. */
	wgr_hold_set_max(&hold, 60 * MS);
	good &= !wgr_hold_wanted(&hold, &wish) && !wish.late && !wish.packets;
	/* The share that is worth mention. */
	begin(0, 250 * MS);
	for (i = 0; i < 4; i++)
		come(4200 * MS);
	pushed = 1022;
	lose(1);
	good &= !wgr_hold_wanted(&hold, &wish) && wish.late == 4 && wish.packets == 1023;
	lose(1);
	good &= !wgr_hold_wanted(&hold, &wish);
	come(4200 * MS);
	return good && wgr_hold_wanted(&hold, &wish) && wish.hold_ns == need(4200 * MS) &&
	       wish.late == 5 && wish.packets == 1025;
}

/* A fixed wait, too; and what is long ago is forgotten. */
static bool fixed_beyond_the_bound(void)
{
	struct wgr_hold_wish wish;
	bool good = true;
	u32 i;

	wgr_hold_set_fixed(&hold, 5 * MS);
	for (i = 1; i <= 2000; i++)
		wgr_hold_came(&hold, i, i % 10 ? 5 * MS : 7 * MS, i);
	good &= wgr_hold_wanted(&hold, &wish) && wish.late == 200 && wish.packets == 2000;
	good &= wish.hold_ns == need(7 * MS);
	wgr_hold_lost(&hold, 0, 1 << 20, 1, 1);
	good &= !wgr_hold_wanted(&hold, &wish) && wish.late == 200 && wish.packets == 1 << 20;
	wgr_hold_lost(&hold, 0, (1 << 20) + 2, 1, 1);
	good &= !wgr_hold_wanted(&hold, &wish) && wish.late == 100 && wish.packets == (1 << 19) + 1;
	/* New books. */
	wgr_hold_lost(&hold, 0, 10, 1, 1);
	wgr_hold_wanted(&hold, &wish);
	return good && wish.packets == (1 << 19) + 11;
}

static bool looks_back_further_when_asked(void)
{
	struct wgr_hold_wish wish;
	bool good = true;
	s64 reach;

	begin_lossy(250 * MS);
	good &= hold.reach_ns == REACH;
	for (reach = 2 * REACH; reach < WGR_HOLD_MOST_NS; reach *= 2) {
		wgr_hold_unknown(&hold);
		good &= hold.reach_ns == reach;
	}
	wgr_hold_unknown(&hold);
	good &= hold.reach_ns == WGR_HOLD_MOST_NS;
	wgr_hold_wanted(&hold, &wish);
	good &= !wish.late;
	/* Longer than the longest: no setting helps. */
	wgr_hold_unknown(&hold);
	wgr_hold_wanted(&hold, &wish);
	good &= hold.reach_ns == WGR_HOLD_MOST_NS && wish.late == 1;
	lose_many(PERIOD, 100);
	return good && hold.reach_ns == REACH;
}

static bool another_bound(void)
{
	bool good = true;

	begin(0, 250 * MS);
	come(100 * MS);
	good &= hold.wait_ns == need(100 * MS);
	wgr_hold_set_max(&hold, 7 * MS);
	good &= hold.wait_ns <= MS && hold.max_ns == 7 * MS;
	come(6 * MS);
	good &= hold.wait_ns == 7 * MS;
	/* What was known is known again, the wait to begin with is not on trial anew. */
	wgr_hold_set_max(&hold, U64_MAX);
	good &= hold.wait_ns == need(100 * MS) && hold.max_ns == S64_MAX;
	wgr_hold_set_max(&hold, 0);
	good &= !hold.wait_ns;
	come(0);
	come(MS);
	return good && !hold.wait_ns && hold.to_come == TRIAL_CAME - 4;
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

/* Many that need more than is waited do not each cost a choice. */
static bool chooses_seldom(void)
{
	u32 i, chosen = 0, at;

	begin_lossy(250 * MS);
	for (i = 0; i < 60000; i++) {
		at = hold.choose_at;
		pushed += 1000;
		wgr_hold_came(&hold, now, 250 * MS + 1, pushed);
		hold.row = 0;
		chosen += hold.choose_at != at;
	}
	printf("# %u times for %u\n", chosen, i);
	return chosen > 20 && chosen < 200 && hold.above == i;
}

static u64 state;

static u64 random_below(u64 limit)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return (state >> 33) % limit;
}

static bool is_sound(void)
{
	return hold.wait_ns >= 0 && hold.wait_ns <= hold.max_ns && hold.in_vain < PERIOD &&
	       hold.row <= 12 && hold.reach_ns >= REACH && hold.reach_ns <= WGR_HOLD_MOST_NS &&
	       hold.least_ns <= MS && hold.waited < 1u << 21 && hold.waited_ticks < 1u << 21;
}

/* Waits for other flows are delay, no loss: what few need is waited for all the same. */
static bool others_are_no_loss(void)
{
	s64 with_losses;
	u32 i, vain;
	bool good;

	/* As losses: nearly all that is waited for never comes, so those few are given up. */
	begin_lossy(250 * MS);
	for (i = 0; i < 300; i++) {
		lose(10);
		if (!(i % 50))
			come(10 * MS);
	}
	with_losses = hold.wait_ns;
	begin_lossy(250 * MS);
	come(10 * MS);
	good = hold.wait_ns == need(10 * MS);
	vain = hold.now.vain;
	for (i = 0; i < 300; i++) {
		now += 1000 * MS;
		pushed += 10;
		wgr_hold_others(&hold, now, pushed, 1 + (u32)(hold.wait_ns / MS));
		if (!(i % 50))
			come(10 * MS);
	}
	good &= hold.wait_ns == need(10 * MS) && with_losses < 2 * MS;
	good &= hold.now.others == 300 && hold.now.vain == vain;
	/* Where nothing needs a wait they leave none: each costs time. */
	begin_lossy(250 * MS);
	for (i = 0; i < 100; i++) {
		now += MS;
		pushed += 2;
		wgr_hold_others(&hold, now, pushed, 2);
	}
	return good && hold.wait_ns < 3 * MS / 4;
}

/* It ends the trial as a loss does, and a period only when enough was seen in it. */
static bool others_end_what_is_old(void)
{
	bool good;
	u32 i;

	begin(50 * MS, 250 * MS);
	for (i = 0; i < TRIAL_VAIN - 1; i++)
		wgr_hold_others(&hold, now, ++pushed, 1);
	good = hold.wait_ns == 50 * MS;
	wgr_hold_others(&hold, now, ++pushed, 1);
	good &= hold.wait_ns <= MS && !hold.to_come;
	come(10 * MS);
	good &= hold.wait_ns == need(10 * MS);
	for (i = 0; hold.wait_ns == need(10 * MS) && i < 100000; i++) {
		now += 100 * MS;
		pushed += 16;
		wgr_hold_others(&hold, now, pushed, 1);
	}
	/* Two periods of 4096 packets. */
	return good && i == 2 * 4096 / 16;
}

/* A period that is long for them ends all the same, and counts until the next one has ended. */
static bool others_count_for_two_periods(void)
{
	bool good = true;
	u32 i;

	begin_lossy(250 * MS);
	for (i = 0; hold.now.others == i && i < 100000; i++) {
		now += MS;
		pushed += 2;
		wgr_hold_others(&hold, now, pushed, 2);
	}
	good &= hold.before.pushed >= 4096 && hold.before.others == i;
	return good && hold.least_ns < 3 * MS / 4;
}

/* So does what came behind: what was given up with it is not lost as the period ends. */
static bool behind_counts_for_two_periods(void)
{
	u32 i;

	begin_lossy(250 * MS);
	come(10 * MS);
	for (i = 0; (!i || hold.now.vain) && i < 1000; i++) {
		lose(10);
		wgr_hold_behind(&hold);
	}
	return i > PERIOD && i < 1000 && hold.wait_ns == need(10 * MS);
}

/* Waits for other flows are delay for all, which a wait for a few has to be worth. */
static bool others_make_a_wait_dear(void)
{
	u32 i;

	begin_lossy(250 * MS);
	/* What was lost before is forgotten. */
	for (i = 0; i < 3; i++) {
		now += 1000 * MS;
		pushed += 4096;
		wgr_hold_others(&hold, now, pushed, 2);
	}
	come(200 * MS);
	for (i = 0; i < 150; i++) {
		now += 1000 * MS;
		pushed += 20;
		wgr_hold_others(&hold, now, pushed, 1 + (u32)(hold.wait_ns / (10 * MS)));
		if (!(i % 50))
			lose(20);
	}
	return hold.wait_ns <= MS;
}

/* A climb gets lower with each. */
static bool others_end_a_climb(void)
{
	s64 ramp;

	begin_lossy(250 * MS);
	come(MS / 2);
	ramp = hold.ramp_ns;
	now += 1000 * MS;
	wgr_hold_others(&hold, now, ++pushed, 1);
	return ramp > MS && hold.ramp_ns == ramp - ramp / 4;
}

/* What was given up and came behind was no loss, and does not end a period as one. */
static bool behind_is_not_lost(void)
{
	bool good;
	u32 i;

	begin_lossy(250 * MS);
	come(10 * MS);
	for (i = 0; i < 4 * PERIOD; i++) {
		lose(10);
		wgr_hold_behind(&hold);
	}
	good = hold.wait_ns == need(10 * MS) && wgr_hold_comes_back(&hold);
	begin_lossy(250 * MS);
	come(10 * MS);
	lose_many(4 * PERIOD, 10);
	return good && hold.wait_ns <= MS && !wgr_hold_comes_back(&hold);
}

/* Nor is what came behind and had been swapped in its own flow, late or not. */
static bool back_is_not_lost(void)
{
	u32 i;

	begin_lossy(250 * MS);
	come(10 * MS);
	for (i = 0; i < 4 * PERIOD; i++) {
		lose(10);
		wgr_hold_back(&hold);
	}
	return wgr_hold_comes_back(&hold) && !wgr_hold_passes(&hold) && hold.before.back == PERIOD;
}

/* The longest times and greatest numbers there are: nothing overflows, no bound is left. */
static bool random_odd_lessons(void)
{
	u32 round;

	for (round = 0; round < 300000; round++) {
		s64 t = times[random_below(TIMES)];

		switch (random_below(round % 1000 ? 6 : 7)) {
		case 0:
			now = now > S64_MAX - t ? S64_MAX : now + t;
			break;
		case 1:
			pushed += (u64)times[random_below(TIMES)];
			break;
		case 2:
		case 3:
			wgr_hold_came(&hold, now, t, pushed);
			break;
		case 4:
			wgr_hold_lost(&hold, now, pushed, 1 + (u32)random_below(32768),
				      1 + (u64)times[random_below(TIMES)]);
			break;
		case 5:
			if (random_below(2))
				wgr_hold_gap(&hold, now);
			else if (random_below(2))
				wgr_hold_unknown(&hold);
			else if (random_below(2))
				wgr_hold_others(&hold, now, pushed, 1 + (u32)random_below(32768));
			else if (random_below(2))
				wgr_hold_back(&hold);
			else
				wgr_hold_behind(&hold);
			break;
		default:
			if (random_below(2))
				wgr_hold_set_max(&hold, (u64)t);
			else
				begin(t, times[random_below(TIMES)]);
		}
		if (!is_sound())
			return false;
	}
	return true;
}

/*
 * Lessons as paths give them, of each kind for a while.  The sum over all waits is what it was
 * when the simulator had its say: whoever changes it means to.
 */
static bool random_lessons_are_learned_as_ever(u64 *sum)
{
	u32 round, kind = 0;
	s64 base = 0;

	state = 7;
	begin(50 * MS, 250 * MS);
	for (round = 0; round < 200000; round++) {
		if (!random_below(500)) {
			kind = (u32)random_below(5);
			base = (s64)random_below(1 + (u64)(random_below(2) ? 300 : 20)) * MS;
		}
		now += (s64)random_below(2 * MS);
		pushed += random_below(kind == 4 ? 2000 : 60);
		if (random_below(4) < kind) {
			s64 offset = base + (s64)random_below(3 * MS);

			wgr_hold_gap(&hold, now);
			if (offset > hold.wait_ns)
				wgr_hold_back(&hold);
			wgr_hold_came(&hold, now, offset, pushed);
		} else {
			wgr_hold_lost(&hold, now, pushed, 1 + (u32)random_below(1 + (u64)hold.wait_ns / MS),
				      1 + random_below(2));
		}
		if (!random_below(3000))
			wgr_hold_unknown(&hold);
		*sum = *sum * 31 + (u64)hold.wait_ns + (u64)hold.reach_ns;
		if (!is_sound())
			return false;
	}
	return true;
}

#define SUM	0x83e796a27140a620ULL

int main(void)
{
	u64 sum = 0;

	state = seed_taken();
	tap_ok(fixed_stays(), "a fixed wait stays");
	tap_ok(start_is_bounded(), "the wait to begin with is bounded");
	tap_ok(losses_end_the_trial(), "the wait to begin with is on trial");
	tap_ok(swaps_end_the_trial(), "the trial ends where nothing is lost but much is swapped");
	tap_ok(without_losses_the_longest_counts(), "without losses the longest offset counts");
	tap_ok(losses_leave_what_costs_nothing(), "losses leave a wait that costs nothing");
	tap_ok(cost_decides(), "what costs less is done, and forgotten in time");
	tap_ok(long_waits_cost_no_more_than_they_take(), "long waits cost no more than they take");
	tap_ok(side_by_side_counts_once(), "waits side by side count once");
	tap_ok(late_is_not_lost(), "what came late was not lost");
	tap_ok(climbs(), "the wait climbs with those that come one after the other");
	tap_ok(surges(), "late ones in a row raise the wait at once");
	tap_ok(beyond_the_bound(), "beyond the bound: not waited for, but a longer hold is advised");
	tap_ok(fixed_beyond_the_bound(), "a longer fixed hold is advised, what is old forgotten");
	tap_ok(looks_back_further_when_asked(), "it looks back further when that is not enough");
	tap_ok(others_are_no_loss(), "waits for other flows are delay and no loss");
	tap_ok(others_end_what_is_old(), "they end the trial, and what is believed for long");
	tap_ok(others_count_for_two_periods(), "they count for two periods");
	tap_ok(others_make_a_wait_dear(), "they make a wait dear for all");
	tap_ok(others_end_a_climb(), "they end a climb");
	tap_ok(behind_counts_for_two_periods(), "what comes behind counts for two periods");
	tap_ok(behind_is_not_lost(), "what comes behind after all was not lost");
	tap_ok(back_is_not_lost(), "nor was what had been swapped in its own flow");
	tap_ok(another_bound(), "another bound, and what was learned stays");
	tap_ok(until_ends_with_time(), "waiting ends with time");
	tap_ok(chooses_seldom(), "many that cannot be waited for cost few choices");
	tap_ok(random_odd_lessons(), "random lessons of any size: no bound is left");
	tap_ok(random_lessons_are_learned_as_ever(&sum), "random lessons as of paths");
	tap_ok(sum == SUM, "are learned as ever: sum %#llx", sum);
	return tap_done();
}
