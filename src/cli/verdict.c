// SPDX-License-Identifier: GPL-2.0
/* verdict.c - what order would be worth to a stream, in words. */
#include "verdict.h"

#include <stdio.h>

/* Of ten thousand: fewer swapped packets than this are hardly any. */
#define HARDLY 10

static bool is_share(uint64_t part, uint64_t whole, unsigned int of_ten_thousand)
{
	return part * 10000 >= whole * of_ten_thousand && part;
}

static void say_worth(const struct format *f, const struct stream *stream, char *to)
{
	const struct judge *order = &stream->judge[0];
	const struct judge *off = &stream->judge[JUDGE_POLICIES - 1];
	uint64_t kept = order->swapped + order->late;
	uint64_t saved = off->swapped > kept ? off->swapped - kept : 0;
	char cost[FORMAT_ROOM], share[FORMAT_ROOM], late[FORMAT_ROOM], need[FORMAT_ROOM];
	int used;

	used = snprintf(to, VERDICT_ROOM,
			"order would %scost %s and save %s of the packets from arriving swapped",
			is_share(saved, stream->packets, HARDLY) ? "" : "hardly help: it would ",
			format_ns(f, cost, judge_mean_ns(order)),
			format_share(share, saved, stream->packets));
	if (is_share(order->late, stream->packets, HARDLY))
		used += snprintf(to + used, VERDICT_ROOM - used, "; %s would come too late",
				 format_share(late, order->late, stream->packets));
	if (order->late > saved && stream->late_most_ns > judge_most_ns(order))
		snprintf(to + used, VERDICT_ROOM - used,
			 ": they are behind by up to %s, and hold-max would have to be longer",
			 format_ns(f, need, stream->late_most_ns));
}

static void say_calm(const struct format *f, const struct stream *stream, char *to)
{
	uint64_t cost_ns = judge_mean_ns(&stream->judge[0]);
	char share[FORMAT_ROOM], cost[FORMAT_ROOM];
	int used;

	if (stream->swapped)
		used = snprintf(to, VERDICT_ROOM, "hardly any packet arrives swapped (%s): there is little to gain from order",
				format_share(share, stream->swapped, stream->packets));
	else if (is_share(stream->lost, stream->packets, HARDLY))
		used = snprintf(to, VERDICT_ROOM, "packets get lost, and none arrives swapped: there is nothing to gain from order");
	else
		used = snprintf(to, VERDICT_ROOM, "packets arrive as they were sent: there is nothing to gain from order");
	if (cost_ns)
		snprintf(to + used, VERDICT_ROOM - used, ", which would cost %s",
			 format_ns(f, cost, cost_ns));
}

const char *verdict_print(const struct format *format, const struct stream *stream,
			  char to[VERDICT_ROOM])
{
	if (stream->way == OUTER_SENT)
		snprintf(to, VERDICT_ROOM, "sent by this machine: what the path does to them shows at the other end");
	else if (stream->packets < VERDICT_ENOUGH)
		snprintf(to, VERDICT_ROOM, "too few packets to tell: listen for longer, while something is sent");
	else if (is_share(stream->swapped, stream->packets, HARDLY))
		say_worth(format, stream, to);
	else
		say_calm(format, stream, to);
	return to;
}
