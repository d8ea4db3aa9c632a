// SPDX-License-Identifier: GPL-2.0
/* Whether it returns something or not. */
#include <net/udp_tunnel.h>

static inline void probe(struct dst_entry *dst, struct sock *sk,
			 struct sk_buff *skb, struct in6_addr *addr)
{
	udp_tunnel6_xmit_skb(dst, sk, skb, skb->dev, addr, addr, 0, 64, 0, 0, 0,
			     false);
}
