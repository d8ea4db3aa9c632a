/* SPDX-License-Identifier: GPL-2.0 */
#ifndef WGR_COMPAT_LINUX_SECURITY_H
#define WGR_COMPAT_LINUX_SECURITY_H

#include_next <linux/security.h>

/* It took the whole flow, of which the common part is the beginning. */
#ifdef WGR_HAVE_SECURITY_SK_CLASSIFY_FLOW_FLOWI
#include <net/flow.h>

#define flowi4_to_flowi_common(fl4) (&(fl4)->__fl_common)
#define flowi6_to_flowi_common(fl6) (&(fl6)->__fl_common)

static inline void wgr_compat_classify_flow(struct sock *sk,
					    struct flowi_common *common)
{
	security_sk_classify_flow(sk, container_of(common, struct flowi,
						   u.__fl_common));
}

#define security_sk_classify_flow wgr_compat_classify_flow
#endif

#endif
