/* SPDX-License-Identifier: GPL-2.0 */
/* endpoint.h - where a peer is reached, and from which address of ours. */
#ifndef WGR_ENDPOINT_H
#define WGR_ENDPOINT_H

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/seqlock.h>
#include <linux/socket.h>

struct sk_buff;

/**
 * struct wgr_endpoint - outer addresses of a peer
 * @to: the peer's address and port; family AF_UNSPEC when unknown
 * @from4: our address its packets came to, any when unknown
 * @from6: the same for IPv6
 * @ifindex: the interface they came in by, IPv4 only; 0 when unknown
 *
 * The source is sticky: an answer leaves from the address that was asked. It
 * is forgotten when it turns out to be gone.
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

/**
 * struct wgr_endpoint_cell - an endpoint that is read without a lock
 * @lock: writers exclude each other, readers try again
 * @value: current endpoint
 */
struct wgr_endpoint_cell {
	seqlock_t lock;
	struct wgr_endpoint value;
};

void wgr_endpoint_init(struct wgr_endpoint_cell *cell);
/* A coherent copy. Return: its version, for wgr_endpoint_changed(). */
unsigned int wgr_endpoint_read(struct wgr_endpoint_cell *cell,
			       struct wgr_endpoint *out);
/* True if the endpoint is another one since that version was read. */
bool wgr_endpoint_changed(struct wgr_endpoint_cell *cell, unsigned int version);

/**
 * wgr_endpoint_of() - the endpoint that answers a received packet
 * @out: filled
 * @skb: outer IP header at network_header, UDP header at transport_header
 *
 * Return: false when the packet is neither IPv4 nor IPv6.
 */
bool wgr_endpoint_of(struct wgr_endpoint *out, const struct sk_buff *skb);

/* Takes a new endpoint; true if it differs from what was there. */
bool wgr_endpoint_set(struct wgr_endpoint_cell *cell,
		      const struct wgr_endpoint *value);
/* Forgets our source address; true if there was one. */
bool wgr_endpoint_forget_source(struct wgr_endpoint_cell *cell);

#endif
