/* SPDX-License-Identifier: GPL-2.0 */
/* handshakes.h - handshake messages that came in, and who answers them. */
#ifndef WGR_HANDSHAKES_H
#define WGR_HANDSHAKES_H

#include <linux/skbuff.h>
#include <linux/workqueue.h>

#include "wgr.h"

struct wgr_handshake_worker {
	struct work_struct work;
	struct wgr_device *wgr;
};

/**
 * struct wgr_handshakes - handshake messages of a device
 * @queue: messages; producers: the sockets, consumers: @workers
 * @wq: where the workers run
 * @workers: one for each CPU
 * @last_cpu: the CPU woken last; races only make the turn uneven
 */
struct wgr_handshakes {
	struct sk_buff_head queue;
	struct workqueue_struct *wq;
	struct wgr_handshake_worker __percpu *workers;
	int last_cpu;
};

/* Return: 0 or -ENOMEM. */
int wgr_handshakes_init(struct wgr_device *wgr);
/* Drops what is queued and waits for the workers; no socket may be open. */
void wgr_handshakes_stop(struct wgr_device *wgr);
void wgr_handshakes_destroy(struct wgr_device *wgr);

/* A message of a handshake's type and length; always taken. Softirq. */
void wgr_handshakes_add(struct wgr_device *wgr, struct sk_buff *skb);

/* Drops what nobody has worked on. */
void wgr_handshakes_purge(struct wgr_device *wgr);

#endif
