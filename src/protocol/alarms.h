/* SPDX-License-Identifier: GPL-2.0 */
/*
 * alarms.h - what has to happen at a peer without a packet to cause it.
 *
 * What happens is told as it happens, together with the time. Most of it sets or
 * clears an alarm. What sets one returns when that is due, 0 for none: then, or
 * before, wgr_alarms_ring() has to be called. It says what is to be done and
 * when it wants to be called next.
 *
 * Time of alarms is in ticks, HZ a second, that may run over: the data path tells
 * what happens with each packet, and no other time is as cheap. What is as long
 * as keys live is in ns of the boot time clock.
 *
 * No lock: any context may tell of anything at any time, several at once.
 */
#ifndef WGR_PROTOCOL_ALARMS_H
#define WGR_PROTOCOL_ALARMS_H

#include "limits.h"

enum wgr_alarm {
	WGR_ALARM_RETRY,	/* an initiation was not answered */
	WGR_ALARM_KEEPALIVE,	/* data came and nothing was sent since */
	WGR_ALARM_SILENCE,	/* data was sent and nothing came since */
	WGR_ALARM_FORGET,	/* keys are so old that they must go */
	WGR_ALARM_PERSISTENT,	/* the persistent keepalive is due */
	WGR_ALARMS
};

/* What is to be done, in this order. */
enum wgr_action {
	WGR_DO_GIVE_UP = BIT(0),	/* nobody answers: drop what waits for keys */
	WGR_DO_NEW_SOURCE = BIT(1),	/* the path may be what failed: choose the source anew */
	WGR_DO_INITIATE = BIT(2),	/* send an initiation */
	WGR_DO_KEEPALIVE = BIT(3),	/* send what waits, or an empty packet */
	WGR_DO_PERSISTENT = BIT(4),	/* the same, if there still is an interval */
	WGR_DO_FORGET = BIT(5),		/* wipe all keys, and the handshake under way */
};

/**
 * struct wgr_alarms - alarms of a peer
 * @due: tick of each alarm, 0 when not set
 * @attempts: initiations sent without an answer
 * @stopped: the peer is going away or the device is down: no alarm is set
 * @last_initiation_ns: when an initiation was sent or asked for last (boot time
 *	clock), 0 for never
 *
 * All zeros is a peer of which nothing is known.
 */
struct wgr_alarms {
	unsigned long due[WGR_ALARMS];
	unsigned int attempts;
	bool stopped;
	atomic64_t last_initiation_ns;
};

static inline bool wgr_alarm_is_set(const struct wgr_alarms *alarms, enum wgr_alarm alarm)
{
	return READ_ONCE(alarms->due[alarm]) != 0;
}

static inline void wgr_alarm_clear(struct wgr_alarms *alarms, enum wgr_alarm alarm)
{
	/* Read first: this runs for each packet and is mostly clear already. */
	if (wgr_alarm_is_set(alarms, alarm))
		WRITE_ONCE(alarms->due[alarm], 0);
}

/* Return: when it is due, or 0 if there is nothing new to wait for. */
static inline unsigned long wgr_alarm_set(struct wgr_alarms *alarms, enum wgr_alarm alarm,
					  unsigned long now, unsigned long ticks)
{
	/* Zero stands for "not set", so a time of zero is put off by one tick. */
	unsigned long due = (now + ticks) ?: 1;

	if (unlikely(READ_ONCE(alarms->stopped)) || READ_ONCE(alarms->due[alarm]) == due)
		return 0;
	WRITE_ONCE(alarms->due[alarm], due);
	return due;
}

/*
 * The first few run for each packet. Mostly the alarm that they set is set, or the
 * one that they clear is clear. @interval_s is that of the persistent keepalive, 0 for
 * none.
 */

static inline unsigned long wgr_alarms_passed(struct wgr_alarms *alarms, unsigned long now,
					      u16 interval_s)
{
	if (!interval_s)
		return 0;
	return wgr_alarm_set(alarms, WGR_ALARM_PERSISTENT, now, (unsigned long)interval_s * HZ);
}

/* An authentic packet of any kind was sent. */
static inline unsigned long wgr_alarms_sent_any(struct wgr_alarms *alarms, unsigned long now,
						u16 interval_s)
{
	wgr_alarm_clear(alarms, WGR_ALARM_KEEPALIVE);
	return wgr_alarms_passed(alarms, now, interval_s);
}

/* An authentic packet of any kind has come. */
static inline unsigned long wgr_alarms_got_any(struct wgr_alarms *alarms, unsigned long now,
					       u16 interval_s)
{
	wgr_alarm_clear(alarms, WGR_ALARM_SILENCE);
	return wgr_alarms_passed(alarms, now, interval_s);
}

/* So many ticks, and up to a third of a second more, so that both ends part. */
unsigned long wgr_alarms_jittered(unsigned int seconds);

/* A packet with something in it was sent; after wgr_alarms_sent_any(). */
static inline unsigned long wgr_alarms_sent_data(struct wgr_alarms *alarms, unsigned long now)
{
	if (wgr_alarm_is_set(alarms, WGR_ALARM_SILENCE))
		return 0;
	return wgr_alarm_set(alarms, WGR_ALARM_SILENCE, now,
			     wgr_alarms_jittered(WGR_KEEPALIVE_S + WGR_REKEY_TIMEOUT_S));
}

/* A packet with something in it has come; after wgr_alarms_got_any(). */
static inline unsigned long wgr_alarms_got_data(struct wgr_alarms *alarms, unsigned long now)
{
	if (wgr_alarm_is_set(alarms, WGR_ALARM_KEEPALIVE))
		return 0;
	return wgr_alarm_set(alarms, WGR_ALARM_KEEPALIVE, now,
			     (unsigned long)WGR_KEEPALIVE_S * HZ);
}

/* An initiation was sent, or lost for want of memory. wgr_alarms_sent_any() follows. */
unsigned long wgr_alarms_sent_initiation(struct wgr_alarms *alarms, unsigned long now);

/* None could be sent, and none was tried: it is to be tried again soon. */
unsigned long wgr_alarms_retry_soon(struct wgr_alarms *alarms, unsigned long now);

/* Keys were made. */
unsigned long wgr_alarms_got_keys(struct wgr_alarms *alarms, unsigned long now);

/* Both sides have them. */
void wgr_alarms_handshake_done(struct wgr_alarms *alarms);

/**
 * wgr_alarms_ask() - a handshake is wanted
 * @alarms: of the peer
 * @now_ns: boot time clock
 *
 * A series of attempts that is under way begins anew.
 *
 * Return: true if an initiation may be sent; at most one in WGR_REKEY_TIMEOUT_S.
 */
bool wgr_alarms_ask(struct wgr_alarms *alarms, u64 now_ns);

/* The same without a wish: may one be sent? To be asked again when it is made. */
bool wgr_alarms_may_initiate(const struct wgr_alarms *alarms, u64 now_ns);

/* One was sent so recently that the other side may have begun before it came. */
bool wgr_alarms_just_initiated(const struct wgr_alarms *alarms, u64 now_ns);

/* One is being made; or one of theirs was answered, so that none is needed. */
void wgr_alarms_note_initiation(struct wgr_alarms *alarms, u64 now_ns);

/* What an earlier one was for is void: the next may be sent at once. */
void wgr_alarms_forget_initiation(struct wgr_alarms *alarms);

/**
 * wgr_alarms_ring() - see what is due
 * @alarms: of the peer
 * @now: tick
 * @now_ns: boot time clock
 * @ready: an initiation could be made now
 * @next: receives the tick at which this has to be called again, @now in a race, 0 for no more;
 *	what sets an alarm meanwhile returns its own
 *
 * Return: what is to be done, of enum wgr_action.
 */
unsigned int wgr_alarms_ring(struct wgr_alarms *alarms, unsigned long now, u64 now_ns,
			     bool ready, unsigned long *next);

/* Alarms may be set from now on. */
void wgr_alarms_start(struct wgr_alarms *alarms);

/* All are cleared and none can be set; who has been about to may still do so. */
void wgr_alarms_stop(struct wgr_alarms *alarms);

/* Begins from nothing, after wgr_alarms_stop() and when all that was set has rung. */
void wgr_alarms_reset(struct wgr_alarms *alarms);

#endif
