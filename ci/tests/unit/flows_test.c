// SPDX-License-Identifier: GPL-2.0
/* The table of flows, alone: against a list of all releases, with more flows than fit. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reorder/flows.h"
#include "tap.h"

static struct wgr_flows flows;
static size_t blocks;
static bool refuse;

static void *give(void *ctx, size_t bytes)
{
	(void)ctx;
	if (refuse)
		return NULL;
	blocks++;
	return calloc(1, bytes);
}

static void take_back(void *ctx, void *memory, size_t bytes)
{
	(void)ctx;
	(void)bytes;
	blocks--;
	free(memory);
}

static const struct wgr_flow_memory memory = { give, take_back, NULL };

static u64 state;

static u64 random_below(u64 limit)
{
	u64 z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) % limit;
}

#define FLOWS	2000
#define STEPS	100000

/* What a flow was told to have released, and what must not be answered then. */
static bool never_too_lenient(u32 many, bool failing, u64 *strict)
{
	static struct wgr_place out[FLOWS];
	static u32 tag[FLOWS];
	enum wgr_overtaken answer;
	u32 i, flow;
	u64 counter = 0, place;
	bool behind;
	u16 nr;

	memset(out, 0, sizeof(out));
	for (i = 0; i < many; i++)
		tag[i] = (u32)random_below(1ull << 32);
	wgr_flows_begin(&flows, 1, 0);
	*strict = 0;
	for (i = 0; i < STEPS; i++) {
		flow = (u32)random_below(many);
		place = random_below(4) ? ++counter : counter - random_below(counter < 3000 ? counter + 1 : 3000);
		refuse = failing && !random_below(3);
		nr = wgr_flows_enter(&flows, tag[flow], &memory);
		if (nr != WGR_NO_FLOW)
			wgr_flow_arrived(wgr_flows_at(&flows, nr), 1, place, i);
		answer = wgr_flows_overtaken(&flows, nr, tag[flow], 1, place);
		behind = out[flow].epoch && out[flow].counter >= place;
		if ((answer == WGR_NOT_OVERTAKEN && behind) ||
		    (answer == WGR_OVERTAKEN && !behind)) {
			printf("# flow %u, place %llu, out %llu: %d\n", flow, place,
			       out[flow].counter, answer);
			return false;
		}
		*strict += answer == WGR_PERHAPS_OVERTAKEN;
		if (answer != WGR_NOT_OVERTAKEN)
			continue;
		wgr_flows_released(&flows, nr, tag[flow], 1, place);
		out[flow] = (struct wgr_place){ place, 1 };
	}
	wgr_flows_end(&flows, &memory);
	return !blocks;
}

static bool exact_while_few(void)
{
	u64 strict;

	return never_too_lenient(4, false, &strict) && !strict;
}

static bool crowded(void)
{
	u64 strict, some;

	return never_too_lenient(FLOWS, false, &strict) && strict &&
	       never_too_lenient(300, true, &some) && some;
}

/* Flows with held packets stay; where all of a set have some, a new one finds no place. */
static bool held_ones_stay(void)
{
	u16 nr[WGR_FLOW_WAYS + 1];
	bool good = true;
	u32 i;

	refuse = false;
	wgr_flows_begin(&flows, 1, 0);
	for (i = 0; i < WGR_FLOW_WAYS; i++) {
		nr[i] = wgr_flows_enter(&flows, i + 1, &memory);
		good &= nr[i] != WGR_NO_FLOW;
		wgr_flow_arrived(wgr_flows_at(&flows, nr[i]), 1, i, 0);
		wgr_flows_at(&flows, nr[i])->held = 1;
	}
	good &= wgr_flows_enter(&flows, 9, &memory) == WGR_NO_FLOW;
	/* What is released without a place counts for all that have none. */
	wgr_flows_released(&flows, WGR_NO_FLOW, 9, 1, 50);
	good &= wgr_flows_overtaken(&flows, WGR_NO_FLOW, 9, 1, 50) == WGR_PERHAPS_OVERTAKEN;
	good &= wgr_flows_overtaken(&flows, WGR_NO_FLOW, 9, 1, 51) == WGR_NOT_OVERTAKEN;
	good &= wgr_flows_overtaken(&flows, nr[0], 1, 1, 7) == WGR_NOT_OVERTAKEN;
	wgr_flows_at(&flows, nr[2])->held = 0;
	nr[4] = wgr_flows_enter(&flows, 9, &memory);
	good &= nr[4] == nr[2] && wgr_flows_find(&flows, 3) == WGR_NO_FLOW;
	good &= wgr_flows_overtaken(&flows, nr[4], 9, 1, 50) == WGR_PERHAPS_OVERTAKEN;
	good &= wgr_flows_overtaken(&flows, nr[4], 9, 1, 51) == WGR_NOT_OVERTAKEN;
	wgr_flows_end(&flows, &memory);
	return good && !blocks;
}

static bool before_the_beginning(void)
{
	bool good;
	u16 nr;

	refuse = false;
	wgr_flows_begin(&flows, 3, 100);
	nr = wgr_flows_enter(&flows, 1, &memory);
	good = wgr_flows_overtaken(&flows, nr, 1, 3, 99) == WGR_PERHAPS_OVERTAKEN &&
	       wgr_flows_overtaken(&flows, nr, 1, 2, 1000) == WGR_PERHAPS_OVERTAKEN &&
	       wgr_flows_overtaken(&flows, nr, 1, 3, 100) == WGR_NOT_OVERTAKEN;
	wgr_flows_end(&flows, &memory);
	return good;
}

/* Distances of 20 ms, as a call has them. */
static bool who_may_go(void)
{
	struct wgr_flow flow = { 0 };
	bool good;
	s64 at = 0;
	u64 i;

	wgr_flow_arrived(&flow, 1, 0, at);
	good = !wgr_flows_may_go(&flows, &flow, 0);
	wgr_flow_arrived(&flow, 1, 1, at += 20000000);
	/* A few distances say nothing: a handshake has them, too. */
	for (i = 2; i < 4; i++) {
		good &= !wgr_flows_may_go(&flows, &flow, 0);
		wgr_flow_arrived(&flow, 1, i, at += 20000000);
	}
	for (; i < 5; i++)
		wgr_flow_arrived(&flow, 1, i, at += 20000000);
	/* A wait of 24 ms is what jitter of 3 ms comes to; one of 31 is for more. */
	good &= wgr_flows_may_go(&flows, &flow, 19000000) && wgr_flows_may_go(&flows, &flow, 24000000) &&
		wgr_flows_may_go(&flows, &flow, 29000000) && !wgr_flows_may_go(&flows, &flow, 31000000);
	/* Nor does it say anything of a connection. */
	flow.tag = 0x80000000 | WGR_FLOW_BURSTS;
	good &= !wgr_flows_may_go(&flows, &flow, 19000000);
	flow.tag = ~WGR_FLOW_BURSTS;
	good &= wgr_flows_may_go(&flows, &flow, 19000000);
	good &= wgr_flow_arrived(&flow, 1, 2, at) && !wgr_flows_may_go(&flows, &flow, 0);
	return good;
}

/* A game's packets go, those of a video do not. */
static bool dense_ones_wait(void)
{
	struct wgr_flow game = { 0 }, video = { 0 };
	u64 i;

	for (i = 0; i < 20; i++) {
		wgr_flow_arrived(&game, 1, i, (s64)i * 7800000);
		wgr_flow_arrived(&video, 1, i, (s64)i * 1755000);
	}
	return wgr_flows_may_go(&flows, &game, 1000000) && !wgr_flows_may_go(&flows, &video, 0);
}

/* Two lines in turn, one slower by 15 ms: the mean of 5 and 35 ms is 20 ms. */
static bool a_call_in_pairs(void)
{
	struct wgr_flow flow = { 0 };
	bool good = true;
	s64 at = 0;
	u64 i;

	for (i = 0; i < 400; i++) {
		wgr_flow_arrived(&flow, 1, i, at += i & 1 ? 5000000 : 35000000);
		good &= i < 16 || wgr_flows_may_go(&flows, &flow, 18970000);
	}
	return good;
}

/* However long the pauses between bursts are, within one nothing goes ahead. */
static bool not_in_bursts(void)
{
	struct wgr_flow flow = { 0 };
	bool good = true;
	s64 at = 0;
	u64 i;

	for (i = 0; i < 5; i++)
		wgr_flow_arrived(&flow, 1, i, at += 200000000);
	good &= wgr_flows_may_go(&flows, &flow, 100000000);
	for (; i < 50; i++) {
		wgr_flow_arrived(&flow, 1, i, at += i % 10 ? 1000000 : 200000000);
		good &= !(i % 10) || !wgr_flows_may_go(&flows, &flow, 2000000);
	}
	return good;
}

/* Where such flows were often outrun those that are no further apart wait, for a while. */
static bool outrun_ones_wait(void)
{
	struct wgr_flow flow = { 0 };
	bool good = true;
	s64 at = 0;
	u32 i;

	wgr_flows_begin(&flows, 1, 0);
	for (i = 0; i < 6; i++)
		wgr_flow_arrived(&flow, 1, i, at += 20000000);
	/* Some are put up with, whatever goes well between. */
	for (i = 0; i < WGR_FLOWS_OUTRUN; i++) {
		wgr_flows_judge(&flows, flow.apart_us, true);
		wgr_flows_judge(&flows, flow.apart_us, false);
		good &= wgr_flows_may_go(&flows, &flow, 0);
	}
	wgr_flows_judge(&flows, flow.apart_us / 2, true);
	good &= wgr_flows_may_go(&flows, &flow, 0) && flows.apart_us == flow.apart_us / 2;
	wgr_flows_judge(&flows, flow.apart_us, true);
	wgr_flows_judge(&flows, flow.apart_us / 2, true);
	good &= !wgr_flows_may_go(&flows, &flow, 0);
	flow.apart_us++;
	good &= wgr_flows_may_go(&flows, &flow, 0);
	flow.apart_us--;
	/* That count ends, and the next one is good. */
	for (i = 2 * WGR_FLOWS_OUTRUN + 3; i < 2 * WGR_FLOWS_JUDGED - 1; i++)
		wgr_flows_judge(&flows, 0, false);
	good &= !wgr_flows_may_go(&flows, &flow, 0);
	wgr_flows_judge(&flows, 0, false);
	good &= wgr_flows_may_go(&flows, &flow, 0) && flows.apart_us > flow.apart_us / 2;
	for (i = 0; i < 100 * WGR_FLOWS_JUDGED; i++)
		wgr_flows_judge(&flows, 0, false);
	good &= !flows.apart_us;
	wgr_flows_end(&flows, &memory);
	return good;
}

int main(void)
{
	const char *text = getenv("SEED");

	state = text ? strtoull(text, NULL, 0) : (u64)time(NULL) << 20 ^ (u64)clock();
	printf("# SEED=%llu\n", state);
	tap_ok(exact_while_few(), "few flows: every answer is exact");
	tap_ok(crowded(), "too many flows, or no memory: stricter and never too lenient");
	tap_ok(held_ones_stay(), "flows with held packets keep their places");
	tap_ok(before_the_beginning(), "nothing is known of what was sent before");
	tap_ok(who_may_go(), "packets far apart and never swapped need not wait");
	tap_ok(dense_ones_wait(), "packets close together wait however short that is");
	tap_ok(a_call_in_pairs(), "pairs of packets make no burst");
	tap_ok(not_in_bursts(), "packets within a burst do");
	tap_ok(outrun_ones_wait(), "where flows that went ahead were outrun such ones wait, for a while");
	return tap_done();
}
