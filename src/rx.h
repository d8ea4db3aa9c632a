/* SPDX-License-Identifier: GPL-2.0 */
/* rx.h - the way in: datagram, decryption, order, network stack. */
#ifndef WGR_RX_H
#define WGR_RX_H

#include "wgr.h"

void wgr_rx_init(struct wgr_peer *peer);
/* No more polls and no timer; process context. */
void wgr_rx_stop(struct wgr_peer *peer);
/* Drops what is in line or held; no socket may be open. Process context. */
void wgr_rx_drop(struct wgr_peer *peer);
/* The same after wgr_rx_stop() and all workers. */
void wgr_rx_release(struct wgr_peer *peer);

/**
 * wgr_rx_datagram() - a datagram has arrived at a socket
 * @wgr: device of the socket
 * @skb: UDP header at its transport_header; always taken
 *
 * Context: softirqs disabled.
 */
void wgr_rx_datagram(struct wgr_device *wgr, struct sk_buff *skb);

#endif
