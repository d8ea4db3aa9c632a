// SPDX-License-Identifier: GPL-2.0
#include "random.h"
#include "scene.h"

#define NORMAL(ms)	.jitter = JITTER_NORMAL, .jitter_ms = (ms)
#define UNIFORM(ms)	.jitter = JITTER_UNIFORM, .jitter_ms = (ms)
#define TWO		.lines = 2, .delay_ms = { 10, 25 }
#define THREE		.lines = 3, .delay_ms = { 10, 18, 25 }
#define ONE(...)	.stage = { { __VA_ARGS__ } }

const struct scene scenes[] = {
	{ "clean", ONE(.lines = 1) },
	{ "uniform-0.5", ONE(UNIFORM(0.5)) },
	{ "uniform-1", ONE(UNIFORM(1)) },
	{ "uniform-3", ONE(UNIFORM(3)) },
	{ "normal-0.5", ONE(NORMAL(0.5)) },
	{ "normal-1", ONE(NORMAL(1)) },
	{ "normal-3", ONE(NORMAL(3)) },
	{ "train-normal-1", ONE(NORMAL(1), .train = 32) },
	{ "pause-30", ONE(.pause_ms = 30) },
	{ "swap-5", ONE(.swap_ms = 5) },
	{ "early-5%-3", ONE(.early = 0.05, .early_ms = 3) },
	{ "early-5%-10", ONE(.early = 0.05, .early_ms = 10) },
	{ "two", ONE(TWO) },
	{ "two-3:1", ONE(TWO, .weight = { 3, 1 }) },
	{ "three", ONE(THREE) },
	{ "two-ids", ONE(TWO, .ids = true) },
	{ "two-3:1-ids", ONE(TWO, .weight = { 3, 1 }, .ids = true) },
	{ "three-ids", ONE(THREE, .ids = true) },
	{ "two-outage-ids", ONE(TWO, .ids = true, .outage = true) },
	{ "three-outage", ONE(THREE, .outage = true) },
	{ "three-outage-ids", ONE(THREE, .ids = true, .outage = true) },
	{ "two+loss-0.1", ONE(TWO, .loss = 0.001) },
	{ "two+loss-0.1-ids", ONE(TWO, .loss = 0.001, .ids = true) },
	{ "two+loss-1", ONE(TWO, .loss = 0.01) },
	{ "two+loss-1-ids", ONE(TWO, .loss = 0.01, .ids = true) },
	{ "two-fifo+loss-0.1", ONE(TWO, NORMAL(1), .fifo = true, .loss = 0.001) },
	{ "two-fifo+loss-0.1-ids", ONE(TWO, NORMAL(1), .fifo = true, .loss = 0.001, .ids = true) },
	{ "two-normal+loss-0.1", ONE(TWO, NORMAL(1), .loss = 0.001) },
	{ "two-normal+loss-0.1-ids", ONE(TWO, NORMAL(1), .loss = 0.001, .ids = true) },
	{ "two-rare+loss-0.1-ids", ONE(TWO, .early = 1e-4, .early_ms = 2, .loss = 0.001,
				       .ids = true) },
	{ "route-10", ONE(.step_ms = 10) },
	{ "loss-0.1", ONE(.loss = 0.001) },
	{ "loss-1", ONE(.loss = 0.01) },
	{ "loss-burst", ONE(.burst_loss = true) },
	{ "normal-1+loss-0.1", ONE(NORMAL(1), .loss = 0.001) },
	{ "normal-1+loss-1", ONE(NORMAL(1), .loss = 0.01) },
	{ "early-5%-10+loss-1", ONE(.early = 0.05, .early_ms = 10, .loss = 0.01) },
	{ "route-10+loss-0.1", ONE(.step_ms = 10, .loss = 0.001) },
	{ "often-10+loss-1", ONE(.early = 1e-3, .early_ms = 10, .loss = 0.01) },
	{ "some-10+loss-0.1", ONE(.early = 2e-4, .early_ms = 10, .loss = 0.001) },
	{ "rare-10+loss-1", ONE(.early = 1e-4, .early_ms = 10, .loss = 0.01) },
	{ "rare-10+small+loss-1", ONE(UNIFORM(0.3), .early = 1e-4, .early_ms = 10, .loss = 0.01) },
	{ "rare-late-10+loss-1", ONE(.early = 1e-4, .early_ms = -10, .loss = 0.01) },
	{ "often-late-10+loss-1", ONE(.early = 1e-3, .early_ms = -10, .loss = 0.01) },
	{ "some-late-10+loss-0.1", ONE(.early = 2e-4, .early_ms = -10, .loss = 0.001) },
	{ "skew-10/100", ONE(.lines = 2, .delay_ms = { 10, 100 }) },
	{ "skew-10/100-ids", ONE(.lines = 2, .delay_ms = { 10, 100 }, .ids = true) },
	{ "skew-10/100+loss-1", ONE(.lines = 2, .delay_ms = { 10, 100 }, .loss = 0.01) },
	{ "skew-late-90+loss-1", ONE(.early = 1e-3, .early_ms = -90, .loss = 0.01) },
	{ "skew-early-90", ONE(.early = 1e-3, .early_ms = 90) },
	{ "change", .stages = 3, .stage = { { .lines = 1 }, { TWO }, { .loss = 0.001 } } },
	{ "change-loss-first", .stages = 3,
	  .stage = { { .loss = 0.01 }, { TWO }, { .loss = 0.01 } } },
	{ "change-skew-first", .stages = 3,
	  .stage = { { .lines = 2, .delay_ms = { 10, 100 } }, { TWO }, { NORMAL(1) } } },
	{ "rekey", ONE(.rekey = 10000) },
	{ "rekey+loss-0.1", ONE(.rekey = 10000, .loss = 0.001) },
	{ "rekey-normal-1", ONE(NORMAL(1), .rekey = 2000) },
	{ "rekey-two", ONE(TWO, .rekey = 2000) },
	{ "rekey-two-ids", ONE(TWO, .rekey = 2000, .ids = true) },
};

const int scene_count = sizeof(scenes) / sizeof(scenes[0]);

const struct scene *scene_find(const char *name)
{
	int i;

	for (i = 0; i < scene_count; i++)
		if (!strcmp(scenes[i].name, name))
			return &scenes[i];
	return NULL;
}

struct player {
	const struct stage *stage;
	u64 random;
	u64 number;		/* in the stage */
	s64 last_ns[SCENE_LINES];
	bool bad;		/* in a burst of losses */
};

/* Whether it is lost.  Each draw is made whatever else the stage does. */
static bool is_lost(struct player *p)
{
	double share = random_share(&p->random);
	double turn = random_share(&p->random);

	if (!p->stage->burst_loss)
		return share <= p->stage->loss;
	p->bad = p->bad ? turn > 0.2 : turn <= 0.0004;
	return p->bad;
}

static int choose_line(const struct player *p, s64 sent_ns)
{
	const struct stage *s = p->stage;
	int lines = s->lines;
	u64 place, turn = 0;
	int i;

	if (s->outage && sent_ns / NS_PER_S % 2)
		lines--;
	if (lines < 2)
		return 0;
	for (i = 0; i < lines; i++)
		turn += s->weight[i] ? s->weight[i] : 1;
	place = p->number % turn;
	for (i = 0; i < lines; i++) {
		u64 weight = s->weight[i] ? s->weight[i] : 1;

		if (place < weight)
			break;
		place -= weight;
	}
	return i;
}

static double delay_ms(struct player *p, s64 sent_ns, int line)
{
	const struct stage *s = p->stage;
	double share = random_share(&p->random);
	double half = sent_ns % (NS_PER_S / 2) / 1e6;
	double ms = 200 + s->delay_ms[line];

	if (s->jitter == JITTER_UNIFORM)
		ms += s->jitter_ms * (2 * random_share(&p->random) - 1);
	if (s->jitter == JITTER_NORMAL)
		ms += s->jitter_ms * random_normal(&p->random);
	if (share <= s->early)
		ms -= s->early_ms;
	if (half < s->swap_ms)
		ms += s->swap_ms * share;
	if (sent_ns / NS_PER_S % 2)
		ms += s->step_ms;
	return ms;
}

/* While nothing gets through the packets queue up and leave at one moment. */
static s64 leaves_ns(const struct stage *s, s64 sent_ns)
{
	s64 half_ns = sent_ns % (NS_PER_S / 2);
	s64 pause_ns = s->pause_ms * 1e6;

	return half_ns < pause_ns ? sent_ns - half_ns + pause_ns : sent_ns;
}

static void send_one(struct player *p, s64 sent_ns, struct arrival *a, struct trace *trace)
{
	int line = choose_line(p, sent_ns);
	bool lost = is_lost(p);

	a->ns = leaves_ns(p->stage, sent_ns) + (s64)(delay_ms(p, sent_ns, line) * 1e6);
	a->path = p->stage->ids ? line : 0;
	if (p->stage->fifo && a->ns <= p->last_ns[line])
		a->ns = p->last_ns[line] + 1;
	p->last_ns[line] = a->ns;
	if (!lost)
		trace_add(trace, a);
}

void scene_play(const struct scene *scene, u32 per_second, double seconds, u64 seed,
		struct trace *trace)
{
	int stages = scene->stages ? scene->stages : 1;
	u64 count = per_second * seconds;
	struct player p = { .random = seed };
	struct arrival a = { 0 };
	u64 i;

	for (i = 0; i < count; i++) {
		s64 sent_ns = i * (double)NS_PER_S / per_second;
		u64 train;

		p.stage = &scene->stage[i * stages / count];
		train = p.stage->train ? p.stage->train : 1;
		/* What is sent in one go leaves at 1 Gbit/s. */
		sent_ns = (i - i % train) * (double)NS_PER_S / per_second + i % train * 12000;
		send_one(&p, sent_ns, &a, trace);
		p.number++;
		a.counter++;
		if (p.stage->rekey && a.counter == p.stage->rekey) {
			a.counter = 0;
			a.epoch++;
		}
	}
	trace_finish(trace);
}
