/* SPDX-License-Identifier: GPL-2.0 */
/*
 * judge.h - what the module would do with packets, by its own engine.
 *
 * This is the only part of the command that knows the engine.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "reorder/engine.h"

/* How many policies are compared. The first is the module's default, the last is "off". */
#define JUDGE_POLICIES 3

/**
 * struct judge - a policy, and what it did with the packets of one peer
 * @engine: the module's
 * @policy: number of the policy, below %JUDGE_POLICIES
 * @handed: handed up
 * @swapped: of these, after one sent later
 * @late: dropped, as something sent later had been handed up
 * @delayed: of those handed up, were held for some time
 * @delay_ns: sum of the times for which they were held, nanoseconds
 * @most_ns: the longest of these times, nanoseconds
 * @epoch: of the packet that was sent last of those handed up
 * @counter: its counter
 */
struct judge {
	struct wgr_reorder engine;
	unsigned int policy;
	uint64_t handed;
	uint64_t swapped;
	uint64_t late;
	uint64_t delayed;
	double delay_ns;
	int64_t most_ns;
	uint32_t epoch;
	uint64_t counter;
};

/**
 * struct judge_packet - a packet as it arrived
 * @ns: when
 * @epoch: its session, from 1 on
 * @counter: its number there
 * @path: by which of the peer's paths, 0 to %WGR_PATHS - 1
 */
struct judge_packet {
	int64_t ns;
	uint32_t epoch;
	uint64_t counter;
	unsigned int path;
};

/* Make a judge that has seen nothing. It must stay where it is. */
void judge_init(struct judge *judge, unsigned int policy);

/* A packet has arrived; no two are the same, and times do not run back. */
void judge_push(struct judge *judge, const struct judge_packet *packet);

/* No more will arrive: hands up what is held, as its time comes. To be freed in any case. */
void judge_end(struct judge *judge);

/* How long packets were held, those in order included, nanoseconds. */
uint64_t judge_mean_ns(const struct judge *judge);

/* By how long packets were held, in %WGR_HOLD_BINS bins of hist.h, nanoseconds. */
const uint64_t *judge_holds(const struct judge *judge, uint64_t bins[WGR_HOLD_BINS]);

/* How long it would wait now, nanoseconds. */
uint64_t judge_wait_ns(const struct judge *judge);

/* The policy's mode, one of enum wg_reorder_mode, and how long it may wait, microseconds. */
unsigned int judge_mode(const struct judge *judge);
uint32_t judge_hold_us(const struct judge *judge);

/* The most that it might ever wait, nanoseconds. */
int64_t judge_most_ns(const struct judge *judge);

#endif
