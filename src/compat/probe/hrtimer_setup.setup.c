// SPDX-License-Identifier: GPL-2.0
// exported: hrtimer_setup
#include <linux/hrtimer.h>

static inline void probe(struct hrtimer *timer,
			 enum hrtimer_restart (*ring)(struct hrtimer *timer))
{
	hrtimer_setup(timer, ring, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
}
