// SPDX-License-Identifier: GPL-2.0
/*
 * The replay window: edges by hand, then random counters against a set that
 * remembers every one.
 *
 * SEED=n repeats a run, OPS=n sets its length.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "protocol/replay.h"
#include "tap.h"

#define BITS	((u64)WGR_REPLAY_BITS)
#define LIMIT	(UINT64_MAX - 8192)	/* 2^64 - 2^13 - 1 */

static struct wgr_replay window;

static bool take(u64 counter)
{
	return wgr_replay_accept(&window, counter);
}

/* A window whose greatest counter is @top and that has seen nothing else. */
static void start_at(u64 top)
{
	wgr_replay_init(&window);
	take(top);
}

static void in_order(void)
{
	bool good = true;
	u64 i;

	wgr_replay_init(&window);
	for (i = 0; i < 3 * BITS; i++)
		good &= take(i);
	tap_ok(good, "counters in order are new, three times round");

	good = true;
	for (i = 0; i < 3 * BITS; i++)
		good &= !take(i);
	tap_ok(good, "none of them is new again");
}

static void reversed(void)
{
	bool good;
	u64 i;

	start_at(BITS - 1);
	good = true;
	for (i = BITS - 1; i-- > 0;)
		good &= take(i);
	tap_ok(good, "all of the window backwards is new");
	good = true;
	for (i = 0; i < BITS; i++)
		good &= !take(i);
	tap_ok(good, "and is not new again");
}

static void lower_edge(void)
{
	start_at(BITS);
	tap_ok(!take(0), "one behind the window is refused");
	tap_ok(take(1), "the last one in the window is new");
	tap_ok(!take(1), "but only once");
	start_at(BITS - 1);
	tap_ok(take(0), "counter 0 is new while the window still reaches it");
	tap_ok(!take(0), "but only once");
	wgr_replay_init(&window);
	tap_ok(take(0) && !take(0), "counter 0 first, and again");
}

static void upper_edge(void)
{
	static const u64 beyond[] = {
		LIMIT, LIMIT + 1, UINT64_MAX - 1, UINT64_MAX,
	};
	bool good = true;
	size_t i;

	wgr_replay_init(&window);
	for (i = 0; i < sizeof(beyond) / sizeof(*beyond); i++)
		good &= !take(beyond[i]);
	tap_ok(good, "counters from the limit on are refused");
	tap_ok(take(5), "and leave no trace");
	tap_ok(take(LIMIT - 1), "the one before the limit is new");
	tap_ok(!take(LIMIT - 1), "but only once");
	tap_ok(!take(LIMIT), "the limit is refused right behind it");
	tap_ok(take(LIMIT - BITS), "the window reaches back from there");
	tap_ok(!take(LIMIT - BITS - 1), "and ends");
}

/* After a jump from @top by @by exactly the old counters that remain are seen. */
static bool jump(u64 top, u64 by)
{
	u64 old, end = top + by + 1;
	bool good = true;

	wgr_replay_init(&window);
	for (old = top + 1 > BITS ? top + 1 - BITS : 0; old <= top; old++)
		take(old);
	good &= take(top + by);
	for (old = end > BITS ? end - BITS : 0; old < end; old++) {
		bool is_new = old > top && old < top + by;

		good &= take(old) == is_new;
	}
	return good;
}

static void jumps(void)
{
	static const u64 by[] = {
		1, 2, 3, 62, 63, 64, 65, 66, 127, 128, 129, 1000, BITS - 65,
		BITS - 64, BITS - 63, BITS - 1, BITS, BITS + 1, BITS + 63,
		BITS + 64, 2 * BITS - 1, 2 * BITS, 2 * BITS + 1, 1ULL << 40,
	};
	size_t i;
	u64 top;

	for (i = 0; i < sizeof(by) / sizeof(*by); i++) {
		bool good = true;

		for (top = BITS - 66; top <= BITS + 66; top += 1 + top % 7)
			good &= jump(top, by[i]);
		good &= jump(0, by[i]) && jump(63, by[i]) && jump(64, by[i]);
		tap_ok(good, "jump by %" PRIu64, (uint64_t)by[i]);
	}
}

static uint64_t random_state;

static uint64_t rnd(uint64_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state * 0x2545f4914f6cdd1dULL % below;
}

/*
 * One session of @ops counters. The model keeps a byte for every counter from
 * @base on that the session can come to.
 */
static bool session(u64 base, unsigned long ops)
{
	size_t room = 64 * BITS, i;
	uint8_t *seen = calloc(room, 1);
	bool any = base, good = true;
	u64 top = base;

	/* A session that begins late is the same as one that jumped there. */
	start_at(base);
	if (!base)
		wgr_replay_init(&window);
	else
		seen[0] = 1;

	for (i = 0; i < ops && good; i++) {
		u64 counter = top, back;
		bool expected;

		switch (rnd(16)) {
		case 0:
			counter += rnd(3 * BITS / 2);
			break;
		case 1: case 2:
			counter += rnd(300);
			break;
		case 3: case 4: case 5:
			back = BITS - 3 + rnd(6);
			counter -= back < top - base ? back : top - base;
			break;
		case 6: case 7: case 8: case 9:
			back = rnd(2 * BITS);
			counter -= back < top - base ? back : top - base;
			break;
		case 10: case 11:
			back = rnd(200);
			counter -= back < top - base ? back : top - base;
			break;
		default:
			counter += any;
		}
		if (counter - base >= room)
			break;

		expected = !seen[counter - base] &&
			   (!any || counter > top || top - counter < BITS);
		if (take(counter) != expected) {
			printf("# counter %" PRIu64 ", greatest %" PRIu64
			       ", operation %zu: should be %s\n", (uint64_t)counter,
			       (uint64_t)top, i, expected ? "new" : "refused");
			good = false;
		}
		if (expected) {
			seen[counter - base] = 1;
			any = true;
			if (counter > top)
				top = counter;
		}
	}
	free(seen);
	return good;
}

int main(void)
{
	const char *seed = getenv("SEED"), *ops = getenv("OPS");
	unsigned long left = ops ? strtoul(ops, NULL, 0) : 1000000;
	uint64_t number = seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL);
	bool good = true;

	in_order();
	reversed();
	lower_edge();
	upper_edge();
	jumps();

	printf("# SEED=%" PRIu64 " OPS=%lu\n", number, left);
	random_state = number * 0x9e3779b97f4a7c15ULL | 1;
	for (; left && good; left -= left < 500 ? left : 500) {
		u64 base = rnd(3) ? 0 : rnd(LIMIT - 64 * BITS);

		good = session(base, 500);
	}
	tap_ok(good, "random counters as a set that forgets nothing has them");
	return tap_done();
}
