// SPDX-License-Identifier: GPL-2.0
/* stack.c - interfaces that stand on others, and go with them. */
#include "stack.h"

#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "nl.h"
#include "say.h"
#include "util.h"

/**
 * struct found - interfaces as they come
 * @all: array
 * @count: how many
 * @netns: namespace that is being looked at
 */
struct found {
	struct stack *all;
	size_t count;
	const struct netns *netns;
};

/*
 * Ends of cables name the other end, and tunnels of IP the interface that they
 * are bound to by its index alone: neither goes with it.
 */
static bool outlives(const char *kind)
{
	static const char *const kinds[] = {
		"veth", "vxcan", "netkit", "ipip", "sit", "gre", "gretap", "erspan", "vti",
		"ip6tnl", "ip6gre", "ip6gretap", "ip6erspan", "vti6",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(kind, kinds[i]))
			return true;
	}
	return false;
}

/* A VXLAN has it among what is particular to it, and elsewhere its own index. */
static int lower_of(const struct nlattr **table, const struct nlattr **info, const char *kind)
{
	const struct nlattr *vxlan[IFLA_VXLAN_LINK + 1];

	if (!info[IFLA_INFO_DATA] || strcmp(kind, "vxlan"))
		return nl_u32(table[IFLA_LINK]);
	nl_parse_nest(vxlan, IFLA_VXLAN_LINK, info[IFLA_INFO_DATA]);
	return nl_u32(vxlan[IFLA_VXLAN_LINK]);
}

static int take_link(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *table[IFLA_LINK_NETNSID + 1], *info[IFLA_INFO_DATA + 1] = {};
	struct found *found = data;
	struct stack *stack;
	char kind[16];
	int lower;

	nl_parse(table, IFLA_LINK_NETNSID, message, sizeof(struct ifinfomsg));
	if (table[IFLA_LINKINFO])
		nl_parse_nest(info, IFLA_INFO_DATA, table[IFLA_LINKINFO]);
	nl_string(info[IFLA_INFO_KIND], kind, sizeof(kind));
	lower = lower_of(table, info, kind);
	if (!lower || outlives(kind))
		return 0;
	found->all = say_alloc(found->all, (found->count + 1) * sizeof(*found->all));
	stack = &found->all[found->count++];
	*stack = (struct stack){ .netns = found->netns, .lower = lower, .lower_id = -1 };
	if (table[IFLA_LINK_NETNSID])
		stack->lower_id = nl_u32(table[IFLA_LINK_NETNSID]);
	nl_string(table[IFLA_IFNAME], stack->ifname, sizeof(stack->ifname));
	return 0;
}

static int list_space(struct found *found)
{
	size_t before = found->count;
	struct nlmsghdr *request;
	int err, try = 0;
	struct nl nl;

	err = netns_go(found->netns);
	if (!err)
		err = nl_open(&nl, NETLINK_ROUTE);
	if (err)
		return err;
	do {
		found->count = before;
		request = nl_begin(&nl, RTM_GETLINK, NLM_F_DUMP);
		mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
		err = nl_talk(&nl, take_link, found);
	} while (!err && nl.changed && ++try < NL_TRIES);
	nl_close(&nl);
	return err;
}

int stack_list(const struct netns *spaces, size_t count, struct stack **list, size_t *number)
{
	struct found found = {};
	int err = 0;
	size_t i;

	for (i = 0; i < count && !err; i++) {
		found.netns = &spaces[i];
		err = list_space(&found);
	}
	*list = found.all;
	*number = found.count;
	return err;
}

static int take_id(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *table[NETNSA_NSID + 1];

	nl_parse(table, NETNSA_NSID, message, sizeof(struct rtgenmsg));
	*(int *)data = table[NETNSA_NSID] ? (int)nl_u32(table[NETNSA_NSID]) : -1;
	return 0;
}

/* The number that one namespace has for another one, negative if none. */
static int id_of(const struct netns *where, const struct netns *netns)
{
	struct nlmsghdr *request;
	int id = -1;
	struct nl nl;

	if (netns_go(where) || nl_open(&nl, NETLINK_ROUTE))
		return -1;
	request = nl_begin(&nl, RTM_GETNSID, 0);
	mnl_nlmsg_put_extra_header(request, sizeof(struct rtgenmsg));
	mnl_attr_put_u32(request, NETNSA_FD, netns->fd);
	nl_talk(&nl, take_id, &id);
	nl_close(&nl);
	return id;
}

bool stack_is_on(const struct stack *stack, const struct netns *netns, int ifindex)
{
	if (stack->lower != ifindex)
		return false;
	if (stack->lower_id < 0)
		return stack->netns->id == netns->id;
	return id_of(stack->netns, netns) == stack->lower_id;
}
