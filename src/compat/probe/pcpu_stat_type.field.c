// SPDX-License-Identifier: GPL-2.0
/* The kernel allocates and frees the statistics of the CPUs. */
#include <linux/netdevice.h>

static inline void probe(struct net_device *dev)
{
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;
}
