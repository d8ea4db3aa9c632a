// SPDX-License-Identifier: GPL-2.0
// exported: timer_delete timer_delete_sync
#include <linux/timer.h>

static inline int probe(struct timer_list *timer)
{
	return timer_delete(timer) + timer_delete_sync(timer);
}
