/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The reorder engine: takes the authenticated packets of one peer in the order
 * of their arrival and gives them back in the order in which they were sent.
 *
 * Order is (epoch, counter).  An epoch is a session key, a counter the nonce
 * under it.  What comes out strictly increases; a packet that can no longer
 * keep to that is late and stays with the caller.
 *
 *   lane 0, current epoch     released | gap | held | gap | held | held
 *                                        ^next                     ^top
 *   boundary                  how many more the old key sent, nobody knows
 *   lane 1, following epoch   gap | held | held | ...   (all of it waits)
 *
 * A packet waits while something before it is missing: a gap in its own lane,
 * or the boundary.  One rule ends every wait: when the packet that has waited
 * longest is due, everything up to and including it is released, and with it
 * what follows without a gap.  A full window, a third epoch and a failed
 * allocation end waits early, oldest gap first, and drop nothing.  A gap given up
 * always ends in a release: what is late has been overtaken by a packet that is
 * already out, or its epoch has been closed.
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

#include "hold.h"
#include "port.h"

#define WGR_WINDOW_MIN	64
#define WGR_WINDOW_MAX	16384

/**
 * struct wgr_item - a packet as the engine sees it, embedded by the caller
 * @counter: place within the epoch, any value
 * @arrival_ns: when it arrived; the engine may raise it to its own clock
 * @older: engine's, while held: the item that arrived before
 * @newer: engine's, while held: the item that arrived after; in an output
 *	list the item to be released next, NULL at the end
 * @epoch: number of the session; a session gets a higher one than all before
 *	when its first packet reaches the engine
 * @tag: caller's, never touched here
 */
struct wgr_item {
	u64 counter;
	s64 arrival_ns;
	struct wgr_item *older;
	struct wgr_item *newer;
	u32 epoch;
	u32 tag;
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
 * @WGR_LATE: something sent after it was released before, or its epoch is
 *	closed; the caller keeps it
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
 * @WGR_OVERFLOWED: no room: window, third epoch or memory
 * @WGR_RESET: the caller asked for a flush
 * @WGR_IN_ORDER: no wait at all, released by its own arrival
 * @WGR_CAUSES: number of causes
 */
enum wgr_cause {
	WGR_FILLED,
	WGR_TIMED_OUT,
	WGR_OVERFLOWED,
	WGR_RESET,
	WGR_IN_ORDER,
	WGR_CAUSES,
};

/**
 * struct wgr_reorder_stats - the books of an engine, in items unless said
 * @pushed: given to the engine = sum of @released + held + @late + @duplicate
 * @released: released, by cause
 * @late: refused as late
 * @duplicate: refused because the same packet is held
 * @gaps_opened: counters that were missing when one after them arrived
 *	= sum of @gaps_closed + wgr_reorder_open_gaps()
 * @gaps_closed: of these, those that came (%WGR_FILLED) or were given up
 * @boundaries_opened: epochs that began while another one was open
 *	= sum of @boundaries_closed + wgr_reorder_open_boundaries()
 * @boundaries_closed: old epochs closed; a boundary is never filled
 * @alloc_failures: items released early because memory was refused
 * @max_hold_ns: longest time from arrival to release, nanoseconds
 * @max_held: most items held at once
 */
struct wgr_reorder_stats {
	u64 pushed;
	u64 released[WGR_CAUSES];
	u64 late;
	u64 duplicate;
	u64 gaps_opened;
	u64 gaps_closed[WGR_IN_ORDER];
	u64 boundaries_opened;
	u64 boundaries_closed[WGR_IN_ORDER];
	u64 alloc_failures;
	u64 max_hold_ns;
	u32 max_held;
};

/**
 * struct wgr_reorder_ops - memory, given by the caller
 * @alloc: return @bytes of zeroed memory or NULL; must not sleep if the engine
 *	is used where sleeping is not allowed
 * @free: give back what @alloc returned, with the size it was asked for
 */
struct wgr_reorder_ops {
	void *(*alloc)(void *ctx, size_t bytes);
	void (*free)(void *ctx, void *memory, size_t bytes);
};

struct wgr_ring;

/**
 * struct wgr_lane - one open epoch
 * @ring: slots of the held items, NULL while there are none
 * @next: lowest counter that may still be released
 * @top: highest counter held, valid only if @held is not 0
 * @epoch: number of the epoch
 * @held: items in @ring
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
 * @held: items held in both lanes
 * @window: most items that may be held, and most counters from the first
 *	missing one to the last held one, in a lane
 * @clock_ns: latest time seen
 * @hold: how long to wait
 * @oldest: held item that arrived first
 * @newest: held item that arrived last, valid only if @oldest is not NULL
 * @ops: memory
 * @ctx: handed to @ops
 * @stats: books; may be read at any time, is written only by the engine
 */
struct wgr_reorder {
	struct wgr_lane lane[2];
	u32 open;
	u32 held;
	u32 window;
	s64 clock_ns;
	struct wgr_hold hold;
	struct wgr_item *oldest;
	struct wgr_item *newest;
	const struct wgr_reorder_ops *ops;
	void *ctx;
	struct wgr_reorder_stats stats;
};

/**
 * wgr_reorder_init - make an engine that has seen nothing
 * @r: engine
 * @ops: memory, must outlive the engine
 * @ctx: handed to @ops
 * @window: %WGR_WINDOW_MIN to %WGR_WINDOW_MAX, moved into that range
 * @hold_ns: longest wait, nanoseconds
 */
void wgr_reorder_init(struct wgr_reorder *r, const struct wgr_reorder_ops *ops,
		      void *ctx, u32 window, u64 hold_ns);

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
 * %WGR_NEVER if nothing is held.
 */
s64 wgr_reorder_deadline(const struct wgr_reorder *r);

/**
 * wgr_reorder_flush - release everything now
 * @r: engine; holds neither items nor memory afterwards and may go on
 * @out: receives the items in order
 */
void wgr_reorder_flush(struct wgr_reorder *r, struct wgr_item_list *out);

/**
 * wgr_reorder_configure - change the settings while items may be held
 * @r: engine
 * @window: as for wgr_reorder_init()
 * @hold_ns: longest wait, nanoseconds, also for what is held already
 * @out: receives what a smaller window has no room for
 *
 * The deadline may have moved in both directions afterwards.
 */
void wgr_reorder_configure(struct wgr_reorder *r, u32 window, u64 hold_ns,
			   struct wgr_item_list *out);

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
