// SPDX-License-Identifier: GPL-2.0
/* endpoint.c - where a peer is reached, and from which address of ours. */
#include "endpoint.h"

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/udp.h>
#include <net/ipv6.h>

int wgr_endpoint_init(struct wgr_endpoint_cell *cell)
{
	memset(cell, 0, sizeof(*cell));
	seqlock_init(&cell->lock);
	return dst_cache_init(&cell->way[0].route, GFP_KERNEL);
}

void wgr_endpoint_destroy(struct wgr_endpoint_cell *cell)
{
	struct wgr_way *way;

	for (way = cell->way; way < cell->way + WGR_WAYS; way++)
		dst_cache_destroy(&way->route);
}

struct wgr_way *wgr_endpoint_read(struct wgr_endpoint_cell *cell,
				  struct wgr_endpoint *out)
{
	struct wgr_way *way;
	unsigned int seq;

	do {
		seq = read_seqbegin(&cell->lock);
		way = &cell->way[READ_ONCE(cell->now)];
		*out = way->endpoint;
	} while (read_seqretry(&cell->lock, seq));
	return way;
}

bool wgr_endpoint_is(struct wgr_endpoint_cell *cell, const struct wgr_way *way,
		     const struct wgr_endpoint *value)
{
	unsigned int seq;
	bool same;

	do {
		seq = read_seqbegin(&cell->lock);
		same = !memcmp(&way->endpoint, value, sizeof(*value));
	} while (read_seqretry(&cell->lock, seq));
	return same;
}

bool wgr_endpoint_known(struct wgr_endpoint_cell *cell)
{
	/* Pairs with the release in wgr_endpoint_set(). */
	const struct wgr_way *way = &cell->way[smp_load_acquire(&cell->now)];
	sa_family_t family = READ_ONCE(way->endpoint.to.any.sa_family);

	return family == AF_INET || family == AF_INET6;
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

/* The way to @value if it is remembered, or NULL. */
static struct wgr_way *find(struct wgr_endpoint_cell *cell,
			    const struct wgr_endpoint *value)
{
	struct wgr_way *way;

	for (way = cell->way; way < cell->way + WGR_WAYS; way++) {
		if (!memcmp(&way->endpoint, value, sizeof(*value)))
			return way;
	}
	return NULL;
}

static bool source_known(const struct wgr_endpoint *endpoint)
{
	return memchr_inv(&endpoint->from6, 0, sizeof(endpoint->from6));
}

/* @old says nothing that @value does not say: there is no way to be kept. */
static bool completes(const struct wgr_endpoint *old,
		      const struct wgr_endpoint *value)
{
	return !old->to.any.sa_family ||
	       (!source_known(old) &&
		!memcmp(&old->to, &value->to, sizeof(old->to)));
}

/* The way that is given up for @value: the oldest, or that in use. */
static struct wgr_way *replaceable(struct wgr_endpoint_cell *cell,
				   const struct wgr_endpoint *value)
{
	struct wgr_way *now = &cell->way[cell->now];
	struct wgr_way *next = &cell->way[(cell->now + 1) % WGR_WAYS];

	if (completes(&now->endpoint, value))
		return now;
	/* Without memory for one more the only route moves, as it has to. */
	if (!next->route.cache &&
	    dst_cache_init(&next->route, GFP_ATOMIC | __GFP_NOWARN))
		return now;
	return next;
}

static void set_way(struct wgr_way *way, const struct wgr_endpoint *value)
{
	way->endpoint = *value;
	/* Whoever adds a route of the old endpoint now finds out and does the same. */
	dst_cache_reset(&way->route);
}

void wgr_endpoint_set(struct wgr_endpoint_cell *cell,
		      const struct wgr_endpoint *value)
{
	struct wgr_endpoint old;
	struct wgr_way *way;

	wgr_endpoint_read(cell, &old);
	if (!memcmp(&old, value, sizeof(old)))
		return;
	write_seqlock_bh(&cell->lock);
	way = find(cell, value);
	if (!way) {
		way = replaceable(cell, value);
		set_way(way, value);
	}
	/* For wgr_endpoint_known(): what it finds there is complete. */
	smp_store_release(&cell->now, way - cell->way);
	write_sequnlock_bh(&cell->lock);
}

static void forget_source(struct wgr_way *way)
{
	struct wgr_endpoint value = way->endpoint;

	memset(&value.from6, 0, sizeof(value.from6));
	set_way(way, &value);
}

void wgr_endpoint_forget_source(struct wgr_endpoint_cell *cell)
{
	struct wgr_way *way;

	write_seqlock_bh(&cell->lock);
	way = &cell->way[cell->now];
	if (source_known(&way->endpoint))
		forget_source(way);
	write_sequnlock_bh(&cell->lock);
}

void wgr_endpoint_forget_ways(struct wgr_endpoint_cell *cell)
{
	struct wgr_way *way;

	write_seqlock_bh(&cell->lock);
	for (way = cell->way; way < cell->way + WGR_WAYS; way++)
		forget_source(way);
	write_sequnlock_bh(&cell->lock);
}

void wgr_endpoint_drop_routes(struct wgr_endpoint_cell *cell)
{
	struct wgr_way *way;

	for (way = cell->way; way < cell->way + WGR_WAYS; way++)
		dst_cache_reset_now(&way->route);
}
