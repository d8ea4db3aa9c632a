// SPDX-License-Identifier: GPL-2.0
/*
 * ethtool.c - what ethtool shows.
 *
 * The totals are the figures of the family "wg-reorder" under the same names.
 * Histograms are left to that: a list of names is no good way to look at them.
 */
#include "control/ethtool.h"

#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/string.h>

#include "device.h"
#include "stats.h"
#include "version.h"

static const char names[WGR_FIGURE_LAST + 1][ETH_GSTRING_LEN] = {
	[WG_REORDER_STAT_AUTHENTICATED] = "authenticated",
	[WG_REORDER_STAT_IN_ORDER] = "in_order",
	[WG_REORDER_STAT_REORDERED] = "reordered",
	[WG_REORDER_STAT_RELEASED_FILLED] = "released_filled",
	[WG_REORDER_STAT_RELEASED_TIMED_OUT] = "released_timed_out",
	[WG_REORDER_STAT_RELEASED_PASSED] = "released_passed",
	[WG_REORDER_STAT_RELEASED_OVERFLOWED] = "released_overflowed",
	[WG_REORDER_STAT_RELEASED_FLUSHED] = "released_flushed",
	[WG_REORDER_STAT_LATE] = "late",
	[WG_REORDER_STAT_DUPLICATE] = "duplicate",
	[WG_REORDER_STAT_DISCARDED] = "discarded",
	[WG_REORDER_STAT_HELD] = "held",
	[WG_REORDER_STAT_MAX_HELD] = "max_held",
	[WG_REORDER_STAT_GAPS_OPENED] = "gaps_opened",
	[WG_REORDER_STAT_GAPS_FILLED] = "gaps_filled",
	[WG_REORDER_STAT_GAPS_TIMED_OUT] = "gaps_timed_out",
	[WG_REORDER_STAT_GAPS_PASSED] = "gaps_passed",
	[WG_REORDER_STAT_GAPS_OVERFLOWED] = "gaps_overflowed",
	[WG_REORDER_STAT_GAPS_RESET] = "gaps_reset",
	[WG_REORDER_STAT_GAPS_OPEN] = "gaps_open",
	[WG_REORDER_STAT_WAIT_NS] = "wait_ns",
	[WG_REORDER_STAT_MAX_HOLD_NS] = "max_hold_ns",
	[WG_REORDER_STAT_EPOCHS] = "epochs",
	[WG_REORDER_STAT_EPOCH_CHANGES] = "epoch_changes",
	[WG_REORDER_STAT_EPOCH_HELD] = "epoch_held",
	[WG_REORDER_STAT_STARVED] = "starved",
	[WG_REORDER_STAT_RELEASED_AHEAD] = "released_ahead",
	[WG_REORDER_STAT_RELEASED_BEHIND] = "released_behind",
	[WG_REORDER_STAT_LATE_AHEAD] = "late_ahead",
	[WG_REORDER_STAT_LATE_UNKNOWN] = "late_unknown",
};

static void get_driver(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, "wireguard", sizeof(info->driver));
	strscpy(info->version, WGR_VERSION, sizeof(info->version));
}

static int get_count(struct net_device *dev, int set)
{
	return set == ETH_SS_STATS ? WGR_FIGURES : -EOPNOTSUPP;
}

static void get_names(struct net_device *dev, u32 set, u8 *data)
{
	int i;

	if (set != ETH_SS_STATS)
		return;
	for (i = WGR_FIGURE_FIRST; i <= WGR_FIGURE_LAST; i++) {
		if (!wgr_is_figure(i))
			continue;
		memcpy(data, names[i], ETH_GSTRING_LEN);
		data += ETH_GSTRING_LEN;
	}
}

static void get_totals(struct net_device *dev, struct ethtool_stats *request, u64 *data)
{
	struct wgr_device *wgr = netdev_priv(dev);
	struct wgr_figures figures;
	struct wgr_rx_stats sum;
	int i;

	mutex_lock(&wgr->lock);
	wgr_stats_of_device(wgr, &sum);
	mutex_unlock(&wgr->lock);
	wgr_stats_figures(&sum, &figures);
	for (i = WGR_FIGURE_FIRST; i <= WGR_FIGURE_LAST; i++)
		if (wgr_is_figure(i))
			*data++ = figures.value[i];
}

const struct ethtool_ops wgr_ethtool_ops = {
	.get_drvinfo = get_driver,
	.get_sset_count = get_count,
	.get_strings = get_names,
	.get_ethtool_stats = get_totals,
};
