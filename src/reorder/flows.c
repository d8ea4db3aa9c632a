// SPDX-License-Identifier: GPL-2.0
#include "flows.h"

/* A distance that is shorter than this part of what was usual is one within a burst. */
#define BURST_PART	8

/*
 * Flows whose packets are closer together do not go ahead: of what comes so fast much is
 * swapped where anything is, and a wait that is shorter than that delays little.
 */
#define DENSE_US	4000

/* Distances that the usual one is a mean of. */
#define MEAN_OF		16

/**
 * struct wgr_flow_set - flows that share a place in the table
 * @way: each of them
 * @floor: how far those have got, at most, that gave way
 */
struct wgr_flow_set {
	struct wgr_flow way[WGR_FLOW_WAYS];
	struct wgr_place floor;
};

struct wgr_flow_block {
	struct wgr_flow_set set[WGR_FLOW_SETS];
};

static u32 block_of(u32 tag)
{
	return tag / (1u << 28);
}

static u32 set_of(u32 tag)
{
	return (u32)((u64)(tag % (1u << 28)) * WGR_FLOW_SETS >> 28);
}

static struct wgr_flow_set *set_at(const struct wgr_flows *flows, u32 tag)
{
	struct wgr_flow_block *block = flows->block[block_of(tag)];

	return block ? &block->set[set_of(tag)] : NULL;
}

static u16 number(u32 tag, u32 way)
{
	return (u16)((block_of(tag) * WGR_FLOW_SETS + set_of(tag)) * WGR_FLOW_WAYS + way);
}

static void raise(struct wgr_place *place, u64 epoch, u64 counter)
{
	if (wgr_place_after(epoch, counter, place->epoch, place->counter))
		*place = (struct wgr_place){ .epoch = epoch, .counter = counter };
}

void wgr_flows_begin(struct wgr_flows *flows, u64 epoch, u64 counter)
{
	flows->from = (struct wgr_place){ .epoch = epoch, .counter = counter };
	flows->on = true;
}

void wgr_flows_end(struct wgr_flows *flows, const struct wgr_flow_memory *memory)
{
	u32 i;

	for (i = 0; i < WGR_FLOW_BLOCKS; i++)
		if (flows->block[i])
			memory->free(memory->ctx, flows->block[i], sizeof(*flows->block[i]));
	memset(flows, 0, sizeof(*flows));
}

static struct wgr_flow *way_with(struct wgr_flow_set *set, u32 tag)
{
	struct wgr_flow *flow;

	for (flow = set->way; flow < set->way + WGR_FLOW_WAYS; flow++)
		if (flow->in_epoch && flow->tag == tag)
			return flow;
	return NULL;
}

u16 wgr_flows_find(const struct wgr_flows *flows, u32 tag)
{
	struct wgr_flow_set *set = set_at(flows, tag);
	struct wgr_flow *flow = set ? way_with(set, tag) : NULL;

	return flow ? number(tag, (u32)(flow - set->way)) : WGR_NO_FLOW;
}

/* True if the first one is the better one to give way. */
static bool gives_way_before(const struct wgr_flow *a, const struct wgr_flow *b)
{
	return !b || wgr_place_after(b->in_epoch, b->in_counter, a->in_epoch, a->in_counter);
}

/* A way for a new flow: a free one, or that of the flow that has got least far. */
static struct wgr_flow *make_way(struct wgr_flow_set *set)
{
	struct wgr_flow *flow, *victim = NULL;

	for (flow = set->way; flow < set->way + WGR_FLOW_WAYS; flow++)
		if (!flow->held && gives_way_before(flow, victim))
			victim = flow;
	if (victim && victim->in_epoch)
		raise(&set->floor, victim->out_epoch, victim->out_counter);
	return victim;
}

u16 wgr_flows_enter(struct wgr_flows *flows, u32 tag, const struct wgr_flow_memory *memory)
{
	struct wgr_flow_block **block = &flows->block[block_of(tag)];
	u16 nr = wgr_flows_find(flows, tag);
	struct wgr_flow_set *set;
	struct wgr_flow *flow;

	if (nr != WGR_NO_FLOW)
		return nr;
	if (!*block)
		*block = memory->alloc(memory->ctx, sizeof(**block));
	if (!*block)
		return WGR_NO_FLOW;
	set = set_at(flows, tag);
	flow = make_way(set);
	if (!flow)
		return WGR_NO_FLOW;
	memset(flow, 0, sizeof(*flow));
	flow->tag = tag;
	/* It may have been here before. */
	flow->out_epoch = (u32)set->floor.epoch;
	flow->out_counter = set->floor.counter;
	flow->guessed = true;
	return number(tag, (u32)(flow - set->way));
}

struct wgr_flow *wgr_flows_at(const struct wgr_flows *flows, u16 nr)
{
	u32 set = nr / WGR_FLOW_WAYS;

	return &flows->block[set / WGR_FLOW_SETS]->set[set % WGR_FLOW_SETS].way[nr % WGR_FLOW_WAYS];
}

/* Microseconds, near enough, and without a division; it wraps. */
u32 wgr_flow_time(s64 now_ns)
{
	return (u32)((u64)now_ns >> 10);
}

/*
 * A mean over many: two lines that take turns bring the packets of a call in pairs.  A
 * burst ends it at once: of what comes after a pause much may be swapped within it.
 */
static void note_distance(struct wgr_flow *flow, u32 now_us)
{
	u32 apart_us = now_us - flow->seen_us;

	if (apart_us < flow->apart_us / BURST_PART)
		flow->known = 0;
	if (flow->known < MEAN_OF)
		flow->known++;
	flow->apart_us += apart_us / flow->known - flow->apart_us / flow->known;
}

bool wgr_flow_arrived(struct wgr_flow *flow, u32 epoch, u64 counter, s64 now_ns)
{
	u32 now_us = wgr_flow_time(now_ns);

	if (wgr_place_after(flow->in_epoch, flow->in_counter, epoch, counter)) {
		flow->swapped = true;
		return true;
	}
	if (flow->in_epoch)
		note_distance(flow, now_us);
	flow->seen_us = now_us;
	flow->in_epoch = epoch;
	flow->in_counter = counter;
	return false;
}

bool wgr_flows_may_go(const struct wgr_flows *flows, const struct wgr_flow *flow, s64 wait_ns)
{
	if (flow->tag & WGR_FLOW_BURSTS)
		return false;
	if (flow->swapped || flow->known < WGR_FLOW_KNOWN || flow->apart_us < DENSE_US)
		return false;
	/* An adaptive wait may be half as long again as any packet was missing for. */
	return flow->apart_us > flows->apart_us &&
	       3 * ((u64)flow->apart_us << 10) > 2 * (u64)wait_ns;
}

void wgr_flows_judge(struct wgr_flows *flows, u32 apart_us, bool outrun)
{
	if (outrun && ++flows->outrun > WGR_FLOWS_OUTRUN && apart_us > flows->apart_us)
		flows->apart_us = apart_us;
	if (++flows->judged < WGR_FLOWS_JUDGED)
		return;
	if (flows->outrun <= WGR_FLOWS_OUTRUN)
		flows->apart_us -= (flows->apart_us + 3) / 4;
	flows->judged = 0;
	flows->outrun = 0;
}

static void out(struct wgr_flow *flow, u32 epoch, u64 counter)
{
	if (!wgr_place_after(epoch, counter, flow->out_epoch, flow->out_counter))
		return;
	flow->out_epoch = epoch;
	flow->out_counter = counter;
	flow->guessed = false;
}

void wgr_flows_released(struct wgr_flows *flows, u16 nr, u32 tag, u32 epoch, u64 counter)
{
	struct wgr_flow_set *set;

	/* It may have got a place since this packet came. */
	if (nr == WGR_NO_FLOW)
		nr = wgr_flows_find(flows, tag);
	if (nr != WGR_NO_FLOW) {
		out(wgr_flows_at(flows, nr), epoch, counter);
		return;
	}
	set = set_at(flows, tag);
	if (set)
		raise(&set->floor, epoch, counter);
	else if (counter == U64_MAX)
		raise(&flows->from, (u64)epoch + 1, 0);
	else
		raise(&flows->from, epoch, counter + 1);
}

enum wgr_overtaken wgr_flows_overtaken(const struct wgr_flows *flows, u16 nr, u32 tag,
				       u32 epoch, u64 counter)
{
	const struct wgr_flow *flow = nr == WGR_NO_FLOW ? NULL : wgr_flows_at(flows, nr);
	const struct wgr_flow_set *set = set_at(flows, tag);

	if (wgr_place_after(flows->from.epoch, flows->from.counter, epoch, counter))
		return WGR_PERHAPS_OVERTAKEN;
	if (flow && wgr_place_after(epoch, counter, flow->out_epoch, flow->out_counter))
		return WGR_NOT_OVERTAKEN;
	if (flow)
		return flow->guessed ? WGR_PERHAPS_OVERTAKEN : WGR_OVERTAKEN;
	if (set && !wgr_place_after(epoch, counter, set->floor.epoch, set->floor.counter))
		return WGR_PERHAPS_OVERTAKEN;
	return WGR_NOT_OVERTAKEN;
}
