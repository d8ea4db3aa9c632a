// SPDX-License-Identifier: GPL-2.0
/* stats.c - sums of the books of peers, and the figures that programs are shown. */
#include "stats.h"

#include <linux/lockdep.h>
#include <linux/string.h>

#include "device.h"
#include "peer.h"
#include "rx.h"

void wgr_stats_of_device(struct wgr_device *wgr, struct wgr_rx_stats *sum)
{
	struct wgr_rx_stats one;
	struct wgr_peer *peer;

	lockdep_assert_held(&wgr->lock);

	*sum = wgr->gone;
	/* What a removed peer would have waited says nothing about now. */
	sum->wait_ns = 0;
	list_for_each_entry(peer, &wgr->peers, node) {
		wgr_rx_read_stats(peer, &one);
		wgr_books_add(sum, &one);
	}
}

void wgr_stats_reset_device(struct wgr_device *wgr)
{
	struct wgr_peer *peer;

	lockdep_assert_held(&wgr->lock);

	memset(&wgr->gone, 0, sizeof(wgr->gone));
	list_for_each_entry(peer, &wgr->peers, node)
		wgr_rx_reset_stats(peer);
}

static void released_figures(const struct wgr_reorder_stats *order, u64 *value)
{
	/* Those that had been missing went up at once, too, and yet not in order. */
	value[WG_REORDER_STAT_IN_ORDER] = order->released[WGR_IN_ORDER] - order->filled_at_once;
	value[WG_REORDER_STAT_RELEASED_FILLED] =
		order->released[WGR_FILLED] + order->filled_at_once;
	value[WG_REORDER_STAT_RELEASED_TIMED_OUT] = order->released[WGR_TIMED_OUT];
	value[WG_REORDER_STAT_RELEASED_PASSED] = order->released[WGR_PASSED];
	value[WG_REORDER_STAT_RELEASED_OVERFLOWED] = order->released[WGR_OVERFLOWED];
	value[WG_REORDER_STAT_RELEASED_FLUSHED] = order->released[WGR_RESET];
	value[WG_REORDER_STAT_RELEASED_AHEAD] = order->released[WGR_AHEAD];
	value[WG_REORDER_STAT_RELEASED_BEHIND] = order->released[WGR_BEHIND];
	value[WG_REORDER_STAT_REORDERED] = value[WG_REORDER_STAT_RELEASED_FILLED] +
					   value[WG_REORDER_STAT_RELEASED_TIMED_OUT] +
					   value[WG_REORDER_STAT_RELEASED_PASSED] +
					   value[WG_REORDER_STAT_RELEASED_OVERFLOWED] +
					   value[WG_REORDER_STAT_RELEASED_FLUSHED] +
					   value[WG_REORDER_STAT_RELEASED_AHEAD] +
					   value[WG_REORDER_STAT_RELEASED_BEHIND];
}

static void gap_figures(const struct wgr_rx_stats *stats, u64 *value)
{
	const struct wgr_reorder_stats *order = &stats->order;

	value[WG_REORDER_STAT_GAPS_OPENED] = order->gaps_opened;
	value[WG_REORDER_STAT_GAPS_FILLED] = order->gaps_closed[WGR_FILLED];
	value[WG_REORDER_STAT_GAPS_TIMED_OUT] = order->gaps_closed[WGR_TIMED_OUT];
	value[WG_REORDER_STAT_GAPS_PASSED] = order->gaps_closed[WGR_PASSED];
	value[WG_REORDER_STAT_GAPS_OVERFLOWED] = order->gaps_closed[WGR_OVERFLOWED];
	value[WG_REORDER_STAT_GAPS_RESET] = order->gaps_closed[WGR_RESET];
	value[WG_REORDER_STAT_GAPS_OPEN] = stats->open_gaps;
}

void wgr_stats_figures(const struct wgr_rx_stats *stats, struct wgr_figures *figures)
{
	const struct wgr_reorder_stats *order = &stats->order;
	u64 *value = figures->value;

	memset(figures, 0, sizeof(*figures));
	released_figures(order, value);
	gap_figures(stats, value);
	value[WG_REORDER_STAT_AUTHENTICATED] = order->pushed + stats->replayed;
	value[WG_REORDER_STAT_LATE] = order->late;
	value[WG_REORDER_STAT_LATE_AHEAD] = order->late_ahead;
	value[WG_REORDER_STAT_LATE_UNKNOWN] = order->late_unknown;
	value[WG_REORDER_STAT_DUPLICATE] = order->duplicate + stats->replayed;
	value[WG_REORDER_STAT_DISCARDED] = order->discarded;
	value[WG_REORDER_STAT_HELD] = stats->held;
	value[WG_REORDER_STAT_MAX_HELD] = order->max_held;
	value[WG_REORDER_STAT_WAIT_NS] = stats->wait_ns;
	value[WG_REORDER_STAT_MAX_HOLD_NS] = order->max_hold_ns;
	value[WG_REORDER_STAT_EPOCHS] = stats->epochs;
	value[WG_REORDER_STAT_EPOCH_CHANGES] = order->boundaries_opened;
	value[WG_REORDER_STAT_EPOCH_HELD] = order->boundary_held;
	value[WG_REORDER_STAT_STARVED] = order->refused;
}
