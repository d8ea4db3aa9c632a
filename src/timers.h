/* SPDX-License-Identifier: GPL-2.0 */
/*
 * timers.h - what has to happen at a peer without a packet to cause it.
 *
 * protocol/alarms.h knows when; here is the one kernel timer that its alarms
 * share. Setting an alarm touches the timer only if that would come too late, so
 * that the alarms which traffic moves all the time cost a store.
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

#include "protocol/alarms.h"

/**
 * struct wgr_timers - alarms of a peer
 * @alarms: when what is due
 * @lock: guards the arming of @timer
 * @timer: rings at the earliest alarm, or before
 * @armed: jiffies when it rings, 0 when it does not; read without @lock to see
 *	whether that is early enough
 * @act: does what is to be done, of enum wgr_action; called in softirq context
 * @keepalive_s: persistent keepalive interval in seconds, 0 for off
 * @last_handshake_ns: when a handshake was completed last (real time clock,
 *	ns), 0 for never; for display
 */
struct wgr_timers {
	struct wgr_alarms alarms;
	spinlock_t lock;
	struct hrtimer timer;
	unsigned long armed;
	void (*act)(struct wgr_timers *timers, unsigned int actions);
	u16 keepalive_s;
	s64 last_handshake_ns;
};

void wgr_timers_init(struct wgr_timers *timers,
		     void (*act)(struct wgr_timers *timers, unsigned int actions));
/* The device is up: alarms may be set. */
void wgr_timers_start(struct wgr_timers *timers);
/* Clears all alarms and waits for those that ring; none can be set after. */
void wgr_timers_stop(struct wgr_timers *timers);
/* Before the peer's memory goes: nobody is left to set an alarm. */
void wgr_timers_destroy(struct wgr_timers *timers);

/* What happened, as in protocol/alarms.h; the alarms follow from it. */
void wgr_timers_sent_data(struct wgr_timers *timers);
void wgr_timers_got_data(struct wgr_timers *timers);
void wgr_timers_sent_any(struct wgr_timers *timers);
void wgr_timers_got_any(struct wgr_timers *timers);
void wgr_timers_sent_initiation(struct wgr_timers *timers);
void wgr_timers_retry_soon(struct wgr_timers *timers);
void wgr_timers_got_keys(struct wgr_timers *timers);
void wgr_timers_handshake_done(struct wgr_timers *timers);

#endif
