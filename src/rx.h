/* SPDX-License-Identifier: GPL-2.0 */
/* rx.h - the way in: datagram, decryption, order, network stack. */
#ifndef WGR_RX_H
#define WGR_RX_H

#include "books.h"
#include "wgr.h"

/* Reads a peer's books as they are between two packets. Process context. */
void wgr_rx_read_stats(struct wgr_peer *peer, struct wgr_rx_stats *stats);

/* Begins the books anew; what is held now counts as new. Process context. */
void wgr_rx_reset_stats(struct wgr_peer *peer);

/**
 * wgr_rx_configure() - other settings for a peer, while packets flow
 * @peer: whose device's lock is held
 * @chosen: valid ones
 *
 * What is held and has no place under the new ones is handed up in order.
 */
void wgr_rx_configure(struct wgr_peer *peer, const struct wgr_settings *chosen);

void wgr_rx_init(struct wgr_peer *peer);
/* No more polls and no timer until wgr_rx_resume(); process context. */
void wgr_rx_pause(struct wgr_peer *peer);
void wgr_rx_resume(struct wgr_peer *peer);
/* The same for good. */
void wgr_rx_stop(struct wgr_peer *peer);
/* Drops what is in line or held; no polls, sockets or workers may be left. */
void wgr_rx_release(struct wgr_peer *peer);

/**
 * wgr_rx_strip() - leave our message alone in a datagram
 * @skb: UDP header at its transport_header
 *
 * Return: what it may be, of enum wgr_msg_type; 0 for none.
 */
u32 wgr_rx_strip(struct sk_buff *skb);

/**
 * wgr_rx_data() - a data message has arrived at a socket
 * @wgr: device of the socket
 * @skb: stripped; always taken
 *
 * Context: softirqs disabled.
 */
void wgr_rx_data(struct wgr_device *wgr, struct sk_buff *skb);

#endif
