// SPDX-License-Identifier: GPL-2.0
/* randomness.c - no handshake before the random generator has its seed. */
#include "randomness.h"

#include <linux/random.h>
#include <linux/workqueue.h>

static void gather(struct work_struct *work)
{
	wait_for_random_bytes();
}

static DECLARE_WORK(gathering, gather);

bool wgr_random_ready(void)
{
	if (likely(rng_is_initialized()))
		return true;
	schedule_work(&gathering);
	return false;
}

void wgr_random_teardown(void)
{
	cancel_work_sync(&gathering);
}
