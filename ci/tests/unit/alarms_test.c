// SPDX-License-Identifier: GPL-2.0
/*
 * Alarms against the table of the paper, at each rate of ticks, also where ticks run
 * over. SEED=n repeats a run.
 */
#include <limits.h>
#include <stdlib.h>

#include "port.h"
#include "protocol/alarms.h"
#include "seed.h"
#include "tap.h"

#define MS	1000000ULL
#define S	(1000 * MS)

static struct wgr_alarms alarms;
static unsigned long now, armed;	/* ticks; of the timer, 0 for not armed */
static unsigned long started;
static bool ready;			/* the random generator has its seed */
static u16 interval_s;

/* What has been done, and when first and last. */
static struct {
	unsigned int times;
	u64 first_ms, last_ms;
} done[6];

static u64 ms_since(unsigned long tick)
{
	return (u64)(tick - started) * 1000 / HZ;
}

static u64 now_ns(void)
{
	return 1000 * S + (u64)(now - started) * (S / HZ);
}

static void expect(unsigned long due)
{
	if (due && (!armed || time_before(due, armed)))
		armed = due;
}

static void begin(void)
{
	memset(&alarms, 0, sizeof(alarms));
	memset(done, 0, sizeof(done));
	now = started;
	armed = 0;
	ready = true;
	interval_s = 0;
}

/* As the module does it: noted before and after, and nothing else is sent. */
static void initiate(void)
{
	if (!wgr_alarms_may_initiate(&alarms, now_ns()))
		return;
	wgr_alarms_note_initiation(&alarms, now_ns());
	expect(wgr_alarms_sent_initiation(&alarms, now));
	expect(wgr_alarms_sent_any(&alarms, now, interval_s));
}

static void note(unsigned int actions)
{
	int i;

	for (i = 0; i < 6; i++) {
		if (!(actions & BIT(i)))
			continue;
		if (!done[i].times++)
			done[i].first_ms = ms_since(now);
		done[i].last_ms = ms_since(now);
	}
}

/* The timer rings at its time, and what is to be done is done. */
static void run(unsigned int seconds)
{
	unsigned long end = now + seconds * HZ, next;
	unsigned int actions;

	while (armed && !time_after(armed, end)) {
		now = armed;
		armed = 0;
		actions = wgr_alarms_ring(&alarms, now, now_ns(), ready, &next);
		expect(next);
		note(actions);
		if (actions & WGR_DO_INITIATE)
			initiate();
		if (actions & (WGR_DO_KEEPALIVE | WGR_DO_PERSISTENT))
			expect(wgr_alarms_sent_any(&alarms, now, interval_s));
	}
	now = end;
}

static void sends(bool data)
{
	expect(wgr_alarms_sent_any(&alarms, now, interval_s));
	if (data)
		expect(wgr_alarms_sent_data(&alarms, now));
}

static void gets(bool data)
{
	expect(wgr_alarms_got_any(&alarms, now, interval_s));
	if (data)
		expect(wgr_alarms_got_data(&alarms, now));
}

static int number(enum wgr_action action)
{
	return __builtin_ctz(action);
}

static unsigned int times(enum wgr_action action)
{
	return done[number(action)].times;
}

/* It was done first between these two times, and a tick. */
static bool first(enum wgr_action action, u64 from_ms, u64 to_ms)
{
	u64 tick_ms = 1000 / HZ, ms = done[number(action)].first_ms;
	bool good = times(action) && ms >= from_ms && ms <= to_ms + tick_ms;

	if (!good)
		printf("# %u times, first after %llu ms\n", times(action), ms);
	return good;
}

static void keepalive(void)
{
	begin();
	gets(true);
	run(30);
	tap_ok(first(WGR_DO_KEEPALIVE, 10000, 10000) && times(WGR_DO_KEEPALIVE) == 1,
	       "data is answered with a keepalive after 10 s, once");
	begin();
	gets(false);
	run(1000);
	tap_ok(!times(WGR_DO_KEEPALIVE), "a keepalive is not");
	begin();
	gets(true);
	run(9);
	sends(true);
	gets(false);
	run(30);
	tap_ok(!times(WGR_DO_KEEPALIVE), "nor data that anything was sent after");
	begin();
	gets(true);
	run(5);
	gets(true);
	run(30);
	tap_ok(first(WGR_DO_KEEPALIVE, 10000, 10000) && times(WGR_DO_KEEPALIVE) == 1,
	       "more data does not put it off, and needs no other");
	begin();
	sends(true);
	run(7);
	gets(true);
	run(30);
	tap_ok(first(WGR_DO_KEEPALIVE, 17000, 17000), "a far alarm does not make a near one late");
}

static void silence(void)
{
	begin();
	sends(true);
	run(16);
	tap_ok(first(WGR_DO_INITIATE, 15000, 15333) && first(WGR_DO_NEW_SOURCE, 15000, 15333),
	       "silence for 15 s after data: a handshake, by another source");
	begin();
	sends(true);
	run(10);
	sends(true);
	run(6);
	tap_ok(first(WGR_DO_INITIATE, 15000, 15333), "more data does not put it off");
	begin();
	sends(true);
	run(14);
	gets(false);
	run(60);
	tap_ok(!times(WGR_DO_INITIATE), "anything that comes does");
	begin();
	sends(false);
	run(60);
	tap_ok(!times(WGR_DO_INITIATE), "after a keepalive nothing is waited for");
}

static void ask(void)
{
	if (wgr_alarms_ask(&alarms, now_ns()))
		initiate();
}

static void retry(void)
{
	u64 ms = 0;

	begin();
	ask();
	run(5);
	/* Chance may put it off by nothing at all. */
	tap_ok(!times(WGR_DO_INITIATE) || first(WGR_DO_INITIATE, 5000, 5000), "an initiation is not repeated within 5 s");
	run(1);
	tap_ok(first(WGR_DO_INITIATE, 5000, 5333) && first(WGR_DO_NEW_SOURCE, 5000, 5333),
	       "but then, with jitter, and from another source if that has failed");
	run(1000);
	tap_ok(times(WGR_DO_INITIATE) == 19, "20 are sent in all: %u more", times(WGR_DO_INITIATE));
	tap_ok(times(WGR_DO_GIVE_UP) == 1 && first(WGR_DO_GIVE_UP, 100000, 107000),
	       "then it is given up, after %llu ms", done[0].first_ms);
	ms = done[number(WGR_DO_INITIATE)].last_ms;
	tap_ok(ms >= 90000 && ms <= 103000, "the last was sent after %llu ms", ms);
	tap_ok(times(WGR_DO_FORGET) == 1 &&
	       done[5].first_ms - done[0].first_ms >= 540000 - 4 &&
	       done[5].first_ms - done[0].first_ms <= 540000 + 1000 / HZ,
	       "and 540 s after that all is forgotten");
	memset(done, 0, sizeof(done));
	ask();
	run(300);
	tap_ok(times(WGR_DO_INITIATE) == 19 && times(WGR_DO_GIVE_UP) == 1, "the next wish begins anew");

	begin();
	ask();
	run(60);
	ask();
	run(60);
	tap_ok(!times(WGR_DO_GIVE_UP), "so does one while it goes on");

	begin();
	ask();
	run(98);
	gets(true);
	run(300);
	tap_ok(times(WGR_DO_GIVE_UP) == 1 && !times(WGR_DO_KEEPALIVE),
	       "a keepalive that is due after it is given up is not sent, as it would begin anew");

	begin();
	ask();
	run(7);
	wgr_alarms_handshake_done(&alarms);
	memset(done, 0, sizeof(done));
	run(300);
	tap_ok(!times(WGR_DO_INITIATE) && !times(WGR_DO_GIVE_UP), "an answer ends it");
	tap_ok(alarms.attempts == 0, "and the count");
}

static void at_most_one(void)
{
	begin();
	tap_ok(wgr_alarms_ask(&alarms, now_ns()), "an initiation may be sent");
	wgr_alarms_note_initiation(&alarms, now_ns());
	tap_ok(!wgr_alarms_ask(&alarms, now_ns() + 5 * S - 1), "no other in 5 s");
	tap_ok(!wgr_alarms_may_initiate(&alarms, now_ns() + 5 * S - 1), "whoever asks");
	tap_ok(wgr_alarms_ask(&alarms, now_ns() + 5 * S), "then one may");
	wgr_alarms_forget_initiation(&alarms);
	tap_ok(wgr_alarms_may_initiate(&alarms, now_ns()), "at once if the last was in vain");
	begin();
	ask();
	run(3);
	wgr_alarms_note_initiation(&alarms, now_ns());
	run(3);
	tap_ok(!times(WGR_DO_INITIATE), "one of theirs was answered: a retry waits for 5 s after that");
	run(3);
	tap_ok(first(WGR_DO_INITIATE, 8000, 8300), "and comes then");
}

static void without_seed(void)
{
	begin();
	ready = false;
	expect(wgr_alarms_retry_soon(&alarms, now));
	run(3600);
	tap_ok(!times(WGR_DO_INITIATE) && !times(WGR_DO_GIVE_UP), "without a seed nothing is tried or given up");
	ready = true;
	run(1);
	tap_ok(times(WGR_DO_INITIATE) == 1, "with one it is, soon");
}

static void forget(void)
{
	begin();
	expect(wgr_alarms_got_keys(&alarms, now));
	run(539);
	tap_ok(!times(WGR_DO_FORGET), "keys are kept for less than 540 s");
	run(2);
	tap_ok(first(WGR_DO_FORGET, 540000, 540000), "not longer");
	begin();
	expect(wgr_alarms_got_keys(&alarms, now));
	run(300);
	expect(wgr_alarms_got_keys(&alarms, now));
	run(1000);
	tap_ok(first(WGR_DO_FORGET, 840000, 840000) && times(WGR_DO_FORGET) == 1, "since the last");
	begin();
	expect(wgr_alarms_got_keys(&alarms, now));
	run(440);
	ask();
	run(101);
	tap_ok(first(WGR_DO_FORGET, 540000, 540000), "giving up does not put it off");
}

static void persistent(void)
{
	begin();
	interval_s = 25;
	sends(false);
	run(101);
	tap_ok(first(WGR_DO_PERSISTENT, 25000, 25000) && times(WGR_DO_PERSISTENT) == 4,
	       "a persistent keepalive each 25 s");
	gets(true);
	run(20);
	sends(true);
	gets(false);
	memset(done, 0, sizeof(done));
	run(24);
	tap_ok(!times(WGR_DO_PERSISTENT), "counted from the last packet");
	interval_s = 0;
	run(1000);
	tap_ok(times(WGR_DO_PERSISTENT) == 1, "one that was due already when there is no interval any more, for who acts to leave out");
	begin();
	interval_s = USHRT_MAX;
	sends(false);
	run(65536);
	tap_ok(first(WGR_DO_PERSISTENT, 65535000, 65535000), "18 hours, the longest");
}

/* What ends does not ring, and what was on is not on when it begins anew. */
static void stopping(void)
{
	begin();
	gets(true);
	sends(true);
	ask();
	wgr_alarms_stop(&alarms);
	run(1000);
	tap_ok(!times(WGR_DO_INITIATE) && !times(WGR_DO_KEEPALIVE), "nothing rings when stopped");
	gets(true);
	sends(true);
	expect(wgr_alarms_got_keys(&alarms, now));
	run(1000);
	tap_ok(!times(WGR_DO_INITIATE) && !times(WGR_DO_FORGET) && !armed, "nor is anything set");
	wgr_alarms_reset(&alarms);
	wgr_alarms_start(&alarms);
	tap_ok(!alarms.attempts, "it begins from nothing");
	gets(true);
	run(11);
	tap_ok(times(WGR_DO_KEEPALIVE) == 1, "and goes on");
}

/* Jitter is of chance, and as long as it may be. */
static void jitter(void)
{
	unsigned long least = ULONG_MAX, most = 0, ticks;
	int i;

	for (i = 0; i < 10000; i++) {
		ticks = wgr_alarms_jittered(5);
		least = ticks < least ? ticks : least;
		most = ticks > most ? ticks : most;
	}
	tap_ok(least == 5 * HZ && most == 5 * HZ + (333 * HZ + 999) / 1000,
	       "jitter is between none and a third of a second");
}

static void all(const char *what)
{
	printf("# %lu ticks a second, %s\n", HZ, what);
	keepalive();
	silence();
	retry();
	at_most_one();
	without_seed();
	forget();
	persistent();
	stopping();
	jitter();
}

int main(void)
{
	static const unsigned long rates[] = { 100, 250, 1000 };
	size_t i;

	port_seed(seed_taken());
	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		port_hz = rates[i];
		started = 1000 * HZ;
		all("long after zero");
		started = -10 * HZ;
		all("ten seconds before they run over");
		started = -5 * HZ;
		all("five");
	}
	return tap_done();
}
