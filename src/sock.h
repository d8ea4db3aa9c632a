/* SPDX-License-Identifier: GPL-2.0 */
/* sock.h - the UDP sockets of a device. */
#ifndef WGR_SOCK_H
#define WGR_SOCK_H

#include <linux/types.h>

#include "endpoint.h"

struct sk_buff;
struct sock;
struct wgr_device;
struct wgr_peer;

/**
 * wgr_sock_open() - open sockets for IPv4 and, where it is there, IPv6
 * @wgr: device; the caller holds its lock. Old sockets are closed once the new
 *	ones are there, and stay when opening fails.
 * @port: UDP port, 0 for any
 *
 * Return: 0, -EADDRINUSE, -ENONET when the birth namespace is gone, or what
 * opening a socket returns.
 */
int wgr_sock_open(struct wgr_device *wgr, u16 port);
/* Closes them; the caller holds the device's lock. */
void wgr_sock_close(struct wgr_device *wgr);
/* Routes and sources may have changed for all peers: forget them. */
void wgr_sock_forget_routes(struct wgr_device *wgr);

/**
 * wgr_sock_send() - send a datagram to a peer
 * @peer: whom; the datagram goes to its endpoint
 * @skb: payload, with WGR_HEADROOM in front; always taken
 * @ds: DS field of the outer header
 *
 * Context: softirqs disabled.
 * Return: payload bytes handed to the stack, or a negative error:
 * -EDESTADDRREQ without endpoint, -EAFNOSUPPORT, -ENONET while sockets are
 * closed, or what routing says.
 */
int wgr_sock_send(struct wgr_peer *peer, struct sk_buff *skb, u8 ds);

/* The same for a short message, copied; process context. */
int wgr_sock_send_message(struct wgr_peer *peer, const void *msg, size_t len,
			  u8 ds);

/* Sends a message back where @skb came from, for no peer in particular. */
int wgr_sock_reply(struct wgr_device *wgr, const struct sk_buff *skb,
		   const void *msg, size_t len);

#endif
