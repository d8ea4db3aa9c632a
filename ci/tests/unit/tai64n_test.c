// SPDX-License-Identifier: GPL-2.0
/* The time stamp: layout, rounding, order. SEED=n repeats a run. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocol/tai64n.h"
#include "tap.h"

static bool packs(s64 sec, u32 nsec, const char *hex)
{
	char text[2 * WGR_TAI64N_LEN + 1];
	u8 out[WGR_TAI64N_LEN];
	size_t i;

	wgr_tai64n_pack(out, sec, nsec);
	for (i = 0; i < sizeof(out); i++)
		sprintf(text + 2 * i, "%02x", out[i]);
	if (!strcmp(text, hex))
		return true;
	printf("# %s, should be %s\n", text, hex);
	return false;
}

static int order(s64 sec_a, u32 nsec_a, s64 sec_b, u32 nsec_b)
{
	u8 a[WGR_TAI64N_LEN], b[WGR_TAI64N_LEN];

	wgr_tai64n_pack(a, sec_a, nsec_a);
	wgr_tai64n_pack(b, sec_b, nsec_b);
	return memcmp(a, b, sizeof(a));
}

static void layout(void)
{
	tap_ok(packs(0, 0, "400000000000000a00000000"), "1970");
	tap_ok(packs(-10, 0, "400000000000000000000000"), "TAI's own zero");
	tap_ok(packs(-11, 0, "3fffffffffffffff00000000"), "before it");
	tap_ok(packs(0x123456789abLL, 0, "40000123456789b500000000"), "far ahead");
	tap_ok(packs(1, 16777215, "400000000000000b00000000"), "rounded down");
	tap_ok(packs(1, 16777216, "400000000000000b01000000"), "one grain");
	tap_ok(packs(1, 999999999, "400000000000000b3b000000"), "last of a second");
}

static void in_a_second(void)
{
	unsigned int labels = 1;
	bool good = true;
	u32 nsec;

	for (nsec = 1000; nsec < 1000000000; nsec += 1000) {
		int sign = order(7, nsec - 1000, 7, nsec);

		good &= sign <= 0;
		labels += sign < 0;
	}
	tap_ok(good, "labels of a second never go back");
	tap_ok(labels >= 50 && labels <= 60, "they are %u, about 50", labels);
	tap_ok(order(7, 999999999, 8, 0) < 0, "the next second is greater");
}

/* The receiver takes two that are a 50th apart, if the second is greater. */
static void a_gap_apart(void)
{
	const u32 gap = 1000000000 / 50;
	bool good = true;
	s64 nsec;

	for (nsec = 0; nsec < 1000000000; nsec += 1000)
		good &= order(7, nsec, 7 + (nsec + gap) / 1000000000,
			      (nsec + gap) % 1000000000) < 0;
	tap_ok(good, "two moments a 50th of a second apart have different labels");
}

static bool next_is(u8 stamp[WGR_TAI64N_LEN], s64 sec, long nsec, s64 want_sec, u32 want_nsec)
{
	u8 want[WGR_TAI64N_LEN];

	wgr_tai64n_next(stamp, sec, nsec);
	wgr_tai64n_pack(want, want_sec, want_nsec);
	return !memcmp(stamp, want, sizeof(want));
}

/* A label of a moment that there is: whoever reads it may refuse any other. */
static bool is_within_a_second(const u8 stamp[WGR_TAI64N_LEN])
{
	u32 nsec = (u32)stamp[8] << 24 | stamp[9] << 16 | stamp[10] << 8 | stamp[11];

	return nsec < 1000000000;
}

static void one_after_the_other(void)
{
	u8 stamp[WGR_TAI64N_LEN] = { 0 }, before[WGR_TAI64N_LEN];
	bool good = true, valid = true;
	int i;

	tap_ok(next_is(stamp, 1700000000, 123456789, 1700000000, 123456789),
	       "now is what the clock says");
	tap_ok(next_is(stamp, 1700000000, 123456790, 1700000000,
		       123456789 + WGR_TAI64N_GRAIN_NS), "the same moment again: the next label");
	tap_ok(next_is(stamp, 1700000005, 0, 1700000005, 0), "later: the clock's again");
	tap_ok(next_is(stamp, 1600000000, 0, 1700000005, WGR_TAI64N_GRAIN_NS),
	       "the clock set back: the next label");
	for (i = 0; i < 1000; i++) {
		memcpy(before, stamp, sizeof(before));
		wgr_tai64n_next(stamp, 1600000000, 0);
		good &= memcmp(before, stamp, sizeof(stamp)) < 0;
		valid &= is_within_a_second(stamp);
	}
	tap_ok(good, "and so on, across seconds");
	tap_ok(valid, "none of which has more than its nanoseconds");
	tap_ok(next_is(stamp, 1700000005 + 17, 0, 1700000005 + 17, 0), "until the clock is ahead");
}

static void at_random(void)
{
	const char *seed = getenv("SEED");
	unsigned int number = seed ? strtoul(seed, NULL, 0) : (unsigned int)time(NULL);
	unsigned int i;
	bool good = true;

	printf("# SEED=%u\n", number);
	srandom(number);
	for (i = 0; i < 200000; i++) {
		s64 a = random() - (1LL << 30), b = a + random() % 3;
		u32 x = random() % 1000000000, y = random() % 1000000000;
		s64 grains = (b - a) * 128 + (y >> 24) - (s64)(x >> 24);
		int sign = order(a, x, b, y);

		good &= (sign < 0) == (grains > 0) && (sign == 0) == (grains == 0);
	}
	tap_ok(good, "labels are ordered as their moments are, to a grain");
}

int main(void)
{
	layout();
	in_a_second();
	a_gap_apart();
	one_after_the_other();
	at_random();
	return tap_done();
}
