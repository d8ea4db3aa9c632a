// SPDX-License-Identifier: GPL-2.0
// exported: rtnl_link_register
#include <net/rtnetlink.h>

static inline void probe(struct rtnl_link_ops *ops,
			 int (*newlink)(struct net_device *dev,
					struct rtnl_newlink_params *params,
					struct netlink_ext_ack *extack))
{
	ops->newlink = newlink;
}
