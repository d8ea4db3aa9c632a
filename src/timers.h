/* SPDX-License-Identifier: GPL-2.0 */
/*
 * timers.h - what has to happen at a peer without a packet to cause it.
 *
 * Five alarms share one kernel timer. Setting an alarm writes its time and
 * touches the timer only if the timer would come too late, so that the
 * alarms which traffic moves all the time cost a store.
 *
 * It is a timer of high resolution. The kernel's other kind puts a far time
 * off by up to an eighth of what it is away, and does not tell: a near alarm
 * that finds it armed for an earlier time would be late by as much.
 */
#ifndef WGR_TIMERS_H
#define WGR_TIMERS_H

#include <linux/hrtimer.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "wgr.h"

enum wgr_alarm {
	WGR_ALARM_RETRY,	/* an initiation was not answered */
	WGR_ALARM_KEEPALIVE,	/* data came and nothing was sent since */
	WGR_ALARM_SILENCE,	/* data was sent and nothing came since */
	WGR_ALARM_FORGET,	/* keys are so old that they must go */
	WGR_ALARM_PERSISTENT,	/* the persistent keepalive is due */
	WGR_ALARMS
};

/**
 * struct wgr_timers - alarms of a peer
 * @lock: guards the arming of @timer
 * @timer: rings at the earliest alarm, or before
 * @armed: jiffies when it rings, 0 when it does not; read without @lock to see
 *	whether that is early enough
 * @due: jiffies of each alarm, 0 when not set
 * @attempts: initiations sent without an answer
 * @again: more data came while WGR_ALARM_KEEPALIVE was set already
 * @rekeyed_late: the last-minute handshake of this session has been asked for
 * @stopped: the peer is going away or the device is down
 * @forget: wipes keys in process context
 */
struct wgr_timers {
	spinlock_t lock;
	struct hrtimer timer;
	unsigned long armed;
	unsigned long due[WGR_ALARMS];
	unsigned int attempts;
	bool again;
	bool rekeyed_late;
	bool stopped;
	struct work_struct forget;
};

void wgr_timers_init(struct wgr_peer *peer);
/* The device is up: alarms may be set. */
void wgr_timers_start(struct wgr_peer *peer);
/* Clears all alarms and waits for those that ring; none can be set after. */
void wgr_timers_stop(struct wgr_peer *peer);
/* Before the peer's memory goes: nobody is left to set an alarm. */
void wgr_timers_destroy(struct wgr_peer *peer);

/* What happened; the alarms follow from it. */
void wgr_timers_sent_data(struct wgr_peer *peer);
void wgr_timers_got_data(struct wgr_peer *peer);
void wgr_timers_sent_any(struct wgr_peer *peer);
void wgr_timers_got_any(struct wgr_peer *peer);
void wgr_timers_sent_initiation(struct wgr_peer *peer);
void wgr_timers_retry_soon(struct wgr_peer *peer);	/* none could be sent */
void wgr_timers_got_session(struct wgr_peer *peer);	/* keys were made */
void wgr_timers_handshake_done(struct wgr_peer *peer);	/* both have them */
void wgr_timers_interval_changed(struct wgr_peer *peer);

#endif
