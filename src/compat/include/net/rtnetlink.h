/* SPDX-License-Identifier: GPL-2.0 */
#ifndef WGR_COMPAT_NET_RTNETLINK_H
#define WGR_COMPAT_NET_RTNETLINK_H

#include_next <net/rtnetlink.h>

/*
 * A function of the newest form goes into struct rtnl_link_ops like this:
 *
 *	WGR_COMPAT_NEWLINK(foo_newlink);
 *	... .newlink = WGR_COMPAT_NEWLINK_OP(foo_newlink),
 */
#ifdef WGR_HAVE_NEWLINK_PARAMS
#define WGR_COMPAT_NEWLINK(function) static_assert(true)
#define WGR_COMPAT_NEWLINK_OP(function) (function)
#else
struct rtnl_newlink_params {
	struct net *src_net;
	struct nlattr **tb;
	struct nlattr **data;
};

#define WGR_COMPAT_NEWLINK(function)					\
static int function##_of_src_net(struct net *src_net,			\
				 struct net_device *dev,		\
				 struct nlattr **tb,			\
				 struct nlattr **data,			\
				 struct netlink_ext_ack *extack)	\
{									\
	struct rtnl_newlink_params params = {				\
		.src_net = src_net,					\
		.tb = tb,						\
		.data = data,						\
	};								\
									\
	return function(dev, &params, extack);				\
}									\
static_assert(true)
#define WGR_COMPAT_NEWLINK_OP(function) function##_of_src_net

/* The kernel had one namespace to tell. */
static inline struct net *
rtnl_newlink_link_net(struct rtnl_newlink_params *params)
{
	return params->src_net;
}
#endif

#endif
