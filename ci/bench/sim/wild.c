// SPDX-License-Identifier: GPL-2.0
#include "wild.h"

/* Whether it has begun anew since the packet before; @place is the path's. */
static bool anew(struct wild_packet *p, double period, int place)
{
	double turn = floor(p->s / period) + 1;

	if (p->keep[place] == turn)
		return false;
	p->keep[place] = turn;
	return true;
}

/* ---- satellites ---- */

/* Every 15 s another delay, not first in, first out at the change, with losses around it. */
static void leo(struct wild_packet *p)
{
	if (anew(p, 15, 0))
		p->keep[1] = 15 + 30 * share(p);
	p->lost = chance(p, 0.003) || (phase(p, 15) < 0.2 && chance(p, 0.02));
	p->ms = p->keep[1] + fabs(normal(p, 0.3));
}

/* At the change the old and the new one serve in turn for 60 ms. */
static void leo_handover(struct wild_packet *p)
{
	if (anew(p, 15, 0)) {
		p->keep[2] = p->keep[1];
		p->keep[1] = 20 + 40 * share(p);
	}
	p->lost = chance(p, 0.001);
	p->ms = p->keep[1] + fabs(normal(p, 0.5));
	if (p->s > 15 && phase(p, 15) < 0.06 && p->nr & 1)
		p->ms = p->keep[2] + fabs(normal(p, 0.5));
}

static void geo_and_dsl(struct wild_packet *p)
{
	p->ms = p->nr & 1 ? 320 : 20;
	p->lost = chance(p, 0.002);
}

/* ---- skew that moves ---- */

static void slow_skew(struct wild_packet *p)
{
	p->ms = 20 + (p->nr & 1 ? 20 * (1 - cos(2 * M_PI * p->s / 60)) : 0);
	p->lost = chance(p, 0.005);
}

static void slow_skew_200(struct wild_packet *p)
{
	p->ms = 20 + (p->nr & 1 ? 100 * (1 - cos(2 * M_PI * p->s / 100)) : 0);
	p->lost = chance(p, 0.001);
}

/* A queue fills and is emptied, on one of two lines. */
static void saw(struct wild_packet *p, double most)
{
	double full = phase(p, 4) / 4;
	bool second = p->nr & 1;

	p->ms = 20 + (second ? most * full : 0);
	p->lost = second && full > 0.95 && chance(p, 0.05);
}

static void saw_120(struct wild_packet *p)
{
	saw(p, 100);
}

static void saw_65(struct wild_packet *p)
{
	saw(p, 45);
}

static void two_saws(struct wild_packet *p)
{
	bool second = p->nr & 1;
	double full = second ? phase(p, 5) / 5 : phase(p, 3.1) / 3.1;

	p->ms = 20 + 60 * full;
	p->lost = full > 0.97 && chance(p, 0.03);
	p->line = second;
}

/* One line, one queue: nothing is ever swapped. */
static void one_queue(struct wild_packet *p)
{
	p->ms = 20 + 100 * phase(p, 3) / 3;
	if (phase(p, 3) < 0.1)
		p->ms = 120 - 1000 * phase(p, 3);
	p->lost = phase(p, 3) > 2.8 && chance(p, 0.02);
}

static void skew_step(struct wild_packet *p)
{
	p->ms = 20 + (p->nr & 1 ? (phase(p, 40) < 20 ? 5 : 40) : 0);
	p->lost = chance(p, 0.002);
}

static void skew_120(struct wild_packet *p)
{
	p->ms = 20 + (p->nr & 1 ? 120 : 0);
	p->lost = chance(p, 0.0005);
}

/* ---- lines that come and go ---- */

static void failback(struct wild_packet *p)
{
	p->ms = phase(p, 30) < 10 ? 40 : 10;
	p->lost = chance(p, 0.005);
}

static void failback_ids(struct wild_packet *p)
{
	failback(p);
	p->line = phase(p, 30) < 10;
}

static void failover_80(struct wild_packet *p)
{
	p->ms = phase(p, 20) < 8 ? 90 : 10;
	p->lost = chance(p, 0.001);
}

static void route_flap(struct wild_packet *p)
{
	p->ms = phase(p, 1.5) < 0.7 ? 18 : 12;
	p->lost = chance(p, 0.002);
}

/* For 3 of 30 s there are two lines. */
static void two_at_times(struct wild_packet *p)
{
	p->ms = 10 + (phase(p, 30) > 27 && p->nr & 1 ? 15 : 0);
	p->lost = chance(p, 0.002);
}

static void second_is_rare(struct wild_packet *p)
{
	p->ms = p->nr % 100 ? 15 : 45;
	p->lost = chance(p, 0.001);
}

static void two_gentle(struct wild_packet *p)
{
	p->ms = (p->nr & 1 ? 12 : 10) + fabs(normal(p, 0.1));
	p->lost = chance(p, 0.0001);
}

static void two_15(struct wild_packet *p)
{
	p->ms = p->nr & 1 ? 10 : 25;
}

static void game_two(struct wild_packet *p)
{
	p->ms = (p->nr & 1 ? 10 : 45) + fabs(normal(p, 1));
	p->lost = chance(p, 0.005);
}

static void dsl_and_lte(struct wild_packet *p)
{
	bool lte = p->nr % 4 == 3;

	p->ms = lte ? 30 + exponential(p, 8) : 18 + fabs(normal(p, 0.2));
	p->lost = chance(p, lte ? 0.002 : 0.0001);
	p->line = lte;
}

static void three(struct wild_packet *p)
{
	static const int line[6] = { 0, 0, 0, 1, 1, 2 };
	static const double ms[3] = { 10, 22, 45 };

	p->line = line[p->nr % 6];
	p->lost = chance(p, p->line == 2 ? 0.02 : 0.001);
	p->ms = ms[p->line] + fabs(normal(p, 0.5));
}

static void three_uneven_loss(struct wild_packet *p)
{
	static const double loss[3] = { 0, 0.01, 0.05 };
	int line = p->nr % 3;

	p->ms = 10 + 8 * line + fabs(normal(p, 0.3));
	p->lost = chance(p, loss[line]);
}

/* Each packet is sent twice, and the first that comes counts. */
static void duplicated(struct wild_packet *p)
{
	double a = 12 + exponential(p, 1), b = 15 + exponential(p, 2);
	bool first = !chance(p, 0.01), second = !chance(p, 0.03);

	p->ms = !first ? b : !second ? a : fmin(a, b);
	p->lost = !first && !second;
}

static void ecmp(struct wild_packet *p)
{
	p->ms = 5 + 0.05 * (random_bits(&p->random) >> 40 & 3);
	p->lost = chance(p, 0.0002);
}

/* ---- radio ---- */

static void wifi_burst(struct wild_packet *p)
{
	p->ms = 20 + (phase(p, 2) < 0.005 ? 15 : 0) + fabs(normal(p, 0.05));
	p->lost = chance(p, 0.01);
}

/* What is gathered in 3 ms comes together; some frames need another turn or two. */
static void wifi_ampdu(struct wild_packet *p)
{
	double turn = 3 * ceil(p->s * 1000 / 3);

	p->ms = 2 + turn - p->s * 1000 + 0.01 * (p->nr % 16);
	while (chance(p, 0.02))
		p->ms += 3;
	p->lost = chance(p, 0.001);
}

/* Nothing for 80 ms, then what was kept comes among what is new. */
static void wifi_roam(struct wild_packet *p)
{
	double out_ms = 80 - phase(p, 20) * 1000;

	p->ms = 5 + fabs(normal(p, 0.2));
	if (p->s > 20 && out_ms > 0)
		p->ms += out_ms + 40 * share(p);
	p->lost = chance(p, 0.002);
}

static void power_save(struct wild_packet *p)
{
	double ms = p->s * 1000;

	p->ms = 20 + share(p);
	if (fmod(p->s, 20) >= 10)
		p->ms += (floor(ms / 100) + 1) * 100 - ms;
	p->lost = chance(p, 0.01);
}

static void power_save_20(struct wild_packet *p)
{
	double ms = p->s * 1000;

	p->ms = 20 + (floor(ms / 20) + 1) * 20 - ms + 2 * share(p);
	p->lost = chance(p, 0.002);
}

static void harq_arq(struct wild_packet *p)
{
	double x = share(p);

	p->ms = 20 + (x < 0.01 ? 8 : x < 0.0105 ? 40 : 0);
	p->lost = chance(p, 0.005);
}

/* Each attempt fails for one in twelve and takes 8 ms. */
static void lte_harq(struct wild_packet *p)
{
	p->ms = 20;
	while (chance(p, 0.08))
		p->ms += 8;
	p->lost = chance(p, 0.0005);
}

static void nr_harq(struct wild_packet *p)
{
	p->ms = 8;
	while (chance(p, 0.1))
		p->ms += 2.5;
	p->lost = chance(p, 0.0002);
}

static void arq_200(struct wild_packet *p)
{
	p->ms = 20 + (chance(p, 0.003) ? 200 : 0);
	p->lost = chance(p, 0.0005);
}

/* ---- jitter ---- */

static void voip_8(struct wild_packet *p)
{
	p->ms = 40 + normal(p, 8);
	p->lost = chance(p, 0.01);
}

static void voip_1(struct wild_packet *p)
{
	p->ms = 40 + normal(p, 1);
	p->lost = chance(p, 0.01);
}

static void bulk_then_voip(struct wild_packet *p)
{
	p->s = p->keep[0];
	p->keep[0] += phase(p, 40) < 20 ? 1 / 4400.0 : 1 / 50.0;
	p->ms = 20 + normal(p, 3);
	p->lost = chance(p, 0.01);
}

static void many(struct wild_packet *p)
{
	p->ms = 10 + normal(p, 0.5);
	p->lost = chance(p, 0.0001);
}

static void early(struct wild_packet *p)
{
	p->ms = chance(p, 0.05) ? 12 : 20;
	p->lost = chance(p, 0.02);
}

static void heavy_loss(struct wild_packet *p)
{
	p->ms = 20 + normal(p, 1);
	p->lost = chance(p, 0.1);
}

static void episodes(struct wild_packet *p)
{
	p->ms = 40 + (phase(p, 10) < 1 ? normal(p, 5) : 0);
	p->lost = chance(p, 0.005);
}

static void ssh(struct wild_packet *p)
{
	p->ms = 100 + fabs(normal(p, 30));
	p->lost = chance(p, 0.05);
}

static void keys(struct wild_packet *p)
{
	p->ms = 20 + normal(p, 2);
	p->lost = chance(p, 0.005);
	p->rekey = p->nr && !(p->nr % 5000);
}

static void keys_two(struct wild_packet *p)
{
	p->ms = (p->nr & 1 ? 10 : 30) + fabs(normal(p, 0.2));
	p->lost = chance(p, 0.001);
	p->rekey = p->nr && !(p->nr % 20000);
}

static void heavy_tail(struct wild_packet *p)
{
	p->ms = 20 + fmin(0.2 * pow(share(p), -0.7), 150);
	p->lost = chance(p, 0.001);
}

/* The delay walks, as on a busy link; what is swapped is swapped by neighbours. */
static void walk(struct wild_packet *p)
{
	p->keep[0] = 0.95 * p->keep[0] + normal(p, 0.5);
	p->ms = 30 + p->keep[0];
	p->lost = chance(p, 0.002);
}

static void bad_and_jittery(struct wild_packet *p)
{
	p->keep[0] = chance(p, p->keep[0] ? 0.8 : 0.0004);
	p->lost = p->keep[0];
	p->ms = 20 + normal(p, 1);
}

/* ---- senders ---- */

/* A sender's queue serves sparse flows first: 400 bulk packets a second wait, 50 others do not. */
static void fair_queue(struct wild_packet *p, double queue_ms, double loss)
{
	bool sparse = !(p->nr % 9);

	p->ms = 20 + (sparse ? 2 * share(p) : queue_ms + normal(p, queue_ms / 10));
	p->lost = chance(p, loss);
}

static void fair_queue_30(struct wild_packet *p)
{
	fair_queue(p, 30, 0.001);
}

static void fair_queue_80(struct wild_packet *p)
{
	fair_queue(p, 80, 0);
}

/* 64 packets at 1 Gbit/s, then nothing. */
static void microbursts(struct wild_packet *p)
{
	u64 in = p->nr % 64;

	p->s -= in / 4400.0 - in * 12e-6;
	p->ms = 10 + 0.4 * share(p);
	p->lost = chance(p, 0.001);
}

/* A fifth of the time at full speed. */
static void on_and_off(struct wild_packet *p)
{
	double into = phase(p, 1);

	p->s += into / 5 - into;
	p->ms = (p->nr & 1 ? 10 : 25) + fabs(normal(p, 0.2));
	p->lost = chance(p, 0.002);
}

static void answers(struct wild_packet *p)
{
	u64 in = p->nr % 10;

	p->s -= in / 100.0 - in * 1e-4;
	p->ms = 30 + normal(p, 4);
	p->lost = chance(p, 0.01);
}

/* Frames of 12 packets, 30 a second, two lines. */
static void video(struct wild_packet *p)
{
	u64 in = p->nr % 12;

	p->s -= in / 360.0 - in * 2e-4;
	p->ms = (p->nr & 1 ? 12 : 20) + fabs(normal(p, 0.5));
	p->lost = chance(p, 0.003);
}

const struct wild wilds[] = {
	{ "leo-15s", 4400, 180, leo },
	{ "leo-15s-500pps", 500, 300, leo },
	{ "slow-skew-60s", 4400, 180, slow_skew },
	{ "burst-late-15ms-2s", 4400, 120, wifi_burst },
	{ "failback-30ms", 4400, 180, failback },
	{ "failback-30ms-ids", 4400, 180, failback_ids },
	{ "powersave-100ms", 100, 600, power_save },
	{ "voip-jit8", 50, 1200, voip_8 },
	{ "voip-jit1", 50, 1200, voip_1 },
	{ "bulk-then-voip", 2225, 200, bulk_then_voip },
	{ "200kpps-jit0.5", 200000, 8, many },
	{ "600kpps-skew15", 600000, 2, two_15 },
	{ "fq-sender-30ms", 450, 120, fair_queue_30 },
	{ "fq-sender-80ms", 450, 120, fair_queue_80 },
	{ "saw-20-120ms", 4400, 120, saw_120 },
	{ "saw-20-65ms", 4400, 120, saw_65 },
	{ "harq8-arq40", 4400, 120, harq_arq },
	{ "ef5pct-8ms", 4400, 120, early },
	{ "jit1-loss10", 4400, 60, heavy_loss },
	{ "episodes-1s-of-10s", 4400, 120, episodes },
	{ "ssh-jit30", 5, 3000, ssh },
	{ "three-3:2:1-ids", 4400, 120, three },

	{ "leo-handover", 4400, 120, leo_handover },
	{ "geo-and-dsl", 4400, 60, geo_and_dsl },
	{ "slow-skew-200ms", 4400, 100, slow_skew_200 },
	{ "two-saws-ids", 4400, 60, two_saws },
	{ "one-queue", 4400, 60, one_queue },
	{ "skew-step-5-40", 4400, 120, skew_step },
	{ "skew-120", 4400, 60, skew_120 },
	{ "failover-80ms", 4400, 120, failover_80 },
	{ "route-flap", 4400, 60, route_flap },
	{ "two-at-times", 4400, 120, two_at_times },
	{ "second-is-rare", 4400, 60, second_is_rare },
	{ "200kpps-two", 200000, 5, two_gentle },
	{ "game-two", 60, 600, game_two },
	{ "dsl-and-lte-ids", 4400, 60, dsl_and_lte },
	{ "three-uneven-loss", 4400, 60, three_uneven_loss },
	{ "duplicated", 4400, 60, duplicated },
	{ "ecmp", 18000, 20, ecmp },
	{ "wifi-ampdu", 4400, 60, wifi_ampdu },
	{ "wifi-roam", 4400, 120, wifi_roam },
	{ "powersave-20ms", 1000, 120, power_save_20 },
	{ "lte-harq", 4400, 60, lte_harq },
	{ "nr-harq", 18000, 20, nr_harq },
	{ "arq-200ms", 4400, 60, arq_200 },
	{ "keys-jit2", 4400, 60, keys },
	{ "keys-two", 4400, 60, keys_two },
	{ "heavy-tail", 4400, 60, heavy_tail },
	{ "walk", 4400, 60, walk },
	{ "burst-loss-jit1", 4400, 60, bad_and_jittery },
	{ "microbursts", 4400, 60, microbursts },
	{ "on-and-off", 2000, 120, on_and_off },
	{ "answers", 100, 600, answers },
	{ "video", 360, 300, video },
};

const int wild_count = sizeof(wilds) / sizeof(wilds[0]);

const struct wild *wild_find(const char *name)
{
	int i;

	for (i = 0; i < wild_count; i++)
		if (!strcmp(wilds[i].name, name))
			return &wilds[i];
	for (i = 0; i < crowd_count; i++)
		if (!strcmp(crowds[i].name, name))
			return &crowds[i];
	return NULL;
}

void wild_play(const struct wild *wild, u64 seed, struct trace *trace)
{
	struct wild_packet p = { .random = seed };
	u64 count = wild->rate * wild->seconds;
	struct arrival a = { 0 };

	trace->by_flow = wild >= crowds && wild < crowds + crowd_count;
	for (p.nr = 0; p.nr < count; p.nr++) {
		p.s = (double)p.nr / wild->rate;
		p.ms = 0;
		p.rekey = false;
		wild->send(&p);
		if (p.rekey) {
			a.counter = 0;
			a.epoch++;
		}
		a.ns = (s64)(p.s * NS_PER_S) + (s64)((p.ms + 500) * NS_PER_MS);
		a.path = p.line;
		a.flow = p.flow;
		if (!p.lost)
			trace_add(trace, &a);
		a.counter++;
	}
	trace_finish(trace);
}
