// SPDX-License-Identifier: GPL-2.0
/* timers.c - what has to happen at a peer without a packet to cause it. */
#include "timers.h"

#include <linux/jiffies.h>
#include <linux/timekeeping.h>

#include "randomness.h"
#include "wgr.h"

static bool rings_by(const struct wgr_timers *timers, unsigned long due)
{
	unsigned long armed = READ_ONCE(timers->armed);

	return armed && !time_after(armed, due);
}

/* Sees to it that the timer rings when @due, or before. */
static void arm(struct wgr_timers *timers, unsigned long due)
{
	long left = due - jiffies;
	/* Not jiffies_to_nsecs(): in older kernels that ends after 71 minutes. */
	u64 ns = (u64)max(left, 1L) * TICK_NSEC;

	spin_lock_bh(&timers->lock);
	if (!rings_by(timers, due)) {
		WRITE_ONCE(timers->armed, due);
		hrtimer_start(&timers->timer, ns_to_ktime(ns), HRTIMER_MODE_REL_SOFT);
	}
	spin_unlock_bh(&timers->lock);
}

/* An alarm has been set for then, if not 0. */
static void expect(struct wgr_timers *timers, unsigned long due)
{
	if (!due)
		return;
	/*
	 * A timer that rings earlier finds the alarm and comes back. Either we
	 * see that it rings now, or it sees our alarm: pairs with ring().
	 */
	smp_mb();
	if (!rings_by(timers, due))
		arm(timers, due);
}

static enum hrtimer_restart ring(struct hrtimer *timer)
{
	struct wgr_timers *timers = container_of(timer, struct wgr_timers, timer);
	unsigned int actions;
	unsigned long next;

	spin_lock_bh(&timers->lock);
	WRITE_ONCE(timers->armed, 0);
	spin_unlock_bh(&timers->lock);
	/* Pairs with expect(): the timer counts as not armed before we look. */
	smp_mb();
	actions = wgr_alarms_ring(&timers->alarms, jiffies, wgr_now_ns(), wgr_random_ready(),
				  &next);
	if (next)
		arm(timers, next);
	if (actions)
		timers->act(timers, actions);
	return HRTIMER_NORESTART;
}

void wgr_timers_init(struct wgr_timers *timers,
		     void (*act)(struct wgr_timers *timers, unsigned int actions))
{
	spin_lock_init(&timers->lock);
	hrtimer_setup(&timers->timer, ring, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
	timers->act = act;
	wgr_alarms_stop(&timers->alarms);
}

static void cancel(struct wgr_timers *timers)
{
	hrtimer_cancel(&timers->timer);
	/* Who armed it since then keeps it. */
	spin_lock_bh(&timers->lock);
	if (!hrtimer_is_queued(&timers->timer))
		WRITE_ONCE(timers->armed, 0);
	spin_unlock_bh(&timers->lock);
}

void wgr_timers_start(struct wgr_timers *timers)
{
	wgr_alarms_start(&timers->alarms);
}

void wgr_timers_stop(struct wgr_timers *timers)
{
	wgr_alarms_stop(&timers->alarms);
	/*
	 * Who sets an alarm may have passed the check before. It rings at a peer
	 * that is stopped, which does no harm, or is deleted by
	 * wgr_timers_destroy().
	 */
	cancel(timers);
	wgr_alarms_reset(&timers->alarms);
}

void wgr_timers_destroy(struct wgr_timers *timers)
{
	cancel(timers);
}

void wgr_timers_sent_data(struct wgr_timers *timers)
{
	expect(timers, wgr_alarms_sent_data(&timers->alarms, jiffies));
}

void wgr_timers_got_data(struct wgr_timers *timers)
{
	expect(timers, wgr_alarms_got_data(&timers->alarms, jiffies));
}

void wgr_timers_sent_any(struct wgr_timers *timers)
{
	expect(timers, wgr_alarms_sent_any(&timers->alarms, jiffies,
					   READ_ONCE(timers->keepalive_s)));
}

void wgr_timers_got_any(struct wgr_timers *timers)
{
	expect(timers, wgr_alarms_got_any(&timers->alarms, jiffies,
					  READ_ONCE(timers->keepalive_s)));
}

void wgr_timers_sent_initiation(struct wgr_timers *timers)
{
	expect(timers, wgr_alarms_sent_initiation(&timers->alarms, jiffies));
	wgr_timers_sent_any(timers);
}

void wgr_timers_retry_soon(struct wgr_timers *timers)
{
	expect(timers, wgr_alarms_retry_soon(&timers->alarms, jiffies));
}

void wgr_timers_got_keys(struct wgr_timers *timers)
{
	expect(timers, wgr_alarms_got_keys(&timers->alarms, jiffies));
}

void wgr_timers_handshake_done(struct wgr_timers *timers)
{
	wgr_alarms_handshake_done(&timers->alarms);
	WRITE_ONCE(timers->last_handshake_ns, ktime_get_real_ns());
}
