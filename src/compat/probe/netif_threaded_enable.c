// SPDX-License-Identifier: GPL-2.0
// exported: netif_threaded_enable dev_set_threaded
#include <linux/netdevice.h>

static inline void probe(struct net_device *dev)
{
	netif_threaded_enable(dev);
	dev_set_threaded(dev, NETDEV_NAPI_THREADED_DISABLED);
}
