// SPDX-License-Identifier: GPL-2.0
/* The driver can do it. */
#include <linux/netdevice.h>

static inline void probe(struct net_device *dev)
{
	dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	free_percpu(dev->tstats);
}
