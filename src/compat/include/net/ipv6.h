/* SPDX-License-Identifier: GPL-2.0 */
#ifndef WGR_COMPAT_NET_IPV6_H
#define WGR_COMPAT_NET_IPV6_H

#include_next <net/ipv6.h>

/* Calling it directly would tie the module to that of IPv6. */
#ifdef WGR_HAVE_IP6_DST_LOOKUP_FLOW_STUB
#include <net/ipv6_stubs.h>

static inline struct dst_entry *
wgr_compat_ip6_lookup(struct net *net, const struct sock *sk,
		      struct flowi6 *fl6, const struct in6_addr *final_dst)
{
	return ipv6_stub->ipv6_dst_lookup_flow(net, sk, fl6, final_dst);
}

#define ip6_dst_lookup_flow wgr_compat_ip6_lookup
#endif

#endif
