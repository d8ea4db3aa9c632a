// SPDX-License-Identifier: GPL-2.0
#include <linux/netdevice.h>

static inline void probe(struct net_device *dev)
{
	netif_set_gso_max_size(dev, GSO_MAX_SIZE);
}
