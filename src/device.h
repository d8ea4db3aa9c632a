/* SPDX-License-Identifier: GPL-2.0 */
/* device.h - the network interface, and what all its peers share. */
#ifndef WGR_DEVICE_H
#define WGR_DEVICE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/rhashtable-types.h>
#include <linux/rwsem.h>
#include <linux/workqueue.h>

#include "allowedips.h"
#include "cookie.h"
#include "handshakes.h"
#include "line.h"
#include "noise.h"
#include "ratelimit.h"
#include "reorder/engine.h"
#include "rx.h"
#include "wgr.h"

/**
 * struct wgr_device - private part of the network interface
 * @dev: the interface
 * @lock: guards the configuration: @peers, @num_peers, @port, @fwmark, the
 *	sockets, @allowed against other writers
 * @node: place in the list of all devices, guarded by rtnl
 * @birth_net: the namespace the sockets live in; NULL once that is gone
 * @sock4: IPv4 socket while the interface is up
 * @sock6: IPv6 socket, NULL on a kernel without IPv6
 * @port: UDP port, 0 for not chosen yet
 * @fwmark: mark of outer packets, 0 for none
 * @asleep: the machine goes to sleep or sleeps: no handshakes, whose keys would
 *	lie in memory meanwhile
 * @identity_lock: guards @identity; taken for reading by each handshake
 * @identity: own key pair
 * @by_index: sessions by receiver index
 * @by_key: peers by public key
 * @peers: peers in the order of their creation
 * @num_peers: how many
 * @most_threads: peers up to which each has a thread that polls, guarded by @lock
 * @generation: changes with every change of the configuration, so that a dump
 *	over several messages can say that it is not coherent
 * @allowed: inner addresses
 * @order: settings of the order engines of all peers, but for what a peer has of
 *	its own; guarded by @lock
 * @gone: sum of the books of peers that have been removed, so that totals never
 *	go back; guarded by @lock
 * @cookies: macs and cookies of handshake messages to us
 * @ratelimit: handshakes for each source address
 * @pool: workers that help with lines of packets
 * @wq_crypt: where they run
 * @handshakes: handshake messages received
 */
struct wgr_device {
	struct net_device *dev;
	struct mutex lock;
	struct list_head node;
	struct net __rcu *birth_net;
	struct sock __rcu *sock4;
	struct sock __rcu *sock6;
	u16 port;
	u32 fwmark;
	bool asleep;
	struct rw_semaphore identity_lock;
	struct wgr_identity identity;
	struct rhashtable by_index;
	struct rhashtable by_key;
	struct list_head peers;
	unsigned int num_peers;
	unsigned int most_threads;
	u32 generation;
	struct wgr_aip_table allowed;
	struct wgr_settings order;
	struct wgr_rx_stats gone;
	struct wgr_cookie_checker cookies;
	struct wgr_ratelimit *ratelimit;
	struct wgr_pool pool;
	struct workqueue_struct *wq_crypt;
	struct wgr_handshakes handshakes;
};

int wgr_device_setup(void);
void wgr_device_teardown(void);

/* True if @dev is one of ours. */
bool wgr_is_device(const struct net_device *dev);

/* Prepares for one peer more; the caller holds the device's lock. */
void wgr_device_expect_peer(struct wgr_device *wgr);

/**
 * wgr_device_set_secret() - take a private key and all that follows from it
 * @wgr: device; the caller holds its lock
 * @secret: 32 bytes, all zero for none
 *
 * A peer with our own public key is removed. Handshakes under way end, and
 * sessions stop sending, so that new ones are made with the new key.
 */
void wgr_device_set_secret(struct wgr_device *wgr, const u8 secret[WGR_KEY_LEN]);

#endif
