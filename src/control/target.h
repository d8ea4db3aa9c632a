/* SPDX-License-Identifier: GPL-2.0 */
/*
 * target.h - what a netlink request is about, and how far a dump of it has come.
 */
#ifndef WGR_CONTROL_TARGET_H
#define WGR_CONTROL_TARGET_H

#include <linux/netlink.h>
#include <net/net_namespace.h>

struct wgr_device;
struct wgr_peer;

/**
 * wgr_target_find() - the interface that a request names
 * @net: where to look
 * @index: attribute with its index, or NULL
 * @name: attribute with its name, or NULL
 * @extack: told what is wrong
 *
 * The caller holds rtnl, and as long as it does the interface stays and keeps
 * its name. One that is being unregistered is not found any more.
 *
 * Return: the interface; -EBADR if not exactly one of the attributes is there,
 * -ENODEV if there is no such interface, -EOPNOTSUPP if it is not one of ours.
 */
struct wgr_device *wgr_target_find(struct net *net, const struct nlattr *index,
				   const struct nlattr *name,
				   struct netlink_ext_ack *extack);

/**
 * struct wgr_cursor - how far a dump has come, between two reads
 * @wgr: what is dumped; its interface is referenced
 * @peer: where to go on, referenced; NULL for the first
 *
 * Peers may come and go between two reads.
 */
struct wgr_cursor {
	struct wgr_device *wgr;
	struct wgr_peer *peer;
};

/**
 * wgr_cursor_begin() - find what is to be dumped
 * @cursor: set on success
 * @cb: the dump
 * @index: as for wgr_target_find()
 * @name: as for wgr_target_find()
 *
 * Takes rtnl. What it began wgr_cursor_end() has to end.
 *
 * Return: 0 or an error of wgr_target_find().
 */
int wgr_cursor_begin(struct wgr_cursor *cursor, struct netlink_callback *cb,
		     const struct nlattr *index, const struct nlattr *name);

/**
 * wgr_cursor_peer() - where to go on
 * @cursor: of the dump; the caller holds the device's lock
 *
 * Return: the peer it was left at; if that has been removed meanwhile, the first
 * of those that were added after it; NULL if there is none.
 */
struct wgr_peer *wgr_cursor_peer(const struct wgr_cursor *cursor);

/* Leaves the dump at @peer, or at the first one if that is NULL. */
void wgr_cursor_leave(struct wgr_cursor *cursor, struct wgr_peer *peer);

void wgr_cursor_end(struct wgr_cursor *cursor);

#endif
