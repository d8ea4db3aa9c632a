/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A caller of the engine for tests that make up arrivals.  It does everything to
 * the engine and to the oracle, compares all that can be seen of them, and
 * checks what the design promises without looking at the oracle: ascending
 * output, one fate for each packet, late only what was overtaken, no hold longer
 * than the longest wait in force meanwhile, no memory for nothing.
 */
#ifndef TEST_USER_H
#define TEST_USER_H

#include <time.h>

#include "memory.h"
#include "oracle.h"

/* A packet as the caller has it. */
struct packet {
	struct wgr_item item;
	u32 flow;
	u64 step;		/* of its caller, when it came */
};

/* A wait that was in force. */
struct wait {
	u64 step;		/* from this one on */
	s64 ns;
};

#define WAITS	4096

/* Nothing but rings and their chunks is so large. */
#define LARGE	2000

/* One engine with its caller. */
struct user {
	struct wgr_reorder r;
	bool prompt;		/* tells the time at every deadline */
	u64 live;		/* items held by the engine, as the caller counts */
	u64 trail;		/* hash of all verdicts and releases */
	bool any;
	u32 epoch;		/* sent last of all that was released */
	u64 counter;
	enum wgr_scope scope;	/* before the step at hand */
	struct wgr_place out[MEMORY_FLOWS];	/* the same for each flow */
	u64 step;
	u32 waits;
	const struct wgr_item *arriving;	/* being pushed: not held before */
	struct wait wait[WAITS];	/* the newest ones, a ring */
	struct memory memory;
};

/* The first thing that was wrong. */
static const char *problem;
static u64 events_seen[WGR_ITEM_BEHIND + 1];

static void wrong(const char *what)
{
	if (!problem)
		problem = what;
}

static void user_trail(struct user *u, u64 value)
{
	u->trail = (u->trail ^ value) * 0x100000001b3;
}

/* A step of the caller is done: note the wait in force from now on. */
static void user_step(struct user *u)
{
	s64 ns = u->r.hold.wait_ns;

	u->step++;
	if (!u->waits || u->wait[(u->waits - 1) % WAITS].ns != ns)
		u->wait[u->waits++ % WAITS] = (struct wait){ u->step, ns };
}

/* The longest wait in force since a step. */
static s64 user_longest_wait(const struct user *u, u64 since)
{
	s64 longest = u->r.hold.wait_ns;
	u32 i;

	for (i = u->waits; i--;) {
		if (i + WAITS < u->waits)
			return S64_MAX;
		if (u->wait[i % WAITS].ns > longest)
			longest = u->wait[i % WAITS].ns;
		if (u->wait[i % WAITS].step <= since)
			break;
	}
	return longest;
}

static u32 user_flow(const struct wgr_item *item)
{
	return ((const struct packet *)item)->flow;
}

static u32 user_flow_tag(void *ctx, const struct wgr_item *item)
{
	(void)ctx;
	return user_flow(item) * MEMORY_FLOW_TAG;
}

static const struct wgr_reorder_ops user_ops = {
	.alloc = memory_alloc,
	.free = memory_free,
	.flow = user_flow_tag,
	.event = memory_event,
};

/* Behind something of its own flow that is out. */
static bool user_overtaken(const struct user *u, u32 flow, u32 epoch, u64 counter)
{
	const struct wgr_place *out = &u->out[flow];

	return out->epoch && !wgr_place_after(epoch, counter, out->epoch, out->counter);
}

static void user_check_flow(struct user *u, const struct wgr_item *item)
{
	if (user_overtaken(u, user_flow(item), item->epoch, item->counter)) {
		if (u->r.settings.mode != WGR_OFF || item != u->arriving)
			wrong("released out of order in its flow");
		return;
	}
	u->out[user_flow(item)] = (struct wgr_place){ item->counter, item->epoch };
}

static void user_check_order(struct user *u, const struct wgr_item *item)
{
	bool ahead = !u->any || item->epoch > u->epoch ||
		     (item->epoch == u->epoch && item->counter > u->counter);

	user_check_flow(u, item);
	/* Off is arrival order, but what comes out later is never behind that. */
	if (!ahead) {
		if (u->scope == WGR_SCOPE_PEER &&
		    (u->r.settings.mode != WGR_OFF || item != u->arriving))
			wrong("released out of order");
		return;
	}
	u->any = true;
	u->epoch = item->epoch;
	u->counter = item->counter;
}

static void user_compare_events(struct user *u, struct oracle *o)
{
	u32 i;

	if (u->memory.events != o->events)
		wrong("told another number of events than the oracle");
	for (i = 0; i < o->events && i < ORACLE_EVENTS; i++) {
		if (!same_event(&u->memory.event[i], &o->event[i]))
			wrong("told other events than the oracle");
		events_seen[o->event[i].kind]++;
	}
	o->events = 0;
}

/* Look at what came out, then free it: the engine must not care. */
static void user_take(struct user *u, struct wgr_item_list *out, struct oracle *o)
{
	struct wgr_item *item, *next;
	u32 n = 0;

	for (item = out->first; item; item = next) {
		next = item->newer;
		if (!next && item != out->last)
			wrong("the list does not end at its last item");
		user_check_order(u, item);
		if (item->tag != (u8)(item->counter * 7 + item->epoch))
			wrong("tag changed");
		if (u->prompt && item != u->arriving &&
		    u->r.clock_ns - item->arrival_ns >
		    user_longest_wait(u, ((struct packet *)item)->step))
			wrong("held too long");
		if (o && (n >= o->released || o->out[n].epoch != item->epoch ||
			  o->out[n].counter != item->counter || o->out[n].flow != user_flow(item)))
			wrong("released other packets than the oracle");
		user_trail(u, item->epoch);
		user_trail(u, item->counter);
		free(item);
		u->live--;
		n++;
	}
	if (o && n != o->released)
		wrong("released fewer packets than the oracle");
	if (o) {
		o->released = 0;
		user_compare_events(u, o);
	}
	u->memory.events = 0;
	u->arriving = NULL;
}

static void user_audit(struct user *u, const struct oracle *o)
{
	user_step(u);
	u->scope = u->r.settings.scope;
	if (u->live != wgr_reorder_held(&u->r))
		wrong("an item was lost or released twice");
	if (u->memory.places != u->r.ghosts)
		wrong("places kept and not counted");
	if (u->r.held > u->r.settings.window)
		wrong("more held than the window allows");
	if (!u->r.held && !u->r.flows.on && (u->memory.live || u->r.trailing))
		wrong("memory kept while nothing is held");
	if (u->r.flows.on && u->r.settings.scope != WGR_SCOPE_FLOW)
		wrong("flows watched though they do not matter");
	if (u->r.settings.mode == WGR_OFF && (u->r.held || u->r.trailing))
		wrong("held though off");
	if (books_wrong(&u->r))
		wrong(books_wrong(&u->r));
	if (o && oracle_differs(o, &u->r))
		wrong(oracle_differs(o, &u->r));
}

static void user_done(struct user *u, struct wgr_item_list *out, struct oracle *o)
{
	user_take(u, out, o);
	user_audit(u, o);
}

/* For all of these @o is NULL if there is no oracle to compare with. */
static void user_init(struct user *u, const struct wgr_settings *settings, bool prompt)
{
	memset(u, 0, offsetof(struct user, wait));
	memory_init(&u->memory);
	/* What flows take is refused only where no oracle has to follow. */
	u->memory.fail_size = LARGE;
	u->memory.never_fails = sizeof(struct wgr_absent_map);
	wgr_reorder_init(&u->r, &user_ops, &u->memory, settings);
	u->scope = u->r.settings.scope;
	u->prompt = prompt;
	user_step(u);
}

static void user_advance(struct user *u, struct oracle *o, s64 to)
{
	struct wgr_item_list out = { 0 };

	wgr_reorder_advance(&u->r, to, &out);
	if (o)
		oracle_advance(o, to);
	user_done(u, &out, o);
}

/* Tell the time at each deadline up to this time. */
static void user_advance_to(struct user *u, struct oracle *o, s64 to)
{
	while (wgr_reorder_deadline(&u->r) <= to && !problem)
		user_advance(u, o, wgr_reorder_deadline(&u->r));
}

static bool is_listed(const struct wgr_item_list *list, const struct wgr_item *wanted)
{
	const struct wgr_item *item;

	for (item = list->first; item && item != wanted; item = item->newer)
		;
	return item;
}

/* @refuse: the number of the allocation within this push that fails, from 0 */
static enum wgr_verdict user_push(struct user *u, struct oracle *o, u32 epoch, u64 counter,
				  u32 flow, u8 path, s64 arrival, unsigned int refuse)
{
	u64 unknown = u->r.stats.late_unknown;
	struct packet *packet = malloc(sizeof(*packet));
	struct wgr_item *item = &packet->item;
	struct wgr_item_list out = { 0 };
	enum wgr_verdict verdict;

	*packet = (struct packet){
		.item.epoch = epoch,
		.item.counter = counter,
		.item.arrival_ns = arrival,
		.item.path = path,
		.item.tag = (u8)(counter * 7 + epoch),
		.flow = flow,
		.step = u->step,
	};
	u->live++;
	u->memory.fail_from = u->memory.calls + refuse;
	u->memory.fail_count = refuse == NEVER_FAIL ? 0 : NEVER_FAIL;
	verdict = wgr_reorder_push(&u->r, item, &out);
	u->memory.fail_count = 0;
	u->arriving = item;

	if ((verdict == WGR_RELEASED) != is_listed(&out, item))
		wrong("called released and not in the list, or the other way round");
	if (o && verdict != oracle_push(o, epoch, counter, flow, path, arrival, refuse))
		wrong("verdict and the oracle's differ");
	user_take(u, &out, o);
	/* An epoch can also be closed by a third one, for room, or in calm. */
	if (u->r.settings.scope == WGR_SCOPE_FLOW) {
		if (verdict == WGR_LATE && u->r.stats.late_unknown == unknown &&
		    !user_overtaken(u, flow, epoch, counter))
			wrong("called late, though nothing of its flow that was sent later is out");
	} else if (verdict == WGR_LATE && epoch == u->r.lane[0].epoch &&
	    (!u->any || epoch > u->epoch || (epoch == u->epoch && counter > u->counter)))
		wrong("called late, though nothing sent after it was released");
	if (verdict == WGR_LATE || verdict == WGR_DUPLICATE) {
		free(packet);
		u->live--;
	}
	user_trail(u, verdict);
	user_audit(u, o);
	return verdict;
}

static inline void user_excuse(struct user *u, struct oracle *o, s64 now)
{
	wgr_reorder_excuse(&u->r, now);
	if (o)
		oracle_excuse(o, now);
}

static void user_flush(struct user *u, struct oracle *o)
{
	struct wgr_item_list out = { 0 };

	wgr_reorder_flush(&u->r, &out);
	if (o)
		oracle_flush(o);
	user_done(u, &out, o);
	if (u->r.held || u->r.trailing)
		wrong("a flush left something");
}

static inline void user_discard(struct user *u, struct oracle *o)
{
	u64 discarded = u->r.stats.discarded, held = wgr_reorder_held(&u->r);
	struct wgr_item_list out = { 0 };

	wgr_reorder_discard(&u->r, &out);
	if (o)
		oracle_discard(o);
	user_done(u, &out, o);
	if (u->r.held || u->r.trailing || u->r.stats.discarded != discarded + held)
		wrong("not all was discarded");
}

static inline void user_configure(struct user *u, struct oracle *o, const struct wgr_settings *settings)
{
	struct wgr_item_list out = { 0 };

	wgr_reorder_configure(&u->r, settings, &out);
	if (o)
		oracle_configure(o, settings);
	user_done(u, &out, o);
}

static inline void user_reset_stats(struct user *u, struct oracle *o)
{
	struct wgr_item_list out = { 0 };

	wgr_reorder_reset_stats(&u->r);
	if (o)
		oracle_reset_stats(o);
	user_done(u, &out, o);
}

#endif
