// SPDX-License-Identifier: GPL-2.0
#include <net/ipv6.h>

static inline int probe(struct sk_buff *skb)
{
	return ipv6_has_hopopt_jumbo(skb) + sizeof(struct hop_jumbo_hdr);
}
