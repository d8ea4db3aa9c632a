/* SPDX-License-Identifier: GPL-2.0 */
/* Weyl's sequence through a mixer: small, fast and the same everywhere. */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <math.h>

#include "reorder/port.h"

static inline u64 random_bits(u64 *state)
{
	u64 x = *state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 32) * 0xd6e8feb86659fd93ULL;
	x = (x ^ x >> 32) * 0xd6e8feb86659fd93ULL;
	return x ^ x >> 32;
}

/* From 0 to 1, 0 excluded. */
static inline double random_share(u64 *state)
{
	return ((random_bits(state) >> 11) + 1) / 9007199254740992.0;
}

static inline double random_normal(u64 *state)
{
	double u = random_share(state);

	return sqrt(-2 * log(u)) * cos(2 * M_PI * random_share(state));
}

#endif
