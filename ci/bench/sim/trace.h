/* SPDX-License-Identifier: GPL-2.0 */
/* A list of arrivals: made up (scene.h) or captured. */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include <stdio.h>

#include "reorder/port.h"

#define NS_PER_MS	1000000LL
#define NS_PER_S	1000000000LL

/**
 * struct arrival - a packet that arrived
 * @ns: when
 * @counter: place within the epoch
 * @epoch: session, from 0
 * @path: source address it came from, 0 to WGR_PATHS - 1
 * @flow: inner flow, from 0
 */
struct arrival {
	s64 ns;
	u64 counter;
	u32 epoch;
	u32 path;
	u32 flow;
};

/**
 * struct sent - what became of the counters of an epoch
 * @base: lowest counter that arrived
 * @count: counters from there to the highest that arrived
 * @came: for each of them, whether it ever arrives
 */
struct sent {
	u64 base;
	u64 count;
	u8 *came;
};

/**
 * struct trace - arrivals in the order of their time
 * @arrival: all of them
 * @count: how many
 * @room: how many @arrival has place for
 * @epoch: what was sent in each epoch, made by trace_finish()
 * @epochs: how many
 * @flows: how many, made by trace_finish()
 * @by_flow: only the order of each flow counts: there are several, or who made it says so
 */
struct trace {
	struct arrival *arrival;
	size_t count;
	size_t room;
	struct sent *epoch;
	u32 epochs;
	u32 flows;
	bool by_flow;
};

void trace_add(struct trace *trace, const struct arrival *arrival);

/* Sort, begin at time 0 and find out what was lost. */
void trace_finish(struct trace *trace);

void trace_free(struct trace *trace);

/* Whether the packet arrives at some time; -1: no such packet was sent. */
int trace_comes(const struct trace *trace, u32 epoch, u64 counter);

s64 trace_length(const struct trace *trace);

/*
 * As text, one packet a line: arrival in nanoseconds, epoch, counter, path, and the
 * flow where there are several.  What follows # is a comment, files may be
 * compressed (.gz).  Reading ends the program if a line is wrong.
 */
void trace_read(struct trace *trace, const char *file);
void trace_write(const struct trace *trace, FILE *to);

#endif
