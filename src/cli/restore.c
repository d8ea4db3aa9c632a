// SPDX-License-Identifier: GPL-2.0
/* restore.c - an interface is made again with all it had. */
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <linux/wireguard.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "carry.h"
#include "file.h"
#include "nl.h"
#include "parse.h"
#include "say.h"
#include "setting.h"

/* The flags that are somebody's choice. */
#define FLAGS (IFF_UP | IFF_NOARP | IFF_MULTICAST | IFF_ALLMULTI | IFF_PROMISC)

/* Between two attempts to set a route; see %CARRY_PAUSES. */
#define PAUSE_NS 20000000

static bool go(struct carry *carry, const struct netns *netns)
{
	int err = netns_go(netns);

	return err ? carry_fail(carry, "going to its network namespace: %s", strerror(-err)) : true;
}

/* Sends all messages. What is there already is no error: others may be quicker. */
static bool send_all(struct carry *carry, struct nl *nl, const struct parcel *parcel,
		     const char *what)
{
	struct nlmsghdr *message = NULL;
	int err;

	while ((message = parcel_next(parcel, message))) {
		err = nl_talk_message(nl, message, NULL, NULL);
		if (err && err != -EEXIST)
			return carry_refused(carry, what, nl, err);
	}
	return true;
}

/* Its index stands in all that follows: another one of that name would not do. */
static bool is_same(struct carry *carry)
{
	if ((int)if_nametoindex(carry->link.ifname) == carry->link.ifindex)
		return true;
	return carry_fail(carry, "another program has made an interface of this name meanwhile");
}

/* The message that makes it, where its sockets are to be. */
static struct nlmsghdr *begin_create(const struct carry *carry, struct nl *nl)
{
	struct nlmsghdr *message = memcpy(nl->request, carry->create.data, carry->create.len);

	if (carry->home != carry->netns)
		mnl_attr_put_u32(message, IFLA_NET_NS_FD, carry->netns->fd);
	return message;
}

/*
 * Kernels before 6.15 look for its index where it is made, and not where it is
 * to be. If another interface there has that index, it is made without one, and
 * gets it as it is moved.
 */
static int make_and_move(const struct carry *carry, struct nl *nl)
{
	struct nlmsghdr *message = nl_begin(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg *head = mnl_nlmsg_put_extra_header(message, sizeof(*head));
	struct nlattr *info;
	char name[IFNAMSIZ];
	int err;

	snprintf(name, sizeof(name), "wgr%d", getpid());
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, LINK_KIND);
	mnl_attr_nest_end(message, info);
	err = nl_talk(nl, NULL, NULL);
	if (err)
		return err;
	message = begin_create(carry, nl);
	message->nlmsg_type = RTM_SETLINK;
	message->nlmsg_flags = NLM_F_REQUEST;
	head = mnl_nlmsg_get_payload(message);
	head->ifi_index = if_nametoindex(name);
	mnl_attr_put_u32(message, IFLA_NEW_IFINDEX, carry->link.ifindex);
	return nl_talk(nl, NULL, NULL);
}

/* Whether there is an interface of its name where it is to be. */
static bool is_taken(const struct carry *carry)
{
	bool taken = netns_go(carry->netns) || if_nametoindex(carry->link.ifname);

	return netns_go(carry->home) || taken;
}

static bool create(struct carry *carry)
{
	struct nl nl = {};
	bool good = false;
	int err;

	if (!go(carry, carry->home))
		return false;
	err = nl_open(&nl, NETLINK_ROUTE);
	if (!err) {
		begin_create(carry, &nl);
		err = nl_talk(&nl, NULL, NULL);
	}
	if (err == -EEXIST && carry->home != carry->netns && !is_taken(carry))
		err = make_and_move(carry, &nl);
	good = !err || err == -EEXIST;
	if (!good)
		carry_refused(carry, "making the interface", &nl, err);
	nl_close(&nl);
	return good && go(carry, carry->netns) && is_same(carry);
}

/* @name: with the interface in front. Return: 0 or -errno. */
static int write_sysctl(const char *family, const char *name, const char *value)
{
	char path[PATH_MAX], old[256];
	int fd, err = 0;

	/* Some cannot be read before they are set. */
	if (file_line(old, sizeof(old), "/proc/sys/net/%s/conf/%s", family, name) &&
	    !strcmp(old, value))
		return 0;
	file_path(path, "/proc/sys/net/%s/conf/%s", family, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (write(fd, value, strlen(value)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/*
 * Some say how an interface comes up, and others change as it does: all of them
 * are written before that and after it. @last: nothing changes them any more.
 */
static void restore_sysctls(const struct carry *carry, bool last)
{
	char family[8], whose[IFNAMSIZ], word[160], name[192], value[256];
	const char *line = carry->sysctls;
	int err;

	for (; line && *line; line = strchr(line, '\n') + 1) {
		if (sscanf(line, "%7s %15s %159s %255[^\n]", family, whose, word, value) != 4)
			continue;
		snprintf(name, sizeof(name), "%s/%s", whose, word);
		err = write_sysctl(family, name, value);
		if (err && last)
			say("%s: sysctl %s/%s could not be set to %s: %s", carry->link.ifname,
			    family, name, value, strerror(-err));
	}
}

static bool restore_device(struct carry *carry)
{
	struct nlmsghdr *message = NULL;
	uint16_t family;
	struct nl nl;
	bool good;
	int err;

	err = nl_open(&nl, NETLINK_GENERIC);
	if (err)
		return carry_fail(carry, "opening a netlink socket: %s", strerror(-err));
	err = nl_family(&nl, WG_GENL_NAME, &family);
	while (!err && (message = parcel_next(&carry->device, message)))
		message->nlmsg_type = family;
	good = err ? carry_refused(carry, "looking up the family wireguard", &nl, err) :
		     send_all(carry, &nl, &carry->device, "setting keys and peers");
	nl_close(&nl);
	return good;
}

/* In one message, as some of the others say how it is to come up. */
static bool restore_flags(struct carry *carry, struct nl *route)
{
	struct nlmsghdr *request = nl_begin(route, RTM_NEWLINK, 0);
	struct ifinfomsg *head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
	int err;

	head->ifi_index = carry->link.ifindex;
	head->ifi_flags = carry->link.flags & FLAGS;
	head->ifi_change = FLAGS;
	err = nl_talk(route, NULL, NULL);
	return err ? carry_refused(carry, "taking it up", route, err) : true;
}

/*
 * If the mode brings it about by itself it is left as it is: what was set may have
 * been "auto", and then it is to go on following the mode.
 */
static int restore_scope(const struct carry *carry, struct order *order)
{
	struct order_settings now;
	unsigned int wrong;

	if (carry->settings.scope == ORDER_UNKNOWN ||
	    (!order_get(order, carry->link.ifname, &now) && now.scope == carry->settings.scope))
		return 0;
	return order_set(order, &carry->settings, ORDER_SCOPE, &wrong);
}

static void restore_settings(const struct carry *carry)
{
	struct order order;
	unsigned int wrong;

	if (!carry->ordered || order_open(&order))
		return;
	if (order_set(&order, &carry->settings,
		      ORDER_MODE | ORDER_HOLD | ORDER_HOLD_MAX | ORDER_WINDOW, &wrong))
		say("%s: its settings of order could not be restored", carry->link.ifname);
	else if (restore_scope(carry, &order))
		say("%s: its scope %s could not be restored: %s", carry->link.ifname,
		    parse_scope_name(carry->settings.scope),
		    *order.nl.why ? order.nl.why : "the module refuses it");
	order_close(&order);
}

/*
 * All of one, what it inherits too: udev may have been there first, as peers were added.
 * A scope that is its own is set as it was shown, as who set it may have chosen it.
 */
static void restore_own(const struct carry *carry)
{
	struct order_settings settings;
	const struct setting *s;
	struct order order;
	unsigned int wrong;
	size_t i;

	if (!carry->own_count || order_open(&order))
		return;
	for (i = 0; i < carry->own_count; i++) {
		settings = carry->own[i].settings;
		memcpy(settings.ifname, carry->link.ifname, sizeof(settings.ifname));
		for (s = setting_all; s->name; s++) {
			if (!(carry->own[i].own & s->bit))
				*setting_place(&settings, s) = WG_REORDER_INHERIT;
		}
		if (!order_set_peer(&order, &settings, carry->own[i].key, ~0U, &wrong))
			continue;
		say("%s: the settings of order of some of its peers could not be restored: %s",
		    carry->link.ifname, *order.nl.why ? order.nl.why : "the module refuses them");
		break;
	}
	order_close(&order);
}

bool carry_make(struct carry *carry)
{
	struct nl route = {};
	int err;

	carry->made = false;
	if (!create(carry))
		return false;
	restore_sysctls(carry, false);
	restore_settings(carry);
	err = nl_open(&route, NETLINK_ROUTE);
	if (err)
		return carry_fail(carry, "opening a netlink socket: %s", strerror(-err));
	carry->made = restore_device(carry) &&
		      send_all(carry, &route, &carry->after, "setting its master and names") &&
		      send_all(carry, &route, &carry->addresses, "setting its addresses") &&
		      restore_flags(carry, &route);
	nl_close(&route);
	restore_own(carry);
	restore_sysctls(carry, true);
	return carry->made;
}

/* Whether it names an address of IPv6 as its source. */
static bool has_source6(const struct nlmsghdr *route)
{
	const struct rtmsg *head = mnl_nlmsg_get_payload(route);
	const struct nlattr *table[RTA_PREFSRC + 1];

	nl_parse(table, RTA_PREFSRC, route, sizeof(*head));
	return head->rtm_family == AF_INET6 && table[RTA_PREFSRC];
}

/*
 * An address of IPv6 may be a source only after the kernel has seen that nobody
 * else has it, which it does later, and some time after the address was set.
 */
static int send_route(struct nl *nl, struct nlmsghdr *message, unsigned int *pauses)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int err;

	for (;;) {
		err = nl_talk_message(nl, message, NULL, NULL);
		if (err != -EINVAL || !*pauses || !has_source6(message))
			return err;
		--*pauses;
		nanosleep(&pause, NULL);
	}
}

/*
 * All are sent, also when one is refused. Return: as carry_make(), with what was
 * said about the first one that was refused.
 */
bool carry_routes(struct carry *carry, bool far, unsigned int *pauses)
{
	const struct parcel *parcel = far ? &carry->far : &carry->routes;
	struct nlmsghdr *message = NULL;
	unsigned int refused = 0;
	struct nl route = {};
	int err;

	if (!go(carry, carry->netns))
		return false;
	err = nl_open(&route, NETLINK_ROUTE);
	if (err)
		return carry_fail(carry, "opening a netlink socket: %s", strerror(-err));
	while ((message = parcel_next(parcel, message))) {
		err = send_route(&route, message, pauses);
		if (err && err != -EEXIST && !refused++)
			carry_refused(carry, "setting its routes", &route, err);
	}
	nl_close(&route);
	return !refused;
}

bool carry_present(const struct carry *carry)
{
	struct link *links;
	size_t i, count;
	bool there = false;

	if (netns_go(carry->netns) || link_list(&links, &count))
		return false;
	for (i = 0; i < count; i++)
		there |= !strcmp(links[i].ifname, carry->link.ifname);
	free(links);
	return there;
}
