// SPDX-License-Identifier: GPL-2.0
/* link.c - the WireGuard interfaces of a network namespace, by rtnetlink. */
#include "link.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "distinct.h"
#include "nl.h"
#include "say.h"

/**
 * struct found - interfaces as they come
 * @all: array
 * @count: how many
 */
struct found {
	struct link *all;
	size_t count;
};

static bool is_tunnel(const struct nlattr *info)
{
	const struct nlattr *table[IFLA_INFO_KIND + 1];
	char kind[16];

	if (!info)
		return false;
	nl_parse_nest(table, IFLA_INFO_KIND, info);
	nl_string(table[IFLA_INFO_KIND], kind, sizeof(kind));
	return !strcmp(kind, LINK_KIND);
}

static int take_link(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *head = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[IFLA_LINKINFO + 1];
	struct found *found = data;
	struct link *link;

	nl_parse(table, IFLA_LINKINFO, message, sizeof(*head));
	if (!is_tunnel(table[IFLA_LINKINFO]))
		return 0;
	found->all = say_alloc(found->all, (found->count + 1) * sizeof(*found->all));
	link = &found->all[found->count++];
	link->ifindex = head->ifi_index;
	link->flags = head->ifi_flags;
	link->mtu = nl_u32(table[IFLA_MTU]);
	nl_string(table[IFLA_IFNAME], link->ifname, sizeof(link->ifname));
	return 0;
}

int link_list(struct link **list, size_t *count)
{
	struct found found = {};
	struct nlmsghdr *request;
	int err, try = 0;
	struct nl nl;

	err = nl_open(&nl, NETLINK_ROUTE);
	if (!err) {
		do {
			found.count = 0;
			request = nl_begin(&nl, RTM_GETLINK, NLM_F_DUMP);
			mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
			err = nl_talk(&nl, take_link, &found);
		} while (!err && nl.changed && ++try < NL_TRIES);
		if (nl.changed)
			found.count = distinct(found.all, found.count, sizeof(*found.all),
					       sizeof(found.all->ifindex), NULL);
		nl_close(&nl);
	}
	*list = found.all;
	*count = found.count;
	return err;
}
