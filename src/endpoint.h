/* SPDX-License-Identifier: GPL-2.0 */
/* endpoint.h - where a peer is reached, and from which address of ours. */
#ifndef WGR_ENDPOINT_H
#define WGR_ENDPOINT_H

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/seqlock.h>
#include <linux/socket.h>
#include <net/dst_cache.h>

struct sk_buff;

/**
 * struct wgr_endpoint - outer addresses of a peer
 * @to: the peer's address and port; family AF_UNSPEC when unknown
 * @from4: our address its packets came to, any when unknown
 * @from6: the same for IPv6
 * @ifindex: the interface they came in by, IPv4 only; 0 when unknown
 *
 * The source is sticky: an answer leaves from the address that was asked. When
 * that is gone the route to the peer chooses another one.
 */
struct wgr_endpoint {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} to;
	union {
		struct {
			struct in_addr from4;
			int ifindex;
		};
		struct in6_addr from6;
	};
};

/* Endpoints of a peer that are remembered, each with its route. */
#define WGR_WAYS 4

/**
 * struct wgr_way - an endpoint and the way there
 * @endpoint: guarded by the cell's lock
 * @route: cached outer route of @endpoint; without memory until the way is used
 */
struct wgr_way {
	struct wgr_endpoint endpoint;
	struct dst_cache route;
};

/**
 * struct wgr_endpoint_cell - where a peer is, read without a lock
 * @lock: writers exclude each other, readers try again
 * @now: the way in use
 * @way: this one and those before it
 *
 * The endpoint is where the newest packet came from: an answer goes where just
 * now something came through. A peer that sends over several lines in turn moves
 * it with each packet, so each of its endpoints keeps its route.
 */
struct wgr_endpoint_cell {
	seqlock_t lock;
	u32 now;
	struct wgr_way way[WGR_WAYS];
};

/* Return: 0 or -ENOMEM. */
int wgr_endpoint_init(struct wgr_endpoint_cell *cell);
void wgr_endpoint_destroy(struct wgr_endpoint_cell *cell);
/* A coherent copy. Return: the way in use, for wgr_endpoint_is(). */
struct wgr_way *wgr_endpoint_read(struct wgr_endpoint_cell *cell,
				  struct wgr_endpoint *out);
/* True if that is still the endpoint of @way, in use or not. */
bool wgr_endpoint_is(struct wgr_endpoint_cell *cell, const struct wgr_way *way,
		     const struct wgr_endpoint *value);
/* True if an IPv4 or IPv6 address is known. */
bool wgr_endpoint_known(struct wgr_endpoint_cell *cell);

/**
 * wgr_endpoint_of() - the endpoint that answers a received packet
 * @out: filled
 * @skb: outer IP header at network_header, UDP header at transport_header
 *
 * Return: false when the packet is neither IPv4 nor IPv6.
 */
bool wgr_endpoint_of(struct wgr_endpoint *out, const struct sk_buff *skb);

/* Takes an endpoint, with its route if it is one of the last %WGR_WAYS. */
void wgr_endpoint_set(struct wgr_endpoint_cell *cell,
		      const struct wgr_endpoint *value);
/* Forgets our source address, and the route if there was one. */
void wgr_endpoint_forget_source(struct wgr_endpoint_cell *cell);
/* Forgets all that was learned about ways: our source addresses, and routes. */
void wgr_endpoint_forget_ways(struct wgr_endpoint_cell *cell);
/* Lets go of all routes; nobody sends meanwhile. */
void wgr_endpoint_drop_routes(struct wgr_endpoint_cell *cell);

#endif
