// SPDX-License-Identifier: GPL-2.0
/* alarms.c - what has to happen at a peer without a packet to cause it. */
#include "alarms.h"

/* Ticks in so many milliseconds, rounded up. */
#define TICKS(ms)	(((unsigned long)(ms) * HZ + 999) / 1000)

/*
 * Repetitions of an initiation that is not answered. The paper gives the time;
 * counted as the kernel's own module counts, 20 are sent in all.
 */
#define MAX_ATTEMPTS	(WGR_REKEY_ATTEMPT_S / WGR_REKEY_TIMEOUT_S + 1)

/* When an unanswered handshake may not be repeated yet. */
#define RECHECK		TICKS(100)

unsigned long wgr_alarms_jittered(unsigned int seconds)
{
	return (unsigned long)seconds * HZ +
	       get_random_u32_below(TICKS(WGR_RETRY_JITTER_MS) + 1);
}

static unsigned long forget_later(struct wgr_alarms *alarms, unsigned long now)
{
	return wgr_alarm_set(alarms, WGR_ALARM_FORGET, now,
			     (unsigned long)WGR_FORGET_KEYS_S * HZ);
}

unsigned long wgr_alarms_sent_initiation(struct wgr_alarms *alarms, unsigned long now)
{
	return wgr_alarm_set(alarms, WGR_ALARM_RETRY, now,
			     wgr_alarms_jittered(WGR_REKEY_TIMEOUT_S));
}

unsigned long wgr_alarms_retry_soon(struct wgr_alarms *alarms, unsigned long now)
{
	return wgr_alarm_set(alarms, WGR_ALARM_RETRY, now, RECHECK);
}

unsigned long wgr_alarms_got_keys(struct wgr_alarms *alarms, unsigned long now)
{
	return forget_later(alarms, now);
}

void wgr_alarms_handshake_done(struct wgr_alarms *alarms)
{
	wgr_alarm_clear(alarms, WGR_ALARM_RETRY);
	WRITE_ONCE(alarms->attempts, 0);
}

bool wgr_alarms_may_initiate(const struct wgr_alarms *alarms, u64 now_ns)
{
	u64 last_ns = atomic64_read(&alarms->last_initiation_ns);

	return !last_ns || wgr_aged(last_ns, WGR_REKEY_TIMEOUT_S, now_ns);
}

bool wgr_alarms_ask(struct wgr_alarms *alarms, u64 now_ns)
{
	WRITE_ONCE(alarms->attempts, 0);
	return wgr_alarms_may_initiate(alarms, now_ns);
}

bool wgr_alarms_just_initiated(const struct wgr_alarms *alarms, u64 now_ns)
{
	return now_ns < (u64)atomic64_read(&alarms->last_initiation_ns) + WGR_AT_ONCE_NS;
}

void wgr_alarms_note_initiation(struct wgr_alarms *alarms, u64 now_ns)
{
	atomic64_set(&alarms->last_initiation_ns, now_ns);
}

void wgr_alarms_forget_initiation(struct wgr_alarms *alarms)
{
	atomic64_set(&alarms->last_initiation_ns, 0);
}

static unsigned int give_up(struct wgr_alarms *alarms, unsigned long now)
{
	wgr_alarm_clear(alarms, WGR_ALARM_KEEPALIVE);
	if (!wgr_alarm_is_set(alarms, WGR_ALARM_FORGET))
		forget_later(alarms, now);
	return WGR_DO_GIVE_UP;
}

static unsigned int ring_retry(struct wgr_alarms *alarms, unsigned long now, u64 now_ns,
			       bool ready)
{
	unsigned int attempts = READ_ONCE(alarms->attempts);

	if (attempts >= MAX_ATTEMPTS)
		return give_up(alarms, now);
	/* Too early by a tick, or we have just answered one of theirs. */
	if (!ready || !wgr_alarms_may_initiate(alarms, now_ns)) {
		wgr_alarms_retry_soon(alarms, now);
		return 0;
	}
	WRITE_ONCE(alarms->attempts, attempts + 1);
	return WGR_DO_NEW_SOURCE | WGR_DO_INITIATE;
}

static unsigned int ring_silence(struct wgr_alarms *alarms, u64 now_ns)
{
	return WGR_DO_NEW_SOURCE | (wgr_alarms_ask(alarms, now_ns) ? WGR_DO_INITIATE : 0);
}

static unsigned int ring_one(struct wgr_alarms *alarms, enum wgr_alarm alarm,
			     unsigned long now, u64 now_ns, bool ready)
{
	switch (alarm) {
	case WGR_ALARM_RETRY:
		return ring_retry(alarms, now, now_ns, ready);
	case WGR_ALARM_KEEPALIVE:
		return WGR_DO_KEEPALIVE;
	case WGR_ALARM_SILENCE:
		return ring_silence(alarms, now_ns);
	case WGR_ALARM_FORGET:
		return WGR_DO_FORGET;
	case WGR_ALARM_PERSISTENT:
		return WGR_DO_PERSISTENT;
	case WGR_ALARMS:
		break;
	}
	return 0;
}

/* The alarm that is due first, 0 if none is set. */
static unsigned long earliest(const struct wgr_alarms *alarms)
{
	unsigned long due, first = 0;
	int alarm;

	for (alarm = 0; alarm < WGR_ALARMS; alarm++) {
		due = READ_ONCE(alarms->due[alarm]);
		if (due && (!first || time_before(due, first)))
			first = due;
	}
	return first;
}

/* An alarm that is moved on meanwhile is left alone by the compare-and-exchange. */
unsigned int wgr_alarms_ring(struct wgr_alarms *alarms, unsigned long now, u64 now_ns,
			     bool ready, unsigned long *next)
{
	unsigned int actions = 0;
	unsigned long due;
	int alarm;

	for (alarm = 0; alarm < WGR_ALARMS; alarm++) {
		due = READ_ONCE(alarms->due[alarm]);
		if (due && !time_before(now, due) &&
		    cmpxchg(&alarms->due[alarm], due, 0) == due)
			actions |= ring_one(alarms, alarm, now, now_ns, ready);
	}
	*next = earliest(alarms);
	return actions;
}

void wgr_alarms_start(struct wgr_alarms *alarms)
{
	WRITE_ONCE(alarms->stopped, false);
}

void wgr_alarms_stop(struct wgr_alarms *alarms)
{
	int alarm;

	WRITE_ONCE(alarms->stopped, true);
	for (alarm = 0; alarm < WGR_ALARMS; alarm++)
		WRITE_ONCE(alarms->due[alarm], 0);
}

void wgr_alarms_reset(struct wgr_alarms *alarms)
{
	WRITE_ONCE(alarms->attempts, 0);
}
