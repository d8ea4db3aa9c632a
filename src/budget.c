// SPDX-License-Identifier: GPL-2.0
/* budget.c - how many packets the module may hold in all. */
#include "budget.h"

#include <linux/atomic.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/sizes.h>

/* Places that a peer takes or gives back at a time. */
#define BATCH	32U

/* Memory of a held packet of common size, with all that belongs to it. */
#define PACKET_BYTES	SZ_2K

/* Unless it is set: packets may take a sixteenth of the memory. */
#define SHARE	16

/* Enough for one full window whatever the machine. */
#define LEAST	16384UL

static unsigned int held_max;
module_param(held_max, uint, 0644);
MODULE_PARM_DESC(held_max, "Packets that may be held for all peers together; 0 stands for a sixteenth of the memory (default 0)");

/* Places taken, by all peers; never more than may_hold() says at that time. */
static atomic_long_t taken = ATOMIC_LONG_INIT(0);

static long may_hold(void)
{
	unsigned int chosen = READ_ONCE(held_max);

	if (chosen)
		return min_t(unsigned long, chosen, LONG_MAX / 2);
	return max(totalram_pages() / SHARE * (PAGE_SIZE / PACKET_BYTES), LEAST);
}

bool wgr_credit_take(struct wgr_credit *credit, unsigned int used)
{
	if (used < credit->places)
		return true;
	if (atomic_long_add_return(BATCH, &taken) > may_hold()) {
		atomic_long_sub(BATCH, &taken);
		return false;
	}
	credit->places += BATCH;
	return true;
}

void wgr_credit_trim(struct wgr_credit *credit, unsigned int used)
{
	unsigned int keep = used ? round_up(used, BATCH) + BATCH : 0;

	if (credit->places <= keep)
		return;
	atomic_long_sub(credit->places - keep, &taken);
	credit->places = keep;
}
