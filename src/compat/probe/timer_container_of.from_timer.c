// SPDX-License-Identifier: GPL-2.0
#include <linux/timer.h>

struct thing {
	int number;
	struct timer_list timer;
};

static inline int probe(struct timer_list *timer)
{
	struct thing *thing = from_timer(thing, timer, timer);

	return thing->number;
}
