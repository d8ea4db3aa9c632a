/* SPDX-License-Identifier: GPL-2.0 */
#ifndef WGR_COMPAT_LINUX_SKBUFF_H
#define WGR_COMPAT_LINUX_SKBUFF_H

#include_next <linux/skbuff.h>

/* The stamp was always that of reception, nothing that has to be kept. */
#ifndef WGR_HAVE_SKB_CLEAR_TSTAMP
static inline void skb_clear_tstamp(struct sk_buff *skb)
{
	skb->tstamp = 0;
}
#endif

#endif
