// SPDX-License-Identifier: GPL-2.0
/* What was given up and has not come, against a plain list; and since when flows trail. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reorder/absent.h"
#include "tap.h"

#define ROWS	((u64)WGR_ABSENT_WORDS)
#define FAR	(ROWS * 64 * 3)

static struct wgr_absent absent;
static size_t live;
static bool refuse;
static u64 state;

static void *give(void *ctx, size_t bytes)
{
	(void)ctx;
	if (refuse)
		return NULL;
	live += bytes;
	return calloc(1, bytes);
}

static void take_back(void *ctx, void *memory, size_t bytes)
{
	(void)ctx;
	live -= bytes;
	free(memory);
}

static const struct wgr_flow_memory memory = { give, take_back, NULL };

static u64 random_below(u64 limit)
{
	u64 z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) % limit;
}

/* One place for each counter; a row that another one has taken the word of is all false. */
static bool gone[FAR + 1];

static void plain_add(u64 first, u64 last)
{
	u64 row, c;

	if (last - first >= (ROWS - 1) * 64)
		first = last - (ROWS - 1) * 64;
	for (row = first / 64; row <= last / 64; row++) {
		for (c = 0; c <= FAR; c++)
			if (c / 64 != row && c / 64 % ROWS == row % ROWS)
				gone[c] = false;
		for (c = row * 64; c < row * 64 + 64; c++)
			gone[c] |= c >= first && c <= last;
	}
}

static bool plain_between(u64 after, u64 before)
{
	u64 c = after + 1;

	if (before > c && before - 1 - c >= (ROWS - 1) * 64)
		c = before - 1 - (ROWS - 1) * 64;
	for (; c < before; c++)
		if (gone[c])
			return true;
	return false;
}

static bool as_a_list(void)
{
	u64 first, last, top = 0;
	int i;

	memset(gone, 0, sizeof(gone));
	for (i = 0; i < 3000; i++) {
		first = top + random_below(100);
		last = first + random_below(random_below(20) ? 200 : 5000);
		if (last >= FAR)
			break;
		if (random_below(3)) {
			wgr_absent_add(&absent, 7, first, last, &memory);
			plain_add(first, last);
			top = last;
		}
		first = top - random_below(top < 300 ? top + 1 : 300);
		wgr_absent_came(&absent, 7, first);
		gone[first] = false;
		first = random_below(top + 1);
		last = random_below(2) ? first + random_below(200) : top;
		if (wgr_absent_between(&absent, 7, first, last) != plain_between(first, last)) {
			printf("# between %llu and %llu of %llu\n", first, last, top);
			return false;
		}
	}
	wgr_absent_end(&absent, &memory);
	return i > 50 && !live;
}

static bool at_the_ends(void)
{
	bool good;

	wgr_absent_add(&absent, 1, 0, 0, &memory);
	good = !wgr_absent_between(&absent, 1, 0, 1) && !wgr_absent_between(&absent, 1, 5, 5) &&
	       !wgr_absent_between(&absent, 1, 5, 3);
	wgr_absent_add(&absent, 1, U64_MAX - 70, U64_MAX - 1, &memory);
	good &= wgr_absent_between(&absent, 1, U64_MAX - 2, U64_MAX) &&
		wgr_absent_between(&absent, 1, 0, U64_MAX) &&
		!wgr_absent_between(&absent, 1, U64_MAX - 1, U64_MAX);
	wgr_absent_end(&absent, &memory);
	wgr_absent_add(&absent, 1, 5, 5, &memory);
	good &= !wgr_absent_between(&absent, 1, 0, 5) && wgr_absent_between(&absent, 1, 0, 6);
	/* The word of a row that lies as many behind as there are begins anew. */
	wgr_absent_add(&absent, 1, ROWS * 64 + 6, ROWS * 64 + 6, &memory);
	good &= !wgr_absent_between(&absent, 1, ROWS * 64 + 4, ROWS * 64 + 6);
	/* What comes of the row that had it before is none of its own. */
	wgr_absent_came(&absent, 1, 6);
	good &= wgr_absent_between(&absent, 1, ROWS * 64 + 4, ROWS * 64 + 7);
	/* Another epoch: what was is forgotten, and nothing is known of a third one. */
	good &= !wgr_absent_between(&absent, 2, 0, U64_MAX);
	wgr_absent_add(&absent, 1, 70, 70, &memory);
	wgr_absent_add(&absent, 2, 10, 12, &memory);
	good &= !wgr_absent_between(&absent, 2, 12, 200);
	good &= wgr_absent_between(&absent, 2, 9, 11) && !wgr_absent_between(&absent, 2, 12, U64_MAX) &&
		!wgr_absent_between(&absent, 1, 9, 13);
	wgr_absent_came(&absent, 1, 10);
	good &= wgr_absent_between(&absent, 2, 9, 11);
	wgr_absent_end(&absent, &memory);
	return good && !live;
}

static bool without_memory(void)
{
	bool good;

	refuse = true;
	wgr_absent_add(&absent, 1, 0, 100, &memory);
	wgr_absent_came(&absent, 1, 5);
	good = !wgr_absent_between(&absent, 1, 0, 100) && !absent.map &&
	       wgr_absent_since(&absent, 0, 1, 0) == S64_MIN;
	wgr_absent_end(&absent, &memory);
	refuse = false;
	return good;
}

static bool since_the_first(void)
{
	bool good;
	u64 i;

	wgr_absent_add(&absent, 1, 0, 100, &memory);
	wgr_absent_mark(&absent, 3, 1, 10, 1000, 0);
	wgr_absent_mark(&absent, 4, 1, 11, 1100, 0);
	wgr_absent_mark(&absent, 3, 1, 20, 2000, 0);
	wgr_absent_mark(&absent, 3, 1, 30, 3000, 0);
	good = wgr_absent_since(&absent, 3, 1, 15) == 2000 && wgr_absent_since(&absent, 3, 1, 5) == 1000 &&
	       wgr_absent_since(&absent, 3, 1, 29) == 3000 && wgr_absent_since(&absent, 3, 1, 30) == S64_MIN &&
	       wgr_absent_since(&absent, 4, 1, 5) == 1100 && wgr_absent_since(&absent, 5, 1, 5) == S64_MIN;
	/* Close together one will do, and it reaches as far. */
	wgr_absent_mark(&absent, 3, 1, 31, 3099, 100);
	good &= wgr_absent_since(&absent, 3, 1, 30) == 3000;
	wgr_absent_mark(&absent, 3, 1, 32, 3100, 100);
	good &= wgr_absent_since(&absent, 3, 1, 31) == 3100;
	/* The oldest ones make room. */
	for (i = 0; i < WGR_ABSENT_MARKS; i++)
		wgr_absent_mark(&absent, 9, 1, 100 + i, 5000 + (s64)i, 0);
	good &= wgr_absent_since(&absent, 3, 1, 5) == S64_MIN && wgr_absent_since(&absent, 9, 1, 5) == 5000;
	wgr_absent_end(&absent, &memory);
	return good;
}

int main(void)
{
	const char *text = getenv("SEED");

	state = text ? strtoull(text, NULL, 0) : (u64)time(NULL) << 20 ^ (u64)clock();
	printf("# SEED=%llu\n", state);
	tap_ok(as_a_list(), "absent is what was given up and has not come, as far as the ring reaches");
	tap_ok(at_the_ends(), "at the ends of the counters, and of another epoch");
	tap_ok(without_memory(), "without memory nothing is absent");
	tap_ok(since_the_first(), "since when one is missing to its flow, which trails");
	return tap_done();
}
