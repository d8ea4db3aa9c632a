// SPDX-License-Identifier: GPL-2.0
#include <linux/random.h>

static inline u32 probe(u32 floor, u32 ceil)
{
	return get_random_u32_inclusive(floor, ceil);
}
