// SPDX-License-Identifier: GPL-2.0
/* The time stamp: layout, rounding, order. SEED=n repeats a run. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kstub.h"
#include "tai64n.h"
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
	tap_ok(packs(1, 33554431, "400000000000000b00000000"), "rounded down");
	tap_ok(packs(1, 33554432, "400000000000000b02000000"), "one grain");
	tap_ok(packs(1, 999999999, "400000000000000b3a000000"), "last of a second");
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
	tap_ok(labels > 1 && labels <= 50, "they are %u, at most 50", labels);
	tap_ok(order(7, 999999999, 8, 0) < 0, "the next second is greater");
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
		s64 grains = (b - a) * 64 + (y >> 25) - (s64)(x >> 25);
		int sign = order(a, x, b, y);

		good &= (sign < 0) == (grains > 0) && (sign == 0) == (grains == 0);
	}
	tap_ok(good, "labels are ordered as their moments are, to a grain");
}

int main(void)
{
	u8 now[WGR_TAI64N_LEN], same[WGR_TAI64N_LEN];

	layout();
	in_a_second();
	at_random();

	kstub_clock = (struct timespec64){ 1700000000, 123456789 };
	wgr_tai64n_now(now);
	wgr_tai64n_pack(same, 1700000000, 123456789);
	tap_ok(!memcmp(now, same, sizeof(now)), "now is what the clock says");
	return tap_done();
}
