// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "run.h"

/* Delays are sorted into bins of 10 us up to 2 s, to find a percentile. */
#define BIN_NS		10000
#define BINS		200000

struct runner {
	struct wgr_reorder engine;
	const struct trace *trace;
	struct result *result;
	struct wgr_item *item;
	u32 *bin;
	u64 binned;
	s64 from_ns;
	s64 seen_ns;		/* what has been accounted for */
	u64 released;
	struct wgr_place *out;	/* what was released last, of each flow */
};

static void *zeroed(size_t count, size_t size)
{
	void *memory = calloc(count + 1, size);

	if (!memory)
		abort();
	return memory;
}

static void *engine_alloc(void *ctx, size_t bytes)
{
	(void)ctx;
	return zeroed(1, bytes);
}

static void engine_free(void *ctx, void *memory, size_t bytes)
{
	(void)ctx;
	(void)bytes;
	free(memory);
}

/* As the kernel's: spread over all numbers, but none sends bursts. */
static u32 engine_flow(void *ctx, const struct wgr_item *item)
{
	const struct runner *run = ctx;
	u64 z = run->trace->arrival[item - run->item].flow * 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	return ((z ^ z >> 27) * 0x94d049bb133111eb >> 32) & ~WGR_FLOW_BURSTS;
}

static const struct wgr_reorder_ops engine_ops = {
	.alloc = engine_alloc,
	.free = engine_free,
	.flow = engine_flow,
};

static struct slice *slice_at(struct result *result, s64 ns)
{
	u32 nr = ns / SLICE_NS;

	return &result->slice[nr < result->slices ? nr : result->slices - 1];
}

/*
 * Time goes on to here and nothing has happened since the last call: who is to
 * blame if packets are held?  What no engine could know is not asked here: a
 * packet that will come, if only in an hour, is worth waiting for.
 */
static void blame(struct runner *run, s64 now_ns)
{
	const struct wgr_lane *lane = &run->engine.lane[0];
	s64 from_ns = run->seen_ns;
	struct slice *slice;
	int comes;

	if (now_ns <= from_ns)
		return;
	run->seen_ns = now_ns;
	if (!run->engine.held)
		return;
	slice = slice_at(run->result, from_ns);
	comes = trace_comes(run->trace, lane->epoch - 1, lane->next);
	if (!comes)
		slice->stall_ns += now_ns - from_ns;
	else if (comes < 0)
		slice->boundary_ns += now_ns - from_ns;
}

static void take(struct runner *run, s64 now_ns, struct wgr_item_list *out)
{
	struct result *result = run->result;
	const struct wgr_item *item;
	s64 delay;
	u32 bin;

	for (item = out->first; item; item = item->newer) {
		const struct arrival *a = &run->trace->arrival[item - run->item];

		struct wgr_place *place = &run->out[run->trace->by_flow ? a->flow : 0];

		run->released++;
		if (place->epoch &&
		    !wgr_place_after(item->epoch, item->counter, place->epoch, place->counter))
			result->wrong = "out of order";
		*place = (struct wgr_place){ item->counter, item->epoch };

		delay = now_ns - a->ns;
		slice_at(result, a->ns)->delay_ns += delay;
		if (a->ns < run->from_ns)
			continue;
		if (delay > result->max_ns)
			result->max_ns = delay;
		bin = delay / BIN_NS;
		run->bin[bin < BINS ? bin : BINS - 1]++;
		run->binned++;
	}
	memset(out, 0, sizeof(*out));
}

/* The timer fires exactly when it should. */
static void fire(struct runner *run, s64 before_ns)
{
	struct wgr_item_list out = { 0 };
	s64 deadline;

	for (;;) {
		deadline = wgr_reorder_deadline(&run->engine);
		if (deadline >= before_ns)
			break;
		blame(run, deadline);
		wgr_reorder_advance(&run->engine, deadline, &out);
		take(run, run->engine.clock_ns, &out);
	}
}

static void arrive(struct runner *run, size_t nr)
{
	const struct arrival *a = &run->trace->arrival[nr];
	struct slice *slice = slice_at(run->result, a->ns);
	struct wgr_item *item = &run->item[nr];
	struct wgr_item_list out = { 0 };

	*item = (struct wgr_item){
		.counter = a->counter,
		.arrival_ns = a->ns,
		/* 0 stands before all. */
		.epoch = a->epoch + 1,
		.path = a->path,
	};
	blame(run, a->ns);
	slice->arrived++;
	if (a->counter && !trace_comes(run->trace, a->epoch, a->counter - 1))
		slice->losses++;
	if (a->epoch && trace_comes(run->trace, a->epoch, a->counter - 1) < 0)
		slice->changes++;
	if (wgr_reorder_push(&run->engine, item, &out) == WGR_LATE)
		slice->late++;
	take(run, a->ns, &out);
}

static void conclude(struct runner *run)
{
	const struct wgr_reorder_stats *stats = &run->engine.stats;
	struct result *result = run->result;
	u64 seen = 0;
	u32 bin;

	for (bin = 0; bin < BINS && run->binned; bin++) {
		seen += run->bin[bin];
		if (seen >= run->binned - run->binned / 100)
			break;
	}
	result->p99_ns = (s64)bin * BIN_NS;
	result->wait_ns = run->engine.hold.wait_ns;
	result->max_held = stats->max_held;
	result->passed = stats->gaps_closed[WGR_PASSED];
	result->overflowed = stats->gaps_closed[WGR_OVERFLOWED];
	result->ahead = stats->released[WGR_AHEAD];
	result->behind = stats->released[WGR_BEHIND];
	result->late_ahead = stats->late_ahead;
	result->late_unknown = stats->late_unknown;
	if (run->engine.held || run->released + stats->late + stats->duplicate != stats->pushed)
		result->wrong = "books do not balance";
	if (result->wait_ns < 0)
		result->wrong = "negative wait";
}

void run(const struct trace *trace, const struct policy *policy,
	 const struct wgr_settings *settings, s64 from_ns, struct result *result)
{
	struct runner run = {
		.trace = trace,
		.result = result,
		.item = zeroed(trace->count, sizeof(struct wgr_item)),
		.bin = zeroed(BINS, sizeof(u32)),
		.out = zeroed(trace->flows, sizeof(struct wgr_place)),
		.from_ns = from_ns,
	};
	struct wgr_settings chosen = *settings;
	struct wgr_item_list out = { 0 };
	size_t i;

	memset(result, 0, sizeof(*result));
	result->slices = trace_length(trace) / SLICE_NS + 1;
	result->slice = zeroed(result->slices, sizeof(*result->slice));
	chosen.mode = policy->fixed_ns ? WGR_FIXED : WGR_ADAPTIVE;
	if (policy->fixed_ns)
		chosen.hold_ns = policy->fixed_ns;
	if (policy->max_ns && policy->max_ns < chosen.hold_max_ns)
		chosen.hold_max_ns = policy->max_ns;
	chosen.scope = trace->by_flow ? WGR_SCOPE_FLOW : WGR_SCOPE_PEER;
	policy_choose(policy);
	wgr_reorder_init(&run.engine, &engine_ops, &run, &chosen);

	for (i = 0; i < trace->count; i++) {
		/* What is due at the very moment of an arrival comes after it. */
		fire(&run, trace->arrival[i].ns);
		arrive(&run, i);
	}
	fire(&run, WGR_NEVER);
	wgr_reorder_flush(&run.engine, &out);
	take(&run, run.engine.clock_ns, &out);
	conclude(&run);
	free(run.item);
	free(run.bin);
	free(run.out);
}

struct slice result_sum(const struct result *result, s64 from_ns, s64 to_ns)
{
	struct slice sum = { 0 };
	u32 i;

	for (i = (from_ns + SLICE_NS - 1) / SLICE_NS; i < result->slices && i < to_ns / SLICE_NS; i++) {
		sum.arrived += result->slice[i].arrived;
		sum.late += result->slice[i].late;
		sum.losses += result->slice[i].losses;
		sum.changes += result->slice[i].changes;
		sum.delay_ns += result->slice[i].delay_ns;
		sum.stall_ns += result->slice[i].stall_ns;
		sum.boundary_ns += result->slice[i].boundary_ns;
	}
	return sum;
}

void result_free(struct result *result)
{
	free(result->slice);
	memset(result, 0, sizeof(*result));
}
