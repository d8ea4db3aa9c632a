/* SPDX-License-Identifier: GPL-2.0 */
/* What some kernels put into super-packets of IPv6 beyond 64 KiB. */
#ifndef WGR_COMPAT_JUMBO_H
#define WGR_COMPAT_JUMBO_H

#include <linux/errno.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <net/ipv6.h>

/*
 * Takes the hop-by-hop header with the length out again, for segmentation. What
 * these kernels do there themselves takes an Ethernet header in front for granted,
 * and spoils the TCP header where there is none.
 *
 * @skb: its data begin with the IPv6 header, if it is of that protocol
 *
 * Return: 0 or -ENOMEM.
 */
static inline int wgr_compat_drop_jumbo(struct sk_buff *skb)
{
#ifdef WGR_HAVE_IPV6_HAS_HOPOPT_JUMBO
	const int len = sizeof(struct hop_jumbo_hdr);
	int next = ipv6_has_hopopt_jumbo(skb);

	if (likely(!next))
		return 0;
	if (skb_cow_head(skb, 0))
		return -ENOMEM;
	memmove(skb->data + len, skb->data, sizeof(struct ipv6hdr));
	__skb_pull(skb, len);
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	ipv6_hdr(skb)->nexthdr = next;
#endif
	return 0;
}

#endif
