// SPDX-License-Identifier: GPL-2.0
// exported: udp_tunnel_xmit_skb
#include <net/udp_tunnel.h>

static inline void probe(struct rtable *rt, struct sock *sk, struct sk_buff *skb)
{
	udp_tunnel_xmit_skb(rt, sk, skb, 0, 0, 0, 64, 0, 0, 0, false, false);
}
