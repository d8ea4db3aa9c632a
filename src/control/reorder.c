// SPDX-License-Identifier: GPL-2.0
/*
 * reorder.c - settings and statistics of order through generic netlink.
 *
 * A dump of statistics gives one peer a message, so that a reader needs to put
 * nothing together. Between two reads peers may come and go; the dump goes on
 * with those that are left and says so (NLM_F_DUMP_INTR).
 */
#include "control/reorder.h"

#include <linux/if.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "control/change.h"
#include "control/target.h"
#include "device.h"
#include "interface.h"
#include "peer.h"
#include "rx.h"
#include "settings.h"
#include "stats.h"
#include "uapi/linux/wg_reorder.h"

static_assert(WG_REORDER_KEY_LEN == WGR_KEY_LEN);
static_assert(WG_REORDER_EXTENT_BINS == WGR_SPAN_BINS);
static_assert(WG_REORDER_HOLD_BINS == WGR_HOLD_BINS);
static_assert((int)WG_REORDER_MODE_ADAPTIVE == WGR_ADAPTIVE);
static_assert((int)WG_REORDER_MODE_FIXED == WGR_FIXED);
static_assert((int)WG_REORDER_MODE_OFF == WGR_OFF);
static_assert((int)WG_REORDER_SCOPE_FLOW == WGR_SCOPE_FLOW);
static_assert((int)WG_REORDER_SCOPE_PEER == WGR_SCOPE_PEER);
static_assert((int)WG_REORDER_SCOPE_AUTO == WGR_SCOPE_AUTO);
static_assert(BIT(WGR_SETTING_MODE) == WG_REORDER_OWN_MODE);
static_assert(BIT(WGR_SETTING_HOLD) == WG_REORDER_OWN_HOLD_US);
static_assert(BIT(WGR_SETTING_HOLD_MAX) == WG_REORDER_OWN_HOLD_MAX_US);
static_assert(BIT(WGR_SETTING_WINDOW) == WG_REORDER_OWN_WINDOW);
static_assert(BIT(WGR_SETTING_SCOPE) == WG_REORDER_OWN_SCOPE);

static struct genl_family family;

/* The attribute of each setting. */
static const u16 setting_attrs[WGR_SETTINGS] = {
	[WGR_SETTING_MODE] = WG_REORDER_A_MODE,
	[WGR_SETTING_HOLD] = WG_REORDER_A_HOLD_US,
	[WGR_SETTING_HOLD_MAX] = WG_REORDER_A_HOLD_MAX_US,
	[WGR_SETTING_WINDOW] = WG_REORDER_A_WINDOW,
	[WGR_SETTING_SCOPE] = WG_REORDER_A_SCOPE,
};

static int check_peer_key(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (nla_len(attr) == WG_REORDER_KEY_LEN)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "WG_REORDER_A_PUBLIC_KEY: give exactly 32 bytes");
	return -ERANGE;
}

/*
 * What the commands take; what is not in here is refused. Ranges of numbers are
 * looked at later: the text of a policy would name no unit.
 */

#define INTERFACE_POLICY \
	[WG_REORDER_A_IFINDEX] = { .type = NLA_U32 }, \
	[WG_REORDER_A_IFNAME] = { .type = NLA_NUL_STRING, .len = IFNAMSIZ - 1 }

static const struct nla_policy interface_policy[WG_REORDER_A_MAX + 1] = {
	INTERFACE_POLICY,
};

#define PEER_POLICY \
	[WG_REORDER_A_PUBLIC_KEY] = NLA_POLICY_VALIDATE_FN(NLA_BINARY, check_peer_key)

static const struct nla_policy peer_policy[WG_REORDER_A_MAX + 1] = {
	INTERFACE_POLICY,
	PEER_POLICY,
};

static const struct nla_policy set_policy[WG_REORDER_A_MAX + 1] = {
	INTERFACE_POLICY,
	PEER_POLICY,
	[WG_REORDER_A_MODE] = { .type = NLA_U32 },
	[WG_REORDER_A_HOLD_US] = { .type = NLA_U32 },
	[WG_REORDER_A_HOLD_MAX_US] = { .type = NLA_U32 },
	[WG_REORDER_A_WINDOW] = { .type = NLA_U32 },
	[WG_REORDER_A_SCOPE] = { .type = NLA_U32 },
};

static struct wgr_device *named_device(struct genl_info *info)
{
	return wgr_target_find(genl_info_net(info), info->attrs[WG_REORDER_A_IFINDEX],
			       info->attrs[WG_REORDER_A_IFNAME], info->extack);
}

static int put_name(struct sk_buff *skb, const struct wgr_device *wgr)
{
	return nla_put_u32(skb, WG_REORDER_A_IFINDEX, wgr->dev->ifindex) ?:
	       nla_put_string(skb, WG_REORDER_A_IFNAME, wgr->dev->name);
}

/* The peer of this key, with a reference; the interface's lock is held. */
static struct wgr_peer *named_peer(struct wgr_device *wgr, const struct nlattr *key,
				   struct netlink_ext_ack *extack)
{
	struct wgr_peer *peer = wgr_peer_find(wgr, nla_data(key));

	if (peer)
		return peer;
	NL_SET_ERR_MSG_ATTR(extack, key, "the interface has no peer with this public key");
	return ERR_PTR(-ENOENT);
}

/*
 * Settings.
 */

static int put_settings(struct sk_buff *skb, const struct wgr_settings *settings)
{
	enum wgr_setting which;
	int full = 0;

	for (which = 0; which < WGR_SETTINGS && !full; which++)
		full = nla_put_u32(skb, setting_attrs[which],
				   wgr_setting_get(settings, which));
	return full;
}

static int put_key(struct sk_buff *skb, const struct wgr_peer *peer)
{
	return nla_put(skb, WG_REORDER_A_PUBLIC_KEY, WG_REORDER_KEY_LEN,
		       peer->noise.hs.remote_static);
}

/* What is in force for a peer, and which of it is its own. */
static int put_peer_settings(struct sk_buff *skb, struct wgr_peer *peer)
{
	struct wgr_settings settings;

	wgr_settings_of_peer(peer, &settings);
	return nla_put_u32(skb, WG_REORDER_A_OWN, peer->own.given) ?:
	       put_settings(skb, &settings);
}

/* Settings of the interface, or of the peer that @key names. */
static int fill_settings(struct sk_buff *skb, struct wgr_device *wgr, const struct nlattr *key,
			 struct netlink_ext_ack *extack)
{
	struct wgr_peer *peer;
	int err;

	lockdep_assert_held(&wgr->lock);

	err = put_name(skb, wgr);
	if (err)
		return err;
	if (!key)
		return put_settings(skb, &wgr->order);
	peer = named_peer(wgr, key, extack);
	if (IS_ERR(peer))
		return PTR_ERR(peer);
	err = put_key(skb, peer) ?: put_peer_settings(skb, peer);
	wgr_peer_put(peer);
	return err;
}

static int reply_settings(struct genl_info *info, struct wgr_device *wgr)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *head;
	int err;

	if (!skb)
		return -ENOMEM;
	head = genlmsg_put_reply(skb, info, &family, 0, WG_REORDER_CMD_GET);
	if (!head) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	mutex_lock(&wgr->lock);
	err = fill_settings(skb, wgr, info->attrs[WG_REORDER_A_PUBLIC_KEY], info->extack);
	mutex_unlock(&wgr->lock);
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	genlmsg_end(skb, head);
	return genlmsg_reply(skb, info);
}

static int handle_get(struct sk_buff *skb, struct genl_info *info)
{
	struct wgr_device *wgr;
	int err;

	rtnl_lock();	/* the interface stays and keeps its name */
	wgr = named_device(info);
	err = PTR_ERR_OR_ZERO(wgr) ?: reply_settings(info, wgr);
	rtnl_unlock();
	return err;
}

static int dump_settings(struct sk_buff *skb, struct netlink_callback *cb, struct wgr_device *wgr)
{
	void *head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &family,
				 NLM_F_MULTI, WG_REORDER_CMD_GET);
	int full;

	if (!head)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, head);
	mutex_lock(&wgr->lock);
	full = fill_settings(skb, wgr, NULL, cb->extack);
	mutex_unlock(&wgr->lock);
	if (full) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

/* The policy is that of the command without a dump, which names an interface. */
static int handle_get_all_start(struct netlink_callback *cb)
{
	struct nlattr **attrs = genl_info_dump(cb)->attrs;

	if (!attrs[WG_REORDER_A_IFINDEX] && !attrs[WG_REORDER_A_IFNAME] &&
	    !attrs[WG_REORDER_A_PUBLIC_KEY])
		return 0;
	NL_SET_ERR_MSG(cb->extack,
		       "the dump is of all interfaces: name none, or ask without NLM_F_DUMP");
	return -EINVAL;
}

/* The state of the dump is how many interfaces of any type are done with. */
static int handle_get_all(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct net *net = sock_net(cb->skb->sk);
	struct net_device *dev;
	long at = 0;

	rtnl_lock();	/* keeps the list, the interfaces and their names */
	/* Never 0, which would mean that nobody watches for changes. */
	cb->seq = net->dev_base_seq ?: 1;
	for_each_netdev(net, dev) {
		if (at >= cb->args[0] && wgr_is_device(dev) &&
		    dump_settings(skb, cb, netdev_priv(dev)))
			break;
		at++;
	}
	cb->args[0] = at;
	rtnl_unlock();
	return skb->len;
}

/*
 * One wrong value refuses them all; the attribute that has it is pointed at. Only a
 * peer can have those of its interface: they go into @inherit, as bits.
 */
static int read_settings(struct nlattr **attrs, struct wgr_some_settings *request, u32 *inherit,
			 struct netlink_ext_ack *extack)
{
	enum wgr_setting which;
	struct nlattr *attr;
	const char *why;
	int err;

	for (which = 0; which < WGR_SETTINGS; which++) {
		attr = attrs[setting_attrs[which]];
		if (!attr)
			continue;
		if (attrs[WG_REORDER_A_PUBLIC_KEY] && nla_get_u32(attr) == WG_REORDER_INHERIT) {
			*inherit |= BIT(which);
			continue;
		}
		request->given |= BIT(which);
		request->value[which] = nla_get_u32(attr);
		err = wgr_setting_check(which, request->value[which], &why);
		if (err) {
			NL_SET_BAD_ATTR(extack, attr);
			if (extack)
				extack->_msg = why;
			return err;
		}
	}
	return 0;
}

static int change_peer(struct wgr_device *wgr, const struct nlattr *key,
		       const struct wgr_some_settings *request, u32 inherit,
		       struct netlink_ext_ack *extack)
{
	struct wgr_peer *peer = named_peer(wgr, key, extack);
	int err;

	if (IS_ERR(peer))
		return PTR_ERR(peer);
	err = wgr_settings_change_peer(peer, request, inherit, extack);
	wgr_peer_put(peer);
	return err;
}

static int change_settings(struct wgr_device *wgr, struct nlattr **attrs,
			   struct netlink_ext_ack *extack)
{
	const struct nlattr *key = attrs[WG_REORDER_A_PUBLIC_KEY];
	struct wgr_some_settings request = {};
	u32 inherit = 0;
	int err;

	err = read_settings(attrs, &request, &inherit, extack);
	if (err)
		return err;
	mutex_lock(&wgr->lock);
	err = key ? change_peer(wgr, key, &request, inherit, extack) :
		    wgr_settings_change(wgr, &request, extack);
	mutex_unlock(&wgr->lock);
	return err;
}

static int handle_set(struct sk_buff *skb, struct genl_info *info)
{
	struct wgr_device *wgr;
	int err;

	rtnl_lock();	/* the interface stays */
	wgr = named_device(info);
	err = PTR_ERR_OR_ZERO(wgr) ?: change_settings(wgr, info->attrs, info->extack);
	rtnl_unlock();
	return err;
}

/*
 * Statistics.
 */

/**
 * struct dump - how far a dump of statistics has come, between two reads
 * @at: the peer to go on with
 * @totals_given: those of the interface have been given
 */
struct dump {
	struct wgr_cursor at;
	bool totals_given;
};

static int put_histogram(struct sk_buff *skb, int type, const u64 *bins, int count)
{
	return nla_put_64bit(skb, type, count * sizeof(*bins), bins, WG_REORDER_STAT_PAD);
}

static int put_figures(struct sk_buff *skb, const struct wgr_rx_stats *stats)
{
	struct wgr_figures figures;
	int i, full = 0;

	wgr_stats_figures(stats, &figures);
	for (i = WGR_FIGURE_FIRST; i <= WGR_FIGURE_LAST && !full; i++)
		if (wgr_is_figure(i))
			full = nla_put_u64_64bit(skb, i, figures.value[i],
						 WG_REORDER_STAT_PAD);
	return full;
}

static int put_stats(struct sk_buff *skb, const struct wgr_rx_stats *stats)
{
	struct nlattr *nest = nla_nest_start(skb, WG_REORDER_A_STATS);

	if (!nest || put_figures(skb, stats) ||
	    put_histogram(skb, WG_REORDER_STAT_EXTENT, stats->order.span, WGR_SPAN_BINS) ||
	    put_histogram(skb, WG_REORDER_STAT_HOLD, stats->order.hold, WGR_HOLD_BINS))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_totals(struct sk_buff *skb, struct wgr_device *wgr)
{
	struct wgr_rx_stats stats;

	wgr_stats_of_device(wgr, &stats);
	return put_name(skb, wgr) ?: put_stats(skb, &stats);
}

static int put_peer(struct sk_buff *skb, struct wgr_peer *peer)
{
	struct wgr_rx_stats stats;

	wgr_rx_read_stats(peer, &stats);
	return nla_put_u32(skb, WG_REORDER_A_IFINDEX, peer->wgr->dev->ifindex) ?:
	       put_key(skb, peer) ?:
	       (peer->own.given ? put_peer_settings(skb, peer) : 0) ?:
	       put_stats(skb, &stats);
}

/* A message of one peer, or of the totals if @peer is NULL. */
static int dump_message(struct sk_buff *skb, struct netlink_callback *cb, struct wgr_device *wgr,
			struct wgr_peer *peer)
{
	void *head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &family,
				 NLM_F_MULTI, WG_REORDER_CMD_GET_STATS);

	if (!head)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, head);
	if (peer ? put_peer(skb, peer) : put_totals(skb, wgr)) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

/* Return: 0 when all has been given, -EMSGSIZE when more follows. */
static int dump_messages(struct sk_buff *skb, struct netlink_callback *cb, struct dump *dump)
{
	struct wgr_device *wgr = dump->at.wgr;
	struct wgr_peer *peer;
	int full;

	if (!dump->totals_given) {
		full = dump_message(skb, cb, wgr, NULL);
		if (full)
			return full;
		dump->totals_given = true;
	}
	peer = wgr_cursor_peer(&dump->at);
	if (!peer)
		return 0;
	list_for_each_entry_from(peer, &wgr->peers, node) {
		full = dump_message(skb, cb, wgr, peer);
		if (full) {
			wgr_cursor_leave(&dump->at, peer);
			return full;
		}
	}
	return 0;
}

static struct dump *dump_of(struct netlink_callback *cb)
{
	static_assert(sizeof(struct dump) <= sizeof_field(struct netlink_callback, ctx));

	return (struct dump *)cb->ctx;
}

static int handle_stats_start(struct netlink_callback *cb)
{
	struct nlattr **attrs = genl_info_dump(cb)->attrs;

	*dump_of(cb) = (struct dump){};
	return wgr_cursor_begin(&dump_of(cb)->at, cb, attrs[WG_REORDER_A_IFINDEX],
				attrs[WG_REORDER_A_IFNAME]);
}

static int handle_stats(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump *dump = dump_of(cb);
	struct wgr_device *wgr = dump->at.wgr;
	int full;

	rtnl_lock();	/* keeps the name */
	mutex_lock(&wgr->lock);
	/* Never 0, which would mean that nobody watches for changes. */
	cb->seq = wgr->generation * 2 + 1;
	full = dump_messages(skb, cb, dump);
	mutex_unlock(&wgr->lock);
	rtnl_unlock();
	/* A buffer too small for a single message must not look like the end. */
	if (full)
		return skb->len ?: full;
	return 0;
}

static int handle_stats_done(struct netlink_callback *cb)
{
	wgr_cursor_end(&dump_of(cb)->at);
	return 0;
}

static int reset_peer(struct wgr_device *wgr, const struct nlattr *key,
		      struct netlink_ext_ack *extack)
{
	struct wgr_peer *peer = named_peer(wgr, key, extack);

	if (IS_ERR(peer))
		return PTR_ERR(peer);
	wgr_rx_reset_stats(peer);
	wgr_peer_put(peer);
	return 0;
}

static int reset_stats(struct wgr_device *wgr, const struct nlattr *key,
		       struct netlink_ext_ack *extack)
{
	int err = 0;

	mutex_lock(&wgr->lock);
	if (key)
		err = reset_peer(wgr, key, extack);
	else
		wgr_stats_reset_device(wgr);
	mutex_unlock(&wgr->lock);
	return err;
}

static int handle_reset_stats(struct sk_buff *skb, struct genl_info *info)
{
	struct wgr_device *wgr;
	int err;

	rtnl_lock();	/* the interface stays */
	wgr = named_device(info);
	err = PTR_ERR_OR_ZERO(wgr) ?:
	      reset_stats(wgr, info->attrs[WG_REORDER_A_PUBLIC_KEY], info->extack);
	rtnl_unlock();
	return err;
}

static const struct genl_ops ops[] = {
	{
		.cmd = WG_REORDER_CMD_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = peer_policy,
		.maxattr = WG_REORDER_A_MAX,
		.doit = handle_get,
		.start = handle_get_all_start,
		.dumpit = handle_get_all,
	},
	{
		.cmd = WG_REORDER_CMD_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = set_policy,
		.maxattr = WG_REORDER_A_MAX,
		.doit = handle_set,
	},
	{
		.cmd = WG_REORDER_CMD_GET_STATS,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = interface_policy,
		.maxattr = WG_REORDER_A_MAX,
		.start = handle_stats_start,
		.dumpit = handle_stats,
		.done = handle_stats_done,
	},
	{
		.cmd = WG_REORDER_CMD_RESET_STATS,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = peer_policy,
		.maxattr = WG_REORDER_A_MAX,
		.doit = handle_reset_stats,
	},
};

/*
 * No MODULE_ALIAS_GENL_FAMILY: programs look the family up to learn whether this
 * module is loaded, and a question must not load it.
 */
static struct genl_family family __ro_after_init = {
	.module = THIS_MODULE,
	.name = WG_REORDER_GENL_NAME,
	.version = WG_REORDER_GENL_VERSION,
	.netnsok = true,
	.parallel_ops = true,	/* rtnl and the device's lock are enough */
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
};

int __init wgr_reorder_netlink_register(void)
{
	return genl_register_family(&family);
}

void wgr_reorder_netlink_unregister(void)
{
	genl_unregister_family(&family);
}
