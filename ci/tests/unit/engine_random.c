// SPDX-License-Identifier: GPL-2.0
/*
 * Random arrivals, each shown to the engine and to the oracle.  After every
 * step both must agree on everything that can be seen: verdict, released
 * packets, deadline, what is missing and every counter of the statistics.
 *
 * What the design promises is checked besides, without the oracle: ascending
 * output, one fate for each packet, late only what was overtaken, no hold
 * longer than the longest wait in force meanwhile, and the same result whether
 * time is told often or only by arrivals.
 *
 * SEED=number repeats a run, ARRIVALS=number sets its length.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "tap.h"
#include "user.h"

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
	struct wgr_settings settings;
	enum ticking ticking;
	u32 sends;		/* packets to be sent */
	u64 silent;		/* a fortieth of the longest silence */
	u64 spacing;		/* mean time between sent packets */
	u64 delay;		/* most that a reordered one comes later */
	u32 reorder, lose, repeat, rekey, overlap, jump, silence, flush, configure, refuse, back;
	u32 discard, reset, mode, scope, excuse;
	u32 flows;
	u32 sparse;		/* chance that a packet is of another flow than the first */
	u32 paths;
	u32 path_mix;		/* chance that a packet takes any path, not its turn's */
	u64 path_delay[WGR_PATHS];
};

struct flying {
	s64 arrival;
	u32 session;
	u8 path;
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
static u64 seen_verdict[4], seen_cause[WGR_CAUSES], seen_closed[WGR_IN_ORDER], seen_calm, seen_late_ahead;

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

static void tick(s64 arrival)
{
	s64 clock = main_user.r.clock_ns;

	switch (now.ticking) {
	case TICK_RANDOM:
		if (clock > S64_MIN && clock < arrival - 1 && chance(250000))
			user_advance(&main_user, &oracle, clock + (s64)below((u64)(arrival - 1 - clock)));
		break;
	case TICK_PROMPT:
		user_advance_to(&main_user, &oracle, arrival - 1);
		break;
	case TICK_EAGER:
		user_advance_to(&main_user, &oracle, arrival);
		break;
	default:
		break;
	}
}

/* The same for a copy of a packet. */
static u32 flow_of(u32 who, u64 number)
{
	u64 z = (number + who) * 0x9e3779b97f4a7c15;

	z ^= z >> 29;
	if (z % 1000000 >= now.sparse)
		return 0;
	return (u32)(z / 1000000 % now.flows);
}

static void arrive(struct flying f)
{
	u32 flow = flow_of(f.session, f.counter);
	unsigned int refuse = chance(now.refuse) ? (unsigned int)below(2) : NEVER_FAIL;
	u32 epoch;

	if (epoch_of[f.session] == NO_EPOCH) {
		epochs += 1 + (u32)below(3);
		epoch_of[f.session] = epochs;
	}
	epoch = epoch_of[f.session];
	if (chance(now.back))
		f.arrival -= (s64)below(3 * now.delay + 2);
	tick(f.arrival);
	if (chance(now.excuse))
		user_excuse(&main_user, &oracle, f.arrival);
	seen_verdict[user_push(&main_user, &oracle, epoch, f.counter, flow, f.path, f.arrival,
			       refuse)]++;

	if (!now.flush && !now.discard && !now.configure && !now.reset && !now.refuse &&
	    !now.excuse && now.ticking < TICK_EAGER)
		user_push(&quiet, NULL, epoch, f.counter, flow, f.path, f.arrival, NEVER_FAIL);
	arrivals++;
}

static u64 random_hold(void)
{
	return PICK(0, 1, 50, 1000, 1000, 1000, 20000, 1000000);
}

static u64 random_max(void)
{
	return PICK(0, 1, 40000, 100000, 200000, 1000000, 1000000, 50000000);
}

static void configure(void)
{
	now.settings.window = PICK(64, 65, 100, 128, 256, 512);
	if (chance(500000))
		now.settings.hold_ns = random_hold();
	if (chance(500000))
		now.settings.hold_max_ns = random_max();
	if (chance(now.mode))
		now.settings.mode = (enum wgr_mode)below(WGR_MODES);
	if (chance(now.scope))
		now.settings.scope = (enum wgr_scope)below(WGR_SCOPES);
	user_configure(&main_user, &oracle, &now.settings);
}

static void fly(u32 who, u64 number)
{
	static u8 turn;
	struct flying f = { .arrival = sent_at, .session = who, .counter = number };
	u32 i;

	turn = (u8)((turn + 1) % now.paths);
	f.path = chance(now.path_mix) ? (u8)below(now.paths) : turn;
	f.arrival += (s64)now.path_delay[f.path];

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
		sent_at += (s64)below(40 * now.silent + 1000);
	if (chance(now.jump))
		*next += below(4) ? below(2 * now.settings.window) : random64() >> below(64);
	/* Once round the ring: another packet's slot. */
	if (chance(now.jump / 2))
		*next += WGR_SPAN_MAX - 2 + below(4);
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

/* Several lines, each of which keeps its order or not. */
static void choose_paths(void)
{
	u32 i;

	now.paths = PICK(2, 2, 3, 4);
	now.path_mix = PICK(0, 100000, 1000000);
	for (i = 0; i < now.paths; i++)
		now.path_delay[i] = below(1 + (now.spacing + 1) * PICK(1, 10, 100));
	/* Else the rule hardly ever speaks. */
	if (chance(800000)) {
		now.settings.mode = WGR_ADAPTIVE;
		now.settings.hold_ns = now.settings.hold_max_ns = 50000000;
	}
	if (chance(700000))
		now.reorder = 0;
	if (chance(700000))
		now.repeat = 0;
	if (chance(700000))
		now.overlap = 0;
	/* Some paths fall silent. */
	if (chance(300000))
		now.silent = 12500000;
}

/* Long enough in order to be calm, now and then. */
static void choose_calm(void)
{
	now.sends = 12000;
	now.settings.mode = WGR_ADAPTIVE;
	now.reorder = PICK(0, 0, 100, 300);
	now.repeat = 0;
	now.rekey = PICK(100, 300, 1000);
	now.overlap = PICK(0, 0, 100);
	now.lose = PICK(0, 0, 1000);
}

static void choose_profile(void)
{
	memset(&now, 0, sizeof(now));
	now.settings.mode = PICK(WGR_ADAPTIVE, WGR_ADAPTIVE, WGR_ADAPTIVE, WGR_ADAPTIVE,
				 WGR_FIXED, WGR_FIXED, WGR_FIXED, WGR_OFF);
	now.settings.scope = PICK(WGR_SCOPE_FLOW, WGR_SCOPE_FLOW, WGR_SCOPE_PEER, WGR_SCOPE_AUTO);
	now.flows = PICK(1, 2, 3, 8, MEMORY_FLOWS);
	now.sparse = PICK(1000, 20000, 300000, 1000000);
	now.scope = PICK(0, 0, 500000);
	now.excuse = PICK(0, 0, 100000, 1000000);
	now.settings.window = PICK(64, 64, 64, 65, 128, 200, 256, 512, 2048, 16384);
	now.settings.hold_ns = random_hold();
	now.settings.hold_max_ns = random_max();
	if (chance(20000))
		now.settings.hold_ns = S64_MAX;
	if (chance(20000))
		now.settings.hold_max_ns = S64_MAX;
	/* The oracle's patience is O(n) for everything. */
	now.sends = now.settings.window > 512 ? 1000 : 3000;
	now.ticking = (enum ticking)below(TICKINGS);
	now.spacing = PICK(0, 1, 10, 100, 1000, 20000);
	now.delay = (now.spacing + 1) * PICK(1, 3, 10, 30, 100, 400);
	now.reorder = PICK(0, 1000, 30000, 300000, 1000000);
	now.lose = PICK(0, 0, 1000, 20000, 300000);
	now.repeat = PICK(0, 0, 1000, 100000);
	now.rekey = PICK(0, 100, 1000, 20000, 200000);
	now.overlap = PICK(0, 0, 1000, 100000, 500000);
	now.jump = PICK(0, 0, 100, 3000);
	now.silence = PICK(0, 0, 1000, 20000);
	now.silent = now.settings.hold_ns == S64_MAX ? 1000 : now.settings.hold_ns;
	now.flush = PICK(0, 0, 0, 100, 5000);
	now.discard = PICK(0, 0, 0, 0, 100, 5000);
	now.configure = PICK(0, 0, 0, 100, 5000);
	now.mode = PICK(0, 200000, 500000);
	now.reset = PICK(0, 0, 0, 100, 5000);
	now.refuse = PICK(0, 0, 0, 1000, 100000, 1000000);
	now.back = PICK(0, 0, 1000, 100000);
	now.paths = 1;
	if (chance(300000))
		choose_paths();
	else if (chance(120000))
		choose_calm();
}

static void count_seen(void)
{
	const struct wgr_reorder_stats *s = &main_user.r.stats;
	int i;

	for (i = 0; i < WGR_CAUSES; i++)
		seen_cause[i] += s->released[i];
	for (i = 0; i < WGR_IN_ORDER; i++)
		seen_closed[i] += s->boundaries_closed[i];
	seen_calm += oracle.calm;
	seen_late_ahead += s->late_ahead;
}

static void play_round(void)
{
	u64 left = now.sends;

	user_init(&main_user, &now.settings, now.ticking >= TICK_PROMPT);
	user_init(&quiet, &now.settings, false);
	oracle_init(&oracle, &now.settings);
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
			user_flush(&main_user, &oracle);
		if (chance(now.discard))
			user_discard(&main_user, &oracle);
		if (chance(now.configure))
			configure();
		if (chance(now.reset))
			user_reset_stats(&main_user, &oracle);
	}
	deliver(true);
	user_advance_to(&main_user, &oracle, S64_MAX - 1);
	user_flush(&main_user, &oracle);
	count_seen();
	/* What is left in the end comes out by time, too: a flush has an order of its own. */
	user_advance_to(&quiet, NULL, S64_MAX - 1);
	user_flush(&quiet, NULL);
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
	printf("# released in order %llu, filled %llu, timed out %llu, passed %llu, overflowed %llu\n",
	       seen_cause[WGR_IN_ORDER], seen_cause[WGR_FILLED], seen_cause[WGR_TIMED_OUT],
	       seen_cause[WGR_PASSED], seen_cause[WGR_OVERFLOWED]);
	printf("# released ahead %llu, behind %llu, late for what went ahead %llu\n",
	       seen_cause[WGR_AHEAD], seen_cause[WGR_BEHIND], seen_late_ahead);
	printf("# events: opened %llu, filled %llu, given up %llu, late %llu, wait changed %llu\n",
	       events_seen[WGR_GAP_OPENED], events_seen[WGR_GAP_FILLED],
	       events_seen[WGR_GAP_GIVEN_UP], events_seen[WGR_ITEM_LATE],
	       events_seen[WGR_HOLD_CHANGED]);
	printf("# epochs closed: timed out %llu (%llu at once), passed %llu, overflowed %llu\n",
	       seen_closed[WGR_TIMED_OUT], seen_calm, seen_closed[WGR_PASSED],
	       seen_closed[WGR_OVERFLOWED]);
	tap_ok(!problem, "engine and oracle agree on random arrivals");
	return tap_done();
}
