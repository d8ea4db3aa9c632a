/* SPDX-License-Identifier: GPL-2.0 */
/* ethtool.h - what ethtool shows: the driver (-i) and the interface's totals (-S). */
#ifndef WGR_CONTROL_ETHTOOL_H
#define WGR_CONTROL_ETHTOOL_H

#include <linux/ethtool.h>

/* For &net_device.ethtool_ops. */
extern const struct ethtool_ops wgr_ethtool_ops;

#endif
