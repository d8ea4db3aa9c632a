// SPDX-License-Identifier: GPL-2.0
// exported: dev_fetch_sw_netstats netdev_stats_to_stats64
#include <linux/netdevice.h>

static inline void probe(struct net_device *dev, struct rtnl_link_stats64 *s)
{
	netdev_stats_to_stats64(s, &dev->stats);
	dev_fetch_sw_netstats(s, dev->tstats);
}
