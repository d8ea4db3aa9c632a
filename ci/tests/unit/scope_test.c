// SPDX-License-Identifier: GPL-2.0
/*
 * Directed cases of the scope "flow": who is late, who waits and what is learned.
 * Each story is shown to the oracle too, see user.h.
 */
#include <string.h>

#include "tap.h"
#include "user.h"

#define MS	1000000LL
#define HOLD	(20 * MS)

static struct user u;
static struct oracle o;

static void begin_with(enum wgr_mode mode, enum wgr_scope scope)
{
	struct wgr_settings settings = { mode, 2048, HOLD, 50 * MS, scope };

	problem = NULL;
	user_init(&u, &settings, false);
	oracle_init(&o, &settings);
}

static void begin(void)
{
	begin_with(WGR_FIXED, WGR_SCOPE_FLOW);
}

static enum wgr_verdict push(u64 counter, u32 flow, s64 at)
{
	return user_push(&u, &o, 1, counter, flow, 0, at, NEVER_FAIL);
}

static bool done(void)
{
	user_advance_to(&u, &o, S64_MAX - 1);
	user_flush(&u, &o);
	if (problem)
		printf("# %s\n", problem);
	return !problem;
}

/* A flow queue: sparse packets of flow 1 overtake bulk ones of flow 0 by more than the hold. */
static bool passed_by_others_only(void)
{
	bool good;
	u64 i;

	begin();
	good = push(0, 0, 0) == WGR_RELEASED;
	/* 1 to 9 are bulk and come 100 ms later. */
	good &= push(10, 1, 1 * MS) == WGR_HELD;
	user_advance_to(&u, &o, 30 * MS);
	for (i = 1; i < 10; i++)
		good &= push(i, 0, 100 * MS + (s64)i) == WGR_RELEASED;
	good &= u.r.stats.released[WGR_BEHIND] == 9 && !u.r.stats.late;
	/* One that its own flow has overtaken is late all the same. */
	good &= push(12, 0, 101 * MS) == WGR_HELD;
	user_advance_to(&u, &o, 140 * MS);
	good &= push(11, 0, 141 * MS) == WGR_LATE && u.r.stats.late == 1;
	return done() && good;
}

static bool peer_drops_them(void)
{
	bool good;

	begin_with(WGR_FIXED, WGR_SCOPE_PEER);
	good = push(0, 0, 0) == WGR_RELEASED && push(2, 1, 1) == WGR_HELD;
	user_advance_to(&u, &o, 30 * MS);
	good &= push(1, 0, 30 * MS) == WGR_LATE && !u.r.stats.released[WGR_BEHIND];
	return done() && good;
}

static bool auto_goes_by_mode(void)
{
	struct wgr_settings settings = { WGR_FIXED, 2048, HOLD, 50 * MS, WGR_SCOPE_AUTO };
	bool good;

	begin();
	wgr_reorder_init(&u.r, &user_ops, &u.memory, &settings);
	good = u.r.settings.scope == WGR_SCOPE_PEER;
	settings.mode = WGR_ADAPTIVE;
	wgr_reorder_init(&u.r, &user_ops, &u.memory, &settings);
	return good && u.r.settings.scope == WGR_SCOPE_FLOW;
}

/* Packets of flow 1 every 25 ms, of flow 0 every ms. */
static bool sparse_goes_ahead(void)
{
	bool good = true;
	u64 counter = 0;
	int i, k;

	begin();
	push(counter + 1, 0, 0);
	counter += 2;
	for (i = 1; i < 6; i++) {
		s64 at = i * 25 * MS;

		good &= push(counter++, 1, at) != WGR_LATE;
		for (k = 1; k < 25; k++)
			good &= push(counter++, 0, at + k * MS) != WGR_LATE;
	}
	/* Known by now.  Bulk packet @counter is missing: sparse goes, bulk waits. */
	counter++;
	good &= push(counter++, 1, 150 * MS) == WGR_RELEASED;
	good &= u.r.stats.released[WGR_AHEAD] == 1;
	good &= push(counter++, 0, 151 * MS) == WGR_HELD && wgr_reorder_held(&u.r) == 1;
	/* What went ahead is not missing: the missing one lets the other go. */
	good &= push(counter - 3, 0, 152 * MS) == WGR_RELEASED && !wgr_reorder_held(&u.r) &&
		!u.r.held;
	return done() && good;
}

/* Should one of its own come after that, it is late, and the flow waits from then on. */
static bool ahead_of_its_own(void)
{
	bool good = true;
	u64 counter = 2;
	int i;

	begin();
	push(1, 0, 0);
	for (i = 1; i < 6; i++)
		push(counter++, 1, i * 25 * MS);
	counter++;
	good &= push(counter++, 1, 150 * MS) == WGR_RELEASED && u.r.stats.released[WGR_AHEAD] == 1;
	good &= push(counter - 2, 1, 151 * MS) == WGR_LATE;
	good &= u.r.stats.late_ahead == 1 && !u.r.held;
	counter++;
	good &= push(counter++, 1, 175 * MS) == WGR_HELD;
	return done() && good;
}

/* What has got known meanwhile does not go ahead of what it has had to wait with before. */
static bool not_ahead_of_its_own_held(void)
{
	bool good;

	begin();
	push(1, 0, 0);
	user_advance_to(&u, &o, HOLD);
	good = push(2, 1, 25 * MS) == WGR_RELEASED && push(3, 1, 40 * MS) == WGR_RELEASED;
	good &= push(5, 1, 55 * MS) == WGR_HELD && push(6, 1, 70 * MS) == WGR_HELD;
	good &= push(4, 0, 71 * MS) == WGR_RELEASED && !wgr_reorder_held(&u.r);
	return done() && good && !u.r.stats.late;
}

/* Where more flows are outrun by their own than are put up with, such ones wait. */
static bool those_outrun_are_counted(void)
{
	u64 counter = 2;
	bool good = true;
	u32 flow;
	int i;

	begin();
	push(1, 0, 0);
	for (i = 1; i < 6; i++)
		for (flow = 1; flow <= WGR_FLOWS_OUTRUN + 2; flow++)
			good &= push(counter++, flow, i * 25 * MS + flow * MS) == WGR_RELEASED;
	for (flow = 1; flow <= WGR_FLOWS_OUTRUN + 1; flow++) {
		good &= push(counter + 1, flow, 150 * MS + flow * MS) == WGR_RELEASED;
		good &= push(counter, flow, 150 * MS + flow * MS + 1) == WGR_LATE;
		counter += 2;
	}
	good &= u.r.stats.released[WGR_AHEAD] == WGR_FLOWS_OUTRUN + 1;
	/* None of this one's has been swapped. */
	good &= push(counter + 1, flow, 150 * MS + flow * MS) == WGR_HELD;
	return done() && good;
}

/* Those that wait anyhow are swapped at no cost to anybody. */
static bool those_that_wait_are_not_counted(void)
{
	u64 counter = 2;
	bool good = true;
	int i;

	begin();
	push(1, 0, 0);
	for (i = 1; i < 10; i++) {
		good &= push(counter, 2, i * 25 * MS) == WGR_RELEASED;
		good &= push(counter + 2, 1, i * 25 * MS + MS) == WGR_HELD;
		good &= push(counter + 1, 1, i * 25 * MS + 2 * MS) == WGR_RELEASED;
		counter += 3;
	}
	good &= push(counter + 1, 2, i * 25 * MS) == WGR_RELEASED;
	good &= u.r.stats.released[WGR_AHEAD] == 1;
	return done() && good;
}

/* Places that are kept for what is not held are no more than what may be held. */
static bool places_take_part_in_the_window(void)
{
	struct wgr_settings settings = { WGR_FIXED, 64, HOLD, 50 * MS, WGR_SCOPE_FLOW };
	bool good = true;
	u64 i;

	problem = NULL;
	user_init(&u, &settings, false);
	oracle_init(&o, &settings);
	push(1, 0, 0);
	for (i = 0; i < 6; i++)
		push(2 + i, 1, (s64)(i + 1) * 25 * MS);
	good &= push(1000, 1, 175 * MS) == WGR_RELEASED && u.r.ghosts == 1;
	/* Each of these is late, has come all the same and keeps its place. */
	for (i = 0; i < 300; i++) {
		good &= push(500 + 2 * (i % 200), 1, 176 * MS) == WGR_LATE || i >= 200;
		good &= u.r.held <= 64 && u.memory.places == u.r.ghosts;
	}
	good &= u.r.ghosts == 64;
	user_advance_to(&u, &o, 300 * MS);
	good &= !u.r.ghosts && !u.memory.places;
	return done() && good;
}

/* What has gone ahead is not followed by its own flow when the scope changes. */
static bool scope_changes_behind_it(void)
{
	struct wgr_settings peer = { WGR_FIXED, 2048, HOLD, 50 * MS, WGR_SCOPE_PEER };
	bool good = true;
	u64 counter = 2;
	int i;

	begin();
	push(1, 0, 0);
	for (i = 1; i < 6; i++)
		push(counter++, 1, i * 25 * MS);
	counter++;
	good &= push(counter++, 1, 150 * MS) == WGR_RELEASED && u.r.ghosts == 1;
	user_configure(&u, &o, &peer);
	good &= !u.r.held && push(counter - 2, 1, 151 * MS) == WGR_LATE;
	/* Where nothing has, what is held stays. */
	begin();
	push(1, 0, 0);
	user_configure(&u, &o, &peer);
	good &= u.r.held == 1 && push(0, 0, 1 * MS) == WGR_RELEASED && !u.r.stats.late;
	return done() && good;
}

/* What is held since before flows were watched is of a flow that nobody knows. */
static bool none_ahead_of_the_nameless(void)
{
	struct wgr_settings settings = { WGR_FIXED, 2048, MS / 10, 50 * MS, WGR_SCOPE_PEER };
	bool good;
	u64 i;

	problem = NULL;
	user_init(&u, &settings, false);
	oracle_init(&o, &settings);
	good = push(0, 0, 0) == WGR_RELEASED && push(10, 1, 1 * MS) == WGR_HELD;
	settings.scope = WGR_SCOPE_FLOW;
	user_configure(&u, &o, &settings);
	/* The machine has stood still, so it is held on while its flow gets known. */
	user_excuse(&u, &o, 31 * MS / 10);
	for (i = 0; i < 4; i++)
		good &= push(1 + i, 1, (31 + 2 * (s64)i) * MS / 10) == WGR_RELEASED;
	good &= push(12, 1, 39 * MS / 10) == WGR_HELD;
	return done() && good;
}

/* Nor does it go before what waits behind: that may be of its own flow, and here it is. */
static bool nameless_not_before_those_behind(void)
{
	struct wgr_settings settings = { WGR_FIXED, 2048, HOLD, 50 * MS, WGR_SCOPE_PEER };
	bool good;

	problem = NULL;
	user_init(&u, &settings, false);
	oracle_init(&o, &settings);
	good = push(0, 0, 0) == WGR_RELEASED && push(5, 1, 1 * MS) == WGR_HELD;
	good &= push(10, 0, 11 * MS) == WGR_HELD;
	settings.scope = WGR_SCOPE_FLOW;
	user_configure(&u, &o, &settings);
	/* Both flows get known, and what is held already keeps having none. */
	good &= push(12, 0, 12 * MS) == WGR_HELD && push(13, 1, 12 * MS) == WGR_HELD;
	user_advance_to(&u, &o, 1 * MS + HOLD);
	/* 1 to 4 have been given up, 10 waits for 6 to 9. */
	good &= push(1, 0, 22 * MS) == WGR_RELEASED && push(3, 0, 23 * MS) == WGR_HELD;
	good &= u.r.trailing == 1 && u.r.nameless == 1;
	user_advance_to(&u, &o, 11 * MS + HOLD);
	good &= !u.r.trailing && !u.r.nameless && u.r.stats.released[WGR_BEHIND] == 2;
	return done() && good && !u.r.stats.late;
}

/* Of what comes before all epochs nobody knows which was sent first. */
static bool before_all(void)
{
	bool good;

	begin();
	good = push(1, 0, 0) == WGR_HELD;
	user_advance_to(&u, &o, 50 * MS);
	good &= user_push(&u, &o, 0, 10, 1, 0, 51 * MS, NEVER_FAIL) == WGR_LATE;
	good &= user_push(&u, &o, 0, 5, 1, 0, 52 * MS, NEVER_FAIL) == WGR_LATE;
	return done() && good && u.r.stats.late_unknown == 2;
}

/*
 * Sparse packets of flow 1 have passed by the bulk of flow 0, counters 1 to 19, and these
 * have been given up.
 */
static void passed_by(enum wgr_mode mode)
{
	begin_with(mode, WGR_SCOPE_FLOW);
	push(0, 0, 0);
	push(20, 1, 1 * MS);
	user_advance_to(&u, &o, 60 * MS);
	push(1, 0, 61 * MS);
}

/* Behind what was given up order is kept inside the flow all the same. */
static bool waits_behind(void)
{
	bool good;

	passed_by(WGR_FIXED);
	good = push(2, 0, 62 * MS) == WGR_RELEASED;
	/* 3 is absent: what comes after it waits, and in counter order. */
	good &= push(5, 0, 63 * MS) == WGR_HELD && push(4, 0, 64 * MS) == WGR_HELD;
	good &= wgr_reorder_held(&u.r) == 2 && u.r.trailing == 2 && !u.r.held;
	good &= wgr_reorder_deadline(&u.r) == 63 * MS + HOLD;
	good &= push(3, 0, 70 * MS) == WGR_RELEASED && !wgr_reorder_held(&u.r) && !u.r.stats.late;
	/* What is next in the order of all waits for its own, too. */
	good &= push(7, 0, 71 * MS) == WGR_HELD && push(21, 0, 72 * MS) == WGR_HELD;
	good &= push(6, 0, 73 * MS) == WGR_RELEASED && u.r.trailing == 1;
	good &= push(22, 1, 74 * MS) == WGR_RELEASED;
	user_advance_to(&u, &o, 72 * MS + HOLD - 1);
	good &= u.r.trailing == 1;
	user_advance_to(&u, &o, 72 * MS + HOLD);
	good &= !u.r.trailing && push(8, 0, 100 * MS) == WGR_LATE;
	return done() && good && u.r.stats.late == 1 && u.r.stats.max_hold_ns == HOLD;
}

/* When one has waited long enough it goes, behind those of its flow that were sent before. */
static bool waits_behind_for_long_enough(void)
{
	bool good;

	passed_by(WGR_FIXED);
	push(5, 0, 63 * MS);
	push(4, 0, 70 * MS);
	push(9, 0, 75 * MS);
	good = u.r.trailing == 3;
	user_advance_to(&u, &o, 63 * MS + HOLD);
	/* 4 was sent before 5, so it went with it; 9 waits on for 6 to 8. */
	good &= u.r.trailing == 1 && u.r.stats.released[WGR_BEHIND] == 3;
	good &= push(2, 0, 84 * MS) == WGR_LATE;
	good &= push(8, 0, 85 * MS) == WGR_HELD && push(7, 0, 85 * MS) == WGR_HELD;
	good &= push(6, 0, 85 * MS) == WGR_RELEASED && !u.r.trailing;
	return done() && good && u.r.stats.late == 1;
}

/*
 * Flow 1 is ahead by about the hold, and flow 0 swapped within itself: when the wait of the
 * former ends, what is held of the latter goes on waiting, until its own ends.
 */
static bool waits_on_when_another_is_due(void)
{
	bool good;

	begin();
	push(0, 0, 0);
	/* From here on it is known how far a flow has got. */
	good = push(2, 0, 0) == WGR_HELD && push(1, 0, 0) == WGR_RELEASED;
	good &= push(12, 1, 1 * MS) == WGR_HELD;
	good &= push(5, 0, 20 * MS) == WGR_HELD && push(8, 0, 20 * MS) == WGR_HELD;
	user_advance_to(&u, &o, 1 * MS + HOLD);
	good &= u.r.trailing == 2 && !u.r.held && u.r.stats.released[WGR_TIMED_OUT] == 1;
	/* So does what comes in the order of all. */
	good &= push(13, 0, 22 * MS) == WGR_HELD;
	good &= push(3, 0, 23 * MS) == WGR_RELEASED && push(4, 0, 23 * MS) == WGR_RELEASED;
	good &= u.r.trailing == 2 && push(7, 0, 24 * MS) == WGR_HELD;
	user_advance_to(&u, &o, 20 * MS + HOLD);
	good &= u.r.trailing == 1 && push(6, 0, 20 * MS + HOLD) == WGR_LATE;
	good &= push(11, 0, 41 * MS) == WGR_HELD;
	user_advance_to(&u, &o, 22 * MS + HOLD);
	good &= !u.r.trailing && u.r.stats.late == 1;
	return done() && good;
}

/* The same packet twice, and what is missing to another flow only. */
static bool behind_once_and_for_its_own(void)
{
	bool good;

	passed_by(WGR_FIXED);
	good = push(3, 0, 62 * MS) == WGR_HELD && push(3, 0, 62 * MS) == WGR_DUPLICATE;
	/* 2 is of another flow: nothing is missing then. */
	good &= push(2, 2, 63 * MS) == WGR_RELEASED && !u.r.trailing;
	good &= u.r.stats.released[WGR_BEHIND] == 3 && u.r.stats.duplicate == 1;
	return done() && good;
}

static bool flushed_from_behind(void)
{
	struct wgr_settings peer = { WGR_FIXED, 2048, HOLD, 50 * MS, WGR_SCOPE_PEER };
	bool good;

	passed_by(WGR_FIXED);
	good = push(5, 0, 62 * MS) == WGR_HELD && push(4, 0, 62 * MS) == WGR_HELD;
	user_flush(&u, &o);
	good &= !u.r.trailing && u.r.stats.released[WGR_RESET] == 2;
	passed_by(WGR_FIXED);
	good &= push(5, 0, 62 * MS) == WGR_HELD;
	user_configure(&u, &o, &peer);
	good &= !u.r.trailing && push(4, 0, 63 * MS) == WGR_LATE;
	passed_by(WGR_FIXED);
	good &= push(5, 0, 62 * MS) == WGR_HELD && push(4, 0, 62 * MS) == WGR_HELD;
	user_discard(&u, &o);
	return done() && good && u.r.stats.discarded == 2;
}

/* Nor does it wait behind, if its packets are far enough apart. */
static bool sparse_does_not_wait_behind(void)
{
	bool good;

	begin();
	push(0, 0, 0);
	push(20, 1, 1 * MS);
	user_advance_to(&u, &o, 1 * MS + HOLD);
	good = push(1, 0, 25 * MS) == WGR_RELEASED && push(2, 0, 40 * MS) == WGR_RELEASED;
	good &= push(3, 0, 55 * MS) == WGR_RELEASED && push(5, 0, 70 * MS) == WGR_RELEASED;
	good &= u.r.stats.released[WGR_BEHIND] == 4;
	return done() && good;
}

/* Flow 0 is at 1, and up to 1199 all has been given up. */
static void far_behind(void)
{
	begin();
	push(0, 0, 0);
	push(1200, 1, 1 * MS);
	user_advance_to(&u, &o, 60 * MS);
	push(1, 0, 61 * MS);
}

/* A place behind is refused as one in a lane is. */
static bool no_room_behind(void)
{
	bool good;
	u64 i;

	far_behind();
	for (i = 3; i < 3 + 2 * 256; i += 2)
		push(i, 0, 62 * MS);
	good = u.r.trailing == 256 && !u.r.stats.refused;
	/* The oldest goes. */
	push(i, 0, 63 * MS);
	good &= u.r.trailing == 256 && u.r.stats.refused == 1 && u.r.stats.released[WGR_BEHIND] == 2;
	return done() && good;
}

/* Unless the one for which there is no room was sent before it. */
static bool no_room_behind_for_earlier(void)
{
	bool good;
	u64 i;

	far_behind();
	push(1101, 0, 62 * MS);
	for (i = 1; i < 256; i++)
		push(200 + 2 * i, 0, 62 * MS);
	good = u.r.trailing == 256 && push(100, 0, 63 * MS) == WGR_RELEASED;
	good &= u.r.trailing == 256 && u.r.stats.refused == 1;
	return done() && good && !u.r.stats.late;
}

/* Whoever is told late that a wait was over finds that another was not when it was. */
static bool told_late(void)
{
	bool good;

	passed_by(WGR_FIXED);
	good = push(25, 1, 62 * MS) == WGR_HELD && push(26, 0, 66 * MS) == WGR_HELD;
	user_advance(&u, &o, 200 * MS);
	good &= !wgr_reorder_held(&u.r) && u.r.stats.released[WGR_BEHIND] == 2;
	return done() && good;
}

/* Swaps behind teach how long they are missing, in time or late. */
static bool learns_behind(void)
{
	bool good;

	passed_by(WGR_ADAPTIVE);
	good = u.r.hold.wait_ns == HOLD;
	push(3, 0, 62 * MS);
	push(2, 0, 65 * MS);
	good &= u.r.hold.came_ns == 65 * MS && !u.r.hold.row;
	push(6, 0, 66 * MS);
	user_advance_to(&u, &o, 66 * MS + HOLD);
	good &= !u.r.trailing && push(5, 0, 90 * MS) == WGR_LATE && u.r.hold.late_ns == 24 * MS;
	good &= u.r.hold.now.others == 1 && u.r.hold.now.behind == 3;
	return done() && good;
}

/* A flow queue and jitter: nothing of the bulk is lost though all of it is behind. */
static bool fair_queue_and_jitter(void)
{
	u64 sent[64], counter = 0, i, late = 0;
	s64 at = 0;

	begin_with(WGR_ADAPTIVE, WGR_SCOPE_FLOW);
	/* Each 64th is sparse and 60 ms early, neighbours of the others are swapped. */
	for (i = 0; i < 64; i++)
		sent[i] = i;
	for (; counter < 4000; counter += 64) {
		push(counter + 64 * 3 + 63, 1, at);
		for (i = 0; i < 62; i += 2) {
			at += MS / 3;
			user_advance_to(&u, &o, at - 1);
			late += push(counter + sent[i + 1], 0, at) == WGR_LATE;
			at += MS / 3;
			user_advance_to(&u, &o, at - 1);
			late += push(counter + sent[i], 0, at) == WGR_LATE;
		}
		push(counter + 62, 0, at += MS / 3);
	}
	printf("# %llu late of %llu\n", late, counter);
	return done() && late < 20;
}

/* A path that merely serves flows fairly: waits are in vain, so next to none is left. */
static bool fair_queues_end_the_wait(void)
{
	u64 counter = 0;
	s64 at = 0;
	int i;

	begin_with(WGR_ADAPTIVE, WGR_SCOPE_FLOW);
	for (i = 0; i < 200; i++) {
		at += 10 * MS;
		/* Closer together than the wait at first: it does not go ahead. */
		push(counter + 1, 2, at);
		push(counter, 0, at + 3 * MS);
		counter += 2;
		user_advance_to(&u, &o, at + 9 * MS);
	}
	return u.r.hold.wait_ns <= MS / 8 && !u.r.stats.late && done();
}

static bool own_swaps_teach(void)
{
	u64 counter = 0;
	s64 at = 0;
	int i;

	begin_with(WGR_ADAPTIVE, WGR_SCOPE_FLOW);
	for (i = 0; i < 2000; i++) {
		at += 10 * MS;
		push(counter + 1, 0, at);
		push(counter, 0, at + 3 * MS);
		counter += 2;
		user_advance_to(&u, &o, at + 9 * MS);
	}
	return u.r.hold.wait_ns >= 3 * MS && u.r.hold.wait_ns <= 5 * MS && !u.r.stats.late && done();
}

/* How late one is counts from the first of its flow that overtook it, which is out by then. */
static bool late_since_the_first(void)
{
	bool good;

	begin_with(WGR_ADAPTIVE, WGR_SCOPE_FLOW);
	good = push(0, 0, 0) == WGR_RELEASED && push(2, 0, 1 * MS) == WGR_HELD;
	user_advance_to(&u, &o, 30 * MS);
	good &= push(4, 0, 31 * MS) == WGR_HELD && push(1, 0, 41 * MS) == WGR_LATE;
	return done() && good && u.r.hold.late_ns == 40 * MS;
}

/* Counter 1 of flow 0 comes at @at; flow 1 has passed it at 1 ms, its own at 15 ms. Others may come behind. */
static s64 lesson_at(s64 at, bool passing)
{
	bool good;

	begin_with(WGR_ADAPTIVE, WGR_SCOPE_FLOW);
	good = push(0, 0, 0) == WGR_RELEASED && push(2, 1, 1 * MS) == WGR_HELD;
	good &= push(3, 0, 15 * MS) == WGR_HELD;
	user_advance_to(&u, &o, 1 * MS + HOLD);
	if (passing) {
		wgr_hold_behind(&u.r.hold);
		wgr_hold_behind(&o.hold);
	}
	good &= !wgr_reorder_held(&u.r) && push(1, 0, at) == WGR_LATE;
	good &= u.r.hold.wait_ns >= u.r.hold.late_ns;
	return done() && good ? u.r.hold.late_ns : -1;
}

/* Enough for its flow, but others had waited before: a step longer, if they were not far ahead. */
static bool late_for_others(void)
{
	return lesson_at(23 * MS, false) == 22 * MS && lesson_at(29 * MS, false) == 25 * MS &&
	       !lesson_at(34 * MS, false) && !lesson_at(23 * MS, true);
}

/* One of two lines is slower than anything that may be waited for: nothing waits for it. */
static bool too_late_to_wait_for(void)
{
	struct wgr_settings settings = { WGR_ADAPTIVE, 2048, HOLD, 250 * MS, WGR_SCOPE_FLOW };
	bool good;
	u64 i;

	problem = NULL;
	user_init(&u, &settings, false);
	oracle_init(&o, &settings);
	for (i = 0; i < 10000; i += 2) {
		user_advance_to(&u, &o, (s64)i * MS - 1);
		push(i, 0, (s64)i * MS);
		if (i >= 600)
			push(i - 599, 0, (s64)i * MS + MS / 2);
	}
	good = u.r.stats.late > 4000 && u.r.stats.max_hold_ns <= 2 * HOLD;
	return done() && good;
}

/* A connection made in two round trips, then all that may be sent at once, half of it late. */
static bool first_burst_waits(void)
{
	bool good;
	u64 i;

	begin();
	push(1, 0, 0);
	good = push(2, 1, 100 * MS) != WGR_LATE && push(3, 1, 200 * MS) != WGR_LATE;
	good &= push(4, 1, 300 * MS) != WGR_LATE;
	for (i = 6; i < 14; i += 2)
		good &= push(i, 1, 300 * MS + (s64)i) == WGR_HELD;
	for (i = 5; i < 13; i += 2)
		good &= push(i, 1, 315 * MS + (s64)i) == WGR_RELEASED;
	return done() && good && !u.r.stats.late;
}

static bool rests_when_quiet(void)
{
	bool good;

	begin();
	push(1, 0, 0);
	user_advance_to(&u, &o, 100 * MS);
	good = u.r.flows.on && u.memory.live &&
	       wgr_reorder_rest_at(&u.r) == HOLD + 2000 * MS;
	user_advance(&u, &o, HOLD + 2000 * MS);
	good &= !u.r.flows.on && !u.memory.live && wgr_reorder_rest_at(&u.r) == WGR_NEVER;
	/* What comes now cannot be told: strict. */
	return push(0, 0, 3000 * MS) == WGR_LATE && u.r.stats.late_unknown == 1 && good && done();
}

/* A key whose first packet comes when the one after it is in use already. */
static bool an_epoch_between(void)
{
	bool good;

	begin();
	good = user_push(&u, &o, 1, 0, 0, 0, 0, NEVER_FAIL) == WGR_RELEASED;
	good &= user_push(&u, &o, 1, 2, 0, 0, 1, NEVER_FAIL) == WGR_HELD;
	good &= user_push(&u, &o, 5, 0, 1, 0, 2, NEVER_FAIL) == WGR_HELD;
	/* Not before the one that was sent before it. */
	good &= user_push(&u, &o, 3, 0, 0, 0, 3, NEVER_FAIL) == WGR_LATE;
	return done() && good;
}

static bool nothing_asked_in_order(void)
{
	u64 i;

	begin();
	for (i = 0; i < 1000; i++)
		push(i, (u32)(i % MEMORY_FLOWS), (s64)i);
	return !u.r.flows.on && !u.memory.calls && done();
}

/* More flows than the table holds, and memory that fails: stricter, never wrong. */
static bool crowded(u64 seed)
{
	struct wgr_settings settings = { WGR_FIXED, 512, MS, MS, WGR_SCOPE_FLOW };
	u64 state = seed, i, behind, late;
	s64 at = 0;

	problem = NULL;
	user_init(&u, &settings, false);
	u.memory.fail_size = 0;
	u.memory.never_fails = 0;
	for (i = 0; i < 200000 && !problem; i++) {
		state = state * 6364136223846793005 + 1442695040888963407;
		at += state >> 20 & 255 ? 100000 : 3 * MS;
		user_excuse(&u, NULL, at);
		user_push(&u, NULL, 1 + (u32)(i >> 16), (i & 0xffff) ^ (state >> 60 & 7),
			  (u32)(state >> 33) % MEMORY_FLOWS, 0, at,
			  state >> 50 & 15 ? NEVER_FAIL : (unsigned int)(state >> 54 & 1));
		if (!(state >> 40 & 1023))
			user_flush(&u, NULL);
	}
	behind = u.r.stats.released[WGR_BEHIND];
	late = u.r.stats.late_unknown;
	user_flush(&u, NULL);
	if (problem)
		printf("# %s\n", problem);
	printf("# behind %llu, unknown %llu of %llu late\n", behind, late, u.r.stats.late);
	return !problem && behind && late;
}

int main(void)
{
	const char *text = getenv("SEED");
	u64 seed = text ? strtoull(text, NULL, 0) : (u64)time(NULL);

	printf("# SEED=%llu\n", seed);
	tap_ok(passed_by_others_only(), "what only other flows have overtaken is released");
	tap_ok(peer_drops_them(), "in scope peer it is late");
	tap_ok(waits_behind(), "behind what was given up a flow's own order is kept");
	tap_ok(waits_behind_for_long_enough(), "for no longer than the hold");
	tap_ok(waits_on_when_another_is_due(), "and where another flow's wait ends before its own");
	tap_ok(behind_once_and_for_its_own(), "once, and for its own flow only");
	tap_ok(flushed_from_behind(), "what waits there is flushed in order");
	tap_ok(sparse_does_not_wait_behind(), "a flow that has nothing to wait for does not wait behind");
	tap_ok(no_room_behind(), "no more than may wait there do");
	tap_ok(no_room_behind_for_earlier(), "and what was sent earlier goes instead of the oldest of its flow");
	tap_ok(told_late(), "what waits behind does not depend on when the time is told");
	tap_ok(learns_behind(), "what is swapped there teaches");
	tap_ok(fair_queue_and_jitter(), "bulk that others passed and that jitters comes in order");
	tap_ok(auto_goes_by_mode(), "scope auto goes by the mode");
	tap_ok(sparse_goes_ahead(), "a flow that has nothing to wait for goes ahead");
	tap_ok(ahead_of_its_own(), "what it went ahead of is late, and then it waits");
	tap_ok(not_ahead_of_its_own_held(), "nor does one go ahead of its own that is held");
	tap_ok(those_outrun_are_counted(), "and so do others, where that happens to many");
	tap_ok(those_that_wait_are_not_counted(), "but not where one is swapped that waits");
	tap_ok(places_take_part_in_the_window(), "places kept for what is not held take part in the window");
	tap_ok(scope_changes_behind_it(), "a change of scope lets nothing follow what is ahead");
	tap_ok(none_ahead_of_the_nameless(), "nothing goes ahead of what may be of its own flow");
	tap_ok(nameless_not_before_those_behind(), "nor before what waits behind and may be of its own flow");
	tap_ok(before_all(), "what comes before all epochs is late in any flow");
	tap_ok(fair_queues_end_the_wait(), "swaps between flows only: next to no wait in the end");
	tap_ok(own_swaps_teach(), "swaps inside a flow: a wait as long as they need");
	tap_ok(late_since_the_first(), "how late one is counts from the first that overtook it");
	tap_ok(too_late_to_wait_for(), "what is later than can be measured is not waited for");
	tap_ok(first_burst_waits(), "the first burst of a connection does not go ahead of itself");
	tap_ok(rests_when_quiet(), "flows are forgotten when all is quiet");
	tap_ok(late_for_others(), "a wait that others began is longer by what they were ahead");
	tap_ok(an_epoch_between(), "an epoch between two does not go ahead of what is held");
	tap_ok(nothing_asked_in_order(), "in order no flow is looked at and nothing allocated");
	tap_ok(crowded(seed), "refused memory makes it stricter and never wrong");
	return tap_done();
}
