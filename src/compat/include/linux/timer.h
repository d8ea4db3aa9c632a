/* SPDX-License-Identifier: GPL-2.0 */
#ifndef WGR_COMPAT_LINUX_TIMER_H
#define WGR_COMPAT_LINUX_TIMER_H

#include_next <linux/timer.h>

#ifndef WGR_HAVE_TIMER_CONTAINER_OF_TIMER_CONTAINER_OF
#define timer_container_of(var, timer, field) from_timer(var, timer, field)
#endif

#ifndef WGR_HAVE_TIMER_DELETE_TIMER_DELETE
#define timer_delete(timer) del_timer(timer)
#define timer_delete_sync(timer) del_timer_sync(timer)
#endif

/* Without it nothing but the caller keeps the timer from being set again. */
#ifndef WGR_HAVE_TIMER_SHUTDOWN_SYNC
#define timer_shutdown_sync(timer) timer_delete_sync(timer)
#endif

#endif
