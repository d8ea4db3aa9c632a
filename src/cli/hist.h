/* SPDX-License-Identifier: GPL-2.0 */
/* hist.h - histograms whose bin n counts 2^n to 2^(n+1) - 1. */
#ifndef HIST_H
#define HIST_H

#include <stdbool.h>
#include <stdint.h>

/* The largest number that bin @bin counts, the last bin's "and above" apart. */
uint64_t hist_most(unsigned int bin);

uint64_t hist_total(const uint64_t *bins, unsigned int count);

/**
 * hist_percentile() - below what a share of all lies
 * @bins: histogram
 * @count: its bins
 * @percent: the share, 1 to 100
 *
 * Return: the largest number of the bin in which the share is reached: what is
 * looked for is not more, and more than half of it; 0 if nothing was counted.
 */
uint64_t hist_percentile(const uint64_t *bins, unsigned int count, unsigned int percent);

/* A sum of what was counted, taking each for the middle of its bin. */
double hist_sum(const uint64_t *bins, unsigned int count);

/**
 * hist_bars() - one bar for each bin
 * @bins: histogram
 * @count: its bins
 * @utf8: of Unicode's, not of ASCII
 * @to: where to, 3 bytes a bin and one more
 *
 * The tallest bin fills its place, an empty one is a space, and what is not
 * empty shows.
 */
void hist_bars(const uint64_t *bins, unsigned int count, bool utf8, char *to);

/* @now less @before, bin by bin; all of @now where counting began anew. */
void hist_since(const uint64_t *now, const uint64_t *before, unsigned int count, uint64_t *to);

#endif
