/* SPDX-License-Identifier: GPL-2.0 */
#ifndef WGR_COMPAT_LINUX_WORKQUEUE_H
#define WGR_COMPAT_LINUX_WORKQUEUE_H

#include_next <linux/workqueue.h>

/* It was what a queue is unless it asks for something else. */
#ifndef WGR_HAVE_WQ_PERCPU
#define WQ_PERCPU 0
#endif

#endif
