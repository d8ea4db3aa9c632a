/* SPDX-License-Identifier: GPL-2.0 */
/* rx.h - the way in: datagram, decryption, order, network stack. */
#ifndef WGR_RX_H
#define WGR_RX_H

#include "reorder/engine.h"
#include "wgr.h"

/**
 * struct wgr_rx_stats - what has become of a peer's packets, at one moment
 * @order: the engine's books
 * @replayed: authentic, but seen before or too old to tell; never pushed
 * @epochs: sessions that packets have come by so far
 * @held: packets held
 * @open_gaps: counters that are missing
 * @open_boundaries: older epochs that are waited for, 0 or 1
 * @wait_ns: the wait in force, nanoseconds
 *
 * Everything authenticated is @order.pushed + @replayed.
 */
struct wgr_rx_stats {
	struct wgr_reorder_stats order;
	u64 replayed;
	u64 epochs;
	u32 held;
	u64 open_gaps;
	u32 open_boundaries;
	u64 wait_ns;
};

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
 * wgr_rx_datagram() - a datagram has arrived at a socket
 * @wgr: device of the socket
 * @skb: UDP header at its transport_header; always taken
 *
 * Context: softirqs disabled.
 */
void wgr_rx_datagram(struct wgr_device *wgr, struct sk_buff *skb);

#endif
