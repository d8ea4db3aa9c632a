// SPDX-License-Identifier: GPL-2.0
// exported: __skb_gso_segment
#include <linux/netdevice.h>

static inline struct sk_buff *probe(struct sk_buff *skb)
{
	return skb_gso_segment(skb, 0);
}
