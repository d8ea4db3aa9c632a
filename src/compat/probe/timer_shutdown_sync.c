// SPDX-License-Identifier: GPL-2.0
// exported: timer_shutdown_sync
#include <linux/timer.h>

static inline int probe(struct timer_list *timer)
{
	return timer_shutdown_sync(timer);
}
