// SPDX-License-Identifier: GPL-2.0
/*
 * The numbers below were chosen with ci/bench/sim, whose report says what they
 * were compared with.
 */
#include "hold.h"

/* What timers and schedulers add to short offsets. */
#define SLACK_NS	100000

/* Waits in vain in a period. */
#define PERIOD		16

/* Waits for other flows end a period when so many packets have come in it. */
#define PERIOD_PUSHED	4096

/*
 * After so many waits in vain, or missing packets that have come, the wait to
 * begin with is no longer trusted.
 */
#define TRIAL_VAIN	8
#define TRIAL_CAME	1024

/* Costs are counted in units of 16 us, so that squares of them fit. */
#define TICK_SHIFT	14
#define TICKS_MOST	(1U << 19)

/* A round trip as it is usual, to which waits add. */
#define RTT_TICKS	(50000000U >> TICK_SHIFT)

/* A packet that is late is lost, and was sent and carried for nothing. */
#define LATE_WEIGHT	2

/*
 * One late packet in 2^13 is put up with, if so many times as many are lost: where next to
 * nothing is, each late one shows.
 */
#define LATE_SHIFT	13
#define LATE_PART	16

/* The longest wait that is taken because it costs nothing: 2 ticks of mean delay. */
#define LEAST_NS	1000000
#define FREE_TICKS	2

/* Late packets less lost ones until they are taken for a change of the path. */
#define ROW_LATE	4
#define ROW_MOST	12

/* How far back late packets are measured when nothing is known, see marks.h. */
#define REACH_NS	64000000

/* Sums stop here, long before they overflow. */
#define SUM_MOST	(1U << 30)

/* Where more than one packet in so many comes behind, flows pass one another on purpose. */
#define PASSES_PART	32

/* What was late beyond the bound is remembered for so many packets. */
#define BEYOND_PUSHED	(1U << 20)

static s64 bounded(u64 ns, s64 most)
{
	return ns > (u64)most ? most : (s64)ns;
}

static s64 larger(s64 a, s64 b)
{
	return a > b ? a : b;
}

static s64 smaller(s64 a, s64 b)
{
	return a < b ? a : b;
}

static u32 ticks(s64 ns)
{
	return (u32)smaller(ns >> TICK_SHIFT, TICKS_MOST);
}

static void add(u32 *sum, u64 more)
{
	*sum = more < SUM_MOST - *sum ? *sum + (u32)more : SUM_MOST;
}

/* In units of 2^-16. */
static u32 share_of(u32 part, u32 all)
{
	while (part > 0xffff) {
		part >>= 1;
		all >>= 1;
	}
	return (part << 16) / (all ? all : 1);
}

/* ---- steps: a quarter of an octave each, the lowest from 0 on ---- */

static u32 step_of(s64 ns)
{
	u64 value = (u64)larger(ns, WGR_HOLD_STEP_NS);
	u32 octave = (u32)fls64(value) - 1;
	u32 step = (octave - WGR_HOLD_STEP_SHIFT) * 4 + (value >> (octave - 2) & 3);

	return step < WGR_HOLD_STEPS ? step : WGR_HOLD_STEPS - 1;
}

static s64 step_end(u32 step)
{
	return ((s64)WGR_HOLD_STEP_NS << step / 4) / 4 * (5 + step % 4);
}

static s64 step_start(u32 step)
{
	return step ? step_end(step - 1) : 0;
}

/* The wait in which those of a step come; an eighth more, for the next may take longer. */
static s64 step_wait(u32 step)
{
	return step_end(step) + step_end(step) / 8 + SLACK_NS;
}

/* What is beyond the bound goes into a step that no wait reaches. */
static u32 step_within(const struct wgr_hold *hold, s64 offset_ns)
{
	u32 beyond = step_of(hold->max_ns) + 1;
	u32 step = step_of(offset_ns);

	if (offset_ns <= hold->max_ns || step >= beyond)
		return step;
	return beyond < WGR_HOLD_STEPS ? beyond : WGR_HOLD_STEPS - 1;
}

static void count(u16 *came, u32 step)
{
	if (came[step] < 0xffff)
		came[step]++;
}

/* ---- what a wait costs ---- */

/**
 * struct loss - how often packets wait for one that never comes
 * @share: such losses among the packets, in units of 2^-16
 * @rate: the same in a tick, in units of 2^-32
 */
struct loss {
	u32 share;
	u64 rate;
};

/* What is left when a share is taken from it. */
static u32 less_share(u32 from, u32 part, u32 all)
{
	return from - (u32)((u64)from * share_of(part < all ? part : all, all) >> 16);
}

/* Some that were waited for in vain came after all: not lost, but late. */
static u32 lost_for_good(const struct wgr_hold_period *p)
{
	u32 lost = less_share(p->vain, p->back, p->gone);

	return lost < 0xffff ? lost : 0xffff;
}

static struct loss loss_of(const struct wgr_hold *hold, u32 lost, u32 pushed)
{
	/* A period that has just begun says little. */
	u32 share = share_of(lost, pushed < 64 ? 64 : pushed);
	struct loss loss;

	loss.share = share < 0xffff ? share : 0xffff;
	loss.rate = (u64)share_of(hold->waited, hold->waited_ticks) * loss.share;
	if (loss.rate > U64_MAX >> 20)
		loss.rate = U64_MAX >> 20;
	return loss;
}

/*
 * What a wait adds to the mean delay, in halves of a tick.  If losses come at
 * random, x of them in the time of a wait, that is wait * x / (2 + x), nearly; and
 * the packet that shows a loss waits even where no other one follows.
 */
static u32 delay_of(struct loss loss, u32 wait)
{
	u64 x = loss.rate * wait >> 20;		/* in units of 2^-12 */
	u64 sum;

	if (x > 8 << 12)
		x = 8 << 12;
	sum = wait * (x + (loss.share >> 3));
	if (sum < 1U << 31)
		return ((u32)sum << 1) / ((2 << 12) + (u32)x);
	return ((u32)(sum >> 8) / ((2 << 12) + (u32)x)) << 9;
}

/* Throughput goes with 1 / (round trip * sqrt(loss)): the square of that. */
static u64 cost_of(u32 delay, u32 lost, u32 late, u32 borne)
{
	u64 trip = 2 * RTT_TICKS + delay;

	return trip * trip * (lost + LATE_WEIGHT * (u64)(late > borne ? late - borne : 0));
}

/* The shortest wait that costs least, 0 if that is the one that costs nothing. */
static s64 cheapest(const struct wgr_hold *hold, const struct wgr_hold_period *p)
{
	u32 lost = lost_for_good(p);
	struct loss loss = loss_of(hold, lost + p->others, p->pushed);
	u32 borne = (u32)smaller(p->pushed >> LATE_SHIFT, lost / LATE_PART);
	u64 cost, least = U64_MAX;
	s64 wait_ns, best_ns = 0;
	u32 step, late = 0;

	for (step = WGR_HOLD_STEPS; step--; late += p->came[step]) {
		if (!p->came[step] || step_start(step) > hold->max_ns)
			continue;
		wait_ns = smaller(step_wait(step), hold->max_ns);
		cost = cost_of(delay_of(loss, ticks(wait_ns)), lost, late, borne);
		if (cost <= least) {
			least = cost;
			best_ns = wait_ns;
		}
	}
	cost = cost_of(delay_of(loss, ticks(hold->least_ns)), lost, late, borne);
	return cost <= least ? 0 : best_ns;
}

/* The wait whose cost is not worth mention. */
static s64 least_wait(const struct wgr_hold *hold, const struct wgr_hold_period *p)
{
	struct loss loss = loss_of(hold, p->vain + p->others, p->pushed);
	s64 wait_ns = LEAST_NS;

	while (wait_ns > LEAST_NS / 16 && delay_of(loss, ticks(wait_ns)) > 2 * FREE_TICKS)
		wait_ns -= wait_ns / 4;
	return smaller(wait_ns, hold->max_ns);
}

/* ---- the wait ---- */

/* Twice as far back as is waited, to see what is late by more. */
static void note_reach(struct wgr_hold *hold)
{
	s64 wait_ns = smaller(hold->wait_ns, WGR_HOLD_MOST_NS / 2);

	hold->reach_ns = larger(hold->reach_ns, 2 * wait_ns);
}

static void force(struct wgr_hold *hold)
{
	s64 wait_ns = larger(hold->start_ns, hold->least_ns);

	wait_ns = larger(wait_ns, hold->cheapest_ns);
	wait_ns = larger(wait_ns, hold->ramp_ns);
	wait_ns = larger(wait_ns, hold->surge_ns);
	hold->wait_ns = smaller(wait_ns, hold->max_ns);
	note_reach(hold);
}

static void sum_up(struct wgr_hold_period *sum, const struct wgr_hold_period *other)
{
	u32 step, came;

	for (step = 0; step < WGR_HOLD_STEPS; step++) {
		came = sum->came[step] + (u32)other->came[step];
		sum->came[step] = came < 0xffff ? (u16)came : 0xffff;
	}
	add(&sum->pushed, other->pushed);
	add(&sum->vain, other->vain);
	add(&sum->others, other->others);
	add(&sum->gone, other->gone);
	add(&sum->back, other->back);
}

static void choose(struct wgr_hold *hold)
{
	struct wgr_hold_period both = hold->now;

	sum_up(&both, &hold->before);
	hold->least_ns = least_wait(hold, &both);
	hold->cheapest_ns = cheapest(hold, &both);
	force(hold);
}

void wgr_hold_set_fixed(struct wgr_hold *hold, u64 wait_ns)
{
	memset(hold, 0, sizeof(*hold));
	hold->wait_ns = bounded(wait_ns, S64_MAX);
	hold->max_ns = hold->wait_ns;
	hold->reach_ns = REACH_NS;
	note_reach(hold);
}

void wgr_hold_set_adaptive(struct wgr_hold *hold, u64 start_ns, u64 max_ns)
{
	memset(hold, 0, sizeof(*hold));
	hold->adaptive = true;
	hold->max_ns = bounded(max_ns, S64_MAX);
	hold->start_ns = bounded(start_ns, hold->max_ns);
	hold->reach_ns = REACH_NS;
	hold->came_ns = S64_MIN;
	hold->count_from_ns = S64_MIN;
	hold->in_vain = PERIOD - TRIAL_VAIN;
	hold->to_come = TRIAL_CAME;
	choose(hold);
}

void wgr_hold_set_max(struct wgr_hold *hold, u64 max_ns)
{
	hold->max_ns = bounded(max_ns, S64_MAX);
	memset(hold->beyond, 0, sizeof(hold->beyond));
	hold->beyond_pushed = 0;
	choose(hold);
}

/* ---- lessons ---- */

static void halve_beyond(struct wgr_hold *hold)
{
	u32 step;

	for (step = 0; step < WGR_HOLD_STEPS; step++)
		hold->beyond[step] /= 2;
	hold->beyond_pushed /= 2;
}

static void note_pushed(struct wgr_hold *hold, u64 pushed)
{
	/* Less than before: the books have been begun anew. */
	u64 more = pushed < hold->pushed ? pushed : pushed - hold->pushed;

	hold->pushed = pushed;
	add(&hold->now.pushed, more);
	add(&hold->beyond_pushed, more);
	while (hold->beyond_pushed > BEYOND_PUSHED)
		halve_beyond(hold);
}

void wgr_hold_gap(struct wgr_hold *hold, s64 now_ns)
{
	if (!hold->ramp_ns || (u64)now_ns - (u64)hold->came_ns <= (u64)hold->ramp_ns)
		return;
	hold->ramp_ns = 0;
	force(hold);
}

/* One in time, but only just: the next may take a little longer. */
static void climb(struct wgr_hold *hold, s64 offset_ns)
{
	s64 more_ns = larger(offset_ns / 4, hold->least_ns) + SLACK_NS;

	if (offset_ns > hold->max_ns - smaller(more_ns, hold->max_ns))
		hold->ramp_ns = hold->max_ns;
	else
		hold->ramp_ns = larger(hold->ramp_ns, offset_ns + more_ns);
	force(hold);
}

/* Two were late by at least so much. */
static void surge(struct wgr_hold *hold, s64 offset_ns)
{
	s64 wait_ns = bounded((u64)offset_ns + (u64)offset_ns / 4 + SLACK_NS, hold->max_ns);

	if (offset_ns <= hold->max_ns)
		hold->surge_ns = larger(hold->surge_ns, wait_ns);
}

/* Return: true if so many are late, and so few lost, that the path must have changed. */
static bool note_late(struct wgr_hold *hold, s64 offset_ns)
{
	s64 both_ns = smaller(offset_ns, hold->late_ns);

	hold->late_ns = offset_ns;
	hold->row += ROW_LATE;
	if (hold->row <= ROW_MOST)
		return false;
	hold->row = ROW_MOST;
	surge(hold, both_ns);
	return true;
}

/* Choosing takes long: not for each of many that take longer than is waited. */
static bool is_time_to_choose(struct wgr_hold *hold)
{
	if (++hold->above < hold->choose_at)
		return false;
	hold->choose_at = hold->above + hold->above / 8 + 1;
	return true;
}

void wgr_hold_came(struct wgr_hold *hold, s64 now_ns, s64 offset_ns, u64 pushed)
{
	bool late = offset_ns > hold->wait_ns;
	bool changed = false;

	note_pushed(hold, pushed);
	if (offset_ns > hold->max_ns)
		count(hold->beyond, step_of(offset_ns));
	if (!hold->adaptive)
		return;
	hold->came_ns = now_ns;
	if (late)
		changed = note_late(hold, offset_ns);
	if (hold->to_come && !--hold->to_come) {
		hold->start_ns = 0;
		changed = true;
	}
	if (offset_ns <= larger(hold->ramp_ns, hold->least_ns)) {
		climb(hold, offset_ns);
	} else {
		count(hold->now.came, step_within(hold, offset_ns));
		hold->surge_helps |= !late && offset_ns <= hold->surge_ns;
		changed |= offset_ns > hold->cheapest_ns && is_time_to_choose(hold);
	}
	if (changed)
		choose(hold);
}

void wgr_hold_unknown(struct wgr_hold *hold)
{
	if (hold->reach_ns >= WGR_HOLD_MOST_NS)
		count(hold->beyond, WGR_HOLD_STEPS - 1);
	hold->reach_ns = smaller(2 * hold->reach_ns, WGR_HOLD_MOST_NS);
}

static void end_period(struct wgr_hold *hold)
{
	hold->before = hold->now;
	memset(&hold->now, 0, sizeof(hold->now));
	hold->in_vain = 0;
	hold->to_come = 0;
	hold->start_ns = 0;
	hold->above = 0;
	hold->choose_at = 0;
	hold->reach_ns = REACH_NS;
}

/* Waits that were raised in haste get shorter with each that is in vain. */
static void calm_down(struct wgr_hold *hold)
{
	hold->ramp_ns -= hold->ramp_ns / 4;
	hold->surge_ns = hold->surge_helps ? hold->surge_ns - hold->surge_ns / 4 : 0;
	hold->surge_helps = false;
}

/* Packets arrive at such a rate where some wait. */
static void note_waited(struct wgr_hold *hold, u32 held)
{
	add(&hold->waited, held - 1);
	add(&hold->waited_ticks, ticks(hold->wait_ns) + 1);
	if ((hold->waited | hold->waited_ticks) >= 1U << 21) {
		hold->waited /= 2;
		hold->waited_ticks /= 2;
	}
}

/* Of those that go on side by side one counts; on trial each does. */
static bool counts(const struct wgr_hold *hold, s64 now_ns)
{
	return hold->to_come || now_ns >= hold->count_from_ns;
}

/*
 * What only other flows have passed is no loss, so where flows pass one another a period
 * goes on for long: few of the packets may be swapped inside their own.
 */
static bool is_over(const struct wgr_hold *hold)
{
	const struct wgr_hold_period *p = &hold->now;

	if (hold->to_come || !(p->others + p->behind))
		return hold->in_vain >= PERIOD;
	return p->pushed >= PERIOD_PUSHED ||
	       less_share(hold->in_vain, p->behind, p->gone) >= PERIOD;
}

void wgr_hold_lost(struct wgr_hold *hold, s64 now_ns, u64 pushed, u32 held, u64 gone)
{
	note_pushed(hold, pushed);
	if (!hold->adaptive)
		return;
	add(&hold->now.vain, 1);
	add(&hold->now.gone, gone);
	note_waited(hold, held);
	if (hold->row)
		hold->row--;
	if (!counts(hold, now_ns))
		return;
	calm_down(hold);
	hold->in_vain++;
	if (is_over(hold))
		end_period(hold);
	choose(hold);
	hold->count_from_ns = wgr_hold_until(hold, now_ns);
}

void wgr_hold_others(struct wgr_hold *hold, s64 now_ns, u64 pushed, u32 held)
{
	note_pushed(hold, pushed);
	if (!hold->adaptive)
		return;
	add(&hold->now.others, 1);
	note_waited(hold, held);
	if (!counts(hold, now_ns))
		return;
	hold->ramp_ns -= hold->ramp_ns / 4;
	if (hold->to_come)
		hold->in_vain++;
	if (is_over(hold)) {
		calm_down(hold);
		end_period(hold);
	}
	choose(hold);
	hold->count_from_ns = wgr_hold_until(hold, now_ns);
}

void wgr_hold_back(struct wgr_hold *hold)
{
	add(&hold->now.back, 1);
}

void wgr_hold_behind(struct wgr_hold *hold)
{
	wgr_hold_back(hold);
	add(&hold->now.behind, 1);
}

/* ---- answers ---- */

bool wgr_hold_comes_back(const struct wgr_hold *hold)
{
	u32 came = hold->now.back + hold->before.back;
	u32 gone = hold->now.gone + hold->before.gone;

	return came > gone / 2;
}

bool wgr_hold_passes(const struct wgr_hold *hold)
{
	u32 behind = hold->now.behind + hold->before.behind;
	u32 pushed = hold->now.pushed + hold->before.pushed;

	return behind > pushed / PASSES_PART;
}

s64 wgr_hold_until(const struct wgr_hold *hold, s64 arrival_ns)
{
	if (arrival_ns > S64_MAX - hold->wait_ns)
		return WGR_NEVER;
	return arrival_ns + hold->wait_ns;
}

/* The shortest wait, of those that may be set, in which seven of eight come. */
static void wish_for(const struct wgr_hold *hold, struct wgr_hold_wish *wish)
{
	u32 saved = 0;
	u32 step;

	for (step = 0; step_end(step) <= WGR_HOLD_MOST_NS; step++) {
		saved += hold->beyond[step];
		if (saved < wish->late - wish->late / 8)
			continue;
		wish->hold_ns = step_wait(step);
		wish->saved = saved;
		return;
	}
}

bool wgr_hold_wanted(const struct wgr_hold *hold, struct wgr_hold_wish *wish)
{
	u32 step;

	memset(wish, 0, sizeof(*wish));
	wish->packets = hold->beyond_pushed;
	for (step = 0; step < WGR_HOLD_STEPS; step++)
		wish->late += hold->beyond[step];
	if (wish->packets < 1024 || wish->late <= wish->packets / 256)
		return false;
	wish_for(hold, wish);
	return true;
}
