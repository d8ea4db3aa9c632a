// SPDX-License-Identifier: GPL-2.0
// exported: ipv6_stub
/*
 * IPv6 may be a module that is not there: a table of functions that fail until
 * it is.
 */
#include <net/ipv6_stubs.h>

static inline struct dst_entry *
probe(struct net *net, const struct sock *sk, struct flowi6 *fl6)
{
	return ipv6_stub->ipv6_dst_lookup_flow(net, sk, fl6, NULL);
}
