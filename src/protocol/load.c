// SPDX-License-Identifier: GPL-2.0
/* load.c - whether more handshakes are asked for than can be answered on trust. */
#include "load.h"

#include "limits.h"

/* From so many waiting messages on it is load, and for how long after. */
#define LOADED		(WGR_MAX_HANDSHAKES / 8)
#define AFTER_NS	NSEC_PER_SEC

void wgr_load_more(struct wgr_load *load)
{
	atomic_inc(&load->waiting);
}

void wgr_load_less(struct wgr_load *load)
{
	atomic_dec(&load->waiting);
}

bool wgr_under_load(struct wgr_load *load, u64 now_ns)
{
	if (atomic_read(&load->waiting) < LOADED)
		return (s64)now_ns < atomic64_read(&load->until_ns);
	atomic64_set(&load->until_ns, now_ns + AFTER_NS);
	return true;
}
