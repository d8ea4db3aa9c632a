/* SPDX-License-Identifier: GPL-2.0 */
/* tx.h - the way out: staging, counters, encryption, sending. */
#ifndef WGR_TX_H
#define WGR_TX_H

#include <linux/netdevice.h>
#include <linux/types.h>

#include "wgr.h"

/* A packet from the network stack, to be sent through the tunnel. */
netdev_tx_t wgr_tx_xmit(struct sk_buff *skb, struct net_device *dev);

void wgr_tx_init(struct wgr_peer *peer);
/* Drops what is staged. Return: how many packets. */
unsigned int wgr_tx_drop_staged(struct wgr_peer *peer);

/**
 * wgr_tx_stage() - let packets wait for the peer's session
 * @peer: whom they are for
 * @first: inner packets linked through ->next; always taken
 * @mtu: of their route
 *
 * Of more than WGR_MAX_STAGED packets the newest are kept.
 * wgr_tx_push() has to follow.
 */
void wgr_tx_stage(struct wgr_peer *peer, struct sk_buff *first, u32 mtu);

/**
 * wgr_tx_push() - give staged packets counters and have them encrypted
 * @peer: whose
 *
 * Without a session that may send, asks for a handshake instead.
 */
void wgr_tx_push(struct wgr_peer *peer);

/* Stages an empty packet if nothing is staged, and pushes. */
void wgr_tx_keepalive(struct wgr_peer *peer);

/**
 * wgr_tx_ask_handshake() - have an initiation sent soon
 * @peer: whom to
 *
 * At most one in WGR_REKEY_TIMEOUT_S goes out. Any context.
 */
void wgr_tx_ask_handshake(struct wgr_peer *peer);

/* Answers the initiation that was read; process context. */
void wgr_tx_response(struct wgr_peer *peer);

/* The interval of the persistent keepalive has been set; any context. */
void wgr_tx_interval_changed(struct wgr_peer *peer);

#endif
