/* SPDX-License-Identifier: GPL-2.0 */
/* What netfilter does to a packet that leaves. */
#ifndef WGR_COMPAT_HOOKS_H
#define WGR_COMPAT_HOOKS_H

#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <net/net_namespace.h>

#ifdef CONFIG_NETFILTER
/*
 * Rules of nftables can be anywhere. Of what else there is, only the table that
 * is called mangle changes headers; that addresses are translated is no matter.
 */
static inline bool wgr_compat_hook_changes(const struct nf_hook_ops *hook)
{
#ifdef WGR_HAVE_HOOK_OPS_TYPE
	return hook->priority == NF_IP_PRI_MANGLE || hook->hook_ops_type != NF_HOOK_OP_UNDEFINED;
#else
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
#endif
}

/* May a rule behind routing change headers? In an RCU read section. */
static inline bool wgr_compat_headers_change(const struct net *net, sa_family_t family)
{
	struct nf_hook_entries __rcu *const *here;
	const struct nf_hook_entries *entries;
	struct nf_hook_ops **hooks;
	unsigned int i;

	here = family == AF_INET ? &net->nf.hooks_ipv4[NF_INET_POST_ROUTING] :
				   &net->nf.hooks_ipv6[NF_INET_POST_ROUTING];
	entries = rcu_dereference_bh(*here);
	if (likely(!entries))
		return false;
	hooks = nf_hook_entries_get_hook_ops(entries);
	for (i = 0; i < entries->num_hook_entries; i++)
		if (wgr_compat_hook_changes(hooks[i]))
			return true;
	return false;
}
#else
static inline bool wgr_compat_headers_change(const struct net *net, sa_family_t family)
{
	return false;
}
#endif

#endif
