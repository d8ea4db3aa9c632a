// SPDX-License-Identifier: GPL-2.0
/*
 * carry.c - an interface that is taken away and made again with all it had.
 *
 * All of it is kept as netlink messages that are ready to be sent, made out of
 * those that the kernel gave: what this program does not know gets lost in
 * neither direction.
 */
#include "carry.h"

#include <dirent.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <linux/wireguard.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "nl.h"
#include "say.h"
#include "tunnel.h"
#include "util.h"

/* Room that nl_begin() gives a message. */
#define ROOM (NL_ROOM - 1024)

/* In the place of the number of a next hop. */
#define ALL_HOPS (-1)

/**
 * struct reading - while the kernel's messages come in
 * @carry: what they go to
 * @write: a socket whose request is used to write messages into
 * @first: no message of the device has come yet
 * @full: a message became too long
 * @bonded: it is part of a bond
 * @changed: something changed while it was being read
 */
struct reading {
	struct carry *carry;
	struct nl write;
	bool first;
	bool full;
	bool bonded;
	bool changed;
};

bool carry_fail(struct carry *carry, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(carry->why, sizeof(carry->why), format, args);
	va_end(args);
	return false;
}

bool carry_refused(struct carry *carry, const char *what, const struct nl *nl, int err)
{
	return carry_fail(carry, "%s: %s", what, *nl->why ? nl->why : strerror(-err));
}

/* Reads a dump. Return: whether that went well. */
static bool dump(struct reading *reading, struct nl *nl, nl_take take, const char *what)
{
	int err = nl_talk(nl, take, reading);

	reading->changed |= nl->changed;
	return err ? carry_refused(reading->carry, what, nl, err) : true;
}

/* Copies an attribute as it is, if it is there. */
static void copy(struct reading *reading, struct nlmsghdr *to, const struct nlattr *attr)
{
	if (attr && !mnl_attr_put_check(to, ROOM, attr->nla_type, mnl_attr_get_payload_len(attr),
					mnl_attr_get_payload(attr)))
		reading->full = true;
}

/*
 * Saving: the link.
 */

static struct nlmsghdr *begin_link(struct reading *reading, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *message = nl_begin(&reading->write, type, flags);
	struct ifinfomsg *head = mnl_nlmsg_put_extra_header(message, sizeof(*head));

	head->ifi_index = reading->carry->link.ifindex;
	return message;
}

static void save_create(struct reading *reading, const struct nlattr **table)
{
	struct nlmsghdr *message = begin_link(reading, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct nlattr *info;

	copy(reading, message, table[IFLA_IFNAME]);
	copy(reading, message, table[IFLA_MTU]);
	copy(reading, message, table[IFLA_TXQLEN]);
	copy(reading, message, table[IFLA_GROUP]);
	info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, LINK_KIND);
	mnl_attr_nest_end(message, info);
	parcel_add(&reading->carry->create, message);
}

/* What the kernel does not take together with the making of an interface. */
static void save_after(struct reading *reading, const struct nlattr **table)
{
	struct nlmsghdr *message;

	if (table[IFLA_MASTER] || table[IFLA_IFALIAS]) {
		message = begin_link(reading, RTM_NEWLINK, 0);
		copy(reading, message, table[IFLA_IFALIAS]);
		copy(reading, message, table[IFLA_MASTER]);
		parcel_add(&reading->carry->after, message);
	}
	if (table[IFLA_PROP_LIST]) {
		message = begin_link(reading, RTM_NEWLINKPROP, NLM_F_CREATE | NLM_F_EXCL);
		copy(reading, message, table[IFLA_PROP_LIST]);
		parcel_add(&reading->carry->after, message);
	}
}

/* One more thing that cannot be brought back. */
__printf(2, 3)
static void note_lost(struct carry *carry, const char *format, ...)
{
	size_t used = strlen(carry->lost);
	char what[64];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(carry->lost + used, sizeof(carry->lost) - used, "%s%s", used ? ", " : "", what);
}

static void note_discipline(struct carry *carry, const struct nlattr *attr)
{
	char discipline[32];

	nl_string(attr, discipline, sizeof(discipline));
	if (*discipline && strcmp(discipline, "noqueue") && strcmp(discipline, "noop"))
		note_lost(carry, "its queueing discipline (%s)", discipline);
}

/* systemd-resolved keeps them by index, where it runs, and forgets them with the interface. */
static void note_names(struct carry *carry)
{
	if (!*carry->netns->name &&
	    file_exists("/run/systemd/resolve/netif/%d", carry->link.ifindex))
		note_lost(carry, "its DNS servers (resolvectl)");
}

static bool is_bonded(const struct nlattr *info)
{
	const struct nlattr *table[IFLA_INFO_SLAVE_KIND + 1];
	char kind[16];

	if (!info)
		return false;
	nl_parse_nest(table, IFLA_INFO_SLAVE_KIND, info);
	nl_string(table[IFLA_INFO_SLAVE_KIND], kind, sizeof(kind));
	return !strcmp(kind, "bond");
}

static int take_link(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *table[IFLA_PROP_LIST + 1];
	struct reading *reading = data;

	nl_parse(table, IFLA_PROP_LIST, message, sizeof(struct ifinfomsg));
	save_create(reading, table);
	save_after(reading, table);
	note_discipline(reading->carry, table[IFLA_QDISC]);
	reading->bonded = is_bonded(table[IFLA_LINKINFO]);
	return 0;
}

static bool save_link(struct reading *reading, struct nl *route)
{
	struct nlmsghdr *request = nl_begin(route, RTM_GETLINK, 0);
	struct ifinfomsg *head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
	int err;

	head->ifi_index = reading->carry->link.ifindex;
	err = nl_talk(route, take_link, reading);
	if (err)
		return carry_refused(reading->carry, "reading the interface", route, err);
	/* Unless it is made of Ethernet, a bond goes with the last of its parts. */
	return !reading->bonded || carry_fail(reading->carry, "it is part of a bond, which would go with it: take it out first (ip link set %s nomaster)",
					      reading->carry->link.ifname);
}

/*
 * Saving: keys and peers.
 */

static void save_peer(struct reading *reading, struct nlmsghdr *to, const struct nlattr *from)
{
	const struct nlattr *table[WGPEER_A_MAX + 1];
	struct nlattr *nest;

	nl_parse_nest(table, WGPEER_A_MAX, from);
	nest = mnl_attr_nest_start_check(to, ROOM, 0);
	if (!nest) {
		reading->full = true;
		return;
	}
	copy(reading, to, table[WGPEER_A_PUBLIC_KEY]);
	copy(reading, to, table[WGPEER_A_PRESHARED_KEY]);
	copy(reading, to, table[WGPEER_A_ENDPOINT]);
	copy(reading, to, table[WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL]);
	copy(reading, to, table[WGPEER_A_ALLOWEDIPS]);
	mnl_attr_nest_end(to, nest);
	/* A peer with many addresses goes on in the next message, without this. */
	reading->carry->peers += !!table[WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL];
}

static int take_device(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *table[WGDEVICE_A_MAX + 1], *peer;
	struct reading *reading = data;
	struct nlattr *peers;
	struct nlmsghdr *to;

	nl_parse(table, WGDEVICE_A_MAX, message, sizeof(struct genlmsghdr));
	to = nl_begin_genl(&reading->write, 0, WG_CMD_SET_DEVICE, 0);
	mnl_attr_put_strz(to, WGDEVICE_A_IFNAME, reading->carry->link.ifname);
	copy(reading, to, table[WGDEVICE_A_PRIVATE_KEY]);
	copy(reading, to, table[WGDEVICE_A_LISTEN_PORT]);
	if (table[WGDEVICE_A_LISTEN_PORT])
		reading->carry->port = nl_u16(table[WGDEVICE_A_LISTEN_PORT]);
	copy(reading, to, table[WGDEVICE_A_FWMARK]);
	if (reading->first)
		mnl_attr_put_u32(to, WGDEVICE_A_FLAGS, WGDEVICE_F_REPLACE_PEERS);
	reading->first = false;
	if (table[WGDEVICE_A_PEERS]) {
		peers = mnl_attr_nest_start(to, WGDEVICE_A_PEERS);
		mnl_attr_for_each_nested(peer, table[WGDEVICE_A_PEERS])
			save_peer(reading, to, peer);
		mnl_attr_nest_end(to, peers);
	}
	parcel_add(&reading->carry->device, to);
	return reading->full ? -EMSGSIZE : 0;
}

static bool save_device(struct reading *reading)
{
	struct carry *carry = reading->carry;
	struct nl nl;
	bool good;
	int err;

	reading->first = true;
	err = tunnel_ask(&nl, carry->link.ifname);
	good = err ? carry_refused(carry, "asking for its peers", &nl, err) :
		     dump(reading, &nl, take_device, "reading its peers");
	nl_close(&nl);
	return good;
}

/*
 * Saving: addresses and routes.
 */

static int take_address(const struct nlmsghdr *message, void *data)
{
	const struct ifaddrmsg *head = mnl_nlmsg_get_payload(message);
	struct reading *reading = data;
	struct nlmsghdr *to;

	if ((int)head->ifa_index != reading->carry->link.ifindex)
		return 0;
	to = memcpy(reading->write.request, message, message->nlmsg_len);
	to->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL;
	parcel_add(&reading->carry->addresses, to);
	reading->carry->address_count++;
	return 0;
}

static bool save_addresses(struct reading *reading, struct nl *route)
{
	struct nlmsghdr *request = nl_begin(route, RTM_GETADDR, NLM_F_DUMP);

	mnl_nlmsg_put_extra_header(request, sizeof(struct ifaddrmsg));
	return dump(reading, route, take_address, "reading its addresses");
}

/* Takes a piece out of a message, out of one of its attributes. */
static void cut(struct nlmsghdr *message, struct nlattr *attr, void *piece, size_t len)
{
	char *rest = (char *)piece + len;

	memmove(piece, rest, (char *)mnl_nlmsg_get_payload_tail(message) - rest);
	attr->nla_len -= len;
	message->nlmsg_len -= len;
}

/*
 * Cuts a route with several next hops down to what is to be sent: all that are
 * alive, or of those that go to the interface only the one of this number. The
 * kernel refuses those whose interface is down, and flags that it sets itself.
 *
 * Return: whether there is one that goes to the interface.
 */
static bool clean_hops(struct nlmsghdr *message, struct nlattr *attr, int ifindex, int number)
{
	struct rtnexthop *hop = mnl_attr_get_payload(attr);
	int len = mnl_attr_get_payload_len(attr), size, count = 0;
	bool ours = false, keep, mine;

	while (RTNH_OK(hop, len)) {
		size = RTNH_ALIGN(hop->rtnh_len);
		len -= size;
		mine = hop->rtnh_ifindex == ifindex;
		keep = !(hop->rtnh_flags & RTNH_F_DEAD);
		if (number != ALL_HOPS)
			keep = keep && mine && count++ == number;
		ours |= mine && (keep || number == ALL_HOPS);
		if (!keep) {
			cut(message, attr, hop, size);
			continue;
		}
		hop->rtnh_flags &= RTNH_F_ONLINK;
		hop = (void *)((char *)hop + size);
	}
	return ours;
}

/* Those that the kernel makes for addresses by itself come back by themselves. */
static bool is_made_by_kernel(const struct rtmsg *head)
{
	return head->rtm_protocol == RTPROT_KERNEL || head->rtm_flags & RTM_F_CLONED;
}

/*
 * Several routes may have one prefix and metric, so none of them may keep another
 * one out; the kernel still refuses one that is there in the same way.
 *
 * Return: whether it leads to the interface, by the next hop of this number.
 */
static bool take_hop_of_route(struct reading *reading, const struct nlmsghdr *message, int number)
{
	struct nlmsghdr *to = memcpy(reading->write.request, message, message->nlmsg_len);
	struct rtmsg *head = mnl_nlmsg_get_payload(to);
	int ifindex = reading->carry->link.ifindex;
	const struct nlattr *table[RTA_VIA + 1];

	nl_parse(table, RTA_VIA, to, sizeof(*head));
	to->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_APPEND;
	head->rtm_flags &= RTNH_F_ONLINK;
	if (table[RTA_MULTIPATH] &&
	    !clean_hops(to, (struct nlattr *)table[RTA_MULTIPATH], ifindex, number))
		return false;
	if (!table[RTA_MULTIPATH] && (int)nl_u32(table[RTA_OIF]) != ifindex)
		return false;
	/* The kernel names those by way of others first, and takes them last. */
	if (table[RTA_GATEWAY] || table[RTA_VIA] || table[RTA_MULTIPATH])
		parcel_add(&reading->carry->far, to);
	else
		parcel_add(&reading->carry->routes, to);
	return true;
}

/*
 * With IPv4 a route with several next hops goes with any of their interfaces. With
 * IPv6 the other next hops stay, and the kernel adds no route that has some of
 * them, so those of the interface are added one by one.
 */
static int take_route(const struct nlmsghdr *message, void *data)
{
	const struct rtmsg *head = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[RTA_MULTIPATH + 1];
	struct reading *reading = data;
	int number = 0;

	if (is_made_by_kernel(head))
		return 0;
	nl_parse(table, RTA_MULTIPATH, message, sizeof(*head));
	if (head->rtm_family != AF_INET6 || !table[RTA_MULTIPATH])
		number = take_hop_of_route(reading, message, ALL_HOPS);
	else
		while (take_hop_of_route(reading, message, number))
			number++;
	reading->carry->route_count += number > 0;
	return 0;
}

static bool save_routes(struct reading *reading, struct nl *route, uint8_t family)
{
	struct nlmsghdr *request = nl_begin(route, RTM_GETROUTE, NLM_F_DUMP);
	struct rtmsg *head = mnl_nlmsg_put_extra_header(request, sizeof(*head));

	head->rtm_family = family;
	return dump(reading, route, take_route, "reading its routes");
}

static int take_hop(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *table[NHA_OIF + 1];
	struct reading *reading = data;

	nl_parse(table, NHA_OIF, message, sizeof(struct nhmsg));
	if ((int)nl_u32(table[NHA_OIF]) == reading->carry->link.ifindex)
		reading->full = true;
	return 0;
}

/* Routes by next hop objects would need those first, with groups and all. */
static bool has_no_hop_objects(struct reading *reading, struct nl *route)
{
	struct nlmsghdr *request = nl_begin(route, RTM_GETNEXTHOP, NLM_F_DUMP);

	mnl_nlmsg_put_extra_header(request, sizeof(struct nhmsg));
	reading->full = false;
	/* A kernel that cannot be asked has none. */
	nl_talk(route, take_hop, reading);
	return reading->full ? carry_fail(reading->carry, "next hop objects lead to it, which cannot be brought back: remove them first (ip nexthop)") :
	       true;
}

/*
 * Saving: sysctls, settings of order.
 */

static void add_sysctl(struct carry *carry, const char *family, const char *whose,
		       const char *name)
{
	char value[256], line[512];
	size_t old = carry->sysctls ? strlen(carry->sysctls) : 0;

	if (!file_line(value, sizeof(value), "/proc/sys/net/%s/conf/%s/%s", family, whose, name))
		return;
	snprintf(line, sizeof(line), "%s %s %.128s %s\n", family, whose, name, value);
	carry->sysctls = say_alloc(carry->sysctls, old + strlen(line) + 1);
	memcpy(carry->sysctls + old, line, strlen(line) + 1);
}

/* This one comes last: another one changes it, the secret that addresses are made of. */
static const char last_sysctl[] = "addr_gen_mode";

static void save_sysctls(struct carry *carry, const char *family)
{
	char folder[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	file_path(folder, "/proc/sys/net/%s/conf/%s", family, carry->link.ifname);
	dir = opendir(folder);
	while (dir && (entry = readdir(dir))) {
		if (*entry->d_name != '.' && strcmp(entry->d_name, last_sysctl))
			add_sysctl(carry, family, carry->link.ifname, entry->d_name);
	}
	if (dir)
		closedir(dir);
	add_sysctl(carry, family, carry->link.ifname, last_sysctl);
}

static void save_own(struct carry *carry, struct order *order)
{
	struct order_report report = {};
	size_t i;

	if (!order_read(order, carry->link.ifname, &report)) {
		for (i = 0; i < report.count; i++) {
			if (report.peers[i].own)
				report.peers[carry->own_count++] = report.peers[i];
		}
		carry->own = report.peers;
		report.peers = NULL;
	}
	order_free(&report);
}

static void save_settings(struct carry *carry)
{
	struct order order;

	if (order_open(&order))
		return;
	carry->ordered = !order_get(&order, carry->link.ifname, &carry->settings);
	if (carry->ordered)
		save_own(carry, &order);
	order_close(&order);
}

/* Return: whether all was read. *changed: whether it changed meanwhile. */
static bool save(struct carry *carry, bool *changed)
{
	struct reading reading = { .carry = carry };
	struct nl route = {};
	bool good;
	int err;

	carry->home = carry->netns;
	err = nl_open(&route, NETLINK_ROUTE);
	if (!err)
		err = nl_open(&reading.write, NETLINK_ROUTE);
	if (err)
		carry_fail(carry, "opening a netlink socket: %s", strerror(-err));
	good = !err && save_link(&reading, &route) && save_device(&reading) &&
	       save_addresses(&reading, &route) && save_routes(&reading, &route, AF_INET) &&
	       save_routes(&reading, &route, AF_INET6) && has_no_hop_objects(&reading, &route);
	nl_close(&reading.write);
	nl_close(&route);
	save_sysctls(carry, "ipv4");
	save_sysctls(carry, "ipv6");
	/* The module turns it off for the namespace with each interface that comes up. */
	add_sysctl(carry, "ipv4", "all", "send_redirects");
	save_settings(carry);
	note_names(carry);
	*changed = reading.changed;
	return good;
}

bool carry_save(struct carry *carry)
{
	const struct carry empty = { .link = carry->link, .netns = carry->netns };
	bool good, changed;
	int try = 0;

	do {
		carry_wipe(carry);
		*carry = empty;
		good = save(carry, &changed);
	} while (good && changed && ++try < NL_TRIES);
	if (good && changed)
		return carry_fail(carry, "it changes all the time");
	return good;
}

void carry_wipe(struct carry *carry)
{
	parcel_wipe(&carry->create);
	parcel_wipe(&carry->device);
	parcel_wipe(&carry->after);
	parcel_wipe(&carry->addresses);
	parcel_wipe(&carry->routes);
	parcel_wipe(&carry->far);
	free(carry->sysctls);
	free(carry->own);
	*carry = (struct carry){};
}
