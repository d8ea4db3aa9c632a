// SPDX-License-Identifier: GPL-2.0
/* timers.c - what has to happen at a peer without a packet to cause it. */
#include "timers.h"

#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/timekeeping.h>

#include "device.h"
#include "peer.h"
#include "randomness.h"
#include "tx.h"

/*
 * Repetitions of an initiation that is not answered. The paper gives the time;
 * counted as the kernel's own module counts, 20 are sent in all.
 */
#define MAX_ATTEMPTS (WGR_REKEY_ATTEMPT_S / WGR_REKEY_TIMEOUT_S + 1)

/* When an unanswered handshake may not be repeated yet. */
#define RECHECK (HZ / 10)

/* Zero stands for "not set", so a time of zero is put off by one jiffy. */
static unsigned long due_in(unsigned long delta)
{
	return (jiffies + delta) ?: 1;
}

static bool is_set(struct wgr_timers *timers, enum wgr_alarm alarm)
{
	return READ_ONCE(timers->due[alarm]) != 0;
}

static void clear(struct wgr_timers *timers, enum wgr_alarm alarm)
{
	/* Read first: this runs for each packet and is mostly clear already. */
	if (is_set(timers, alarm))
		WRITE_ONCE(timers->due[alarm], 0);
}

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

static void set(struct wgr_timers *timers, enum wgr_alarm alarm,
		unsigned long delta)
{
	unsigned long due = due_in(delta);

	if (unlikely(READ_ONCE(timers->stopped)))
		return;
	if (READ_ONCE(timers->due[alarm]) == due)
		return;
	WRITE_ONCE(timers->due[alarm], due);
	/*
	 * A timer that rings earlier finds the alarm and comes back. Either we
	 * see that it rings now, or it sees our alarm: pairs with ring().
	 */
	smp_mb();
	if (!rings_by(timers, due))
		arm(timers, due);
}

static unsigned long jittered(unsigned int seconds)
{
	return seconds * HZ +
	       get_random_u32_below(msecs_to_jiffies(WGR_RETRY_JITTER_MS) + 1);
}

/* The path may be what failed, so the next try picks its source anew. */
static void try_another_source(struct wgr_peer *peer)
{
	wgr_endpoint_forget_source(&peer->endpoint);
}

static void forget_later(struct wgr_peer *peer)
{
	set(&peer->timers, WGR_ALARM_FORGET, WGR_FORGET_KEYS_S * HZ);
}

static void give_up(struct wgr_peer *peer)
{
	struct wgr_timers *timers = &peer->timers;

	net_dbg_ratelimited("%s: Peer %llu gave no answer to %u handshakes\n",
			    peer->wgr->dev->name, peer->id, READ_ONCE(timers->attempts));
	clear(timers, WGR_ALARM_KEEPALIVE);
	DEV_STATS_ADD(peer->wgr->dev, tx_dropped, wgr_tx_drop_staged(peer));
	if (!is_set(timers, WGR_ALARM_FORGET))
		forget_later(peer);
}

void wgr_timers_retry_soon(struct wgr_peer *peer)
{
	set(&peer->timers, WGR_ALARM_RETRY, RECHECK);
}

static void ring_retry(struct wgr_peer *peer)
{
	struct wgr_timers *timers = &peer->timers;

	if (READ_ONCE(timers->attempts) >= MAX_ATTEMPTS) {
		give_up(peer);
		return;
	}
	/* Too early by a tick, or we have just answered one of theirs. */
	if (!wgr_has_aged(atomic64_read(&peer->last_initiation_ns),
			  WGR_REKEY_TIMEOUT_S) || !wgr_random_ready()) {
		wgr_timers_retry_soon(peer);
		return;
	}
	WRITE_ONCE(timers->attempts, timers->attempts + 1);
	try_another_source(peer);
	wgr_tx_ask_handshake(peer, true);
}

static void ring_keepalive(struct wgr_peer *peer)
{
	wgr_tx_keepalive(peer);
	if (READ_ONCE(peer->timers.again)) {
		WRITE_ONCE(peer->timers.again, false);
		set(&peer->timers, WGR_ALARM_KEEPALIVE, WGR_KEEPALIVE_S * HZ);
	}
}

static void ring_silence(struct wgr_peer *peer)
{
	try_another_source(peer);
	wgr_tx_ask_handshake(peer, false);
}

static void ring_forget(struct wgr_peer *peer)
{
	if (!wgr_peer_get(peer))
		return;
	if (!queue_work(peer->wgr->handshakes.wq, &peer->timers.forget))
		wgr_peer_put(peer);
}

static void forget_work(struct work_struct *work)
{
	struct wgr_peer *peer =
		container_of(work, struct wgr_peer, timers.forget);

	wgr_noise_clear(&peer->noise);
	wgr_sessions_clear(peer);
	wgr_peer_put(peer);
}

static void ring_persistent(struct wgr_peer *peer)
{
	if (READ_ONCE(peer->keepalive_s))
		wgr_tx_keepalive(peer);
}

static void (*const rings[WGR_ALARMS])(struct wgr_peer *peer) = {
	[WGR_ALARM_RETRY] = ring_retry,
	[WGR_ALARM_KEEPALIVE] = ring_keepalive,
	[WGR_ALARM_SILENCE] = ring_silence,
	[WGR_ALARM_FORGET] = ring_forget,
	[WGR_ALARM_PERSISTENT] = ring_persistent,
};

/*
 * Rings what is due and comes back for the earliest of the rest. An alarm that
 * was moved on meanwhile is left alone by the compare-and-exchange.
 */
static enum hrtimer_restart ring(struct hrtimer *timer)
{
	struct wgr_peer *peer = container_of(timer, struct wgr_peer, timers.timer);
	struct wgr_timers *timers = &peer->timers;
	unsigned long due, now = jiffies;
	int alarm;

	spin_lock_bh(&timers->lock);
	WRITE_ONCE(timers->armed, 0);
	spin_unlock_bh(&timers->lock);
	/* Pairs with set(): the timer counts as not armed before we look. */
	smp_mb();
	for (alarm = 0; alarm < WGR_ALARMS; alarm++) {
		due = READ_ONCE(timers->due[alarm]);
		if (!due)
			continue;
		if (time_before(now, due))
			arm(timers, due);
		else if (cmpxchg(&timers->due[alarm], due, 0) == due)
			rings[alarm](peer);
		else
			arm(timers, now + 1);
	}
	return HRTIMER_NORESTART;
}

void wgr_timers_init(struct wgr_peer *peer)
{
	struct wgr_timers *timers = &peer->timers;

	spin_lock_init(&timers->lock);
	hrtimer_setup(&timers->timer, ring, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
	INIT_WORK(&timers->forget, forget_work);
	timers->stopped = true;
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

void wgr_timers_start(struct wgr_peer *peer)
{
	WRITE_ONCE(peer->timers.stopped, false);
}

void wgr_timers_stop(struct wgr_peer *peer)
{
	struct wgr_timers *timers = &peer->timers;
	int alarm;

	WRITE_ONCE(timers->stopped, true);
	for (alarm = 0; alarm < WGR_ALARMS; alarm++)
		WRITE_ONCE(timers->due[alarm], 0);
	/*
	 * A caller of set() may have passed the check before. Its alarm rings
	 * at a peer that is stopped, which does no harm, or is deleted by
	 * wgr_timers_destroy().
	 */
	cancel(timers);
	if (cancel_work_sync(&timers->forget))
		wgr_peer_put(peer);
	WRITE_ONCE(timers->attempts, 0);
	WRITE_ONCE(timers->again, false);
	WRITE_ONCE(timers->rekeyed_late, false);
}

void wgr_timers_destroy(struct wgr_peer *peer)
{
	cancel(&peer->timers);
}

void wgr_timers_sent_data(struct wgr_peer *peer)
{
	if (!is_set(&peer->timers, WGR_ALARM_SILENCE))
		set(&peer->timers, WGR_ALARM_SILENCE,
		    jittered(WGR_KEEPALIVE_S + WGR_REKEY_TIMEOUT_S));
}

void wgr_timers_got_data(struct wgr_peer *peer)
{
	if (!is_set(&peer->timers, WGR_ALARM_KEEPALIVE))
		set(&peer->timers, WGR_ALARM_KEEPALIVE, WGR_KEEPALIVE_S * HZ);
	else if (!READ_ONCE(peer->timers.again))
		WRITE_ONCE(peer->timers.again, true);
}

static void passed(struct wgr_peer *peer)
{
	u16 interval = READ_ONCE(peer->keepalive_s);

	if (interval)
		set(&peer->timers, WGR_ALARM_PERSISTENT,
		    (unsigned long)interval * HZ);
}

void wgr_timers_sent_any(struct wgr_peer *peer)
{
	clear(&peer->timers, WGR_ALARM_KEEPALIVE);
	passed(peer);
}

void wgr_timers_got_any(struct wgr_peer *peer)
{
	clear(&peer->timers, WGR_ALARM_SILENCE);
	passed(peer);
}

void wgr_timers_sent_initiation(struct wgr_peer *peer)
{
	set(&peer->timers, WGR_ALARM_RETRY, jittered(WGR_REKEY_TIMEOUT_S));
	wgr_timers_sent_any(peer);
}

void wgr_timers_got_session(struct wgr_peer *peer)
{
	forget_later(peer);
}

void wgr_timers_handshake_done(struct wgr_peer *peer)
{
	clear(&peer->timers, WGR_ALARM_RETRY);
	WRITE_ONCE(peer->timers.attempts, 0);
	WRITE_ONCE(peer->timers.rekeyed_late, false);
	WRITE_ONCE(peer->last_handshake_ns, ktime_get_real_ns());
}

void wgr_timers_interval_changed(struct wgr_peer *peer)
{
	if (READ_ONCE(peer->keepalive_s))
		wgr_tx_keepalive(peer);
	else
		clear(&peer->timers, WGR_ALARM_PERSISTENT);
}
