/* SPDX-License-Identifier: GPL-2.0 */
/* stream.h - what one end of a tunnel sends to the other, as it arrives. */
#ifndef STREAM_H
#define STREAM_H

#include <stddef.h>

#include "judge.h"
#include "outer.h"

/* So far behind the highest counter that came no module looks for a packet. */
#define STREAM_REACH 8192
/* More streams than this are not told apart. */
#define STREAM_MOST 1024

#define STREAM_EXTENT_BINS 16
#define STREAM_LATE_BINS 40

/**
 * struct session - what is sent under one key
 * @index: the receiver's number for it
 * @epoch: how many there were in this stream, itself included; 0 if it is not in use
 * @base: the first counter that counts: what was sent before the first packet seen
 *	is nobody's loss
 * @top: the highest counter that came
 * @missing_ns: since when a counter is missing, by its remainder; %STREAM_CAME if it
 *	is not
 */
struct session {
	uint32_t index;
	uint32_t epoch;
	uint64_t base;
	uint64_t top;
	int64_t *missing_ns;
};

#define STREAM_CAME INT64_MIN

/**
 * struct stream - what one end sends to the other
 * @from: who sends, as of late
 * @to: who receives, as of late
 * @way: which way that is for this machine
 * @path: addresses of the sender, by the numbers of its paths
 * @paths: how many there have been
 * @session: the newest first
 * @sessions: how many there have been
 * @packets: that came, each once
 * @swapped: of these, after one sent later
 * @lost: never came
 * @again: came more than once, or further behind than any module looks
 * @odd: with a counter too far ahead to be believed
 * @extent: of those swapped, by how many places they were behind; bins of hist.h
 * @late: of those swapped, by how many nanoseconds after the first one sent later
 * @late_most_ns: the longest of these
 * @judge: what policies would have done
 */
struct stream {
	union outer_end from;
	union outer_end to;
	enum outer_way way;
	union outer_end path[WGR_PATHS];
	unsigned int paths;
	struct session session[2];
	uint32_t sessions;
	uint64_t packets;
	uint64_t swapped;
	uint64_t lost;
	uint64_t again;
	uint64_t odd;
	uint64_t extent[STREAM_EXTENT_BINS];
	uint64_t late[STREAM_LATE_BINS];
	int64_t late_most_ns;
	struct judge judge[JUDGE_POLICIES];
};

/**
 * struct streams - all that are seen
 * @all: array of pointers
 * @count: how many
 * @ns: latest time seen
 * @packets: data packets seen
 * @left_out: packets of streams for which there was no room
 */
struct streams {
	struct stream **all;
	size_t count;
	int64_t ns;
	uint64_t packets;
	uint64_t left_out;
};

/* A data packet was seen. */
void streams_take(struct streams *streams, const struct outer *outer);

/*
 * No more will be seen, and it is that late, nanoseconds since 1970, or as late as the
 * last packet. What is missing for less than a second is taken to be on its way.
 */
void streams_end(struct streams *streams, int64_t ns);

void streams_free(struct streams *streams);

#endif
