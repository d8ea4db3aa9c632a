/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The reorder engine: takes the authenticated packets of one peer in the order
 * of their arrival and gives them back in the order in which they were sent.
 *
 * Order is (epoch, counter).  An epoch is a session key, a counter the nonce
 * under it.  In scope "peer" what comes out strictly increases; a packet that can
 * no longer keep to that is late and stays with the caller.
 *
 * In scope "flow" that holds for the packets of each inner flow: flow queues
 * on the sender's side (fq, fq_codel, cake) let flows pass one another on purpose,
 * after counters were given.  So a packet that only other flows have overtaken is
 * released all the same, behind them; one of a flow that has nothing to wait for is
 * released ahead of what is missing; and only what its own flow has overtaken
 * teaches the hold policy that waiting is of use.  Flows are told apart from
 * the first packet out of order on, until all has been in order for a while: on
 * a path that keeps order nothing is asked about them.
 *
 * A flow that comes behind trails: the lanes have given up what it brings.  Which of that
 * has not come is known still (absent.h), so where it is swapped within itself its
 * packets wait there for one another, in a list of their own, as long as they would in
 * a lane.  So does what is held already when the wait of another flow's packet ends, which
 * was sent later and came earlier: its own wait goes on.
 *
 * What is promised, however many flows there are:
 *
 *   Never out of order.  In scope "peer" the places released strictly increase, in
 *   scope "flow" those of each flow do.  Where the table of flows has no room it is
 *   stricter: what may have been overtaken counts as late.
 *
 *   Bounded hold.  A packet is held only while one sent before it is missing that may
 *   be of its flow, and from its own arrival to its release no longer than the
 *   longest wait in force meanwhile, and %WGR_EXCUSE_NS, and what the caller's timer is late;
 *   whether it waits in a lane, behind, or in one and then in the other.
 *
 *   Delivered once, unless late.  Each packet is released once, unless one sent after
 *   it (in scope "flow": of the same flow, or of one that nobody can tell from it) was
 *   released before it came.  Then it is late, and the caller keeps it.
 *
 *   Books balance.  Pushed is released, held, late, duplicate and discarded; held are those in
 *   lanes and behind, without ghosts.  Gaps opened are filled, given up or open; what
 *   is given up stays so in the books though it comes behind.
 *
 *   Bounded memory.  Ghosts, kept in the place of what went ahead or was late so
 *   that it does not count as missing, take part in the window: with the items in
 *   lanes they are no more than %WGR_WINDOW_MAX, of 64 bytes each: 2 MiB a peer at most, and
 *   512 KiB with the window as it is by default.  They are asked of the caller in their
 *   own size, so that it may count them with the packets that are held.  Behind wait 256
 *   items at most.  The table of flows takes 31 KiB, what is absent 3.
 *
 *   lane 0, current epoch     released | gap | held | gap | held | held
 *                                        ^next                     ^top
 *   boundary                  how many more the old key sent, nobody knows
 *   lane 1, following epoch   gap | held | held | ...   (all of it waits)
 *
 * A packet waits while something before it is missing: a gap in its own lane,
 * or the boundary.  One rule ends every wait: when the packet that has waited
 * longest is due, everything up to and including it is released, and with it
 * what follows without a gap.  A gap that every path has passed, a full window,
 * a third epoch and a failed allocation end waits early, oldest gap first, and
 * drop nothing.  A gap given up always ends in a release: what is late has been
 * overtaken by a packet that is already out, or its epoch has been closed.
 *
 * How long it waits is the hold policy's (hold.h), which is told of every
 * missing packet that comes and of every wait in vain.  At a boundary nothing is
 * known to be missing, so where the path has not swapped packets for long the
 * adaptive mode does not wait there at all.
 *
 * Time is the arrival time line, given by the caller.  It never runs back: an
 * arrival before the latest time seen counts as that time.
 *
 * One context at a time may work on an engine; it has no locks of its own.
 * Memory is owned only while packets are held, so that an engine just flushed
 * may be thrown away.
 */
#ifndef WGR_REORDER_ENGINE_H
#define WGR_REORDER_ENGINE_H

#include "absent.h"
#include "flows.h"
#include "hold.h"
#include "marks.h"
#include "paths.h"
#include "port.h"

#define WGR_WINDOW_MIN	64
#define WGR_WINDOW_MAX	32768

/*
 * Counters from the first missing one to the last held one, at most.  What lies
 * further back than that is not waited for, whatever the window.
 */
#define WGR_SPAN_MAX	65536

/* Bins of the histograms: powers of two. */
#define WGR_SPAN_BINS	16
#define WGR_HOLD_BINS	32

/**
 * enum wgr_mode - what is done about order
 * @WGR_ADAPTIVE: wait as long as the path has shown to be of use
 * @WGR_FIXED: wait the same time for every gap
 * @WGR_OFF: hand up as it arrives
 * @WGR_MODES: number of modes
 *
 * The values are those of enum wg_reorder_mode in the UAPI.
 */
enum wgr_mode {
	WGR_ADAPTIVE,
	WGR_FIXED,
	WGR_OFF,
	WGR_MODES,
};

/**
 * enum wgr_scope - whose order is kept
 * @WGR_SCOPE_FLOW: that of each inner flow
 * @WGR_SCOPE_PEER: that of all packets of the peer
 * @WGR_SCOPE_AUTO: in the fixed mode that of the peer, else that of flows
 * @WGR_SCOPES: number of scopes
 *
 * The values are those of enum wg_reorder_scope in the UAPI.
 */
enum wgr_scope {
	WGR_SCOPE_FLOW,
	WGR_SCOPE_PEER,
	WGR_SCOPE_AUTO,
	WGR_SCOPES,
};

/* What the scope comes to in a mode: never %WGR_SCOPE_AUTO. */
static inline enum wgr_scope wgr_scope_in(enum wgr_scope scope, enum wgr_mode mode)
{
	if (scope != WGR_SCOPE_AUTO)
		return scope;
	return mode == WGR_FIXED ? WGR_SCOPE_PEER : WGR_SCOPE_FLOW;
}

/**
 * struct wgr_settings - what can be chosen for an engine
 * @mode: what to do about order
 * @window: most items held, %WGR_WINDOW_MIN to %WGR_WINDOW_MAX, moved into that
 *	range
 * @hold_ns: the wait of the fixed mode, and what the adaptive one begins with,
 *	nanoseconds
 * @hold_max_ns: the most that the adaptive mode may wait, nanoseconds
 * @scope: whose order
 */
struct wgr_settings {
	enum wgr_mode mode;
	u32 window;
	u64 hold_ns;
	u64 hold_max_ns;
	enum wgr_scope scope;
};

/**
 * struct wgr_item - a packet as the engine sees it, embedded by the caller
 * @counter: place within the epoch, any value
 * @arrival_ns: when it arrived; the engine may raise it to its own clock
 * @older: engine's, while held: the item that arrived before
 * @newer: engine's, while held: the item that arrived after; in an output
 *	list the item to be released next, NULL at the end
 * @epoch: number of the session, from 1; a session gets a higher one than all
 *	before when its first packet reaches the engine.  0 stands before all: such an
 *	item is late unless no order is kept
 * @flow: engine's: number of its inner flow
 * @path: which of the peer's paths it came by, 0 to %WGR_PATHS - 1
 * @tag: caller's, never touched here
 */
struct wgr_item {
	u64 counter;
	s64 arrival_ns;
	struct wgr_item *older;
	struct wgr_item *newer;
	u32 epoch;
	u16 flow;
	u8 path;
	u8 tag;
};

/**
 * struct wgr_item_list - released items in order, linked through &wgr_item.newer
 * @first: to be handed up first, NULL if the list is empty
 * @last: valid only if @first is not NULL
 *
 * All zeros is an empty list.  The engine only ever appends.
 */
struct wgr_item_list {
	struct wgr_item *first;
	struct wgr_item *last;
};

/**
 * enum wgr_verdict - what became of a pushed item
 * @WGR_RELEASED: it is in the output list
 * @WGR_HELD: the engine keeps it for now
 * @WGR_LATE: something sent after it, in scope "flow" by the same flow, was
 *	released before, or that is not known any more, or its epoch is closed; the
 *	caller keeps it
 * @WGR_DUPLICATE: the same packet is being held; the caller keeps it
 */
enum wgr_verdict {
	WGR_RELEASED,
	WGR_HELD,
	WGR_LATE,
	WGR_DUPLICATE,
};

/**
 * enum wgr_cause - why a wait ended, or why there was none
 * @WGR_FILLED: the missing packets came
 * @WGR_TIMED_OUT: the hold ran out
 * @WGR_PASSED: every path has brought something sent later
 * @WGR_OVERFLOWED: no room: window, third epoch or memory
 * @WGR_RESET: the caller asked for a flush
 * @WGR_IN_ORDER: no wait at all, released by its own arrival
 * @WGR_AHEAD: no wait though something is missing, which its flow does not wait for
 * @WGR_BEHIND: it comes behind what other flows sent after it; at once, or when it has
 *	waited there for those of its own flow
 * @WGR_CAUSES: number of causes
 */
enum wgr_cause {
	WGR_FILLED,
	WGR_TIMED_OUT,
	WGR_PASSED,
	WGR_OVERFLOWED,
	WGR_RESET,
	WGR_IN_ORDER,
	WGR_AHEAD,
	WGR_BEHIND,
	WGR_CAUSES,
};

/**
 * struct wgr_reorder_stats - the books of an engine, in items unless said
 * @pushed: given to the engine
 *	= sum of @released + held + @late + @duplicate + @discarded
 * @released: released, by cause
 * @filled_at_once: of @released[%WGR_IN_ORDER] those that were missing before:
 *	the rest came in order
 * @late: refused as late
 * @late_ahead: of @late those of which a later one of their flow had gone ahead of
 *	what was missing
 * @late_unknown: of @late those of which the table of flows could not tell whether
 *	they were, since flows that it has no room for make it stricter; and those of
 *	a key that came between two others while packets of their flow were held
 * @duplicate: refused because the same packet is held
 * @discarded: taken back by wgr_reorder_discard()
 * @gaps_opened: counters that were missing when one after them arrived
 *	= sum of @gaps_closed + wgr_reorder_open_gaps()
 * @gaps_closed: of these, those that came (%WGR_FILLED) or were given up
 * @boundaries_opened: epochs that began while another one was open
 *	= sum of @boundaries_closed + wgr_reorder_open_boundaries()
 * @boundaries_closed: old epochs closed; a boundary is never filled
 * @boundary_held: items that were held because an older epoch was open
 * @refused: items released early because memory or a place was refused
 * @max_hold_ns: longest time from arrival to release, nanoseconds
 * @max_held: most items held at once
 * @span: items that arrived after one sent later, late ones included, by how
 *	many counters they were behind the highest one that had arrived (the
 *	reordering extent of RFC 4737, section 4.2.2, if nothing else was missing
 *	or out of order between): bin n counts 2^n to 2^(n+1) - 1, the last one all
 *	from 2^15 on and those whose epoch was closed
 * @hold: items that were held, by how long, nanoseconds: bin n counts 2^n to
 *	2^(n+1) - 1, bin 0 also 0, the last one all from 2^31 on
 */
struct wgr_reorder_stats {
	u64 pushed;
	u64 released[WGR_CAUSES];
	u64 filled_at_once;
	u64 late;
	u64 late_ahead;
	u64 late_unknown;
	u64 duplicate;
	u64 discarded;
	u64 gaps_opened;
	u64 gaps_closed[WGR_IN_ORDER];
	u64 boundaries_opened;
	u64 boundaries_closed[WGR_IN_ORDER];
	u64 boundary_held;
	u64 refused;
	u64 max_hold_ns;
	u32 max_held;
	u64 span[WGR_SPAN_BINS];
	u64 hold[WGR_HOLD_BINS];
};

/**
 * enum wgr_event_kind - what a caller may want to see happen
 * @WGR_GAP_OPENED: @first to @last are missing
 * @WGR_GAP_FILLED: @first, which was missing for @ns, has come
 * @WGR_GAP_GIVEN_UP: @first to @last, as far as missing, are not waited for any
 *	more; the packet that waited longest for them waited @ns
 * @WGR_ITEM_LATE: @first has come too late; it was missing for @ns, -1 if that
 *	is not known
 * @WGR_HOLD_CHANGED: the wait in force is @ns from now on
 * @WGR_ITEM_AHEAD: @first was released ahead of what is missing
 * @WGR_ITEM_BEHIND: @first was released behind what other flows sent later, where it had
 *	waited @ns for its own
 */
enum wgr_event_kind {
	WGR_GAP_OPENED,
	WGR_GAP_FILLED,
	WGR_GAP_GIVEN_UP,
	WGR_ITEM_LATE,
	WGR_HOLD_CHANGED,
	WGR_ITEM_AHEAD,
	WGR_ITEM_BEHIND,
};

/**
 * struct wgr_event - something happened
 * @kind: what
 * @cause: why, for %WGR_GAP_GIVEN_UP
 * @epoch: where; 0 for %WGR_HOLD_CHANGED
 * @first: counter
 * @last: counter, at least @first
 * @ns: nanoseconds
 * @flow: for %WGR_ITEM_AHEAD and %WGR_ITEM_BEHIND the flow's place in the table,
 *	%WGR_NO_FLOW if it has none
 */
struct wgr_event {
	enum wgr_event_kind kind;
	enum wgr_cause cause;
	u32 epoch;
	u64 first;
	u64 last;
	s64 ns;
	u16 flow;
};

/**
 * struct wgr_reorder_ops - what the caller gives
 * @alloc: return @bytes of zeroed memory or NULL; must not sleep if the engine
 *	is used where sleeping is not allowed
 * @free: give back what @alloc returned, with the size it was asked for
 * @admit: return true if one item more may be held, or NULL if it always may
 * @flow: return a hash of the item's inner flow, the same whenever it is asked
 *	for the same flow and one that no sender can foresee; but for %WGR_FLOW_BURSTS,
 *	which says that it sends bursts; NULL if flows cannot be
 *	told apart, scope "flow" is the same as "peer" then
 * @event: look at what happened, or NULL; not called for packets in order; must
 *	not call the engine
 * @traced: return whether anybody looks at %WGR_GAP_FILLED, or NULL if always
 */
struct wgr_reorder_ops {
	void *(*alloc)(void *ctx, size_t bytes);
	void (*free)(void *ctx, void *memory, size_t bytes);
	bool (*admit)(void *ctx, u32 held);
	u32 (*flow)(void *ctx, const struct wgr_item *item);
	void (*event)(void *ctx, const struct wgr_event *event);
	bool (*traced)(void *ctx);
};

struct wgr_ring;

/**
 * struct wgr_lane - one open epoch
 * @ring: slots of the held items, NULL while there are none
 * @next: lowest counter that may still be released
 * @top: highest counter held, valid only if @held is not 0
 * @epoch: number of the epoch
 * @held: items in @ring, ghosts included
 * @spent: the highest counter there is has been released
 */
struct wgr_lane {
	struct wgr_ring *ring;
	u64 next;
	u64 top;
	u32 epoch;
	u16 held;
	bool spent;
};

/**
 * struct wgr_reorder - the engine of one peer
 * @lane: open epochs, the current one first; the second is open only while
 *	it holds items
 * @open: number of open lanes
 * @held: items held in both lanes, ghosts included
 * @ghosts: of these, places that are kept for what is not held: it went ahead or
 *	was late, and must not count as missing
 * @trail_oldest: of the items that wait behind what was given up, the one that arrived
 *	first, NULL if there are none
 * @trail_newest: likewise the last one, valid only then
 * @trailing: so many
 * @nameless: items held of which the flow is not known: while there are any, nothing
 *	goes ahead, for it might be of the same one
 * @settings: what was chosen
 * @clock_ns: latest time seen
 * @hold: how long to wait
 * @marks: since when what is missing
 * @flows: what is known of flows
 * @absent: what was given up and has not come
 * @not_before_ns: nothing is given up for having waited too long before this time
 * @due_ns: the deadline that is being seen to, else %WGR_NEVER
 * @paths: what the paths tell
 * @calm_from: a path that has shown no swapped packets is calm when as many
 *	have been pushed
 * @oldest: held item that arrived first
 * @newest: held item that arrived last, valid only if @oldest is not NULL
 * @ops: memory and events
 * @ctx: handed to @ops
 * @stats: books; may be read at any time, is written only by the engine
 */
struct wgr_reorder {
	struct wgr_lane lane[2];
	u32 open;
	u32 held;
	u32 ghosts;
	u32 trailing;
	u32 nameless;
	struct wgr_settings settings;
	s64 clock_ns;
	s64 not_before_ns;
	s64 due_ns;
	struct wgr_flows flows;
	struct wgr_absent absent;
	struct wgr_hold hold;
	struct wgr_marks marks;
	struct wgr_paths paths;
	u64 calm_from;
	struct wgr_item *oldest;
	struct wgr_item *newest;
	struct wgr_item *trail_oldest;
	struct wgr_item *trail_newest;
	const struct wgr_reorder_ops *ops;
	void *ctx;
	struct wgr_reorder_stats stats;
};

/**
 * wgr_reorder_init - make an engine that has seen nothing
 * @r: engine
 * @ops: memory and events, must outlive the engine
 * @ctx: handed to @ops
 * @settings: taken over
 */
void wgr_reorder_init(struct wgr_reorder *r, const struct wgr_reorder_ops *ops,
		      void *ctx, const struct wgr_settings *settings);

/**
 * wgr_reorder_push - an item has arrived
 * @r: engine
 * @item: @counter, @epoch and @arrival_ns set by the caller
 * @out: released items are appended
 *
 * First releases what was due before this arrival, then finds the place of
 * the item.  What is due exactly at this arrival is not released yet, so that
 * an item that comes at the last moment still counts; the caller asks for
 * wgr_reorder_deadline() when it has no more arrivals to push.
 *
 * Return: what became of the item.  Of %WGR_LATE and %WGR_DUPLICATE items the
 * engine keeps nothing.
 */
enum wgr_verdict wgr_reorder_push(struct wgr_reorder *r, struct wgr_item *item,
				  struct wgr_item_list *out);

/**
 * wgr_reorder_advance - time has come this far without another arrival
 * @r: engine
 * @now_ns: time; every packet that arrived before must have been pushed
 * @out: receives all items that are due at @now_ns or before
 */
void wgr_reorder_advance(struct wgr_reorder *r, s64 now_ns, struct wgr_item_list *out);

/**
 * wgr_reorder_deadline - when wgr_reorder_advance() must be called
 * @r: engine
 *
 * Return: nanoseconds on the arrival time line, perhaps in the past;
 * %WGR_NEVER if nothing is held, nor a place kept for what went ahead.
 */
s64 wgr_reorder_deadline(const struct wgr_reorder *r);

/**
 * wgr_reorder_rest_at - when wgr_reorder_advance() should be called without haste
 * @r: engine
 *
 * Return: nanoseconds on the arrival time line: from then on it gives back what
 * memory it has for flows; %WGR_NEVER if it has none or something is held.
 */
s64 wgr_reorder_rest_at(const struct wgr_reorder *r);

/**
 * wgr_reorder_excuse - the machine may have stood still
 * @r: engine
 * @now_ns: time, not told to the engine yet
 *
 * To be called before an arrival is pushed or the time is told.  If a deadline has
 * been missed by so much that what it waits for may be in a queue below the caller,
 * nothing is given up for half as long again.  No packet waits for more than
 * %WGR_EXCUSE_NS longer for that, however many deadlines are missed meanwhile.
 */
void wgr_reorder_excuse(struct wgr_reorder *r, s64 now_ns);

/* All that a packet may wait longer for missed deadlines, nanoseconds. */
#define WGR_EXCUSE_NS	2000000LL

/* Items that are held, without the places kept for others. */
static inline u32 wgr_reorder_held(const struct wgr_reorder *r)
{
	return r->held - r->ghosts + r->trailing;
}

/**
 * wgr_reorder_flush - release everything now
 * @r: engine; holds neither items nor memory afterwards and may go on
 * @out: receives the items in order
 */
void wgr_reorder_flush(struct wgr_reorder *r, struct wgr_item_list *out);

/**
 * wgr_reorder_discard - take everything back: it will not be handed up
 * @r: engine; holds neither items nor memory afterwards and may go on
 * @out: receives the items
 */
void wgr_reorder_discard(struct wgr_reorder *r, struct wgr_item_list *out);

/**
 * wgr_reorder_configure - change the settings while items may be held
 * @r: engine
 * @settings: taken over, for what is held already too.  What the adaptive mode
 *	has learned stays, unless the mode or the wait to begin with change.
 * @out: receives what a smaller window has no room for, or all when the mode
 *	is off now
 *
 * The deadline may have moved in both directions afterwards.
 */
void wgr_reorder_configure(struct wgr_reorder *r, const struct wgr_settings *settings,
			   struct wgr_item_list *out);

/**
 * wgr_reorder_reset_stats - begin the books anew
 * @r: engine; what it holds and what is missing now counts as new, so that the
 *	books balance
 */
void wgr_reorder_reset_stats(struct wgr_reorder *r);

/**
 * wgr_reorder_open_gaps - counters that held items wait for
 * @r: engine
 *
 * Return: number of missing counters in both lanes.
 */
u64 wgr_reorder_open_gaps(const struct wgr_reorder *r);

/**
 * wgr_reorder_open_boundaries - old epochs that a following one waits for
 * @r: engine
 *
 * Return: 0 or 1.
 */
u32 wgr_reorder_open_boundaries(const struct wgr_reorder *r);

#endif
