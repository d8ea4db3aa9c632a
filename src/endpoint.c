// SPDX-License-Identifier: GPL-2.0
/* endpoint.c - where a peer is reached, and from which address of ours. */
#include "endpoint.h"

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/udp.h>
#include <net/ipv6.h>

void wgr_endpoint_init(struct wgr_endpoint_cell *cell)
{
	seqlock_init(&cell->lock);
	memset(&cell->value, 0, sizeof(cell->value));
}

unsigned int wgr_endpoint_read(struct wgr_endpoint_cell *cell,
			       struct wgr_endpoint *out)
{
	unsigned int seq;

	do {
		seq = read_seqbegin(&cell->lock);
		*out = cell->value;
	} while (read_seqretry(&cell->lock, seq));
	return seq;
}

bool wgr_endpoint_changed(struct wgr_endpoint_cell *cell, unsigned int version)
{
	return read_seqretry(&cell->lock, version);
}

static void of_v4(struct wgr_endpoint *out, const struct sk_buff *skb)
{
	out->to.v4.sin_family = AF_INET;
	out->to.v4.sin_port = udp_hdr(skb)->source;
	out->to.v4.sin_addr.s_addr = ip_hdr(skb)->saddr;
	out->from4.s_addr = ip_hdr(skb)->daddr;
	out->ifindex = skb->skb_iif;
}

static void of_v6(struct wgr_endpoint *out, const struct sk_buff *skb)
{
	const struct ipv6hdr *ip = ipv6_hdr(skb);

	out->to.v6.sin6_family = AF_INET6;
	out->to.v6.sin6_port = udp_hdr(skb)->source;
	out->to.v6.sin6_addr = ip->saddr;
	/* Zero but for link-local addresses, which mean nothing without it. */
	out->to.v6.sin6_scope_id = ipv6_iface_scope_id(&ip->saddr, skb->skb_iif);
	out->from6 = ip->daddr;
}

bool wgr_endpoint_of(struct wgr_endpoint *out, const struct sk_buff *skb)
{
	/* All of it, so that two of the same endpoint compare equal. */
	memset(out, 0, sizeof(*out));
	switch (skb->protocol) {
	case htons(ETH_P_IP):
		of_v4(out, skb);
		return true;
	case htons(ETH_P_IPV6):
		of_v6(out, skb);
		return true;
	default:
		return false;
	}
}

bool wgr_endpoint_set(struct wgr_endpoint_cell *cell,
		      const struct wgr_endpoint *value)
{
	struct wgr_endpoint old;

	wgr_endpoint_read(cell, &old);
	if (!memcmp(&old, value, sizeof(old)))
		return false;
	write_seqlock_bh(&cell->lock);
	cell->value = *value;
	write_sequnlock_bh(&cell->lock);
	return true;
}

bool wgr_endpoint_forget_source(struct wgr_endpoint_cell *cell)
{
	bool known;

	write_seqlock_bh(&cell->lock);
	known = memchr_inv(&cell->value.from6, 0, sizeof(cell->value.from6));
	memset(&cell->value.from6, 0, sizeof(cell->value.from6));
	write_sequnlock_bh(&cell->lock);
	return known;
}
