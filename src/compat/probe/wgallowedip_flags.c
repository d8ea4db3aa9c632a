// SPDX-License-Identifier: GPL-2.0
#include <linux/types.h>
#include <linux/wireguard.h>

static inline int probe(void)
{
	return WGALLOWEDIP_A_FLAGS + WGALLOWEDIP_F_REMOVE_ME;
}
