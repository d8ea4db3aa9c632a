// SPDX-License-Identifier: GPL-2.0
/*
 * The reorder engine under whatever a fuzzer thinks of.
 *
 * An input is a list of operations, each one byte that says which, and what it
 * needs after that; what is missing at the end counts as zeros.  So every input
 * is a valid one, and a change of a byte is a small change of the story.  After
 * each operation the engine is compared with the oracle of the unit tests, and
 * the design's promises are checked besides, see user.h there.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "user.h"
#include "input.h"

/* The oracle searches its list of arrivals: long stories only cost time. */
#define MOST_ARRIVALS	4000

enum operation {
	PUSH,			/* and those up to PUSH_LAST: it is the most common */
	PUSH_LAST = 5,
	BURST,			/* some in order, or with gaps, or backwards */
	ADVANCE,
	ADVANCE_ALL,		/* to each deadline in turn */
	FLUSH,
	DISCARD,
	CONFIGURE,
	REFUSE,			/* memory for the next packets */
	RESET_STATS,
	CALM,			/* as if enough had come in order to be calm and to trust paths */
	SILENCE,		/* long enough for a path to be silent, or a standstill */
};

static struct user user;
static struct oracle oracle;
static u32 epoch[2];			/* newest, and the one before */
static u64 counter[2];			/* next */
static s64 now;
static unsigned int refuse, refusals;
static bool prompt;

/* Small ones take one byte and are the most likely. */
static u64 number(void)
{
	static const u64 special[] = {
		63, 64, 255, 256, WGR_WINDOW_MAX - 1, WGR_WINDOW_MAX, 1ull << 32,
		S64_MAX, U64_MAX - 1, U64_MAX, 50000, 100000, 1000000, 250000000, 250000001, 1ull << 63,
	};
	u8 first = byte();

	if (first < 192)
		return first;
	if (first < 216)
		return (u64)(first - 192) << 8 | byte();
	if (first < 232)
		return bytes(4);
	if (first < 240)
		return bytes(8);
	return special[first - 240];
}

/* Time goes on by so much; it may not run past the end of its line. */
static void pass(u64 ns)
{
	now = ns > (u64)(S64_MAX - 1 - now) ? S64_MAX - 1 : now + (s64)ns;
}

static void arrive(u32 in, u64 number, u32 flow, u8 path, s64 when)
{
	unsigned int from = refusals ? refuse : NEVER_FAIL;

	if (refusals)
		refusals--;
	/* Sessions are numbered from 1. */
	if (!in)
		in = 1;
	if (oracle.arrivals >= MOST_ARRIVALS)
		return;
	if (prompt)
		user_advance_to(&user, &oracle, when - 1);
	user_push(&user, &oracle, in, number, flow, path, when, from);
}

/* The current epoch, the one before, a new one or any other. */
static u32 choose_epoch(u8 how, u32 *which)
{
	*which = 0;
	switch (how & 7) {
	case 4:
	case 5:
		*which = 1;
		return epoch[1];
	case 6:
		epoch[1] = epoch[0];
		counter[1] = counter[0];
		epoch[0] += 1 + byte() % 4;
		counter[0] = 0;
		return epoch[0];
	case 7:
		return epoch[0] - byte() % 8;
	default:
		return epoch[0];
	}
}

static void push(void)
{
	u8 how = byte();
	u32 which, in = choose_epoch(how, &which);
	u8 kind = how >> 3 & 1 ? byte() : 0;
	s64 when;
	u64 nr;

	switch (how >> 4 & 3) {
	case 0:
		nr = counter[which]++;
		break;
	case 1:
		nr = counter[which] + number();
		counter[which] = nr + 1;
		break;
	case 2:
		nr = counter[which] - number();
		break;
	default:
		nr = number();
	}
	if (how >> 6 == 1)
		pass(number());
	else if (how >> 6 == 2)
		pass(number() * 10000);
	when = now;
	if (how >> 6 == 3) {
		u64 back = number();

		when = back > (u64)now ? 0 : now - (s64)back;
	}
	arrive(in, nr, kind / WGR_PATHS % MEMORY_FLOWS, kind % WGR_PATHS, when);
}

static void burst(void)
{
	u8 how = byte();
	u32 left = byte(), stride = 1 + (how & 3), number_of_paths = 1 + (how >> 2 & 3);
	u32 flows = 1 + (how >> 6);
	u64 spacing = how >> 4 & 1 ? number() : 0, first = counter[0], i;

	for (i = 0; i < left && !problem; i++) {
		u64 nr = first + (how >> 5 & 1 ? left - 1 - i : i) * stride;

		pass(spacing);
		arrive(epoch[0], nr, (u32)nr % flows, (u8)(i % number_of_paths), now);
	}
	counter[0] = first + (u64)left * stride;
}

static void configure(void)
{
	u8 how = byte();
	struct wgr_settings settings = {
		.mode = how % WGR_MODES,
		.window = how >> 2 & 1 ? (u32)number() : 64u << (how >> 3 & 7),
		.hold_ns = number() * (how >> 6 & 1 ? 10000 : 1),
		.hold_max_ns = number() * (how >> 7 ? 10000 : 1),
		.scope = byte() % WGR_SCOPES,
	};

	user_configure(&user, &oracle, &settings);
}

/* Tens of thousands of packets in order would do the same. */
static void be_calm(void)
{
	user.r.calm_from = user.r.stats.pushed;
	oracle.in_a_row = S64_MAX;
	if (user.r.paths.doubt > 1)
		user.r.paths.doubt = 1;
	oracle.doubt = user.r.paths.doubt;
}

static void operate(u8 operation)
{
	switch (operation) {
	case BURST:
		burst();
		break;
	case ADVANCE:
		pass(number() * (byte() & 1 ? 10000 : 1));
		/* Prompt is: at every deadline that has come. */
		if (prompt)
			user_advance_to(&user, &oracle, now);
		user_advance(&user, &oracle, now);
		break;
	case ADVANCE_ALL:
		user_advance_to(&user, &oracle, S64_MAX - 1);
		break;
	case FLUSH:
		user_flush(&user, &oracle);
		break;
	case DISCARD:
		user_discard(&user, &oracle);
		break;
	case CONFIGURE:
		configure();
		break;
	case REFUSE:
		refuse = byte() % 3;
		refusals = byte() % 16;
		break;
	case RESET_STATS:
		user_reset_stats(&user, &oracle);
		break;
	case CALM:
		be_calm();
		break;
	case SILENCE:
		pass(250000000);
		/* Noticed late: where the time is told promptly that cannot be. */
		if (!prompt && byte() & 1)
			user_excuse(&user, &oracle, now);
		break;
	default:
		push();
	}
	/* Arrivals that were not told the time of move the clock as well. */
	if (user.r.clock_ns > now)
		now = user.r.clock_ns;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wgr_settings settings;
	u8 how;

	at = data;
	end = data + size;
	how = byte();
	settings = (struct wgr_settings){
		.mode = how % WGR_MODES,
		.window = 64,
		.hold_ns = 5000000,
		.hold_max_ns = 50000000,
		.scope = (how >> 5) % WGR_SCOPES,
	};
	prompt = how >> 2 & 1;
	epoch[0] = how >> 3 & 1 ? ~0u - 3 : 16;
	epoch[1] = epoch[0] - 1;
	counter[0] = how >> 4 & 1 ? U64_MAX - 70 : 0;
	counter[1] = 0;
	now = 1000000000;
	refusals = 0;
	problem = NULL;

	user_init(&user, &settings, prompt);
	oracle_init(&oracle, &settings);
	while (at < end && !problem)
		operate(byte() & 15);
	user_flush(&user, &oracle);
	if (problem) {
		fprintf(stderr, "problem: %s\n", problem);
		abort();
	}
	return 0;
}
