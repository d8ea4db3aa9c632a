/* SPDX-License-Identifier: GPL-2.0 */
#ifndef WGR_COMPAT_LINUX_WIREGUARD_H
#define WGR_COMPAT_LINUX_WIREGUARD_H

#include_next <linux/wireguard.h>

/* What came later is the module's to offer, not the kernel's. */
#ifndef WGR_HAVE_WGALLOWEDIP_FLAGS
#define WGALLOWEDIP_A_FLAGS (WGALLOWEDIP_A_CIDR_MASK + 1)
#undef WGALLOWEDIP_A_MAX
#define WGALLOWEDIP_A_MAX WGALLOWEDIP_A_FLAGS
#define WGALLOWEDIP_F_REMOVE_ME 1
#endif

#endif
