/* SPDX-License-Identifier: GPL-2.0 */
/* What netfilter does to a packet that leaves. */
#ifndef WGR_COMPAT_HOOKS_H
#define WGR_COMPAT_HOOKS_H

#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <net/net_namespace.h>

#ifdef CONFIG_NETFILTER
#if IS_ENABLED(CONFIG_NF_TABLES)
#include <net/netfilter/nf_tables.h>
#endif

#ifdef WGR_HAVE_HOOK_OPS_TYPE
static inline bool wgr_compat_hook_has_rules(const struct nf_hook_ops *hook)
{
	return hook->hook_ops_type != NF_HOOK_OP_UNDEFINED;
}

/* A chain of nftables that packets are routed anew behind. */
static inline bool wgr_compat_hook_routes(const struct nf_hook_ops *hook)
{
#if IS_ENABLED(CONFIG_NF_TABLES)
	return hook->hook_ops_type == NF_HOOK_OP_NF_TABLES &&
	       nft_base_chain(hook->priv)->type->type == NFT_CHAIN_T_ROUTE;
#else
	return false;
#endif
}
#else
static inline bool wgr_compat_hook_has_rules(const struct nf_hook_ops *hook)
{
	switch (hook->priority) {
	case NF_IP_PRI_CONNTRACK_DEFRAG:
	case NF_IP_PRI_CONNTRACK:
	case NF_IP_PRI_NAT_DST:
	case NF_IP_PRI_NAT_SRC:
	case NF_IP_PRI_SELINUX_LAST:
	case NF_IP_PRI_CONNTRACK_HELPER:
	case NF_IP_PRI_CONNTRACK_CONFIRM:
		return false;
	}
	return true;
}

static inline bool wgr_compat_hook_routes(const struct nf_hook_ops *hook)
{
	/* Where a chain is that is no firewall. */
	return wgr_compat_hook_has_rules(hook) && hook->priority != NF_IP_PRI_FILTER;
}
#endif

/*
 * Behind routing. Rules of nftables can be anywhere. Of what else there is, only the
 * table that is called mangle changes headers; that addresses are translated is no matter.
 */
static inline bool wgr_compat_hook_changes(const struct nf_hook_ops *hook)
{
	return hook->priority == NF_IP_PRI_MANGLE || wgr_compat_hook_has_rules(hook);
}

/*
 * Before it. What counts datagrams there may send each of them another way: packets in
 * turn over two lines are made like that. A firewall has its rules behind, and what those
 * write into the first of a run is for all of it.
 */
static inline bool wgr_compat_hook_chooses(const struct nf_hook_ops *hook)
{
	return hook->priority == NF_IP_PRI_MANGLE || wgr_compat_hook_routes(hook) ||
	       (hook->priority < NF_IP_PRI_FILTER && wgr_compat_hook_has_rules(hook));
}

static inline bool wgr_compat_any_hook(struct nf_hook_entries __rcu *const *here,
				       bool (*does)(const struct nf_hook_ops *hook))
{
	const struct nf_hook_entries *entries = rcu_dereference_bh(*here);
	struct nf_hook_ops **hooks;
	unsigned int i;

	if (likely(!entries))
		return false;
	hooks = nf_hook_entries_get_hook_ops(entries);
	for (i = 0; i < entries->num_hook_entries; i++)
		if (does(hooks[i]))
			return true;
	return false;
}

/* May a rule treat each datagram of a run in its own way? In an RCU read section of softirqs. */
static inline bool wgr_compat_rules_part(const struct net *net, sa_family_t family)
{
	struct nf_hook_entries __rcu *const *hooks =
		family == AF_INET ? net->nf.hooks_ipv4 : net->nf.hooks_ipv6;

	return wgr_compat_any_hook(&hooks[NF_INET_LOCAL_OUT], wgr_compat_hook_chooses) ||
	       wgr_compat_any_hook(&hooks[NF_INET_POST_ROUTING], wgr_compat_hook_changes);
}
#else
static inline bool wgr_compat_rules_part(const struct net *net, sa_family_t family)
{
	return false;
}
#endif

#endif
