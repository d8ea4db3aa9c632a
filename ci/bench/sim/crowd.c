// SPDX-License-Identifier: GPL-2.0
/*
 * Paths with several flows inside.  What a packet is of stands in its number: flows have
 * their packets at random, in turn, or one after the other.
 */
#include "wild.h"

/* Flow 0 and those after it; the others begin here. */
#define OTHERS	100000

/* As connections that nobody has set in step. */
static u32 any_of(struct wild_packet *p, u32 flows)
{
	return (u32)(random_bits(&p->random) >> 32) % flows;
}

/* ---- two lines ---- */

static void on_two(struct wild_packet *p)
{
	p->ms = p->nr & 1 ? 10 : 25;
	p->lost = chance(p, 0.0005);
}

static void two_1(struct wild_packet *p)
{
	on_two(p);
}

static void two_16(struct wild_packet *p)
{
	on_two(p);
	p->flow = any_of(p, 16);
}

static void two_200(struct wild_packet *p)
{
	on_two(p);
	p->flow = any_of(p, 200);
}

static void two_2000(struct wild_packet *p)
{
	on_two(p);
	p->flow = any_of(p, 2000);
}

/* Each flow's packets are equally far apart, by more than the lines are. */
static void two_200_in_turn(struct wild_packet *p)
{
	on_two(p);
	p->flow = p->nr % 200;
}

/* Eight packets of a flow in a row, as a page or a picture has them. */
static void two_2000_bursts(struct wild_packet *p)
{
	on_two(p);
	if (!(p->nr % 8))
		p->keep[0] = any_of(p, 2000);
	p->flow = p->keep[0];
}

/* Connections of 20 packets each, 50 at a time: each flow is new. */
static void two_short(struct wild_packet *p)
{
	on_two(p);
	p->flow = p->nr / 1000 * 50 + any_of(p, 50);
}

/* One line is slower than anything that may be waited for. */
static void two_600(struct wild_packet *p)
{
	p->ms = p->nr & 1 ? 10 : 610;
}

static void two_600_at_random(struct wild_packet *p)
{
	p->ms = chance(p, 0.5) ? 10 : 610;
}

static void two_600_200(struct wild_packet *p)
{
	two_600(p);
	p->flow = any_of(p, 200);
}

/* ---- jitter ---- */

static void jitter_1(struct wild_packet *p)
{
	p->ms = 20 + normal(p, 3);
	p->lost = chance(p, 0.001);
}

static void jitter_16(struct wild_packet *p)
{
	jitter_1(p);
	p->flow = any_of(p, 16);
}

static void jitter_200(struct wild_packet *p)
{
	jitter_1(p);
	p->flow = any_of(p, 200);
}

static void jitter_2000(struct wild_packet *p)
{
	jitter_1(p);
	p->flow = any_of(p, 2000);
}

/* ---- nothing but losses ---- */

static void lossy_200(struct wild_packet *p)
{
	p->ms = 10;
	p->lost = chance(p, 0.01);
	p->flow = any_of(p, 200);
}

/* ---- a call of 50 packets a second and a ping of 5 beside one connection ---- */

/* At 4455 a second. */
static void with_call(struct wild_packet *p)
{
	u64 in = p->nr % 89;

	if (!in)
		p->flow = OTHERS;
	else if (p->nr % 890 == 1)
		p->flow = OTHERS + 1;
	else
		p->flow = 0;
}

static void call_jitter(struct wild_packet *p)
{
	jitter_1(p);
	with_call(p);
}

static void call_two(struct wild_packet *p)
{
	on_two(p);
	with_call(p);
}

/* ---- a video of 6 Mbit/s with a call, a ping and questions to a name server beside it ---- */

/* Each in its own rhythm, packets a second: together 660. */
static void with_video(struct wild_packet *p)
{
	static const double rates[] = { 570, 50, 20, 20 };
	static const double firsts[] = { 0, 0.0107, 0.0233, 0.0411 };
	int i, next = 0;

	for (i = 0; i < 4; i++) {
		if (!p->keep[i])
			p->keep[i] = firsts[i] + 1 / rates[i];
		if (p->keep[i] < p->keep[next])
			next = i;
	}
	p->s = p->keep[next];
	/* A program that is woken up is so a bit later now and then. */
	p->keep[next] += (1 + (next ? 1e-4 * normal(p, 1) : 0)) / rates[next];
	p->flow = next ? OTHERS + (u32)next - 1 : 0;
}

static void video_even(struct wild_packet *p, double ms)
{
	with_video(p);
	p->ms = 20 + ms * (2 * share(p) - 1);
}

static void video_1(struct wild_packet *p)
{
	video_even(p, 1);
}

static void video_2(struct wild_packet *p)
{
	video_even(p, 2);
}

static void video_3(struct wild_packet *p)
{
	video_even(p, 3);
}

/* Alone, as it is sent by RTP. */
static void video_1_alone(struct wild_packet *p)
{
	p->ms = 20 + 2 * share(p) - 1;
}

static void video_2_alone(struct wild_packet *p)
{
	p->ms = 20 + 4 * share(p) - 2;
}

static void early_3(struct wild_packet *p)
{
	p->ms = chance(p, 0.05) ? 10 : 13;
}

static void early_10(struct wild_packet *p)
{
	p->ms = chance(p, 0.05) ? 10 : 20;
}

/* ---- a sender's flow queues: bulk waits there, what is sparse does not ---- */

/* Of 450 packets a second 400 are bulk, of so many flows; each queue is a bit longer or shorter. */
static void fair_queues(struct wild_packet *p, double ms, u32 flows)
{
	if (!(p->nr % 9)) {
		p->flow = OTHERS;
		p->ms = 20 + 2 * share(p);
		return;
	}
	p->flow = any_of(p, flows);
	p->ms = 20 + ms * (1 + 0.2 * (p->flow % 7) / 7 + 0.1 * sin(p->s + p->flow));
}

static void fq_1(struct wild_packet *p)
{
	fair_queues(p, 80, 1);
}

static void fq_16(struct wild_packet *p)
{
	fair_queues(p, 80, 16);
}

/* Everything that is looked up is a flow of its own. */
static void fq_lookups(struct wild_packet *p)
{
	fair_queues(p, 80, 16);
	if (p->flow == OTHERS)
		p->flow += p->nr;
}

/* The order inside each flow is disturbed on the way, by little. */
static void fq_jitter(struct wild_packet *p)
{
	fair_queues(p, 30, 16);
	p->ms += normal(p, 1);
	p->lost = chance(p, 0.001);
}

/* One packet in 1000 takes a longer way. */
static void fq_rare(struct wild_packet *p)
{
	fair_queues(p, 30, 4);
	if (chance(p, 0.001))
		p->ms += 5;
	p->lost = chance(p, 0.002);
}

static void fq_two(struct wild_packet *p)
{
	fair_queues(p, 30, 16);
	p->ms += p->nr & 1 ? 15 : 0;
	p->line = p->nr & 1;
}

/* A call and a ping beside a connection at full speed, and all of it jitters. */
static void fq_call_jitter(struct wild_packet *p)
{
	with_call(p);
	p->ms = 20 + (p->flow ? 0 : 30) + normal(p, 1);
}

/* The queue is short, and the connection so even that next to nothing is lost. */
static void fq_call_even(struct wild_packet *p)
{
	with_call(p);
	p->ms = 20 + (p->flow ? 0 : 8) + normal(p, 1);
	p->lost = chance(p, 3e-5);
}

/* One connection that fills a short queue, which loses some in a row for it now and then. */
static void aqm_call(struct wild_packet *p)
{
	with_call(p);
	p->ms = 20 + normal(p, 1);
	p->lost = p->nr % 4000 < 3;
}

static void fq_call_jitter_16(struct wild_packet *p)
{
	fq_call_jitter(p);
	if (!p->flow) {
		p->flow = any_of(p, 16);
		p->ms += 0.5 * p->flow;
	}
}

/* Two lines for half a minute, then one whose queues are fair. */
static void two_then_fq(struct wild_packet *p)
{
	if (p->s < 30) {
		on_two(p);
		p->flow = any_of(p, 16);
	} else {
		fair_queues(p, 30, 16);
	}
}

const struct wild crowds[] = {
	{ "two-1f", 4400, 60, two_1 },
	{ "two-16f", 4400, 60, two_16 },
	{ "two-200f", 4400, 60, two_200 },
	{ "two-200f-10pps", 2000, 60, two_200 },
	{ "two-2000f", 4400, 60, two_2000 },
	{ "two-2000f-10pps", 20000, 20, two_2000 },
	{ "two-200f-in-turn", 2000, 60, two_200_in_turn },
	{ "two-2000f-bursts", 4400, 60, two_2000_bursts },
	{ "two-short-flows", 4400, 60, two_short },
	{ "two-600-1f", 1000, 60, two_600 },
	{ "two-600-at-random", 1000, 60, two_600_at_random },
	{ "two-600-200f", 4400, 60, two_600_200 },
	{ "jitter-3-1f", 4400, 60, jitter_1 },
	{ "jitter-3-16f", 4400, 60, jitter_16 },
	{ "jitter-3-200f", 4400, 60, jitter_200 },
	{ "jitter-3-2000f", 4400, 60, jitter_2000 },
	{ "loss-1-200f", 4400, 60, lossy_200 },
	{ "call-jitter-3", 4455, 60, call_jitter },
	{ "call-two", 4455, 60, call_two },
	{ "video-even-1", 660, 60, video_1 },
	{ "video-even-2", 660, 60, video_2 },
	{ "video-even-3", 660, 60, video_3 },
	{ "video-even-1-alone", 570, 60, video_1_alone },
	{ "video-even-2-alone", 570, 60, video_2_alone },
	{ "early-3-1f", 4464, 20, early_3 },
	{ "early-10-1f", 4464, 20, early_10 },
	{ "fq-80-1f", 450, 120, fq_1 },
	{ "fq-80-16f", 450, 120, fq_16 },
	{ "fq-80-lookups", 450, 120, fq_lookups },
	{ "fq-30-16f-jitter-1", 450, 120, fq_jitter },
	{ "fq-30-4f-rare", 450, 120, fq_rare },
	{ "fq-30-two", 450, 120, fq_two },
	{ "fq-call-jitter-1", 4455, 60, fq_call_jitter },
	{ "fq-call-even-jitter-1", 4455, 60, fq_call_even },
	{ "aqm-call-jitter-1", 4455, 60, aqm_call },
	{ "fq-call-16f-jitter-1", 4455, 60, fq_call_jitter_16 },
	{ "two-then-fq", 450, 120, two_then_fq },
};

const int crowd_count = sizeof(crowds) / sizeof(crowds[0]);
