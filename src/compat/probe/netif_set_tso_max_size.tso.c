// SPDX-License-Identifier: GPL-2.0
// exported: netif_set_tso_max_size
#include <linux/netdevice.h>

static inline void probe(struct net_device *dev)
{
	netif_set_tso_max_size(dev, GSO_MAX_SIZE);
}
