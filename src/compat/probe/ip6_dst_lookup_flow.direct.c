// SPDX-License-Identifier: GPL-2.0
// exported: ip6_dst_lookup_flow
/* IPv6 is part of the kernel. */
#include <net/ipv6.h>

static inline struct dst_entry *
probe(struct net *net, const struct sock *sk, struct flowi6 *fl6)
{
	return ip6_dst_lookup_flow(net, sk, fl6, NULL);
}
