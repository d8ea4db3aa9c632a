// SPDX-License-Identifier: GPL-2.0
/* chance.c - chance of the network and of the stories: the core's own is the port's. */
#include "sim.h"

static u64 state;

void chance_seed(u64 seed)
{
	state = seed ^ 0x5eed5eed5eed5eedULL;
}

u64 chance(void)
{
	u64 z = state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

u64 chance_below(u64 ceil)
{
	return ceil ? chance() % ceil : 0;
}

bool chance_percent(u32 percent)
{
	return percent && chance_below(100) < percent;
}
