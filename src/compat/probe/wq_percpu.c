// SPDX-License-Identifier: GPL-2.0
#include <linux/workqueue.h>

static inline unsigned int probe(void)
{
	return WQ_PERCPU;
}
