// SPDX-License-Identifier: GPL-2.0
/* When handshakes have to prove their address: how many, how long, after years. */
#include "protocol/load.h"
#include "tap.h"

#define SECOND	1000000000ULL
#define DAY	(86400 * SECOND)
#define MANY	512		/* an eighth of what one interface queues */

static struct wgr_load load;
static u64 now_ns;

static void more(unsigned int count)
{
	while (count--)
		wgr_load_more(&load);
}

static void less(unsigned int count)
{
	while (count--)
		wgr_load_less(&load);
}

/* No load at any time of the next years that a clock of 32 bits might mistake. */
static bool never_again(void)
{
	u64 began_ns = now_ns, day;
	bool good = true;

	for (day = 0; day < 3000; day++) {
		now_ns = began_ns + day * DAY + 2 * SECOND;
		good &= !wgr_under_load(&load, now_ns);
	}
	return good;
}

int main(void)
{
	now_ns = 1;
	tap_ok(!wgr_under_load(&load, now_ns), "no load at first");
	tap_ok(never_again(), "none after years in which nothing happened");

	more(MANY - 1);
	tap_ok(!wgr_under_load(&load, now_ns), "no load below the bound");
	more(1);
	tap_ok(wgr_under_load(&load, now_ns), "load from there on");
	less(MANY);
	now_ns += SECOND - 1;
	tap_ok(wgr_under_load(&load, now_ns), "load for a second after, though nothing waits");
	now_ns += 1;
	tap_ok(!wgr_under_load(&load, now_ns), "not for longer");
	tap_ok(never_again(), "and not after years without one more");
	return tap_done();
}
