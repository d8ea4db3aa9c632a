/* SPDX-License-Identifier: GPL-2.0 */
/* What random tests begin with: another number each time, or the one to repeat. */
#ifndef TEST_SEED_H
#define TEST_SEED_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* The number in SEED, else a new one; printed. */
static inline unsigned long long seed_taken(void)
{
	const char *given = getenv("SEED");
	struct timespec now;
	unsigned long long seed;
	char *end;

	clock_gettime(CLOCK_REALTIME, &now);
	seed = given ? strtoull(given, &end, 0) :
		       (unsigned long long)now.tv_sec * 1000000000 + (unsigned long long)now.tv_nsec;
	if (given && (!*given || *end)) {
		fprintf(stderr, "SEED: '%s' is no number\n", given);
		exit(2);
	}
	printf("# SEED=%llu\n", seed);
	return seed;
}

#endif
