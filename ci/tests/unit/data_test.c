// SPDX-License-Identifier: GPL-2.0
/* What is put behind a packet, so that its length is not to be seen. */
#include "port.h"
#include "protocol/data.h"
#include "tap.h"

#define MTU	1420

static bool pads(unsigned int len, unsigned int mtu, unsigned int want)
{
	unsigned int pad = wgr_data_padding(len, mtu);

	if (pad == want)
		return true;
	printf("# %u bytes within %u: %u, should be %u\n", len, mtu, pad, want);
	return false;
}

static void whole_units(void)
{
	bool good = true, unlimited = true;
	unsigned int len;

	for (len = 0; len <= MTU - MTU % 16; len++) {
		good &= pads(len, MTU, (16 - len % 16) % 16);
		unlimited &= pads(len, 0, (16 - len % 16) % 16);
	}
	tap_ok(good, "any packet comes to units of 16 bytes");
	tap_ok(unlimited, "and where no MTU is known");
}

static void within_the_mtu(void)
{
	tap_ok(pads(MTU - 1, MTU, 1) && pads(MTU - 11, MTU, 11) && pads(MTU, MTU, 0),
	       "the last unit of an MTU may be a part of one");
	tap_ok(pads(MTU + 1, MTU, 15) && pads(2 * MTU + 16, MTU, 0) && pads(2 * MTU - 1, MTU, 1),
	       "of what is longer, the last piece is padded");
}

int main(void)
{
	whole_units();
	within_the_mtu();
	return tap_done();
}
