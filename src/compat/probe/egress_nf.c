// SPDX-License-Identifier: GPL-2.0
#include <linux/netdevice.h>

static inline bool probe(struct net_device *dev)
{
	return rcu_access_pointer(dev->nf_hooks_egress);
}
