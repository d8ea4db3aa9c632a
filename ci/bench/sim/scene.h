/* SPDX-License-Identifier: GPL-2.0 */
/* Paths that are made up, to have many of each kind and the same every time. */
#ifndef SIM_SCENE_H
#define SIM_SCENE_H

#include "trace.h"

#define SCENE_STAGES	3
#define SCENE_LINES	3

enum jitter {
	JITTER_NONE,
	JITTER_UNIFORM,		/* +- amount */
	JITTER_NORMAL,		/* deviation = amount */
};

/**
 * struct stage - what a path does for some time; all zeros is a clean path
 * @jitter: how the delay of each packet varies, each on its own
 * @jitter_ms: by how much
 * @fifo: a packet is no faster than the one before it on its line
 * @lines: lines between which packets are spread, 0 as 1
 * @delay_ms: of each line
 * @weight: packets that each line takes in turn, 0 as 1
 * @ids: the lines can be told apart
 * @outage: of each two seconds the last line is down for the second
 * @early: share of packets that are faster
 * @early_ms: by how much; below 0 they are slower
 * @loss: share of packets that are lost, each on its own
 * @burst_loss: lost in bursts of 5 on average, 0.2 % of all
 * @pause_ms: twice a second nothing gets through for so long, then all at once
 * @swap_ms: twice a second, for so long, each packet takes up to as much longer
 * @step_ms: every second the delay goes up by so much, then down again
 * @rekey: packets under one key, 0 for ever
 * @train: packets sent in one go, 0 as 1
 */
struct stage {
	enum jitter jitter;
	double jitter_ms;
	bool fifo;
	int lines;
	double delay_ms[SCENE_LINES];
	int weight[SCENE_LINES];
	bool ids;
	bool outage;
	double early;
	double early_ms;
	double loss;
	bool burst_loss;
	double pause_ms;
	double swap_ms;
	double step_ms;
	u32 rekey;
	int train;
};

/**
 * struct scene - a path
 * @name: in tables
 * @stage: what it does, the same time each
 * @stages: how many, 0 as 1
 */
struct scene {
	const char *name;
	struct stage stage[SCENE_STAGES];
	int stages;
};

extern const struct scene scenes[];
extern const int scene_count;

const struct scene *scene_find(const char *name);

/* Packets of one size at a rate for some time. */
void scene_play(const struct scene *scene, u32 per_second, double seconds, u64 seed,
		struct trace *trace);

#endif
