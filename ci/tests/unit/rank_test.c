// SPDX-License-Identifier: GPL-2.0
/*
 * Which session was used after which: cases by hand, then lives at random. Of
 * the order engine there is as much here as it takes to tell what is late.
 *
 * SEED=n repeats a run, LIVES=n sets its length.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocol/rank.h"
#include "tap.h"

#define MS	1000000LL
#define S	(1000 * MS)
#define WAIT	(5 * MS)	/* of the engine, for an older epoch */
#define BIRTH	(100ULL * S)

/* A peer as it is seen at the receiving end. */
static struct {
	struct wgr_ranks ranks;
	u64 made;
	u32 lane[2];		/* open epochs, 0 for none */
	s64 due_ns;		/* when the first of two is closed */
	s64 now_ns;
	bool newest;		/* what was said of the last packet */
	bool calm;		/* no wait for an older epoch */
} end;

static void begin(void)
{
	memset(&end, 0, sizeof(end));
}

static struct wgr_rank make(bool initiator, u64 birth_ns)
{
	return (struct wgr_rank){
		.number = ++end.made, .birth_ns = birth_ns, .initiator = initiator,
	};
}

static void close_due(void)
{
	if (end.lane[1] && end.due_ns < end.now_ns) {
		end.lane[0] = end.lane[1];
		end.lane[1] = 0;
	}
}

/* True unless the engine would call it late. */
static bool push(struct wgr_rank_place place)
{
	u32 highest = end.lane[1] ? end.lane[1] : end.lane[0];

	if (place.epoch <= highest)
		return place.epoch && (place.epoch == end.lane[0] || place.epoch == end.lane[1]);
	if (end.lane[1] || end.calm || !end.lane[0]) {
		end.lane[0] = end.lane[1] ? end.lane[1] : place.epoch;
		end.lane[1] = end.lane[0] == place.epoch ? 0 : place.epoch;
	} else {
		end.lane[1] = place.epoch;
	}
	end.due_ns = end.now_ns + WAIT;
	return true;
}

/* A packet comes @after_ns after the one before. Return: false if it is late. */
static bool comes(struct wgr_rank *rank, u64 counter, s64 after_ns)
{
	end.now_ns += after_ns;
	close_due();
	end.newest = wgr_rank_arrival(&end.ranks, rank, counter, end.now_ns, end.lane[0]);
	return push(wgr_rank_place(rank, counter));
}

static bool is_ahead(const struct wgr_rank *rank)
{
	return end.ranks.ahead.number == rank->number;
}

static bool one_session(void)
{
	struct wgr_rank a;
	bool good;

	begin();
	a = make(true, BIRTH);
	good = comes(&a, 3, 0) && end.newest;
	good &= comes(&a, 1, 0) && !end.newest;
	good &= comes(&a, 4, 0) && end.newest;
	return good && wgr_rank_place(&a, 4).counter == 4 && is_ahead(&a);
}

/* The one used second is ahead, whichever was made first. */
static bool at_once(bool older_first)
{
	struct wgr_rank made[2], *a, *b;
	bool good;

	begin();
	made[0] = make(true, BIRTH);
	made[1] = make(false, BIRTH + 1);
	a = &made[!older_first];
	b = &made[older_first];
	good = comes(a, 1, 0) && comes(a, 0, 0) && comes(b, 0, 0) && end.newest;
	good &= comes(b, 2, MS) && comes(a, 2, MS) && !end.newest && comes(b, 1, MS);
	good &= a->epoch < b->epoch && is_ahead(b);
	return good && comes(b, 3, 50 * MS) && comes(b, 4, 10 * S) && is_ahead(b);
}

/* What the older one left behind does not come between for good. */
static bool straggler(s64 pause_ns, s64 apart_ns, u64 counter, bool calm)
{
	struct wgr_rank old, live;
	unsigned int i, lost = 0;
	bool good;

	begin();
	end.calm = calm;
	old = make(true, BIRTH);
	live = make(false, BIRTH + apart_ns);
	good = comes(&live, 0, 0) && comes(&live, 1, pause_ns);
	comes(&old, counter, pause_ns / 2);
	for (i = 2; i < 100; i++)
		lost += !comes(&live, i, pause_ns);
	return good && lost <= 1 && is_ahead(&live) && end.newest;
}

static bool first_packet_is_one(void)
{
	struct wgr_rank old, live;
	unsigned int i, lost = 0;

	begin();
	old = make(true, BIRTH);
	live = make(false, BIRTH + S);
	comes(&live, 0, 0);
	comes(&old, 0, 10 * MS);
	for (i = 1; i < 150; i++)
		lost += !comes(&live, i, 200 * MS);
	return !lost && is_ahead(&live);
}

static bool three_sessions(void)
{
	struct wgr_rank a, b, c;
	unsigned int i, lost = 0;

	begin();
	a = make(true, BIRTH);
	b = make(false, BIRTH + S);
	c = make(true, BIRTH + 2 * S);
	comes(&c, 0, 0);
	comes(&b, 0, 10 * MS);
	comes(&a, 7, 10 * MS);
	for (i = 1; i < 100; i++)
		lost += !comes(&c, i, 20 * MS);
	return lost <= 1 && is_ahead(&c);
}

/* Neither is silent, so nobody can tell: no more than the odd one may be lost. */
static bool alternating(void)
{
	unsigned int i, lost = 0;
	struct wgr_rank a, b;

	begin();
	a = make(true, BIRTH);
	b = make(false, BIRTH + S);
	for (i = 0; i < 200; i++)
		lost += !comes(i % 2 ? &a : &b, i / 2, 20 * MS);
	return !lost;
}

#define MANY 100

/* @b leaves @a behind and goes on for long. */
static void left_behind(struct wgr_rank *a, struct wgr_rank *b, s64 apart_ns)
{
	unsigned int i;

	begin();
	*a = make(true, BIRTH);
	*b = make(false, BIRTH + 1);
	comes(a, 0, 0);
	for (i = 0; i < MANY; i++)
		comes(b, i, apart_ns);
}

/* One that has been ahead for long does not give way to a single straggler. */
static bool late_straggler(void)
{
	struct wgr_rank a, b;

	left_behind(&a, &b, 10 * MS);
	return !comes(&a, 1, 500 * MS) && !end.newest && comes(&b, MANY, MS) && end.newest;
}

/* However long it has been ahead: one that is as good as gone gives way. */
static bool gone_after_long(s64 silent_ns)
{
	struct wgr_rank a, b;

	left_behind(&a, &b, S);
	return comes(&a, 1, silent_ns) && is_ahead(&a) && end.newest;
}

/* Of the same side's two the second is the later one, however close they are. */
static bool same_side(bool initiator)
{
	struct wgr_rank a, b;
	bool good;

	begin();
	a = make(initiator, BIRTH);
	b = make(initiator, BIRTH);
	good = comes(&b, 0, 0) && !comes(&a, 0, MS) && !end.newest;
	good &= !comes(&a, 1, 50 * MS) && comes(&b, 1, MS) && end.newest;
	good &= !comes(&a, 2, 10 * S) && is_ahead(&b);
	/* As good as gone. */
	good &= comes(&a, 3, 5 * S) && is_ahead(&a);
	return good && comes(&b, 2, 50 * MS) && is_ahead(&b);
}

static bool apart(void)
{
	struct wgr_rank a, b;
	bool good;

	begin();
	a = make(true, BIRTH);
	b = make(false, BIRTH + 5 * S);
	good = comes(&b, 0, 0) && !comes(&a, 0, MS) && !comes(&a, 1, S) && is_ahead(&b);

	/* A second less, and it may be either. */
	begin();
	a = make(true, BIRTH);
	b = make(false, BIRTH + 4 * S);
	return good && comes(&b, 0, 0) && comes(&a, 0, MS) && is_ahead(&a);
}

/* Going ahead does not let out what is older than what was let out. */
static bool older_stays_behind(void)
{
	struct wgr_rank old, live;
	bool good;

	begin();
	old = make(true, BIRTH);
	live = make(false, BIRTH + S);
	comes(&live, 0, 0);
	comes(&live, 10, MS);
	comes(&old, 0, MS);
	good = comes(&live, 14, 50 * MS) && end.newest;
	good &= !comes(&live, 9, 0) && !end.newest;
	/* Missing are only those between. */
	good &= wgr_rank_place(&live, 14).counter == 3 && wgr_rank_place(&live, 11).counter == 0;
	return good && comes(&live, 12, 0) && !end.newest;
}

static uint64_t random_state;

static u64 below(u64 limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state * 0x2545f4914f6cdd1dULL >> 20) % limit;
}

#define SESSIONS	4
#define PACKETS		60
#define TAIL		12

struct packet {
	s64 ns;
	unsigned int session;
	u64 counter;
};

static int by_time(const void *a, const void *b)
{
	const struct packet *x = a, *y = b;

	return (x->ns > y->ns) - (x->ns < y->ns);
}

/* The highest packet of a session that was not late. */
struct out {
	u64 counter;
	struct wgr_rank_place place;
};

/* Of one session, what has the higher counter must have the higher place. */
static bool in_order(struct out *last, u64 counter, struct wgr_rank_place place)
{
	bool higher = place.epoch > last->place.epoch ||
		      (place.epoch == last->place.epoch && place.counter > last->place.counter);

	if (last->place.epoch && higher != (counter > last->counter))
		return false;
	if (higher)
		*last = (struct out){ counter, place };
	return true;
}

/*
 * The other side goes from session to session, none is used again once it is
 * left. The network loses and delays; before the end it is quiet for a moment.
 */
static bool life(void)
{
	static struct packet packet[SESSIONS * PACKETS + TAIL];
	struct out last[SESSIONS] = { 0 };
	u64 counter = 0, pause, jitter;
	struct wgr_rank rank[SESSIONS], *session;
	unsigned int used[SESSIONS], count, sessions, i, k, n = 0, lost = 0;
	s64 sent_ns = 0, made_ns = BIRTH;
	struct wgr_rank_place place;
	bool out;

	begin();
	end.calm = !below(3);
	sessions = 1 + below(SESSIONS);
	for (i = 0; i < sessions; i++) {
		made_ns += below(4) ? below(4 * S) : 0;
		rank[i] = make(below(2), made_ns);
		used[i] = i;
	}
	/* Begun at once: the order of their use may be the other one. */
	for (i = 0; i + 1 < sessions; i++)
		if (rank[i].initiator != rank[i + 1].initiator && below(2) &&
		    rank[i + 1].birth_ns < rank[i].birth_ns + 5 * S && used[i] == i) {
			used[i] = i + 1;
			used[i + 1] = i;
		}
	pause = MS << below(8);
	jitter = below(3) ? 1 + below(20 * pause) : 1;
	for (k = 0; k < sessions; k++) {
		counter = below(8) ? 0 : below(1ULL << 40);
		count = 1 + below(PACKETS - 1);
		for (i = 0; i < count; i++, counter++) {
			sent_ns += pause;
			if (below(10))
				packet[n++] = (struct packet){
					sent_ns + (s64)below(jitter), used[k], counter
				};
		}
	}
	sent_ns += 3 * (s64)jitter;
	for (i = 0; i < TAIL; i++, sent_ns += (s64)jitter + 20 * S)
		packet[n++] = (struct packet){ sent_ns, used[sessions - 1], counter++ };
	qsort(packet, n, sizeof(*packet), by_time);

	for (i = 0; i < n; i++) {
		session = &rank[packet[i].session];
		out = comes(session, packet[i].counter, packet[i].ns - end.now_ns);
		if (i + TAIL - 1 >= n)
			lost += !out;
		if (!out)
			continue;
		place = wgr_rank_place(session, packet[i].counter);
		if (!in_order(&last[packet[i].session], packet[i].counter, place))
			return false;
	}
	return !lost && is_ahead(&rank[used[sessions - 1]]);
}

int main(void)
{
	const char *seed = getenv("SEED"), *lives = getenv("LIVES");
	uint64_t number = seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL);
	unsigned long left = lives ? strtoul(lives, NULL, 0) : 50000;
	bool good = true;

	tap_ok(one_session(), "one session: counters alone");
	tap_ok(at_once(true), "begun at once, the one made first used first");
	tap_ok(at_once(false), "begun at once, the one made last used first");
	tap_ok(first_packet_is_one(), "a straggler after the first packet: nothing lost");
	tap_ok(straggler(MS, S, 0, false), "a straggler among many packets");
	tap_ok(straggler(MS, S, 0, true), "the same where the engine does not wait");
	tap_ok(straggler(50 * MS, S, 1ULL << 50, false), "a straggler with a high counter");
	tap_ok(straggler(25 * S, 4 * S, 0, true), "a straggler among keepalives");
	tap_ok(three_sessions(), "stragglers of two sessions");
	tap_ok(alternating(), "both in use for long");
	tap_ok(late_straggler(), "a straggler after long use changes nothing");
	tap_ok(!gone_after_long(14 * S) && gone_after_long(15 * S), "but one when that has fallen silent for 15 s does");
	tap_ok(same_side(true), "of two of ours the second one follows");
	tap_ok(same_side(false), "of two of theirs the second one follows");
	tap_ok(apart(), "five seconds apart the second one follows");
	tap_ok(older_stays_behind(), "what is older stays behind");

	printf("# SEED=%" PRIu64 " LIVES=%lu\n", number, left);
	random_state = number * 0x9e3779b97f4a7c15ULL | 1;
	while (left-- && good)
		good = life();
	tap_ok(good, "random lives: in order, and who goes on is heard");
	return tap_done();
}
