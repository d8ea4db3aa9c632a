// SPDX-License-Identifier: GPL-2.0
/*
 * The numbers below were chosen with ci/bench/sim, whose report says what they
 * were compared with.
 */
#include "hold.h"

/*
 * On top of an offset: a quarter, because the next one may be longer, and what
 * timers and schedulers add to short ones.
 */
#define SLACK_NS	100000

/* Waits in vain in a period: one packet late is taken for as many. */
#define PERIOD		32

/*
 * After so many waits in vain, or missing packets that have come, the wait to
 * begin with is no longer trusted.
 */
#define TRIAL_VAIN	8
#define TRIAL_CAME	1024

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

void wgr_hold_set_fixed(struct wgr_hold *hold, u64 wait_ns)
{
	memset(hold, 0, sizeof(*hold));
	hold->wait_ns = bounded(wait_ns, S64_MAX);
	hold->max_ns = hold->wait_ns;
}

/* The second longest of both periods. */
static void choose(struct wgr_hold *hold)
{
	s64 need_ns = smaller(hold->now.longest_ns, hold->before.longest_ns);

	need_ns = larger(need_ns, hold->now.second_ns);
	need_ns = larger(need_ns, hold->before.second_ns);
	hold->wait_ns = smaller(need_ns, hold->max_ns);
}

void wgr_hold_set_adaptive(struct wgr_hold *hold, u64 start_ns, u64 max_ns)
{
	memset(hold, 0, sizeof(*hold));
	hold->adaptive = true;
	hold->max_ns = bounded(max_ns, S64_MAX);
	hold->count_from_ns = S64_MIN;
	hold->before.longest_ns = bounded(start_ns, hold->max_ns);
	hold->before.second_ns = hold->before.longest_ns;
	hold->in_vain = PERIOD - TRIAL_VAIN;
	hold->to_come = TRIAL_CAME;
	choose(hold);
}

void wgr_hold_set_max(struct wgr_hold *hold, u64 max_ns)
{
	hold->max_ns = bounded(max_ns, S64_MAX);
	choose(hold);
}

static void note_need(struct wgr_hold *hold, s64 need_ns)
{
	struct wgr_needs *now = &hold->now;

	if (need_ns <= now->second_ns)
		return;
	now->second_ns = smaller(need_ns, now->longest_ns);
	now->longest_ns = larger(need_ns, now->longest_ns);
	choose(hold);
}

static void forget_before(struct wgr_hold *hold)
{
	memset(&hold->before, 0, sizeof(hold->before));
	choose(hold);
}

void wgr_hold_came(struct wgr_hold *hold, s64 offset_ns)
{
	if (!hold->adaptive || offset_ns > hold->max_ns)
		return;
	note_need(hold, bounded((u64)offset_ns + (u64)offset_ns / 4 + SLACK_NS, hold->max_ns));
	if (hold->to_come && !--hold->to_come)
		forget_before(hold);
}

void wgr_hold_lost(struct wgr_hold *hold, s64 now_ns)
{
	if (!hold->adaptive || now_ns < hold->count_from_ns)
		return;
	if (++hold->in_vain >= PERIOD) {
		hold->in_vain = 0;
		hold->to_come = 0;
		hold->before = hold->now;
		memset(&hold->now, 0, sizeof(hold->now));
		choose(hold);
	}
	hold->count_from_ns = wgr_hold_until(hold, now_ns);
}

s64 wgr_hold_until(const struct wgr_hold *hold, s64 arrival_ns)
{
	if (arrival_ns > S64_MAX - hold->wait_ns)
		return WGR_NEVER;
	return arrival_ns + hold->wait_ns;
}
