// SPDX-License-Identifier: GPL-2.0
/* hist.c - histograms whose bin n counts 2^n to 2^(n+1) - 1. */
#include "hist.h"

#include <string.h>

uint64_t hist_most(unsigned int bin)
{
	return ((uint64_t)2 << bin) - 1;
}

uint64_t hist_total(const uint64_t *bins, unsigned int count)
{
	uint64_t total = 0;

	while (count--)
		total += bins[count];
	return total;
}

uint64_t hist_percentile(const uint64_t *bins, unsigned int count, unsigned int percent)
{
	uint64_t total = hist_total(bins, count), sum = 0, wanted;
	unsigned int i;

	/* Rounded up, and in parts, since the whole product may not fit. */
	wanted = total / 100 * percent + (total % 100 * percent + 99) / 100;
	if (!wanted)
		return 0;
	for (i = 0; i + 1 < count; i++) {
		sum += bins[i];
		if (sum >= wanted)
			break;
	}
	return hist_most(i);
}

double hist_sum(const uint64_t *bins, unsigned int count)
{
	double sum = 0;
	unsigned int i;

	for (i = 0; i < count; i++)
		sum += (double)bins[i] * (i ? 1.5 * ((uint64_t)1 << i) : 1);
	return sum;
}

void hist_bars(const uint64_t *bins, unsigned int count, bool utf8, char *to)
{
	static const char *const ascii[] = { " ", ".", ":", "-", "=", "+", "*", "#", "@" };
	static const char *const bars[] = {
		" ", "\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588",
	};
	uint64_t most = 0;
	unsigned int i;

	for (i = 0; i < count; i++)
		most = bins[i] > most ? bins[i] : most;
	*to = 0;
	for (i = 0; i < count; i++)
		to = stpcpy(to, (utf8 ? bars : ascii)[bins[i] ? 1 + (int)(7.0 * bins[i] / most) : 0]);
}

void hist_since(const uint64_t *now, const uint64_t *before, unsigned int count, uint64_t *to)
{
	bool again = false;
	unsigned int i;

	for (i = 0; i < count; i++)
		again |= now[i] < before[i];
	for (i = 0; i < count; i++)
		to[i] = now[i] - (again ? 0 : before[i]);
}
