// SPDX-License-Identifier: GPL-2.0
// exported: hrtimer_init
#include <linux/hrtimer.h>

static inline void probe(struct hrtimer *timer,
			 enum hrtimer_restart (*ring)(struct hrtimer *timer))
{
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	timer->function = ring;
}
