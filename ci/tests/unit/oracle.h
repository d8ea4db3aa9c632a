/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the reorder engine should do, said in the plainest way: one array of
 * waiting packets and one of all arrivals, searched from end to end for
 * everything, and numbers wide enough to never wrap.
 *
 * How long to wait is asked of the same policy as the engine asks (hold.h), but
 * a policy of the oracle's own, taught with what the oracle finds in its list of
 * arrivals.  So are the marks (marks.h), whose answer may be too early but never
 * later than what the list says; and what was given up and has not come (absent.h).
 *
 * Flows are told apart by the list of arrivals and one of releases, both from
 * when they are watched on.  It knows no table that could be full: whoever compares
 * keeps to so few flows, and so few of one set, that none ever gives way.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include "reorder/engine.h"

/* The largest window used with it, and one packet more. */
#ifndef ORACLE_ROOM
#define ORACLE_ROOM	(WGR_WINDOW_MAX + 1)
#endif

/* Most arrivals shown to one oracle. */
#ifndef ORACLE_ARRIVALS
#define ORACLE_ARRIVALS	65536
#endif

/* Events of one step that are kept; more are only counted. */
#define ORACLE_EVENTS	(ORACLE_ROOM + 16)

/* Most that wait behind what was given up, and one packet more. */
#define ORACLE_TRAIL	257

/* Flows have numbers below this. */
#define ORACLE_FLOWS	16

typedef unsigned __int128 wide;

struct oracle_packet {
	u32 epoch;
	u64 counter;
	s64 arrival;
	u32 flow;
	bool ghost;		/* only its place */
	bool named;		/* its flow was looked at when it came */
};

struct oracle_out {
	u32 epoch;
	u64 counter;
	u32 flow;
	bool known;		/* a packet of the flow had come since flows are watched */
};

struct oracle_path {
	bool seen;
	s64 seen_at;
	wide sent;		/* place of what was sent last among what it brought */
};

struct oracle {
	struct wgr_settings settings;
	struct wgr_hold hold;
	s64 clock;
	s64 due;		/* of what is being ended for its age */
	bool started;
	u32 epoch;		/* all older epochs are done */
	wide next;		/* in @epoch everything below is done */
	u64 in_a_row;		/* pushes since one showed a swapped packet */
	u64 calm;		/* epochs closed at once, for who wants to know */
	bool several;		/* paths */
	u32 doubt;
	struct oracle_path path[WGR_PATHS];
	struct wgr_marks marks;	/* as the policy: asked, and taught by the oracle */
	bool quick;		/* the packet at hand takes the engine's short way */
	bool was_off;		/* at some time */
	bool odd;		/* the marks named a later time than the list of arrivals */
	struct wgr_reorder_stats stats;
	u32 waiting;
	u32 trailing;
	u32 judged;		/* as the table of flows has them */
	u32 outrun;
	u32 apart;
	bool trails[ORACLE_FLOWS];
	bool mapped;		/* @map is in use */
	u32 arrivals;
	u32 released;		/* since the caller last set it to 0 */
	u32 events;		/* likewise */
	wide highest;		/* place of what was sent last among all arrivals */
	struct oracle_packet packet[ORACLE_ROOM];	/* in order of arrival */
	struct oracle_packet trail[ORACLE_TRAIL];	/* likewise */
	struct wgr_absent_map map;
	struct oracle_packet arrival[ORACLE_ARRIVALS];
	bool watching;		/* flows */
	wide from;		/* what was sent from here on and released is in @gone */
	s64 used;		/* when something was out of order last */
	s64 not_before;
	u32 watched;		/* the first of @arrival that counts for flows */
	u32 gones;
	struct oracle_out gone[ORACLE_ARRIVALS];
	struct oracle_out out[ORACLE_ROOM];
	struct wgr_event event[ORACLE_EVENTS];
};

void oracle_init(struct oracle *o, const struct wgr_settings *settings);

/* @refuse: the number of the allocation within this push that fails, from 0 */
enum wgr_verdict oracle_push(struct oracle *o, u32 epoch, u64 counter, u32 flow, u16 path,
			     s64 arrival, unsigned int refuse);
void oracle_excuse(struct oracle *o, s64 now);
void oracle_advance(struct oracle *o, s64 now);
void oracle_flush(struct oracle *o);
void oracle_discard(struct oracle *o);
void oracle_configure(struct oracle *o, const struct wgr_settings *settings);
void oracle_reset_stats(struct oracle *o);
s64 oracle_deadline(const struct oracle *o);

/* Waiting packets, without ghosts. */
u32 oracle_held(const struct oracle *o);

/* Missing counters before waiting packets. */
wide oracle_gaps(const struct oracle *o);
bool oracle_boundary(const struct oracle *o);

/* Copy what is in use, into an oracle of which nothing is used any more. */
void oracle_copy(struct oracle *to, const struct oracle *from);

/* What differs between an engine and its oracle, NULL if nothing does. */
const char *oracle_differs(const struct oracle *o, const struct wgr_reorder *r);

/* What is wrong with an engine's books, NULL if they balance. */
const char *books_wrong(const struct wgr_reorder *r);

#endif
