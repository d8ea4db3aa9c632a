// SPDX-License-Identifier: GPL-2.0
/*
 * stream.c - what one end of a tunnel sends to the other, as it arrives.
 *
 * A session is known by the number that its receiver gave to it, wherever its packets
 * come from: they may come by several lines. A new number between the same two
 * addresses is the next session of the same two.
 */
#include "stream.h"

#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "util.h"

/* A packet that is missing for longer is lost, nanoseconds. */
#define LOST_NS 1000000000

/* A counter further ahead is not believed: anybody can send such a packet. */
#define FAR (1 << 20)

static unsigned int bin_of(uint64_t number, unsigned int bins)
{
	unsigned int bin = number ? 63 - __builtin_clzll(number) : 0;

	return bin < bins ? bin : bins - 1;
}

static int64_t *place_of(const struct session *session, uint64_t counter)
{
	return &session->missing_ns[counter % STREAM_REACH];
}

/* What is missing will not be waited for any more. */
static void close_session(struct stream *stream, struct session *session, int64_t before_ns)
{
	size_t i;

	for (i = 0; i < STREAM_REACH && session->epoch; i++)
		stream->lost += session->missing_ns[i] != STREAM_CAME &&
				session->missing_ns[i] <= before_ns;
	free(session->missing_ns);
	*session = (struct session){};
}

static void open_session(struct stream *stream, const struct outer *outer)
{
	struct session *session = &stream->session[0];
	size_t i;

	close_session(stream, &stream->session[1], INT64_MAX);
	stream->session[1] = *session;
	*session = (struct session){
		.index = outer->index,
		.epoch = ++stream->sessions,
		.missing_ns = say_alloc(NULL, STREAM_REACH * sizeof(*session->missing_ns)),
	};
	for (i = 0; i < STREAM_REACH; i++)
		session->missing_ns[i] = STREAM_CAME;
	/* A session that was begun before this looked, or while it did not. */
	if (session->epoch == 1 || outer->counter >= STREAM_REACH)
		session->base = outer->counter;
	session->top = session->base - 1;
}

/* From its top on to this counter; what lies between is missing from now on. */
static void go_up(struct stream *stream, struct session *session, uint64_t counter, int64_t ns)
{
	int64_t *place;

	while (session->top != counter) {
		place = place_of(session, ++session->top);
		stream->lost += *place != STREAM_CAME;
		*place = session->top == counter ? STREAM_CAME : ns;
	}
}

static void note_swapped(struct stream *stream, struct session *session, uint64_t counter,
			 int64_t ns)
{
	int64_t *place = place_of(session, counter);
	int64_t late = ns - *place;

	*place = STREAM_CAME;
	stream->swapped++;
	stream->extent[bin_of(session->top - counter, STREAM_EXTENT_BINS)]++;
	stream->late[bin_of(late, STREAM_LATE_BINS)]++;
	if (late > stream->late_most_ns)
		stream->late_most_ns = late;
}

static bool note_ahead(struct stream *stream, struct session *session, uint64_t counter,
		       int64_t ns)
{
	if (counter - session->top > FAR) {
		stream->odd++;
		return false;
	}
	go_up(stream, session, counter, ns);
	return true;
}

static bool note_behind(struct stream *stream, struct session *session, uint64_t counter,
			int64_t ns)
{
	if (session->top - counter >= STREAM_REACH ||
	    *place_of(session, counter) == STREAM_CAME) {
		stream->again++;
		return false;
	}
	note_swapped(stream, session, counter, ns);
	return true;
}

/* Whether the module would see it, too: a first copy that is neither odd nor too old. */
static bool note_packet(struct stream *stream, struct session *session, uint64_t counter,
			int64_t ns)
{
	bool is_first = session->top + 1 == session->base, seen;

	if (counter < session->base)
		return false;
	if (is_first || counter > session->top)
		seen = note_ahead(stream, session, counter, ns);
	else
		seen = note_behind(stream, session, counter, ns);
	stream->packets += seen;
	return seen;
}

/* Its number; a new one takes the place of the oldest. */
static unsigned int path_of(struct stream *stream, const struct outer *outer)
{
	unsigned int i, known = stream->paths < WGR_PATHS ? stream->paths : WGR_PATHS;

	for (i = 0; i < known; i++) {
		if (outer_same_end(&stream->path[i], &outer->from))
			return i;
	}
	i = stream->paths++ % WGR_PATHS;
	stream->path[i] = outer->from;
	return i;
}

static struct session *session_of(struct stream *stream, uint32_t index)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stream->session); i++) {
		if (stream->session[i].epoch && stream->session[i].index == index)
			return &stream->session[i];
	}
	return NULL;
}

/* Whether its packets have come this way, so that a new session may be its next one. */
static bool goes_between(const struct stream *stream, const struct outer *outer)
{
	unsigned int i, known = stream->paths < WGR_PATHS ? stream->paths : WGR_PATHS;

	for (i = 0; i < known; i++) {
		if (outer_same_end(&stream->path[i], &outer->from))
			return outer_same_end(&stream->to, &outer->to);
	}
	return false;
}

static struct stream *add_stream(struct streams *streams)
{
	struct stream *stream;
	unsigned int i;

	streams->all = say_alloc(streams->all, (streams->count + 1) * sizeof(*streams->all));
	stream = say_alloc(NULL, sizeof(*stream));
	*stream = (struct stream){};
	for (i = 0; i < JUDGE_POLICIES; i++)
		judge_init(&stream->judge[i], i);
	streams->all[streams->count++] = stream;
	return stream;
}

/* NULL if there is no room for it. */
static struct stream *stream_of(struct streams *streams, const struct outer *outer)
{
	size_t i;

	for (i = 0; i < streams->count; i++) {
		if (session_of(streams->all[i], outer->index))
			return streams->all[i];
	}
	for (i = 0; i < streams->count; i++) {
		if (goes_between(streams->all[i], outer))
			return streams->all[i];
	}
	return streams->count < STREAM_MOST ? add_stream(streams) : NULL;
}

static void take(struct stream *stream, const struct outer *outer, int64_t ns)
{
	struct session *session = session_of(stream, outer->index);
	struct judge_packet packet = { .ns = ns };
	unsigned int i;

	if (!session) {
		open_session(stream, outer);
		session = &stream->session[0];
	}
	stream->from = outer->from;
	stream->to = outer->to;
	if (stream->way == OUTER_PASSED)
		stream->way = outer->way;
	if (!note_packet(stream, session, outer->counter, ns))
		return;
	packet.path = path_of(stream, outer);
	packet.epoch = session->epoch;
	packet.counter = outer->counter - session->base;
	for (i = 0; i < JUDGE_POLICIES; i++)
		judge_push(&stream->judge[i], &packet);
}

void streams_take(struct streams *streams, const struct outer *outer)
{
	struct stream *stream = stream_of(streams, outer);

	streams->packets++;
	/* Clocks are set while captures are made. */
	if (outer->ns > streams->ns)
		streams->ns = outer->ns;
	if (stream)
		take(stream, outer, streams->ns);
	else
		streams->left_out++;
}

void streams_end(struct streams *streams, int64_t ns)
{
	struct stream *stream;
	unsigned int j;
	size_t i;

	if (ns < streams->ns)
		ns = streams->ns;
	for (i = 0; i < streams->count; i++) {
		stream = streams->all[i];
		close_session(stream, &stream->session[1], ns - LOST_NS);
		close_session(stream, &stream->session[0], ns - LOST_NS);
		for (j = 0; j < JUDGE_POLICIES; j++)
			judge_end(&stream->judge[j]);
	}
}

void streams_free(struct streams *streams)
{
	size_t i;

	for (i = 0; i < streams->count; i++)
		free(streams->all[i]);
	free(streams->all);
	*streams = (struct streams){};
}
