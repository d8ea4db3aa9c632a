/* SPDX-License-Identifier: GPL-2.0 */
/* The part of a packet by which a device chooses a queue of its CPU (XPS). */
#ifndef WGR_COMPAT_XPS_H
#define WGR_COMPAT_XPS_H

#include <linux/skbuff.h>

/* Has devices take the queue of @cpu, whichever CPU they are called on. */
static inline void wgr_compat_set_sender_cpu(struct sk_buff *skb,
					     unsigned int cpu)
{
#ifdef CONFIG_XPS
	skb->sender_cpu = cpu + 1;
#endif
}

#endif
