// SPDX-License-Identifier: GPL-2.0
/* judge.c - what the module would do with packets, by its own engine. */
#include "judge.h"

#include <stdlib.h>
#include <string.h>

#include "say.h"

/* As the module's defaults are (src/settings.c), and what it begins with (src/rx.c). */
#define HOLD_NS 5000000
#define HOLD_MAX_NS 250000000
#define START_NS 50000000
#define WINDOW 8192

/* From outside a tunnel all that the peer sent is one flow. */
#define POLICY(mode_, hold) { \
	.mode = mode_, .scope = WGR_SCOPE_PEER, .window = WINDOW, \
	.hold_ns = hold, .hold_max_ns = HOLD_MAX_NS, \
}

static const struct wgr_settings policies[JUDGE_POLICIES] = {
	POLICY(WGR_ADAPTIVE, START_NS), POLICY(WGR_FIXED, HOLD_NS), POLICY(WGR_OFF, HOLD_NS),
};

/**
 * struct held - a packet in the engine's hands
 * @item: as the engine sees it
 * @came_ns: when it arrived
 */
struct held {
	struct wgr_item item;
	int64_t came_ns;
};

static struct held *held_of(struct wgr_item *item)
{
	return (struct held *)((char *)item - offsetof(struct held, item));
}

static void *take_memory(void *ctx, size_t bytes)
{
	(void)ctx;
	return memset(say_alloc(NULL, bytes), 0, bytes);
}

static void give_memory(void *ctx, void *memory, size_t bytes)
{
	(void)ctx;
	(void)bytes;
	free(memory);
}

static const struct wgr_reorder_ops ops = { .alloc = take_memory, .free = give_memory };

void judge_init(struct judge *judge, unsigned int policy)
{
	*judge = (struct judge){ .policy = policy };
	wgr_reorder_init(&judge->engine, &ops, judge, &policies[policy]);
}

static bool is_behind(const struct judge *judge, const struct wgr_item *item)
{
	return item->epoch < judge->epoch ||
	       (item->epoch == judge->epoch && item->counter < judge->counter);
}

static void hand_up(struct judge *judge, struct held *held, int64_t now_ns)
{
	int64_t waited = now_ns - held->came_ns;

	judge->handed++;
	judge->delayed += waited > 0;
	judge->delay_ns += waited;
	if (waited > judge->most_ns)
		judge->most_ns = waited;
	if (is_behind(judge, &held->item)) {
		judge->swapped++;
		return;
	}
	judge->epoch = held->item.epoch;
	judge->counter = held->item.counter;
}

static void hand_all(struct judge *judge, struct wgr_item_list *list, int64_t now_ns)
{
	struct wgr_item *item = list->first, *next;

	for (; item; item = next) {
		next = item->newer;
		hand_up(judge, held_of(item), now_ns);
		free(held_of(item));
	}
}

/* What is due before that time goes up as its own time comes, not at that one. */
static void go_on(struct judge *judge, int64_t until_ns)
{
	struct wgr_item_list list;
	int64_t due;

	while ((due = wgr_reorder_deadline(&judge->engine)) < until_ns) {
		list = (struct wgr_item_list){};
		wgr_reorder_advance(&judge->engine, due, &list);
		hand_all(judge, &list, due);
	}
}

void judge_push(struct judge *judge, const struct judge_packet *packet)
{
	struct held *held = say_alloc(NULL, sizeof(*held));
	struct wgr_item_list list = {};

	*held = (struct held){
		.item = {
			.counter = packet->counter,
			.arrival_ns = packet->ns,
			.epoch = packet->epoch,
			.path = packet->path,
		},
		.came_ns = packet->ns,
	};
	go_on(judge, packet->ns);
	switch (wgr_reorder_push(&judge->engine, &held->item, &list)) {
	case WGR_RELEASED:
	case WGR_HELD:
		break;
	case WGR_LATE:
		judge->late++;
		free(held);
		break;
	case WGR_DUPLICATE:
		free(held);
	}
	hand_all(judge, &list, packet->ns);
}

void judge_end(struct judge *judge)
{
	go_on(judge, WGR_NEVER);
}

uint64_t judge_mean_ns(const struct judge *judge)
{
	return judge->handed ? judge->delay_ns / judge->handed : 0;
}

const uint64_t *judge_holds(const struct judge *judge, uint64_t bins[WGR_HOLD_BINS])
{
	unsigned int i;

	for (i = 0; i < WGR_HOLD_BINS; i++)
		bins[i] = judge->engine.stats.hold[i];
	return bins;
}

uint64_t judge_wait_ns(const struct judge *judge)
{
	return judge->engine.hold.wait_ns;
}

unsigned int judge_mode(const struct judge *judge)
{
	return policies[judge->policy].mode;
}

uint32_t judge_hold_us(const struct judge *judge)
{
	return judge_most_ns(judge) / 1000;
}

int64_t judge_most_ns(const struct judge *judge)
{
	const struct wgr_settings *policy = &policies[judge->policy];

	return policy->mode == WGR_ADAPTIVE ? policy->hold_max_ns : policy->hold_ns;
}
