/* SPDX-License-Identifier: GPL-2.0 */
/* sock.h - the UDP sockets of a device. */
#ifndef WGR_SOCK_H
#define WGR_SOCK_H

#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "endpoint.h"
#include "run.h"

struct net;
struct net_device;
struct sk_buff;
struct sock;

/**
 * struct wgr_socks - the sockets of a device
 * @dev: its interface
 * @lock: of the device; guards changes of the rest
 * @birth_net: the namespace the sockets live in; NULL once that is gone
 * @sock4: IPv4 socket while the interface is up
 * @sock6: IPv6 socket, NULL on a kernel without IPv6
 * @port: UDP port, 0 for not chosen yet
 * @fwmark: mark of outer packets, 0 for none
 * @single: a run of datagrams was refused: each goes alone, until sockets are opened
 * @receive: takes a datagram, whose UDP header is at its transport_header; called by
 *	UDP itself with softirqs disabled. The socket's user data is this struct, or
 *	NULL for a socket that is being closed
 */
struct wgr_socks {
	struct net_device *dev;
	struct mutex *lock;
	struct net __rcu *birth_net;
	struct sock __rcu *sock4;
	struct sock __rcu *sock6;
	u16 port;
	u32 fwmark;
	bool single;
	int (*receive)(struct sock *sk, struct sk_buff *skb);
};

/**
 * wgr_sock_open() - open sockets for IPv4 and, where it is there, IPv6
 * @socks: the caller holds their lock. Old sockets are closed once the new
 *	ones are there, and stay when opening fails.
 * @port: UDP port, 0 for any
 *
 * Return: 0, -EADDRINUSE, -ENONET when the birth namespace is gone, or what
 * opening a socket returns.
 */
int wgr_sock_open(struct wgr_socks *socks, u16 port);

/*
 * Closes them; the caller holds their lock. Return: true if there were any. No
 * sender is left then: routes hold on to devices and namespaces and have to go.
 */
bool wgr_sock_close(struct wgr_socks *socks);

/**
 * wgr_sock_send() - send datagrams to a peer
 * @socks: of the device
 * @cell: where the peer is
 * @keep: the route there may be kept for the next one: somebody will drop it
 * @run: payloads, each with WGR_HEADROOM in front; always taken
 * @ds: DS field of the outer headers
 *
 * Context: in an RCU read section, softirqs disabled.
 * Return: payload bytes handed to the stack, or a negative error:
 * -EDESTADDRREQ without endpoint, -EAFNOSUPPORT, -ENONET while sockets are
 * closed, or what routing says.
 */
int wgr_sock_send(struct wgr_socks *socks, struct wgr_endpoint_cell *cell, bool keep,
		  struct wgr_run *run, u8 ds);

/* A packet of a short message, copied; NULL without memory. */
struct sk_buff *wgr_sock_message(const void *msg, size_t len);

/* Sends a message back where @skb came from, for no peer in particular. */
int wgr_sock_reply(struct wgr_socks *socks, const struct sk_buff *skb,
		   const void *msg, size_t len);

#endif
