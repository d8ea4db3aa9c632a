// SPDX-License-Identifier: GPL-2.0
#include <linux/random.h>

u32 probe(u32 ceil);
u32 probe(u32 ceil)
{
	return get_random_u32_below(ceil);
}
