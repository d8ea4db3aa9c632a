// SPDX-License-Identifier: GPL-2.0
/*
 * Every way in which up to 7 packets can arrive, or $PACKETS if that is less (each
 * one more takes twenty times as long): each order, each subset lost,
 * an epoch beginning at each place, and before each arrival no time, less than
 * the hold or more than the hold passing.  Half the hold is taken for "less",
 * so that two of them meet a deadline exactly.
 *
 * The walk goes down a tree: a node is an engine that has seen some arrivals.
 * That none of the others ever come is checked at each node as well, by letting
 * time run on.  Where nothing is held, time makes no difference and is not
 * varied.  Engine, its memory and the packets live in one block, which is put
 * aside before each branch and brought back after it.
 */
#include <stdlib.h>
#include <string.h>

#include "oracle.h"
#include "tap.h"

#define PACKETS	7
#define HOLD	10

/* Flows that are told apart at most. */
#define FLOWS	3

/* For the adaptive mode: any packet that comes late or fills a gap raises it. */
#define START	60000
#define MOST	1000000

/* Memory for the engine: a few blocks of any size it asks for, of which this is the largest. */
#define BLOCKS		20
#define BLOCK_BYTES	sizeof(struct wgr_absent_map)

static struct world {
	struct wgr_reorder r;
	struct wgr_item item[PACKETS];
	u32 epochs;			/* given out so far */
	u32 epoch[2];			/* of the first and the second session, 0 before */
	s64 now;
	s64 arrived[PACKETS];
	s64 longest[PACKETS];		/* wait in force since its arrival */
	struct wgr_place out[FLOWS];	/* last released of each flow, or of all */
	unsigned int pushed, released, refused;	/* sets of packets */
	bool block_used[BLOCKS];
} world;

static union {
	char bytes[BLOCK_BYTES];
	u64 align;
} block[BLOCKS];

/* What is put aside: the blocks in use follow the world, one after the other. */
struct shelf {
	struct world world;
	char bytes[BLOCKS][BLOCK_BYTES];
};

/* One tree. */
struct forest {
	const char *name;
	struct wgr_settings settings;
	s64 steps[3];			/* times before an arrival, the last 0 if there are two */
	u32 packets;			/* of the counters below, the first ones */
	bool starve;			/* vary refused allocations too */
	u32 flows;			/* that packets are of in turn; 0: in scope "peer" */
	u64 counter[PACKETS];
};

#define FIXED(scope) { WGR_FIXED, WGR_WINDOW_MIN, HOLD, 0, WGR_SCOPE_##scope }
#define ADAPTIVE(scope) { WGR_ADAPTIVE, WGR_WINDOW_MIN, START, MOST, WGR_SCOPE_##scope }

static const struct forest *forest;
static u32 split;			/* packets from here on are of the second session */
static unsigned int refuse, allocations;
static bool untold;			/* time ran past a deadline unseen */
static struct oracle oracle[PACKETS + 2];
static struct shelf shelf[PACKETS + 2];
static unsigned long long nodes;
static struct {
	u32 packet, refuse;
	s64 step;
} path[PACKETS];
static const char *problem;

/*
 * What flows take, and what is absent of them, is not refused here: the oracle does
 * not follow that.  Flows and ghosts take less than any part of a ring.
 */
static bool is_of_a_ring(size_t bytes)
{
	return bytes >= 2000 && bytes != sizeof(struct wgr_absent_map);
}

static void *block_alloc(void *ctx, size_t bytes)
{
	int i;

	(void)ctx;
	if (is_of_a_ring(bytes) && allocations++ >= refuse)
		return NULL;
	for (i = 0; i < BLOCKS && world.block_used[i]; i++)
		;
	if (i == BLOCKS || bytes > BLOCK_BYTES)
		abort();
	world.block_used[i] = true;
	memset(&block[i], 0, bytes);
	return &block[i];
}

static void block_free(void *ctx, void *memory, size_t bytes)
{
	size_t i = (size_t)((char *)memory - block[0].bytes) / sizeof(block[0]);

	(void)ctx;
	if (!world.block_used[i])
		abort();
	memset(memory, 0xff, bytes);
	world.block_used[i] = false;
}

static u32 flow_of(u32 i)
{
	return forest->flows ? i % forest->flows : 0;
}

static u32 flow_tag(void *ctx, const struct wgr_item *item)
{
	(void)ctx;
	return flow_of(item->tag) << 28;
}

static const struct wgr_reorder_ops block_ops = {
	.alloc = block_alloc,
	.free = block_free,
	.flow = flow_tag,
};

static void put_aside(struct shelf *s)
{
	int i;

	s->world = world;
	for (i = 0; i < BLOCKS; i++)
		if (world.block_used[i])
			memcpy(s->bytes[i], &block[i], BLOCK_BYTES);
}

static void bring_back(const struct shelf *s)
{
	int i;

	world = s->world;
	for (i = 0; i < BLOCKS; i++)
		if (world.block_used[i])
			memcpy(&block[i], s->bytes[i], BLOCK_BYTES);
}

static void wrong(const char *what)
{
	if (!problem)
		problem = what;
}

#define MUST(condition) do { if (!(condition)) wrong(#condition); } while (0)

/* Nothing of its flow, or in scope "peer" at all, that was sent later is out. */
static bool ahead(const struct wgr_item *item)
{
	const struct wgr_place *out = &world.out[flow_of(item->tag)];

	return wgr_place_after(item->epoch, item->counter, out->epoch, out->counter) ||
	       !out->epoch;
}

static void take(struct wgr_item_list *out, struct oracle *o, u32 arriving)
{
	struct wgr_item *item;
	u32 n = 0;

	for (item = out->first; item; item = item->newer, n++) {
		u32 i = item->tag;

		MUST(!(world.released & 1u << i));
		world.released |= 1u << i;
		MUST(ahead(item));
		world.out[flow_of(i)] = (struct wgr_place){ item->counter, item->epoch };
		if (i != arriving && !untold &&
		    world.r.clock_ns - world.arrived[i] > world.longest[i])
			wrong("held too long");
		if (n >= o->released || o->out[n].epoch != item->epoch ||
		    o->out[n].counter != item->counter)
			wrong("the oracle released others");
	}
	MUST(n == o->released);
	o->released = 0;
}

static void compare(struct oracle *o)
{
	struct wgr_reorder *r = &world.r;
	unsigned int here = world.pushed & ~world.released & ~world.refused;
	int i;

	MUST(wgr_reorder_held(r) == (u32)__builtin_popcount(here));
	if (oracle_differs(o, r))
		wrong(oracle_differs(o, r));
	if (books_wrong(r))
		wrong(books_wrong(r));
	for (i = 0; i < PACKETS; i++)
		if (here & 1u << i && r->hold.wait_ns > world.longest[i])
			world.longest[i] = r->hold.wait_ns;
	o->events = 0;
	for (i = 0; i < BLOCKS && !r->held && !r->flows.on; i++)
		MUST(!world.block_used[i]);
}

static void advance(struct oracle *o, s64 to)
{
	struct wgr_item_list out = { 0 };

	wgr_reorder_advance(&world.r, to, &out);
	oracle_advance(o, to);
	take(&out, o, PACKETS);
	compare(o);
}

/* Packets in the lane and places kept there, and what waits behind. */
static bool anything_waits(void)
{
	return world.r.held || world.r.trailing;
}

/* Nothing comes any more: all must be out when the last hold ends. */
static void run_out(struct oracle *o)
{
	/* The wait may only shrink meanwhile. */
	s64 last = world.now + world.r.hold.wait_ns;

	while (anything_waits() && !problem) {
		MUST(wgr_reorder_deadline(&world.r) <= last);
		advance(o, wgr_reorder_deadline(&world.r));
	}
	MUST((world.released | world.refused) == world.pushed);
}

static void arrive(struct oracle *o, u32 i, s64 step)
{
	struct wgr_item *item = &world.item[i];
	struct wgr_item_list out = { 0 };
	enum wgr_verdict verdict;
	u32 s = i >= split;
	u64 unknown;

	world.now += step;
	/* At every other depth nobody tells the time but the arrival itself. */
	untold = __builtin_popcount(world.pushed) & 1;
	while (!untold && wgr_reorder_deadline(&world.r) < world.now && !problem)
		advance(o, wgr_reorder_deadline(&world.r));

	if (!world.epoch[s])
		world.epoch[s] = ++world.epochs;
	*item = (struct wgr_item){
		.epoch = world.epoch[s],
		.counter = s ? forest->counter[i] - forest->counter[split] : forest->counter[i],
		.arrival_ns = world.now,
		.tag = i,
	};
	world.arrived[i] = world.now;
	world.longest[i] = world.r.hold.wait_ns;
	world.pushed |= 1u << i;
	allocations = 0;
	unknown = world.r.stats.late_unknown;
	verdict = wgr_reorder_push(&world.r, item, &out);
	MUST(verdict == oracle_push(o, item->epoch, item->counter, flow_of(i), 0,
				    item->arrival_ns, refuse));
	refuse = BLOCKS;
	take(&out, o, i);
	if (verdict == WGR_LATE) {
		world.refused |= 1u << i;
		MUST(!ahead(item) || world.r.stats.late_unknown != unknown);
	}
	MUST(verdict != WGR_DUPLICATE);
	MUST((verdict == WGR_RELEASED) == !!(world.released & 1u << i));
	compare(o);
	untold = false;
}

static void grow(u32 depth)
{
	const s64 *steps = forest->steps;
	u32 i, step, refused;

	nodes++;
	put_aside(&shelf[depth]);
	if (anything_waits()) {
		oracle_copy(&oracle[depth + 1], &oracle[depth]);
		run_out(&oracle[depth + 1]);
		bring_back(&shelf[depth]);
	}
	for (i = 0; i < forest->packets; i++) {
		if (world.pushed & 1u << i)
			continue;
		for (step = 0; step < (anything_waits() ? 3 : 1) && (!step || steps[step]); step++) {
			for (refused = 0; refused <= (forest->starve ? 2 : 0); refused++) {
				path[depth].packet = i;
				path[depth].step = steps[step];
				path[depth].refuse = refused;
				refuse = refused ? refused - 1 : BLOCKS;
				oracle_copy(&oracle[depth + 1], &oracle[depth]);
				arrive(&oracle[depth + 1], i, steps[step]);
				if (!problem)
					grow(depth + 1);
				if (problem)
					return;
				bring_back(&shelf[depth]);
			}
		}
	}
}

static void plant(const struct forest *f)
{
	u32 i;

	forest = f;
	nodes = 0;
	/* A second session that begins with the first packet is the only one. */
	for (split = f->packets; split && !problem; split--) {
		memset(&world, 0, sizeof(world));
		refuse = BLOCKS;
		wgr_reorder_init(&world.r, &block_ops, NULL, &f->settings);
		oracle_init(&oracle[0], &f->settings);
		memset(path, 0xff, sizeof(path));
		grow(0);
		if (!problem)
			continue;
		printf("# %s; second session from packet %u on; arrivals (packet, time before it):",
		       problem, split);
		for (i = 0; i < f->packets && path[i].step >= 0; i++)
			printf(" %u +%lld%s", path[i].packet, path[i].step,
			       path[i].refuse ? " (no memory)" : "");
		printf("\n");
	}
	tap_ok(!problem && nodes, "%u packets, %s (%llu arrivals)", f->packets, f->name, nodes);
	problem = NULL;
}

int main(void)
{
	static struct forest forests[] = {
		{ "every order, loss, epoch change and time", FIXED(PEER),
		  { 0, HOLD / 2, HOLD + 1 }, 7, false, 0, { 0, 1, 2, 3, 4, 5, 6 } },
		{ "far enough apart to overflow the span", FIXED(PEER),
		  { 0, HOLD / 2, HOLD + 1 }, 6, false, 0,
		  { 1, 2, WGR_SPAN_MAX - 2, WGR_SPAN_MAX, WGR_SPAN_MAX + 1, 70000 } },
		{ "every allocation given or refused", FIXED(PEER),
		  { 0, HOLD / 2, HOLD + 1 }, 5, true, 0, { 0, 1, 30, 31, 258 } },
		{ "adaptive: every order, loss, epoch change and time", ADAPTIVE(PEER),
		  { 0, START / 2, START + 1 }, 6, false, 0, { 0, 1, 2, 3, 4, 5 } },
		{ "adaptive: gaps between, longer times", ADAPTIVE(PEER),
		  { 0, START, 3 * START }, 6, false, 0, { 1, 3, 5, 40, 64, 70 } },
		{ "adaptive: every allocation given or refused", ADAPTIVE(PEER),
		  { 0, START / 2, START + 1 }, 5, true, 0, { 0, 2, 30, 31, 258 } },
		{ "flows: every order, loss, epoch change and time", FIXED(FLOW),
		  { 0, HOLD / 2, 5000 }, 6, false, 2, { 0, 1, 2, 3, 4, 5 } },
		{ "flows: adaptive, three of them, some far apart", ADAPTIVE(FLOW),
		  { 0, START, 5 * START }, 6, false, 3, { 0, 1, 2, 3, 4, 6 } },
		{ "flows: every allocation given or refused", FIXED(FLOW),
		  { 0, HOLD / 2, 5000 }, 5, true, 2, { 0, 1, 30, 31, 258 } },
	};
	const char *most = getenv("PACKETS");
	u32 packets = most ? strtoul(most, NULL, 10) : PACKETS;
	size_t i;

	for (i = 0; i < sizeof(forests) / sizeof(forests[0]); i++) {
		if (forests[i].packets > packets)
			forests[i].packets = packets;
		plant(&forests[i]);
	}
	return tap_done();
}
