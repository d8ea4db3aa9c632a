// SPDX-License-Identifier: GPL-2.0
/* budget.c - how much memory held packets may take in the whole module. */
#include "budget.h"

#include <linux/atomic.h>
#include <linux/limits.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/sizes.h>

/* What a peer takes or gives back at a time. */
#define BATCH	((unsigned long)SZ_64K)

/* The unit of the parameter: a packet of common size, with all that belongs to it. */
#define PACKET_BYTES	SZ_2K

/* Unless it is set: packets may take a sixteenth of the memory. */
#define SHARE	16

/* However little memory there is: a window of 2048 packets. */
#define LEAST	((u64)SZ_4M)

static unsigned int held_max;
module_param(held_max, uint, 0644);
MODULE_PARM_DESC(held_max, "Memory that held packets may take for all peers together, in packets of 2 KiB; 0 stands for a sixteenth of the memory (default 0)");

/* Bytes taken, by all peers; never more than may_hold() says at that time. */
static atomic_long_t taken = ATOMIC_LONG_INIT(0);

static long may_hold(void)
{
	u64 bytes = (u64)READ_ONCE(held_max) * PACKET_BYTES;

	if (!bytes)
		bytes = max((u64)totalram_pages() / SHARE * PAGE_SIZE, LEAST);
	return min_t(u64, bytes, LONG_MAX / 2);
}

static bool take_from_budget(struct wgr_credit *credit, unsigned long bytes)
{
	if (atomic_long_add_return(bytes, &taken) > may_hold()) {
		atomic_long_sub(bytes, &taken);
		return false;
	}
	credit->bytes += bytes;
	return true;
}

bool wgr_credit_take(struct wgr_credit *credit, unsigned int bytes)
{
	unsigned long needed = credit->used + bytes;

	if (needed > credit->bytes &&
	    !take_from_budget(credit, round_up(needed - credit->bytes, BATCH)))
		return false;
	credit->used = needed;
	return true;
}

void wgr_credit_give(struct wgr_credit *credit, unsigned int bytes)
{
	credit->used -= bytes;
}

void wgr_credit_trim(struct wgr_credit *credit)
{
	unsigned long keep = credit->used ? round_up(credit->used, BATCH) + BATCH : 0;

	if (credit->bytes <= keep)
		return;
	atomic_long_sub(credit->bytes - keep, &taken);
	credit->bytes = keep;
}
