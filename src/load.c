// SPDX-License-Identifier: GPL-2.0
/* load.c - whether more handshakes are asked for than can be answered on trust. */
#include <linux/atomic.h>
#include <linux/ktime.h>
#include <linux/types.h>

#include "load.h"
#include "wgr.h"

/* From so many waiting messages on it is load, and for how long after. */
#define LOADED		(WGR_MAX_HANDSHAKES / 8)
#define AFTER_NS	NSEC_PER_SEC

/* Messages that wait, at all interfaces. */
static atomic_t waiting = ATOMIC_INIT(0);

/*
 * Boot time clock, ns. A time that an idle machine compares with months later
 * has to be of 64 bits.
 */
static atomic64_t loaded_until_ns = ATOMIC64_INIT(0);

void wgr_load_more(void)
{
	atomic_inc(&waiting);
}

void wgr_load_less(void)
{
	atomic_dec(&waiting);
}

bool wgr_under_load(void)
{
	s64 now_ns = ktime_get_coarse_boottime_ns();

	if (atomic_read(&waiting) < LOADED)
		return now_ns < atomic64_read(&loaded_until_ns);
	atomic64_set(&loaded_until_ns, now_ns + AFTER_NS);
	return true;
}
