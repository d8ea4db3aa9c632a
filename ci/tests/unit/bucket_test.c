// SPDX-License-Identifier: GPL-2.0
/* Token buckets: burst, rate, sources apart, a full row, time near its ends. */
#include <stdint.h>
#include <string.h>

#include "protocol/bucket.h"
#include "tap.h"

#define MS	1000000ULL

static struct wgr_bucket row[WGR_BUCKET_ROW];

/* How many of @tries tokens @source gets at @now_ns. */
static unsigned int take(u64 source, u64 now_ns, unsigned int tries)
{
	unsigned int got = 0;

	while (tries--)
		got += wgr_bucket_take(row, source, now_ns);
	return got;
}

static void test_burst_and_rate(void)
{
	u64 now = 5000 * MS;
	unsigned int got, i;

	memset(row, 0, sizeof(row));
	tap_ok(take(7, now, 20) == 5, "a burst of 5");
	tap_ok(take(7, now + 50 * MS - 1, 1) == 0, "nothing before 50 ms");
	tap_ok(take(7, now + 50 * MS, 3) == 1, "one token after 50 ms");
	tap_ok(take(7, now + 150 * MS, 3) == 2, "two after 100 ms more");
	tap_ok(take(7, now + 10000 * MS, 20) == 5, "idleness gives no more than a burst");

	/* 1000 asks over 10 s, from an empty bucket on: 20 a second pass. */
	for (got = 0, i = 1; i <= 1000; i++)
		got += take(7, now + 10000 * MS + i * 10 * MS, 1);
	tap_ok(got == 200, "20 a second in the long run, got %u", got);
}

static void test_sources_apart(void)
{
	u64 now = 5000 * MS;

	memset(row, 0, sizeof(row));
	tap_ok(take(1, now, 9) == 5 && take(2, now, 9) == 5, "each source has its own");
	tap_ok(take(0, now, 9) == 5, "source 0 is one like others");
	tap_ok(take(1, now + 50 * MS, 9) == 1, "and is charged for itself only");
}

static void test_full_row(void)
{
	u64 now = 5000 * MS, source;

	memset(row, 0, sizeof(row));
	for (source = 1; source <= WGR_BUCKET_ROW; source++)
		take(source, now, 2);
	tap_ok(take(99, now, 1) == 0, "no place for one more source");
	tap_ok(take(3, now, 9) == 3, "those with a bucket keep theirs");
	tap_ok(take(99, now + 100 * MS - 1, 1) == 0, "not a moment too early");
	tap_ok(take(99, now + 100 * MS, 9) == 5, "the place of a full bucket is free");
	tap_ok(take(3, now + 100 * MS, 9) == 2, "one that is not full stays");
}

/* A place given up and a bucket of the same source must not both exist. */
static void test_no_second_bucket(void)
{
	u64 now = 5000 * MS;

	memset(row, 0, sizeof(row));
	take(1, now, 1);
	take(2, now, 5);
	tap_ok(take(2, now + 60 * MS, 9) == 1,
	       "a vacant bucket ahead of one's own gives nothing extra");
}

static void test_clock_ends(void)
{
	u64 late = UINT64_MAX - 1000 * MS;

	memset(row, 0, sizeof(row));
	tap_ok(take(1, 0, 9) == 5, "a burst at time 0");
	memset(row, 0, sizeof(row));
	tap_ok(take(1, late, 9) == 5, "and a second before the end of time");
}

int main(void)
{
	test_burst_and_rate();
	test_sources_apart();
	test_full_row();
	test_no_second_bucket();
	test_clock_ends();
	return tap_done();
}
