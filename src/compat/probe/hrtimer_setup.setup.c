// SPDX-License-Identifier: GPL-2.0
// exported: hrtimer_setup
#include <linux/hrtimer.h>

void probe(struct hrtimer *timer,
	   enum hrtimer_restart (*ring)(struct hrtimer *timer));
void probe(struct hrtimer *timer,
	   enum hrtimer_restart (*ring)(struct hrtimer *timer))
{
	hrtimer_setup(timer, ring, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
}
