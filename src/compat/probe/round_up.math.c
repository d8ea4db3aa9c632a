// SPDX-License-Identifier: GPL-2.0
#include <linux/math.h>

static inline unsigned int probe(unsigned int number)
{
	return round_up(number, 32U);
}
