/* SPDX-License-Identifier: GPL-2.0 */
/* books.h - what has become of packets, of one peer or summed up. */
#ifndef WGR_BOOKS_H
#define WGR_BOOKS_H

#include "reorder/engine.h"

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

/**
 * wgr_books_add() - add the books of one peer to a sum
 * @sum: all zeros at first
 * @one: read with wgr_rx_read_stats(), or another sum
 *
 * Counts and what is held are added; of waits and of largest numbers the larger
 * one stays.
 */
void wgr_books_add(struct wgr_rx_stats *sum, const struct wgr_rx_stats *one);

#endif
