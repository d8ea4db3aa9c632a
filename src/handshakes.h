/* SPDX-License-Identifier: GPL-2.0 */
/* handshakes.h - handshake messages that came in, and who answers them. */
#ifndef WGR_HANDSHAKES_H
#define WGR_HANDSHAKES_H

#include "wgr.h"

struct sk_buff;

/* Return: 0 or -ENOMEM. */
int wgr_handshakes_init(struct wgr_device *wgr);
/* Drops what is queued and waits for the workers; no socket may be open. */
void wgr_handshakes_stop(struct wgr_device *wgr);
void wgr_handshakes_destroy(struct wgr_device *wgr);

/* A message of a handshake's type and length; always taken. Softirq. */
void wgr_handshakes_add(struct wgr_device *wgr, struct sk_buff *skb);

#endif
