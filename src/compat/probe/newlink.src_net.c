// SPDX-License-Identifier: GPL-2.0
// exported: rtnl_link_register
#include <net/rtnetlink.h>

static inline void probe(struct rtnl_link_ops *ops,
			 int (*newlink)(struct net *src_net,
					struct net_device *dev,
					struct nlattr **tb, struct nlattr **data,
					struct netlink_ext_ack *extack))
{
	ops->newlink = newlink;
}
