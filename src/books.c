// SPDX-License-Identifier: GPL-2.0
/* books.c - what has become of packets, of one peer or summed up. */
#include "books.h"

#include <linux/kernel.h>
#include <linux/minmax.h>

static void add_all(u64 *sum, const u64 *one, size_t count)
{
	while (count--)
		*sum++ += *one++;
}

#define ADD_ARRAY(sum, one, name) \
	add_all((sum)->name, (one)->name, ARRAY_SIZE((sum)->name))

static void add_books(struct wgr_reorder_stats *sum, const struct wgr_reorder_stats *one)
{
	sum->pushed += one->pushed;
	ADD_ARRAY(sum, one, released);
	sum->filled_at_once += one->filled_at_once;
	sum->late += one->late;
	sum->late_ahead += one->late_ahead;
	sum->late_unknown += one->late_unknown;
	sum->duplicate += one->duplicate;
	sum->discarded += one->discarded;
	sum->gaps_opened += one->gaps_opened;
	ADD_ARRAY(sum, one, gaps_closed);
	sum->boundaries_opened += one->boundaries_opened;
	ADD_ARRAY(sum, one, boundaries_closed);
	sum->boundary_held += one->boundary_held;
	sum->refused += one->refused;
	sum->max_hold_ns = max(sum->max_hold_ns, one->max_hold_ns);
	sum->max_held = max(sum->max_held, one->max_held);
	ADD_ARRAY(sum, one, span);
	ADD_ARRAY(sum, one, hold);
}

void wgr_books_add(struct wgr_rx_stats *sum, const struct wgr_rx_stats *one)
{
	add_books(&sum->order, &one->order);
	sum->replayed += one->replayed;
	sum->epochs += one->epochs;
	sum->held += one->held;
	sum->open_gaps += one->open_gaps;
	sum->open_boundaries += one->open_boundaries;
	sum->wait_ns = max(sum->wait_ns, one->wait_ns);
}
