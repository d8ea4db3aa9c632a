// SPDX-License-Identifier: GPL-2.0
// exported: del_timer
/* del_timer_sync() is a macro where there is only one processor. */
#include <linux/timer.h>

static inline int probe(struct timer_list *timer)
{
	return del_timer(timer) + del_timer_sync(timer);
}
