/* SPDX-License-Identifier: GPL-2.0 */
#ifdef WGR_HAVE_NET_GRO
#include_next <net/gro.h>
#else
#include <linux/netdevice.h>
#endif
