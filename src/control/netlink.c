// SPDX-License-Identifier: GPL-2.0
/*
 * netlink.c - reading and changing the configuration through generic netlink.
 *
 * A change is looked over as a whole before any of it is done, so that a
 * malformed request leaves everything as it was. What can fail after that is
 * memory, a port that is taken and the limit of peers.
 *
 * A dump takes as many messages as it needs. Between two of them the
 * configuration may change; the dump goes on with what is there then and says
 * so (NLM_F_DUMP_INTR).
 */
#include "control/netlink.h"

#include <compat/genetlink.h>
#include <linux/if.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <linux/wireguard.h>
#include <crypto/utils.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "allowedips.h"
#include "control/target.h"
#include "device.h"
#include "endpoint.h"
#include "interface.h"
#include "noise.h"
#include "peer.h"
#include "sock.h"
#include "timers.h"
#include "tx.h"

#define DEVICE_FLAGS WGDEVICE_F_REPLACE_PEERS
#define PEER_FLAGS (WGPEER_F_REMOVE_ME | WGPEER_F_REPLACE_ALLOWEDIPS | \
		    WGPEER_F_UPDATE_ONLY)
#define ALLOWEDIP_FLAGS WGALLOWEDIP_F_REMOVE_ME

/* The only version of the protocol there is. */
#define PROTOCOL_VERSION 1

static_assert(WGR_KEY_LEN == WG_KEY_LEN);

static struct genl_family family;

/*
 * Whether single attributes are well formed, in words for who sent them. Only
 * for those without a type: some kernels take the address of the function for
 * a range when they describe a policy of integers.
 */

static int check_device_key(const struct nlattr *attr,
			    struct netlink_ext_ack *extack)
{
	if (nla_len(attr) == WG_KEY_LEN)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "WGDEVICE_A_PRIVATE_KEY and _PUBLIC_KEY: give exactly 32 bytes");
	return -ERANGE;
}

static int check_peer_key(const struct nlattr *attr,
			  struct netlink_ext_ack *extack)
{
	if (nla_len(attr) == WG_KEY_LEN)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "WGPEER_A_PUBLIC_KEY and _PRESHARED_KEY: give exactly 32 bytes");
	return -ERANGE;
}

static int check_endpoint(const struct nlattr *attr,
			  struct netlink_ext_ack *extack)
{
	if (nla_len(attr) >= sizeof(struct sockaddr))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "WGPEER_A_ENDPOINT: give a struct sockaddr_in or sockaddr_in6");
	return -ERANGE;
}

static int check_handshake_time(const struct nlattr *attr,
				struct netlink_ext_ack *extack)
{
	if (nla_len(attr) >= sizeof(struct __kernel_timespec))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "WGPEER_A_LAST_HANDSHAKE_TIME: cannot be set, leave it out");
	return -ERANGE;
}

static int check_address(const struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	if (nla_len(attr) >= sizeof(struct in_addr))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "WGALLOWEDIP_A_IPADDR: give 4 bytes for IPv4 or 16 for IPv6");
	return -ERANGE;
}

static const struct nla_policy allowedip_policy[WGALLOWEDIP_A_MAX + 1] = {
	[WGALLOWEDIP_A_FAMILY] = { .type = NLA_U16 },
	[WGALLOWEDIP_A_IPADDR] = NLA_POLICY_VALIDATE_FN(NLA_BINARY,
							check_address),
	[WGALLOWEDIP_A_CIDR_MASK] = { .type = NLA_U8 },
	[WGALLOWEDIP_A_FLAGS] = { .type = NLA_U32 },
};

static const struct nla_policy peer_policy[WGPEER_A_MAX + 1] = {
	[WGPEER_A_PUBLIC_KEY] = NLA_POLICY_VALIDATE_FN(NLA_BINARY,
						       check_peer_key),
	[WGPEER_A_PRESHARED_KEY] = NLA_POLICY_VALIDATE_FN(NLA_BINARY,
							  check_peer_key),
	[WGPEER_A_ENDPOINT] = NLA_POLICY_VALIDATE_FN(NLA_BINARY,
						     check_endpoint),
	[WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL] = { .type = NLA_U16 },
	[WGPEER_A_LAST_HANDSHAKE_TIME] =
		NLA_POLICY_VALIDATE_FN(NLA_BINARY, check_handshake_time),
	[WGPEER_A_RX_BYTES] = { .type = NLA_U64 },
	[WGPEER_A_TX_BYTES] = { .type = NLA_U64 },
	[WGPEER_A_ALLOWEDIPS] = NLA_POLICY_NESTED_ARRAY(allowedip_policy),
	[WGPEER_A_PROTOCOL_VERSION] = { .type = NLA_U32 },
	[WGPEER_A_FLAGS] = { .type = NLA_U32 },
};

static const struct nla_policy device_policy[WGDEVICE_A_MAX + 1] = {
	/* Which interface it is, by one of the two. */
	[WGDEVICE_A_IFNAME] = { .type = NLA_NUL_STRING, .len = IFNAMSIZ - 1 },
	[WGDEVICE_A_IFINDEX] = { .type = NLA_U32 },
	/* What is to be set there. */
	[WGDEVICE_A_PRIVATE_KEY] = NLA_POLICY_VALIDATE_FN(NLA_BINARY,
							  check_device_key),
	[WGDEVICE_A_PUBLIC_KEY] = NLA_POLICY_VALIDATE_FN(NLA_BINARY,
							 check_device_key),
	[WGDEVICE_A_PEERS] = NLA_POLICY_NESTED_ARRAY(peer_policy),
	[WGDEVICE_A_LISTEN_PORT] = { .type = NLA_U16 },
	[WGDEVICE_A_FWMARK] = { .type = NLA_U32 },
	[WGDEVICE_A_FLAGS] = { .type = NLA_U32 },
};

/*
 * Reading.
 */

/**
 * struct dump - how far a dump has come, between two of its messages
 * @at: the peer to go on with
 * @allowed: its prefixes that have been given
 * @device_given: the attributes of the interface itself have been given
 * @peer_given: those of the peer have, its prefixes perhaps not all
 */
struct dump {
	struct wgr_cursor at;
	struct wgr_aip_cursor allowed;
	bool device_given;
	bool peer_given;
};

static int put_interface(struct sk_buff *skb, struct wgr_device *wgr)
{
	const struct wgr_identity *identity = &wgr->identity;
	bool full;

	full = nla_put_u32(skb, WGDEVICE_A_IFINDEX, wgr->dev->ifindex) ||
	       nla_put_string(skb, WGDEVICE_A_IFNAME, wgr->dev->name) ||
	       nla_put_u16(skb, WGDEVICE_A_LISTEN_PORT, wgr->socks.port) ||
	       nla_put_u32(skb, WGDEVICE_A_FWMARK, wgr->socks.fwmark);

	down_read(&wgr->identity_lock);
	if (identity->set)
		full = full ||
		       nla_put(skb, WGDEVICE_A_PRIVATE_KEY, WG_KEY_LEN,
			       identity->secret) ||
		       nla_put(skb, WGDEVICE_A_PUBLIC_KEY, WG_KEY_LEN,
			       identity->public);
	up_read(&wgr->identity_lock);
	return full ? -EMSGSIZE : 0;
}

static int put_endpoint(struct sk_buff *skb, struct wgr_peer *peer)
{
	struct wgr_endpoint endpoint;

	wgr_endpoint_read(&peer->endpoint, &endpoint);
	switch (endpoint.to.any.sa_family) {
	case AF_INET:
		return nla_put(skb, WGPEER_A_ENDPOINT, sizeof(endpoint.to.v4),
			       &endpoint.to.v4);
	case AF_INET6:
		return nla_put(skb, WGPEER_A_ENDPOINT, sizeof(endpoint.to.v6),
			       &endpoint.to.v6);
	default:
		return 0;
	}
}

static int put_psk(struct sk_buff *skb, struct wgr_peer *peer)
{
	struct nlattr *attr = nla_reserve(skb, WGPEER_A_PRESHARED_KEY,
					  WG_KEY_LEN);

	/* Straight into the message: no copy on the stack to wipe. */
	if (attr)
		wgr_noise_get_psk(&peer->noise, nla_data(attr));
	return attr ? 0 : -EMSGSIZE;
}

static int put_handshake_time(struct sk_buff *skb, struct wgr_peer *peer)
{
	struct timespec64 when =
		ns_to_timespec64(READ_ONCE(peer->timers.last_handshake_ns));
	struct __kernel_timespec shown = {
		.tv_sec = when.tv_sec,
		.tv_nsec = when.tv_nsec,
	};

	return nla_put(skb, WGPEER_A_LAST_HANDSHAKE_TIME, sizeof(shown),
		       &shown);
}

/* All of a peer but its key, which leads, and its prefixes, which follow. */
static int put_peer_state(struct sk_buff *skb, struct wgr_peer *peer)
{
	if (nla_put_u32(skb, WGPEER_A_PROTOCOL_VERSION, PROTOCOL_VERSION) ||
	    nla_put_u16(skb, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL,
			peer->timers.keepalive_s) ||
	    nla_put_u64_64bit(skb, WGPEER_A_RX_BYTES,
			      atomic64_read(&peer->rx_bytes),
			      WGPEER_A_UNSPEC) ||
	    nla_put_u64_64bit(skb, WGPEER_A_TX_BYTES,
			      atomic64_read(&peer->tx_bytes),
			      WGPEER_A_UNSPEC) ||
	    put_handshake_time(skb, peer) || put_endpoint(skb, peer) ||
	    put_psk(skb, peer))
		return -EMSGSIZE;
	return 0;
}

static int put_prefix(struct sk_buff *skb, const struct wgr_aip_entry *entry)
{
	size_t len = entry->family == AF_INET ? sizeof(entry->addr.v4) :
						sizeof(entry->addr.v6);
	struct nlattr *nest = nla_nest_start(skb, 0);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u16(skb, WGALLOWEDIP_A_FAMILY, entry->family) ||
	    nla_put(skb, WGALLOWEDIP_A_IPADDR, len, &entry->addr) ||
	    nla_put_u8(skb, WGALLOWEDIP_A_CIDR_MASK, entry->cidr)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/* Return: 0 when the last one has been given, -EMSGSIZE when more follow. */
static int put_prefixes(struct sk_buff *skb, struct dump *dump,
			struct wgr_peer *peer)
{
	struct wgr_aip_cursor ahead = dump->allowed;
	struct nlattr *nest = NULL;
	struct wgr_aip_entry *entry;
	int full = 0;

	while ((entry = wgr_aip_next(&dump->at.wgr->allowed, &peer->allowed,
				     &ahead))) {
		if (!nest)
			nest = nla_nest_start(skb, WGPEER_A_ALLOWEDIPS);
		full = nest ? put_prefix(skb, entry) : -EMSGSIZE;
		if (full)
			break;
		dump->allowed = ahead;
	}
	if (nest)
		nla_nest_end(skb, nest);
	return full;
}

/* Return: 0 when all of the peer has been given, -EMSGSIZE when more follows. */
static int put_peer(struct sk_buff *skb, struct dump *dump,
		    struct wgr_peer *peer)
{
	struct nlattr *nest = nla_nest_start(skb, 0);
	int full;

	if (!nest)
		return -EMSGSIZE;
	if (nla_put(skb, WGPEER_A_PUBLIC_KEY, WG_KEY_LEN,
		    peer->noise.hs.remote_static) ||
	    (!dump->peer_given && put_peer_state(skb, peer))) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	dump->peer_given = true;
	full = put_prefixes(skb, dump, peer);
	nla_nest_end(skb, nest);
	return full;
}

/* The next peer begins from its start. */
static void dump_advance(struct dump *dump)
{
	dump->allowed = (struct wgr_aip_cursor){};
	dump->peer_given = false;
}

static struct wgr_peer *dump_resume(struct dump *dump)
{
	struct wgr_peer *peer = wgr_cursor_peer(&dump->at);

	if (peer != dump->at.peer)
		dump_advance(dump);
	return peer;
}

/* Return: 0 when the last peer has been given, -EMSGSIZE when more follow. */
static int put_peers(struct sk_buff *skb, struct dump *dump)
{
	struct wgr_peer *peer = dump_resume(dump);
	struct list_head *peers = &dump->at.wgr->peers;
	struct nlattr *nest;
	int full = 0;

	if (!peer)
		return 0;
	nest = nla_nest_start(skb, WGDEVICE_A_PEERS);
	if (!nest)
		return -EMSGSIZE;

	list_for_each_entry_from(peer, peers, node) {
		full = put_peer(skb, dump, peer);
		if (full)
			break;
		dump_advance(dump);
	}
	nla_nest_end(skb, nest);
	wgr_cursor_leave(&dump->at, full ? peer : NULL);
	return full;
}

static int dump_message(struct sk_buff *skb, struct netlink_callback *cb,
			struct dump *dump)
{
	void *head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				 cb->nlh->nlmsg_seq, &family, NLM_F_MULTI,
				 WG_CMD_GET_DEVICE);
	int full;

	if (!head)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, head);
	if (!dump->device_given && put_interface(skb, dump->at.wgr)) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	dump->device_given = true;

	/*
	 * A message may be empty if peers were removed: it is sent all the
	 * same, as its header tells of the change.
	 */
	full = put_peers(skb, dump);
	genlmsg_end(skb, head);
	return full ? skb->len : 0;
}

static struct dump *dump_of(struct netlink_callback *cb)
{
	static_assert(sizeof(struct dump) <=
		      sizeof_field(struct netlink_callback, ctx));

	return (struct dump *)cb->ctx;
}

static int handle_get_start(struct netlink_callback *cb)
{
	struct nlattr **attrs = genl_info_dump(cb)->attrs;

	*dump_of(cb) = (struct dump){};
	return wgr_cursor_begin(&dump_of(cb)->at, cb, attrs[WGDEVICE_A_IFINDEX],
				attrs[WGDEVICE_A_IFNAME]);
}

static int handle_get(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump *dump = dump_of(cb);
	struct wgr_device *wgr = dump->at.wgr;
	int ret;

	rtnl_lock();	/* keeps the name */
	mutex_lock(&wgr->lock);
	/* Never 0, which would mean that nobody watches for changes. */
	cb->seq = wgr->generation * 2 + 1;
	ret = dump_message(skb, cb, dump);
	mutex_unlock(&wgr->lock);
	rtnl_unlock();
	return ret;
}

static int handle_get_done(struct netlink_callback *cb)
{
	wgr_cursor_end(&dump_of(cb)->at);
	return 0;
}

/*
 * Changing.
 */

/**
 * struct prefix_change - one entry of WGPEER_A_ALLOWEDIPS
 * @family: AF_INET or AF_INET6
 * @cidr: length of the prefix in bits
 * @remove: take it away rather than give it
 * @addr: its address, in the request
 */
struct prefix_change {
	u16 family;
	u8 cidr;
	bool remove;
	const void *addr;
};

/* An attribute of flags that may be absent. */
static u32 flags_of(const struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

static int read_family(const struct nlattr *attr, u16 *family, size_t *addr_len,
		       struct netlink_ext_ack *extack)
{
	*family = nla_get_u16(attr);
	switch (*family) {
	case AF_INET:
		*addr_len = sizeof(struct in_addr);
		return 0;
	case AF_INET6:
		*addr_len = sizeof(struct in6_addr);
		return 0;
	default:
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "WGALLOWEDIP_A_FAMILY: give AF_INET (2) or AF_INET6 (10)");
		return -EINVAL;
	}
}

static int read_prefix(const struct nlattr *entry, struct prefix_change *change,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[WGALLOWEDIP_A_MAX + 1], *addr, *cidr, *flags;
	size_t addr_len;
	int err;

	err = nla_parse_nested(attrs, WGALLOWEDIP_A_MAX, entry, NULL, extack);
	if (err)
		return err;
	addr = attrs[WGALLOWEDIP_A_IPADDR];
	cidr = attrs[WGALLOWEDIP_A_CIDR_MASK];
	flags = attrs[WGALLOWEDIP_A_FLAGS];
	if (!attrs[WGALLOWEDIP_A_FAMILY] || !addr || !cidr) {
		NL_SET_ERR_MSG_ATTR(extack, entry,
				    "an allowed IP needs WGALLOWEDIP_A_FAMILY, _IPADDR and _CIDR_MASK");
		return -EINVAL;
	}

	err = read_family(attrs[WGALLOWEDIP_A_FAMILY], &change->family,
			  &addr_len, extack);
	if (err)
		return err;
	if (nla_len(addr) != addr_len) {
		NL_SET_ERR_MSG_ATTR(extack, addr,
				    "WGALLOWEDIP_A_IPADDR: give 4 bytes for AF_INET, 16 for AF_INET6");
		return -EINVAL;
	}
	if (nla_get_u8(cidr) > addr_len * 8) {
		NL_SET_ERR_MSG_ATTR(extack, cidr,
				    "WGALLOWEDIP_A_CIDR_MASK: give at most 32 for AF_INET, 128 for AF_INET6");
		return -EINVAL;
	}

	if (flags_of(flags) & ~ALLOWEDIP_FLAGS) {
		NL_SET_ERR_MSG_ATTR(extack, flags,
				    "WGALLOWEDIP_A_FLAGS: only REMOVE_ME (1) is known, clear the rest");
		return -EOPNOTSUPP;
	}

	change->addr = nla_data(addr);
	change->cidr = nla_get_u8(cidr);
	change->remove = flags_of(flags) & WGALLOWEDIP_F_REMOVE_ME;
	return 0;
}

/* The policies have been applied to all levels when the request came in. */
static int read_peer(const struct nlattr *entry, struct nlattr **attrs,
		     struct netlink_ext_ack *extack)
{
	int err = nla_parse_nested(attrs, WGPEER_A_MAX, entry, NULL, extack);

	if (err)
		return err;
	if (!attrs[WGPEER_A_PUBLIC_KEY]) {
		NL_SET_ERR_MSG_ATTR(extack, entry,
				    "WGPEER_A_PUBLIC_KEY is missing: it says which peer is meant");
		return -EINVAL;
	}
	return 0;
}

static int check_flags_and_version(struct nlattr **attrs,
				   struct netlink_ext_ack *extack)
{
	const struct nlattr *flags = attrs[WGPEER_A_FLAGS];
	const struct nlattr *version = attrs[WGPEER_A_PROTOCOL_VERSION];

	if (flags_of(flags) & ~PEER_FLAGS) {
		NL_SET_ERR_MSG_ATTR(extack, flags,
				    "WGPEER_A_FLAGS: only bits 0 to 2 are known, clear the rest");
		return -EOPNOTSUPP;
	}
	if (version && nla_get_u32(version) != PROTOCOL_VERSION) {
		NL_SET_ERR_MSG_ATTR(extack, version,
				    "WGPEER_A_PROTOCOL_VERSION: only 1 is spoken, set that or leave it out");
		return -EPFNOSUPPORT;
	}
	return 0;
}

static int check_prefixes(const struct nlattr *prefixes,
			  struct netlink_ext_ack *extack)
{
	struct prefix_change change;
	const struct nlattr *entry;
	int left, err;

	nla_for_each_nested(entry, prefixes, left) {
		err = read_prefix(entry, &change, extack);
		if (err)
			return err;
	}
	return 0;
}

static int check_peers(const struct nlattr *peers,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[WGPEER_A_MAX + 1];
	const struct nlattr *entry;
	int left, err;

	nla_for_each_nested(entry, peers, left) {
		err = read_peer(entry, attrs, extack) ?:
		      check_flags_and_version(attrs, extack);
		if (!err && attrs[WGPEER_A_ALLOWEDIPS])
			err = check_prefixes(attrs[WGPEER_A_ALLOWEDIPS],
					     extack);
		if (err)
			return err;
	}
	return 0;
}

/* What the policies cannot say, before anything is changed. */
static int check_request(struct nlattr **attrs, struct netlink_ext_ack *extack)
{
	const struct nlattr *flags = attrs[WGDEVICE_A_FLAGS];

	if (flags_of(flags) & ~DEVICE_FLAGS) {
		NL_SET_ERR_MSG_ATTR(extack, flags,
				    "WGDEVICE_A_FLAGS: only REPLACE_PEERS (1) is known, clear the rest");
		return -EOPNOTSUPP;
	}
	return attrs[WGDEVICE_A_PEERS] ?
	       check_peers(attrs[WGDEVICE_A_PEERS], extack) : 0;
}

/*
 * Port and mark work where the sockets are, which may be another namespace
 * than that of the interface.
 */
static int check_outer(struct wgr_device *wgr, struct nlattr **attrs,
		       struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = attrs[WGDEVICE_A_LISTEN_PORT] ?:
				    attrs[WGDEVICE_A_FWMARK];
	struct net *net;
	bool allowed;

	if (!attr)
		return 0;
	rcu_read_lock();
	net = rcu_dereference(wgr->socks.birth_net);
	allowed = net && ns_capable(net->user_ns, CAP_NET_ADMIN);
	rcu_read_unlock();
	if (allowed)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "needs CAP_NET_ADMIN in the network namespace the interface was created in");
	return -EPERM;
}

/* One attribute of a peer: does what it asks for. */
typedef int (*peer_step_fn)(struct wgr_peer *peer, const struct nlattr *attr,
			    struct netlink_ext_ack *extack);

static int set_psk(struct wgr_peer *peer, const struct nlattr *attr,
		   struct netlink_ext_ack *extack)
{
	wgr_noise_set_psk(&peer->noise, nla_data(attr));
	return 0;
}

static int set_endpoint(struct wgr_peer *peer, const struct nlattr *attr,
			struct netlink_ext_ack *extack)
{
	const struct sockaddr *to = nla_data(attr);
	struct wgr_endpoint endpoint = {};

	if (to->sa_family == AF_INET &&
	    nla_len(attr) == sizeof(endpoint.to.v4)) {
		nla_memcpy(&endpoint.to.v4, attr, sizeof(endpoint.to.v4));
		memset(endpoint.to.v4.sin_zero, 0,
		       sizeof(endpoint.to.v4.sin_zero));
	} else if (to->sa_family == AF_INET6 &&
		   nla_len(attr) == sizeof(endpoint.to.v6)) {
		nla_memcpy(&endpoint.to.v6, attr, sizeof(endpoint.to.v6));
	} else {
		/* No error: it never was one, so programs may rely on it. */
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "WGPEER_A_ENDPOINT ignored: its length is not that of its family");
		return 0;
	}

	wgr_endpoint_set(&peer->endpoint, &endpoint);
	return 0;
}

static int set_peer_flags(struct wgr_peer *peer, const struct nlattr *attr,
			  struct netlink_ext_ack *extack)
{
	if (nla_get_u32(attr) & WGPEER_F_REPLACE_ALLOWEDIPS)
		wgr_aip_remove_owner(&peer->wgr->allowed, &peer->allowed);
	return 0;
}

static int change_prefix(struct wgr_peer *peer, const struct prefix_change *change)
{
	struct wgr_aip_table *table = &peer->wgr->allowed;

	if (change->remove)
		return wgr_aip_remove(table, change->family, change->addr,
				      change->cidr, &peer->allowed);
	return wgr_aip_insert(table, change->family, change->addr, change->cidr,
			      &peer->allowed);
}

static int set_prefixes(struct wgr_peer *peer, const struct nlattr *attr,
			struct netlink_ext_ack *extack)
{
	struct prefix_change change;
	const struct nlattr *entry;
	int left, err;

	nla_for_each_nested(entry, attr, left) {
		err = read_prefix(entry, &change, extack) ?:
		      change_prefix(peer, &change);
		if (err)
			return err;
	}
	return 0;
}

static int set_keepalive(struct wgr_peer *peer, const struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	u16 seconds = nla_get_u16(attr);

	if (seconds == peer->timers.keepalive_s)
		return 0;
	WRITE_ONCE(peer->timers.keepalive_s, seconds);
	/* The first goes out at once: whoever wants them wants a path now. */
	if (netif_running(peer->wgr->dev))
		wgr_tx_interval_changed(peer);
	return 0;
}

/* In the order in which they are done. */
static const struct {
	int type;
	peer_step_fn run;
} peer_steps[] = {
	{ WGPEER_A_PRESHARED_KEY, set_psk },
	{ WGPEER_A_ENDPOINT, set_endpoint },
	{ WGPEER_A_FLAGS, set_peer_flags },
	{ WGPEER_A_ALLOWEDIPS, set_prefixes },
	{ WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, set_keepalive },
};

static bool is_own_key(struct wgr_device *wgr, const u8 *public)
{
	bool own;

	down_read(&wgr->identity_lock);
	own = wgr->identity.set &&
	      !memcmp(wgr->identity.public, public, WG_KEY_LEN);
	up_read(&wgr->identity_lock);
	return own;
}

/*
 * The peer that is meant, with a reference, made if there is none. NULL if it
 * is to be left alone: not there and not to be made, or ourselves.
 */
static struct wgr_peer *requested_peer(struct wgr_device *wgr,
				       struct nlattr **attrs, u32 flags,
				       struct netlink_ext_ack *extack)
{
	const u8 *public = nla_data(attrs[WGPEER_A_PUBLIC_KEY]);
	const struct nlattr *psk = attrs[WGPEER_A_PRESHARED_KEY];
	struct wgr_peer *peer = wgr_peer_find(wgr, public);

	if (peer)
		return peer;
	if (flags & (WGPEER_F_REMOVE_ME | WGPEER_F_UPDATE_ONLY) ||
	    is_own_key(wgr, public))
		return NULL;

	/* With its preshared key, so that no handshake does without. */
	peer = wgr_device_add_peer(wgr, public, psk ? nla_data(psk) : NULL);
	if (!IS_ERR(peer))
		return wgr_peer_get(peer);
	if (PTR_ERR(peer) == -EMFILE)
		NL_SET_ERR_MSG(extack,
			       "the interface has as many peers as it takes: remove some first");
	return peer;
}

/* A peer that is to go is put on @gone, for all of a message at once. */
static int set_peer(struct wgr_device *wgr, const struct nlattr *entry,
		    struct list_head *gone, struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[WGPEER_A_MAX + 1];
	struct wgr_peer *peer;
	int i, err;
	u32 flags;

	err = read_peer(entry, attrs, extack);
	if (err)
		return err;
	flags = flags_of(attrs[WGPEER_A_FLAGS]);
	peer = requested_peer(wgr, attrs, flags, extack);
	if (IS_ERR_OR_NULL(peer))
		return PTR_ERR_OR_ZERO(peer);

	if (flags & WGPEER_F_REMOVE_ME) {
		wgr_peer_detach(peer, gone);
		goto put;
	}
	for (i = 0; i < ARRAY_SIZE(peer_steps) && !err; i++) {
		if (attrs[peer_steps[i].type])
			err = peer_steps[i].run(peer, attrs[peer_steps[i].type],
						extack);
	}
	/* What waited for an endpoint or a key can go now. */
	if (!err && netif_running(wgr->dev))
		wgr_tx_push(peer);
put:
	wgr_peer_put(peer);
	return err;
}

/* One attribute of the device: does what it asks for. */
typedef int (*device_step_fn)(struct wgr_device *wgr,
			      const struct nlattr *attr,
			      struct netlink_ext_ack *extack);

static int set_fwmark(struct wgr_device *wgr, const struct nlattr *attr,
		      struct netlink_ext_ack *extack)
{
	WRITE_ONCE(wgr->socks.fwmark, nla_get_u32(attr));
	/* A source address was right for the old mark or port only. */
	wgr_peers_forget_routes(wgr);
	return 0;
}

static int set_listen_port(struct wgr_device *wgr, const struct nlattr *attr,
			   struct netlink_ext_ack *extack)
{
	u16 port = nla_get_u16(attr);
	int err;

	if (port == wgr->socks.port)
		return 0;
	if (netif_running(wgr->dev)) {
		err = wgr_sock_open(&wgr->socks, port);
		if (err == -EADDRINUSE)
			NL_SET_ERR_MSG_ATTR(extack, attr,
					    "WGDEVICE_A_LISTEN_PORT: in use by another socket, choose another port");
		if (err)
			return err;
	} else {
		wgr->socks.port = port;
	}
	/* A source address was right for the old mark or port only. */
	wgr_peers_forget_routes(wgr);
	return 0;
}

static int set_device_flags(struct wgr_device *wgr, const struct nlattr *attr,
			    struct netlink_ext_ack *extack)
{
	if (nla_get_u32(attr) & WGDEVICE_F_REPLACE_PEERS)
		wgr_peers_remove_all(wgr);
	return 0;
}

static int set_private_key(struct wgr_device *wgr, const struct nlattr *attr,
			   struct netlink_ext_ack *extack)
{
	bool same;

	/* The same key again must not cost the sessions that are up. */
	down_read(&wgr->identity_lock);
	same = !crypto_memneq(wgr->identity.secret, nla_data(attr), WG_KEY_LEN);
	up_read(&wgr->identity_lock);
	if (!same)
		wgr_device_set_secret(wgr, nla_data(attr));
	return 0;
}

static int set_peers(struct wgr_device *wgr, const struct nlattr *attr,
		     struct netlink_ext_ack *extack)
{
	const struct nlattr *entry;
	int left, err = 0;
	LIST_HEAD(gone);

	nla_for_each_nested(entry, attr, left) {
		err = set_peer(wgr, entry, &gone, extack);
		if (err)
			break;
	}
	wgr_peers_end(wgr, &gone);
	return err;
}

/* In the order in which they are done. */
static const struct {
	int type;
	device_step_fn run;
} device_steps[] = {
	{ WGDEVICE_A_FWMARK, set_fwmark },
	{ WGDEVICE_A_LISTEN_PORT, set_listen_port },
	{ WGDEVICE_A_FLAGS, set_device_flags },
	{ WGDEVICE_A_PRIVATE_KEY, set_private_key },
	{ WGDEVICE_A_PEERS, set_peers },
};

static int change_device(struct wgr_device *wgr, struct nlattr **attrs,
			 struct netlink_ext_ack *extack)
{
	int i, err = 0;

	mutex_lock(&wgr->lock);
	wgr->generation++;
	for (i = 0; i < ARRAY_SIZE(device_steps) && !err; i++) {
		if (attrs[device_steps[i].type])
			err = device_steps[i].run(wgr,
						  attrs[device_steps[i].type],
						  extack);
	}
	mutex_unlock(&wgr->lock);
	return err;
}

static void wipe(struct nlattr *attr)
{
	memzero_explicit(nla_data(attr), nla_len(attr));
}

/* The request's memory is given back as it is: no secret may stay in it. */
static void wipe_secrets(struct nlattr **attrs)
{
	struct nlattr *entry, *attr;
	int entries_left, left;

	if (attrs[WGDEVICE_A_PRIVATE_KEY])
		wipe(attrs[WGDEVICE_A_PRIVATE_KEY]);
	if (!attrs[WGDEVICE_A_PEERS])
		return;
	nla_for_each_nested(entry, attrs[WGDEVICE_A_PEERS], entries_left) {
		nla_for_each_nested(attr, entry, left) {
			if (nla_type(attr) == WGPEER_A_PRESHARED_KEY)
				wipe(attr);
		}
	}
}

/* The id of the newest peer, 0 if there is none; ids only grow. */
static u64 newest_id(struct wgr_device *wgr)
{
	u64 id;

	mutex_lock(&wgr->lock);
	id = list_empty(&wgr->peers) ? 0 : list_last_entry(&wgr->peers, struct wgr_peer, node)->id;
	mutex_unlock(&wgr->lock);
	return id;
}

/*
 * Interfaces get their peers after udev has seen them. So it is told of peers, too:
 * of all in a message at once, as whoever reads what their settings are to be needs
 * no names.
 */
static void tell_added(struct wgr_device *wgr, u64 newest_before)
{
	char *env[2] = { "WIREGUARD_PEERS=added" };

	if (newest_id(wgr) > newest_before)
		kobject_uevent_env(&wgr->dev->dev.kobj, KOBJ_CHANGE, env);
}

/* Also a request that failed half way may have added some. */
static int change_and_tell(struct wgr_device *wgr, struct nlattr **attrs,
			   struct netlink_ext_ack *extack)
{
	u64 newest = newest_id(wgr);
	int err = change_device(wgr, attrs, extack);

	tell_added(wgr, newest);
	return err;
}

static int handle_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	struct wgr_device *wgr;
	int err;

	rtnl_lock();	/* the interface stays, and stays up or down */
	wgr = wgr_target_find(genl_info_net(info), attrs[WGDEVICE_A_IFINDEX],
			      attrs[WGDEVICE_A_IFNAME], info->extack);
	err = PTR_ERR_OR_ZERO(wgr) ?:
	      check_request(attrs, info->extack) ?:
	      check_outer(wgr, attrs, info->extack) ?:
	      change_and_tell(wgr, attrs, info->extack);
	rtnl_unlock();
	wipe_secrets(attrs);
	return err;
}

static const struct genl_ops ops[] = {
	{
		.cmd = WG_CMD_GET_DEVICE,
		.flags = GENL_UNS_ADMIN_PERM,
		.start = handle_get_start,
		.dumpit = handle_get,
		.done = handle_get_done,
	},
	{
		.cmd = WG_CMD_SET_DEVICE,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = handle_set,
	},
};

static struct genl_family family __ro_after_init = {
	.module = THIS_MODULE,
	.name = WG_GENL_NAME,
	.version = WG_GENL_VERSION,
	.maxattr = ARRAY_SIZE(device_policy) - 1,
	.policy = device_policy,
	.netnsok = true,
	.parallel_ops = true,	/* rtnl and the device's lock are enough */
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
};

int __init wgr_netlink_register(void)
{
	wgr_compat_set_resv_start_op(&family, WG_CMD_MAX + 1);
	return genl_register_family(&family);
}

void wgr_netlink_unregister(void)
{
	genl_unregister_family(&family);
}

MODULE_ALIAS_GENL_FAMILY(WG_GENL_NAME);
