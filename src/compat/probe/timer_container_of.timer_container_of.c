// SPDX-License-Identifier: GPL-2.0
#include <linux/timer.h>

struct thing {
	int number;
	struct timer_list timer;
};

static inline int probe(struct timer_list *timer)
{
	struct thing *thing = timer_container_of(thing, timer, timer);

	return thing->number;
}
