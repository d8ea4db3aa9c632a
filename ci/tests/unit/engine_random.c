// SPDX-License-Identifier: GPL-2.0
/*
 * Random arrivals, each shown to the engine and to the oracle.  After every
 * step both must agree on everything that can be seen: verdict, released
 * packets, deadline, what is missing and every counter of the statistics.
 *
 * What the design promises is checked besides, without the oracle: ascending
 * output, one fate for each packet, late only what was overtaken, no hold
 * longer than allowed, and the same result whether time is told often or only
 * by arrivals.
 *
 * SEED=number repeats a run, ARRIVALS=number sets its length.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "memory.h"
#include "oracle.h"
#include "tap.h"

#define FLIGHT	4096	/* packets on their way */
#define NO_EPOCH 0

/* When the caller tells the time besides arrivals. */
enum ticking {
	TICK_NEVER,
	TICK_RANDOM,	/* any time up to the next arrival */
	TICK_PROMPT,	/* at each deadline before the next arrival */
	TICK_EAGER,	/* as prompt, and also at a deadline equal to the next arrival */
	TICKINGS,
};

/* What a round is like.  Chances are in 1/1000000. */
struct profile {
	u32 window;
	s64 hold;
	enum ticking ticking;
	u64 spacing;		/* mean time between sent packets */
	u64 delay;		/* most that a reordered one comes later */
	u32 reorder, lose, repeat, rekey, overlap, jump, silence, flush, configure, refuse, back;
};

struct flying {
	s64 arrival;
	u32 session;
	u64 counter;
};

/* One engine with its caller. */
struct user {
	struct wgr_reorder r;
	struct memory memory;
	u64 live;		/* items held by the engine, as the caller counts */
	u64 trail;		/* hash of all verdicts and releases */
	bool any;
	u32 epoch;		/* last released */
	u64 counter;
};

static struct profile now;
static struct user main_user, quiet;
static struct oracle oracle;
static struct flying flight[FLIGHT];
static u32 flying;
static s64 sent_at;
static u32 session;			/* newest of the sender */
static u64 counter[2];			/* next of the newest session and of the one before */
static bool used_up[2];
static u32 epoch_of[1 << 16];		/* of a session, NO_EPOCH before its first arrival */
static u32 epochs;
static u64 arrivals, seed;
static u64 seen_verdict[4];
static const struct wgr_item *arriving;	/* being pushed: not held yet */
static const char *problem;

static u64 random_state;

static u64 random64(void)
{
	u64 z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static u64 below(u64 limit)
{
	return limit ? random64() % limit : 0;
}

static bool chance(u32 millionths)
{
	return below(1000000) < millionths;
}

static u32 pick(const u32 *from, u32 n)
{
	return from[below(n)];
}

#define PICK(...) \
	pick((const u32[]){ __VA_ARGS__ }, sizeof((u32[]){ __VA_ARGS__ }) / sizeof(u32))

static void wrong(const char *what)
{
	if (!problem)
		problem = what;
}

static void leave_trail(struct user *u, u64 value)
{
	u->trail = (u->trail ^ value) * 0x100000001b3;
}

/* Look at what came out, then free it: the engine must not care. */
static void take(struct user *u, struct wgr_item_list *out, struct oracle *o)
{
	struct wgr_item *item, *next;
	u32 n = 0;

	for (item = out->first; item; item = next) {
		next = item->newer;
		if (!next && item != out->last)
			wrong("the list does not end at its last item");
		if (u->any && (item->epoch < u->epoch ||
			       (item->epoch == u->epoch && item->counter <= u->counter)))
			wrong("released out of order");
		u->any = true;
		u->epoch = item->epoch;
		u->counter = item->counter;
		if (item->tag != (u32)(item->counter * 7 + item->epoch))
			wrong("tag changed");
		if (now.ticking >= TICK_PROMPT && u == &main_user && item != arriving &&
		    u->r.clock_ns - item->arrival_ns > now.hold)
			wrong("held too long");
		if (o && (n >= o->released || o->out[n].epoch != item->epoch ||
			  o->out[n].counter != item->counter))
			wrong("released other packets than the oracle");
		leave_trail(u, item->epoch);
		leave_trail(u, item->counter);
		free(item);
		u->live--;
		n++;
	}
	if (o && n != o->released)
		wrong("released fewer packets than the oracle");
	if (o)
		o->released = 0;
	memset(out, 0, sizeof(*out));
}

static u64 sum(const u64 *values, int n)
{
	u64 total = 0;

	while (n--)
		total += values[n];
	return total;
}

static void audit(const struct user *u)
{
	const struct wgr_reorder_stats *s = &u->r.stats;

	if (u->live != u->r.held)
		wrong("an item was lost or released twice");
	if (u->r.held > u->r.window)
		wrong("more held than the window allows");
	if (s->pushed != sum(s->released, WGR_CAUSES) + u->r.held + s->late + s->duplicate)
		wrong("items do not balance");
	if (s->gaps_opened != sum(s->gaps_closed, WGR_IN_ORDER) + wgr_reorder_open_gaps(&u->r))
		wrong("gaps do not balance");
	if (s->boundaries_opened != sum(s->boundaries_closed, WGR_IN_ORDER) +
	    wgr_reorder_open_boundaries(&u->r))
		wrong("boundaries do not balance");
	if (!u->r.held && u->memory.live)
		wrong("memory kept while nothing is held");
}

static void compare(void)
{
	const struct wgr_reorder *r = &main_user.r;

	audit(&main_user);
	if (r->held != oracle.waiting)
		wrong("held and the oracle's differ");
	if (wgr_reorder_open_gaps(r) != (u64)oracle_gaps(&oracle))
		wrong("open gaps and the oracle's differ");
	if (wgr_reorder_open_boundaries(r) != oracle_boundary(&oracle))
		wrong("open boundaries and the oracle's differ");
	if (wgr_reorder_deadline(r) != oracle_deadline(&oracle))
		wrong("deadline and the oracle's differ");
	if (memcmp(&r->stats, &oracle.stats, sizeof(r->stats)))
		wrong("statistics and the oracle's differ");
}

static void advance(s64 to)
{
	struct wgr_item_list out = { 0 };

	wgr_reorder_advance(&main_user.r, to, &out);
	oracle_advance(&oracle, to);
	take(&main_user, &out, &oracle);
	compare();
}

static void tick(s64 arrival)
{
	s64 clock = main_user.r.clock_ns;

	switch (now.ticking) {
	case TICK_RANDOM:
		if (clock > S64_MIN && clock < arrival - 1 && chance(250000))
			advance(clock + (s64)below((u64)(arrival - 1 - clock)));
		break;
	case TICK_PROMPT:
		while (wgr_reorder_deadline(&main_user.r) < arrival)
			advance(wgr_reorder_deadline(&main_user.r));
		break;
	case TICK_EAGER:
		while (wgr_reorder_deadline(&main_user.r) <= arrival)
			advance(wgr_reorder_deadline(&main_user.r));
		break;
	default:
		break;
	}
}

static enum wgr_verdict push(struct user *u, u32 epoch, const struct flying *f, struct oracle *o,
			     enum wgr_verdict want)
{
	struct wgr_item *item = malloc(sizeof(*item));
	struct wgr_item_list out = { 0 };
	enum wgr_verdict verdict;

	*item = (struct wgr_item){
		.epoch = epoch,
		.counter = f->counter,
		.arrival_ns = f->arrival,
		.tag = (u32)(f->counter * 7 + epoch),
	};
	u->live++;
	verdict = wgr_reorder_push(&u->r, item, &out);
	arriving = item;
	if (o && verdict != want)
		wrong("verdict and the oracle's differ");
	take(u, &out, o);
	arriving = NULL;
	if (verdict == WGR_LATE || verdict == WGR_DUPLICATE) {
		free(item);
		u->live--;
	}
	/* An epoch can also be closed by a third one, or for room. */
	if (verdict == WGR_LATE && epoch >= u->r.lane[0].epoch &&
	    (!u->any || epoch > u->epoch || (epoch == u->epoch && f->counter > u->counter)))
		wrong("called late, though nothing sent after it was released");
	leave_trail(u, verdict);
	return verdict;
}

static void arrive(struct flying f)
{
	unsigned int refuse = chance(now.refuse) ? (unsigned int)below(2) : NEVER_FAIL;
	enum wgr_verdict want;

	if (epoch_of[f.session] == NO_EPOCH) {
		epochs += 1 + (u32)below(3);
		epoch_of[f.session] = epochs;
	}
	if (chance(now.back))
		f.arrival -= (s64)below(3 * now.delay + 2);
	tick(f.arrival);

	main_user.memory.fail_from = main_user.memory.calls + refuse;
	main_user.memory.fail_count = refuse == NEVER_FAIL ? 0 : NEVER_FAIL;
	want = oracle_push(&oracle, epoch_of[f.session], f.counter, f.arrival, refuse);
	seen_verdict[push(&main_user, epoch_of[f.session], &f, &oracle, want)]++;
	main_user.memory.fail_count = 0;
	compare();

	if (!now.flush && !now.configure && !now.refuse && now.ticking < TICK_EAGER) {
		push(&quiet, epoch_of[f.session], &f, NULL, want);
		audit(&quiet);
	}
	arrivals++;
}

static void flush(void)
{
	struct wgr_item_list out = { 0 };

	wgr_reorder_flush(&main_user.r, &out);
	oracle_flush(&oracle);
	take(&main_user, &out, &oracle);
	compare();
	if (main_user.r.held || main_user.memory.live)
		wrong("a flush left something");
}

static s64 random_hold(void)
{
	return (s64)PICK(0, 1, 50, 1000, 1000, 1000, 20000, 1000000);
}

static void configure(void)
{
	struct wgr_item_list out = { 0 };

	now.window = PICK(64, 65, 100, 128, 256, 512);
	if (chance(500000))
		now.hold = random_hold();
	wgr_reorder_configure(&main_user.r, now.window, (u64)now.hold, &out);
	oracle_configure(&oracle, now.window, now.hold);
	/* Who shortens the hold must expect to be asked for time at once. */
	if (now.ticking >= TICK_PROMPT)
		now.ticking = TICK_RANDOM;
	take(&main_user, &out, &oracle);
	compare();
}

static void fly(u32 who, u64 number)
{
	struct flying f = { .arrival = sent_at, .session = who, .counter = number };
	u32 i;

	if (chance(now.lose))
		return;
	if (chance(now.reorder))
		f.arrival += (s64)below(now.delay + 1);
	for (i = flying++; i && flight[i - 1].arrival > f.arrival; i--)
		flight[i] = flight[i - 1];
	flight[i] = f;
}

static void send_one(void)
{
	bool old = session > 1 && chance(now.overlap);
	u64 *next = &counter[old];
	u64 number;

	sent_at += (s64)below(2 * now.spacing + 1);
	if (chance(now.silence))
		sent_at += (s64)below(40 * (u64)(now.hold == S64_MAX ? 1000 : now.hold) + 1000);
	if (chance(now.jump))
		*next += below(4) ? below(2 * now.window) : random64() >> below(64);
	/* Once round the ring: another packet's slot. */
	if (chance(now.jump / 2))
		*next += WGR_WINDOW_MAX - 2 + below(4);
	/* The end of the range and what happens there. */
	if (chance(now.jump / 4))
		*next = U64_MAX - below(70);
	/* Nothing can follow the last counter. */
	if (!used_up[old]) {
		number = *next;
		used_up[old] = number == U64_MAX;
		*next = number + 1;
		fly(session - old, number);
		if (chance(now.repeat))
			fly(session - old, number - below(number < 40 ? number + 1 : 40));
	}
	if (used_up[0] || chance(now.rekey)) {
		counter[1] = counter[0];
		used_up[1] = used_up[0];
		counter[0] = 0;
		used_up[0] = false;
		session++;
	}
}

static void deliver(bool all)
{
	u32 n = 0;

	while (n < flying && (all || flight[n].arrival <= sent_at || flying - n > FLIGHT - 8))
		arrive(flight[n++]);
	memmove(flight, flight + n, (flying - n) * sizeof(flight[0]));
	flying -= n;
}

static void choose_profile(void)
{
	memset(&now, 0, sizeof(now));
	now.window = PICK(64, 64, 64, 65, 128, 200, 256, 512, 2048, 16384);
	now.hold = random_hold();
	if (chance(20000))
		now.hold = S64_MAX;
	now.ticking = (enum ticking)below(TICKINGS);
	now.spacing = PICK(0, 1, 10, 100, 1000);
	now.delay = (now.spacing + 1) * PICK(1, 3, 10, 30, 100, 400);
	now.reorder = PICK(0, 1000, 30000, 300000, 1000000);
	now.lose = PICK(0, 0, 1000, 20000, 300000);
	now.repeat = PICK(0, 0, 1000, 100000);
	now.rekey = PICK(0, 100, 1000, 20000, 200000);
	now.overlap = PICK(0, 0, 1000, 100000, 500000);
	now.jump = PICK(0, 0, 100, 3000);
	now.silence = PICK(0, 0, 1000, 20000);
	now.flush = PICK(0, 0, 0, 100, 5000);
	now.configure = PICK(0, 0, 0, 100, 5000);
	now.refuse = PICK(0, 0, 0, 1000, 100000, 1000000);
	now.back = PICK(0, 0, 1000, 100000);
}

static void new_user(struct user *u)
{
	memset(u, 0, sizeof(*u));
	wgr_reorder_init(&u->r, &memory_ops, &u->memory, now.window, (u64)now.hold);
}

static void play_round(void)
{
	struct wgr_item_list out = { 0 };
	/* The oracle's patience is O(n) for everything. */
	u64 left = now.window > 512 ? 1000 : 3000;

	new_user(&main_user);
	new_user(&quiet);
	oracle_init(&oracle, now.window, now.hold);
	flying = 0;
	sent_at = 0;
	session = 1;
	memset(counter, 0, sizeof(counter));
	memset(used_up, 0, sizeof(used_up));
	memset(epoch_of, 0, sizeof(epoch_of));
	epochs = 0;

	while (left-- && !problem) {
		send_one();
		deliver(false);
		if (chance(now.flush))
			flush();
		if (chance(now.configure))
			configure();
	}
	deliver(true);
	while (main_user.r.held && now.hold != S64_MAX && !problem)
		advance(wgr_reorder_deadline(&main_user.r));
	flush();

	wgr_reorder_flush(&quiet.r, &out);
	take(&quiet, &out, NULL);
	if (quiet.r.stats.pushed && quiet.trail != main_user.trail)
		wrong("telling the time more often changed the result");
}

static u64 setting(const char *name, u64 preset)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : preset;
}

int main(void)
{
	u64 want = setting("ARRIVALS", 1500000), rounds = 0;

	seed = setting("SEED", (u64)time(NULL) << 20 ^ (u64)clock());
	printf("# SEED=%llu\n", seed);
	while (arrivals < want && !problem) {
		/* Every round has a seed of its own, so that a failure is quick to repeat. */
		random_state = seed + rounds;
		choose_profile();
		play_round();
		rounds++;
	}
	if (problem)
		printf("# %s; arrival %llu of the run, again with SEED=%llu ARRIVALS=1\n",
		       problem, arrivals, seed + rounds - 1);
	printf("# %llu rounds, %llu arrivals: %llu released at once, %llu held, %llu late, %llu duplicate\n",
	       rounds, arrivals, seen_verdict[WGR_RELEASED], seen_verdict[WGR_HELD],
	       seen_verdict[WGR_LATE], seen_verdict[WGR_DUPLICATE]);
	tap_ok(!problem, "engine and oracle agree on random arrivals");
	return tap_done();
}
