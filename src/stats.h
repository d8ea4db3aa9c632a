/* SPDX-License-Identifier: GPL-2.0 */
/* stats.h - sums of the books of peers, and the figures that programs are shown. */
#ifndef WGR_STATS_H
#define WGR_STATS_H

#include "books.h"
#include "uapi/linux/wg_reorder.h"
#include "wgr.h"

/* The figures are one number each; the histograms stand among them. */
#define WGR_FIGURE_FIRST	WG_REORDER_STAT_AUTHENTICATED
#define WGR_FIGURE_LAST		WG_REORDER_STAT_MAX
#define WGR_FIGURES		(WGR_FIGURE_LAST - WGR_FIGURE_FIRST - 1)

static inline bool wgr_is_figure(int stat)
{
	return stat != WG_REORDER_STAT_EXTENT && stat != WG_REORDER_STAT_HOLD;
}

/**
 * struct wgr_figures - what programs are shown
 * @value: by enum wg_reorder_stat, which says what each is, %WGR_FIGURE_FIRST to
 *	%WGR_FIGURE_LAST, where wgr_is_figure()
 */
struct wgr_figures {
	u64 value[WGR_FIGURE_LAST + 1];
};

/**
 * wgr_stats_of_device() - totals of an interface
 * @wgr: device; the caller holds its lock
 * @sum: receives the sum of all peers, those that have been removed included
 */
void wgr_stats_of_device(struct wgr_device *wgr, struct wgr_rx_stats *sum);

/**
 * wgr_stats_reset_device() - begin all books of an interface anew
 * @wgr: device; the caller holds its lock
 */
void wgr_stats_reset_device(struct wgr_device *wgr);

/**
 * wgr_stats_figures() - the figures that books come to
 * @stats: books of a peer or a sum
 * @figures: all of it is set
 */
void wgr_stats_figures(const struct wgr_rx_stats *stats, struct wgr_figures *figures);

#endif
