// SPDX-License-Identifier: GPL-2.0
/* target.c - what a netlink request is about, and how far a dump of it has come. */
#include "control/target.h"

#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "device.h"
#include "interface.h"
#include "peer.h"

static struct net_device *find_device(struct net *net, const struct nlattr *index,
				      const struct nlattr *name)
{
	if (index)
		return __dev_get_by_index(net, nla_get_u32(index));
	return __dev_get_by_name(net, nla_data(name));
}

struct wgr_device *wgr_target_find(struct net *net, const struct nlattr *index,
				   const struct nlattr *name,
				   struct netlink_ext_ack *extack)
{
	struct net_device *dev;

	ASSERT_RTNL();
	if (!index == !name) {
		NL_SET_ERR_MSG(extack,
			       "give either the index or the name of an interface, one of the two");
		return ERR_PTR(-EBADR);
	}
	dev = find_device(net, index, name);
	if (!dev) {
		NL_SET_ERR_MSG_ATTR(extack, index ?: name,
				    "no such interface in this network namespace: create it first");
		return ERR_PTR(-ENODEV);
	}
	if (!wgr_is_device(dev)) {
		NL_SET_ERR_MSG_ATTR(extack, index ?: name,
				    "not an interface of type wireguard: name another one");
		return ERR_PTR(-EOPNOTSUPP);
	}
	return netdev_priv(dev);
}

int wgr_cursor_begin(struct wgr_cursor *cursor, struct netlink_callback *cb,
		     const struct nlattr *index, const struct nlattr *name)
{
	struct wgr_device *wgr;

	rtnl_lock();
	wgr = wgr_target_find(sock_net(cb->skb->sk), index, name, cb->extack);
	if (!IS_ERR(wgr)) {
		dev_hold(wgr->dev);
		*cursor = (struct wgr_cursor){ .wgr = wgr };
	}
	rtnl_unlock();
	return PTR_ERR_OR_ZERO(wgr);
}

struct wgr_peer *wgr_cursor_peer(const struct wgr_cursor *cursor)
{
	struct wgr_peer *peer;

	lockdep_assert_held(&cursor->wgr->lock);
	if (cursor->peer && !cursor->peer->dead)
		return cursor->peer;
	/* The list is in the order of creation, and so are the ids. */
	list_for_each_entry(peer, &cursor->wgr->peers, node) {
		if (!cursor->peer || peer->id > cursor->peer->id)
			return peer;
	}
	return NULL;
}

void wgr_cursor_leave(struct wgr_cursor *cursor, struct wgr_peer *peer)
{
	if (peer)
		wgr_peer_get(peer);
	if (cursor->peer)
		wgr_peer_put(cursor->peer);
	cursor->peer = peer;
}

void wgr_cursor_end(struct wgr_cursor *cursor)
{
	wgr_cursor_leave(cursor, NULL);
	dev_put(cursor->wgr->dev);
}
