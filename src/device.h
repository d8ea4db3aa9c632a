/* SPDX-License-Identifier: GPL-2.0 */
/*
 * device.h - what all peers of a network interface share.
 *
 * It has no code of its own: interface.c makes it and takes it away.
 */
#ifndef WGR_DEVICE_H
#define WGR_DEVICE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/rhashtable-types.h>
#include <linux/rwsem.h>
#include <linux/workqueue.h>

#include "allowedips.h"
#include "books.h"
#include "cookie.h"
#include "line.h"
#include "protocol/handshake.h"
#include "ratelimit.h"
#include "reorder/engine.h"
#include "sock.h"
#include "wgr.h"

/**
 * struct wgr_device - private part of the network interface
 * @dev: the interface
 * @lock: guards the configuration: @peers, @num_peers, @socks, @allowed against
 *	other writers
 * @node: place in the list of all devices, guarded by rtnl
 * @socks: UDP sockets, with port and mark
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
 * @wq_handshakes: where handshakes are worked on, and keys forgotten
 * @handshakes: handshake messages received
 */
struct wgr_device {
	struct net_device *dev;
	struct mutex lock;
	struct list_head node;
	struct wgr_socks socks;
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
	struct workqueue_struct *wq_handshakes;
	struct wgr_handshakes *handshakes;
};

#endif
