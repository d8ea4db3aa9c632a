/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Paths as they are met outside, which a scene cannot express: a function says of each packet
 * when it is sent, how long it takes and whether it comes.
 */
#ifndef SIM_WILD_H
#define SIM_WILD_H

#include "random.h"
#include "trace.h"

#define WILD_KEEPS	8

/**
 * struct wild_packet - a packet, and what its path keeps from one to the next
 * @nr: how many were sent before
 * @s: when it is sent, seconds; what sends in its own rhythm changes it
 * @ms: how long it takes, may be negative by up to 500, for the path to set
 * @lost: it does not come, for the path to set
 * @line: source address it comes from, for the path to set
 * @flow: which it is of, for the path to set
 * @rekey: it is the first under a new key, for the path to set
 * @keep: the path's own, all 0 at the beginning
 * @random: for random.h
 */
struct wild_packet {
	u64 nr;
	double s;
	double ms;
	bool lost;
	int line;
	u32 flow;
	bool rekey;
	double keep[WILD_KEEPS];
	u64 random;
};

/**
 * struct wild - a path
 * @name: in tables
 * @rate: packets a second
 * @seconds: how long it is watched
 * @send: what it does to a packet
 */
struct wild {
	const char *name;
	u32 rate;
	double seconds;
	void (*send)(struct wild_packet *p);
};

static inline double share(struct wild_packet *p)
{
	return random_share(&p->random);
}

static inline bool chance(struct wild_packet *p, double of)
{
	return share(p) <= of;
}

static inline double normal(struct wild_packet *p, double deviation)
{
	return deviation * random_normal(&p->random);
}

static inline double exponential(struct wild_packet *p, double mean)
{
	return -mean * log(share(p));
}

/* Seconds since a thing that comes back every so many began last. */
static inline double phase(const struct wild_packet *p, double period)
{
	return fmod(p->s, period);
}

extern const struct wild wilds[];
extern const int wild_count;

/* Those with flows inside whose order counts, each its own: crowd.c. */
extern const struct wild crowds[];
extern const int crowd_count;

const struct wild *wild_find(const char *name);

void wild_play(const struct wild *wild, u64 seed, struct trace *trace);

#endif
