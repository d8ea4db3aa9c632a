// SPDX-License-Identifier: GPL-2.0
/* The memory of held packets: what they take counts, for all peers together. */
#include <string.h>

#include "budget.h"
#include "kstub.h"
#include "tap.h"

#define MIB	(1024UL * 1024)
#define PEERS	16

extern void *kstub_param_held_max;

static struct wgr_credit peer[PEERS];

static void set(unsigned long memory, unsigned int held_max)
{
	kstub_pages = memory / PAGE_SIZE;
	memcpy(kstub_param_held_max, &held_max, sizeof(held_max));
}

/* How many of @most packets of @bytes are held by @peers together. */
static unsigned long hold(unsigned int peers, unsigned int bytes, unsigned long most)
{
	unsigned long held = 0, i;

	for (i = 0; i < most; i++)
		held += wgr_credit_take(&peer[i % peers], bytes);
	return held;
}

static bool let_go(unsigned int peers, unsigned int bytes)
{
	bool good = true;
	unsigned int i;

	for (i = 0; i < peers; i++) {
		while (peer[i].used)
			wgr_credit_give(&peer[i], bytes);
		wgr_credit_trim(&peer[i]);
		good &= !peer[i].bytes;
	}
	return good;
}

/* Packets of one size fill what there is, but for a batch of each peer. */
static bool fills(unsigned int peers, unsigned int bytes, unsigned long bound)
{
	unsigned long held = hold(peers, bytes, bound / 256) * bytes;
	bool good = held <= bound && held + peers * (65536 + bytes) >= bound;

	if (!good)
		printf("# %lu bytes held, bound %lu\n", held, bound);
	return let_go(peers, bytes) && good;
}

/* Room that small packets leave is there for large ones, and the other way round. */
static bool sizes_mix(void)
{
	unsigned long held;

	set(1024 * MIB, 0);
	held = hold(1, 768, 20000) * 768 + hold(2, 66000, 100) * 66000;
	if (held != 20000UL * 768 + 100UL * 66000)
		return false;
	while (peer[0].used >= 66000)
		wgr_credit_give(&peer[0], 66000);
	peer[0].used = 0;
	return let_go(2, 66000) && fills(2, 66000, 64 * MIB);
}

/* A peer that holds little keeps little. */
static bool trims(void)
{
	bool good;

	hold(1, 2304, 5000);
	while (peer[0].used > 2304)
		wgr_credit_give(&peer[0], 2304);
	wgr_credit_trim(&peer[0]);
	good = peer[0].bytes <= 2 * 65536;
	return let_go(1, 2304) && good;
}

int main(void)
{
	set(1024 * MIB, 0);
	tap_ok(fills(2, 66000, 64 * MIB), "large packets: a sixteenth of the memory");
	tap_ok(fills(2, 2304, 64 * MIB), "packets of common size: as much");
	tap_ok(fills(PEERS, 768, 64 * MIB), "small ones, of many peers: as much");
	tap_ok(sizes_mix(), "all sizes together");
	tap_ok(trims(), "what is not needed is given back");
	set(32 * MIB, 0);
	tap_ok(fills(2, 2304, 4 * MIB), "little memory: 4 MiB all the same");
	set(1024 * MIB, 1000);
	tap_ok(fills(2, 2304, 2000 * 1024), "the parameter counts packets of 2 KiB");
	set(64UL * 1024 * 1024 * MIB, 0);
	tap_ok(hold(1, 66000, 100000) == 100000 && let_go(1, 66000), "very much memory");
	set(1024 * MIB, ~0U);
	tap_ok(hold(1, 66000, 100000) == 100000 && let_go(1, 66000),
	       "a parameter as large as can be");
	return tap_done();
}
