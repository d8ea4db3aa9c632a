/* SPDX-License-Identifier: GPL-2.0 */
/* Filters and actions of tc, BPF and netfilter on what a device sends. */
#ifndef WGR_COMPAT_EGRESS_H
#define WGR_COMPAT_EGRESS_H

#include <linux/netdevice.h>

/* True if there are any; a hint, read without a lock. */
static inline bool wgr_compat_egress_filters(const struct net_device *dev)
{
#ifdef WGR_HAVE_EGRESS_NF
	if (rcu_access_pointer(dev->nf_hooks_egress))
		return true;
#endif
#ifdef WGR_HAVE_EGRESS_TCX
	return rcu_access_pointer(dev->tcx_egress);
#elif defined(WGR_HAVE_EGRESS_MINIQ)
	return rcu_access_pointer(dev->miniq_egress);
#else
	return false;
#endif
}

#endif
