/* SPDX-License-Identifier: GPL-2.0 */
#ifdef WGR_HAVE_SKB_GSO_SEGMENT_GSO
#include_next <net/gso.h>
#else
#include <linux/netdevice.h>
#endif
