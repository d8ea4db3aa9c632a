/* SPDX-License-Identifier: GPL-2.0 */
/* main.h - module parameters: what new peers start with. */
#ifndef WGR_MAIN_H
#define WGR_MAIN_H

#include <linux/types.h>

/* Packets that may be held for a peer: 64 to 16384, a power of two. */
u32 wgr_param_window(void);
/* How long a packet may be held: 0 to 1 s, in ns. */
u64 wgr_param_hold_ns(void);

#endif
