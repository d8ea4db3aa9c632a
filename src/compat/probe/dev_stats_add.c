// SPDX-License-Identifier: GPL-2.0
#include <linux/netdevice.h>

static inline void probe(struct net_device *dev)
{
	DEV_STATS_INC(dev, rx_errors);
	DEV_STATS_ADD(dev, rx_errors, 2);
}
