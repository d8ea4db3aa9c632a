// SPDX-License-Identifier: GPL-2.0
/*
 * The hold is a promise, also where timers are late: the receive path's way of
 * telling the time, with a timer that always comes late, around the real engine.
 * However many deadlines are missed, no packet waits for more than the hold, its
 * timer's lateness and what an excuse may be in all.
 */
#include <string.h>
#include <time.h>

#include "memory.h"
#include "tap.h"

#define MS	1000000LL
#define SECONDS	20

static struct memory memory;
static struct wgr_reorder r;
static s64 longest;
static u64 state;

static u64 random_below(u64 limit)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return (state >> 33) % limit;
}

/* When it really came stands in front of what the engine sees. */
struct packet {
	struct wgr_item item;
	s64 came;
};

static void take(struct wgr_item_list *out, s64 now)
{
	struct wgr_item *item, *next;

	for (item = out->first; item; item = next) {
		next = item->newer;
		if (now - ((struct packet *)item)->came > longest)
			longest = now - ((struct packet *)item)->came;
		free(item);
	}
	memset(out, 0, sizeof(*out));
}

static void tell(s64 now)
{
	struct wgr_item_list out = { 0 };

	wgr_reorder_excuse(&r, now);
	wgr_reorder_advance(&r, now, &out);
	take(&out, now);
}

static void arrive(u64 counter, s64 now)
{
	struct packet *packet = calloc(1, sizeof(*packet));
	struct wgr_item_list out = { 0 };

	packet->item.counter = counter;
	packet->item.epoch = 1;
	packet->item.arrival_ns = now;
	packet->came = now;
	wgr_reorder_excuse(&r, now);
	if (wgr_reorder_push(&r, &packet->item, &out) == WGR_LATE)
		free(packet);
	take(&out, now);
	tell(now);
}

/* The longest hold, of all packets. */
static s64 hold_with(s64 hold, s64 late, u32 per_second, u32 lost_of_10)
{
	struct wgr_settings settings = { WGR_FIXED, 8192, (u64)hold, 0, WGR_SCOPE_PEER };
	struct wgr_item_list out = { 0 };
	s64 spacing = 1000 * MS / per_second, now = MS, fire = WGR_NEVER, due;
	u64 counter;

	memory_init(&memory);
	wgr_reorder_init(&r, &memory_ops, &memory, &settings);
	longest = 0;
	for (counter = 0; counter < (u64)SECONDS * per_second; counter++, now += spacing) {
		while (fire <= now) {
			tell(fire);
			due = wgr_reorder_deadline(&r);
			fire = due == WGR_NEVER ? due : (due > fire ? due : fire) + late;
		}
		if (random_below(10) < lost_of_10)
			continue;
		arrive(counter, now);
		due = wgr_reorder_deadline(&r);
		fire = due == WGR_NEVER ? due : (due > now ? due : now) + late;
	}
	due = longest;
	wgr_reorder_flush(&r, &out);
	take(&out, now);
	return due;
}

static void check(s64 hold, s64 late, u32 per_second, u32 lost_of_10)
{
	s64 got = hold_with(hold, late, per_second, lost_of_10);
	s64 excuse = late / 2 < WGR_EXCUSE_NS ? late / 2 : WGR_EXCUSE_NS;

	/*
	 * The timer of the hold was late, and so was that of the excuse: where nothing
	 * arrives meanwhile, nothing else tells the time.  That is all, also at the end
	 * of a chain of gaps.
	 */
	tap_ok(got <= hold + excuse + 2 * late,
	       "hold %lld ms, timer %lld us late, %u/s, %u0 %% lost: %.2f ms", hold / MS, late / 1000,
	       per_second, lost_of_10, (double)got / MS);
}

/* A machine that stood still: what came up meanwhile gets its chance, once. */
static void stood_still(void)
{
	struct wgr_settings settings = { WGR_FIXED, 8192, 5 * MS, 0, WGR_SCOPE_PEER };
	struct wgr_item_list out = { 0 };
	s64 back = 500 * MS;
	bool good;

	memory_init(&memory);
	wgr_reorder_init(&r, &memory_ops, &memory, &settings);
	longest = 0;
	arrive(0, 0);
	arrive(2, 1000);
	/* The timer first, then the queue below: packet 1 is in time. */
	tell(back);
	arrive(1, back + MS / 2);
	good = !r.stats.late && !r.held;
	arrive(4, back + MS);
	tell(back + 20 * MS);
	good &= r.held == 1;
	tell(back + 22 * MS + 1);
	arrive(3, back + 23 * MS);
	tap_ok(good && !r.held && r.stats.late == 1,
	       "after a standstill what was below gets %lld ms at most", WGR_EXCUSE_NS / MS);
	wgr_reorder_flush(&r, &out);
	take(&out, back + 30 * MS);
}

int main(void)
{
	static const s64 hold[] = { 1 * MS, 5 * MS, 50 * MS }, late[] = { 300000, MS, 4 * MS, 8 * MS };
	static const u32 rate[] = { 100, 500, 1000, 4400 };
	const char *text = getenv("SEED");
	size_t h, l, p;

	state = text ? strtoull(text, NULL, 0) : (u64)time(NULL);
	printf("# SEED=%llu\n", state);
	for (h = 0; h < 3; h++)
		for (l = 0; l < 4; l++)
			for (p = 0; p < 4; p++)
				check(hold[h], late[l], rate[p], 1 + (u32)random_below(4));
	stood_still();
	return tap_done();
}
