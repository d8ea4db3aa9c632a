/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is remembered of the inner flows of a peer while its packets are not in
 * order: how far each has got, and whether waiting is of use to it.
 *
 * A flow is known by a hash that its caller keeps secret, so nobody can choose
 * flows that meet in one place.  The table is bounded: where one set of it is
 * full, the flow that has got least far gives way, and how far it had got stays as
 * the set's floor, which counts for every flow that the set does not know.  So
 * what is forgotten can only make the answer stricter: a packet is taken for
 * overtaken that is not.
 *
 * The table begins at a place: of what was sent from there on, every release has
 * been told.  It can say nothing about what was sent before.
 */
#ifndef WGR_REORDER_FLOWS_H
#define WGR_REORDER_FLOWS_H

#include "port.h"

#define WGR_FLOW_WAYS	4
#define WGR_FLOW_SETS	11
#define WGR_FLOW_BLOCKS	16

/* Flows that are known at a time. */
#define WGR_FLOWS	(WGR_FLOW_BLOCKS * WGR_FLOW_SETS * WGR_FLOW_WAYS)

/*
 * Set in the hash of a flow that sends bursts however sparse it has been: TCP, which sends
 * all it has at once when there is something to send.  It never goes ahead.
 */
#define WGR_FLOW_BURSTS	1U

/* Number of no flow: there was no room, or nobody asked. */
#define WGR_NO_FLOW	0xffff

/**
 * struct wgr_place - where a packet was sent
 * @counter: within the epoch
 * @epoch: 0 stands before all places; wide enough for one behind the last
 */
struct wgr_place {
	u64 counter;
	u64 epoch;
};

/**
 * struct wgr_flow - one of them
 * @out_counter: of what was sent last among what was released
 * @in_counter: of what was sent last among what has arrived
 * @out_epoch: likewise, 0 if nothing was
 * @in_epoch: likewise, 0 marks a free entry
 * @tag: its hash
 * @seen_us: when what was sent last of it came, wgr_flow_time()
 * @apart_us: how far its packets are apart, in the same steps, a mean of the last ones
 * @held: packets held
 * @known: distances that @apart_us was made of, up to 16; since the last burst, if
 *	there was one
 * @swapped: one of its packets has come behind one sent later
 * @trails: it comes behind what other flows sent later
 * @guessed: what was sent last is not known: it was not after what @out_counter
 *	and @out_epoch say
 */
struct wgr_flow {
	u64 out_counter;
	u64 in_counter;
	u32 out_epoch;
	u32 in_epoch;
	u32 tag;
	u32 seen_us;
	u32 apart_us;
	u16 held;
	u8 known;
	bool swapped : 1;
	bool trails : 1;
	bool guessed : 1;
};

/*
 * Distances after which a flow's own is believed.  Fewer would do for a ping, but a
 * connection that is made and then sends all it has does not look different at first.
 */
#define WGR_FLOW_KNOWN	3

struct wgr_flow_block;

/**
 * struct wgr_flows - the flows of a peer
 * @block: parts of the table, each made when a flow falls into it
 * @from: where the table begins; only if @on
 * @used_ns: when something last was out of order, arrival time line
 * @judged: packets since flows that went ahead of their own were last counted anew
 * @outrun: packets since then that came behind one of their flow that could go ahead
 * @apart_us: flows whose packets are no further apart do not go ahead
 * @on: flows are being watched
 */
struct wgr_flows {
	struct wgr_flow_block *block[WGR_FLOW_BLOCKS];
	struct wgr_place from;
	s64 used_ns;
	u32 judged;
	u32 outrun;
	u32 apart_us;
	bool on;
};

/* Where the memory for blocks comes from. */
struct wgr_flow_memory {
	void *(*alloc)(void *ctx, size_t bytes);
	void (*free)(void *ctx, void *memory, size_t bytes);
	void *ctx;
};

/* True if the place lies behind the other one: it was sent later. */
static inline bool wgr_place_after(u64 epoch, u64 counter, u64 other_epoch, u64 other_counter)
{
	return epoch > other_epoch || (epoch == other_epoch && counter > other_counter);
}

/**
 * wgr_flows_begin - watch flows from now on
 * @flows: not being watched
 * @epoch: nothing sent from here on has been released
 * @counter: in that epoch
 */
void wgr_flows_begin(struct wgr_flows *flows, u64 epoch, u64 counter);

/* Forget all of it. */
void wgr_flows_end(struct wgr_flows *flows, const struct wgr_flow_memory *memory);

/**
 * wgr_flows_find - the flow of a packet
 * @flows: being watched
 * @tag: hash of the flow
 *
 * Return: its number, %WGR_NO_FLOW if it is not known.
 */
u16 wgr_flows_find(const struct wgr_flows *flows, u32 tag);

/**
 * wgr_flows_enter - the flow of a packet, made known if it is not
 * @flows: being watched
 * @tag: hash of the flow
 * @memory: for the table
 *
 * Return: its number, %WGR_NO_FLOW if memory is refused or all flows of its set
 * have packets that are held.
 */
u16 wgr_flows_enter(struct wgr_flows *flows, u32 tag, const struct wgr_flow_memory *memory);

/* The flow of a number other than %WGR_NO_FLOW. */
struct wgr_flow *wgr_flows_at(const struct wgr_flows *flows, u16 nr);

/* The clock of @seen_us and @apart_us: 1.024 microseconds a step. */
u32 wgr_flow_time(s64 now_ns);

/**
 * wgr_flow_arrived - note that a packet of a flow has come
 * @flow: its flow
 * @epoch: of the packet
 * @counter: of the packet
 * @now_ns: its arrival
 *
 * Return: true if something of the same flow that was sent later has come before.
 */
bool wgr_flow_arrived(struct wgr_flow *flow, u32 epoch, u64 counter, s64 now_ns);

/**
 * wgr_flows_may_go - whether waiting for what is missing is of no use to a flow
 * @flows: of its peer
 * @flow: which
 * @wait_ns: the wait in force
 *
 * Return: true if it is none that sends bursts, its packets are further apart than
 * two thirds of that, as far as is known, none was ever swapped, and such flows
 * have done well so far.  The last third is what a wait is longer than packets are
 * missing for: a call's packets are 20 ms apart, and jitter in which packets are
 * missing for 17 ms makes the others wait for 24.  Those of a video are too close
 * together to go, however short the wait is.
 */
bool wgr_flows_may_go(const struct wgr_flows *flows, const struct wgr_flow *flow, s64 wait_ns);

/**
 * wgr_flows_judge - note whether it was right to let a flow go ahead
 * @flows: of its peer
 * @apart_us: how far the packets of a flow that might go were apart, 0 for another one
 * @outrun: a packet of that flow has come behind a later one
 *
 * Of as many packets as %WGR_FLOWS_JUDGED so many may be outrun as are put up with; more,
 * and flows with packets as far apart as those of the last one do not go any more.
 */
void wgr_flows_judge(struct wgr_flows *flows, u32 apart_us, bool outrun);

/* The distances are tried again, by and by, after so many packets. */
#define WGR_FLOWS_JUDGED	16384

/* One in 4096 is put up with. */
#define WGR_FLOWS_OUTRUN	4

/**
 * wgr_flows_released - note that a packet has been released
 * @flows: being watched
 * @nr: its flow, %WGR_NO_FLOW if the table had no room for it
 * @tag: hash of the flow, used only if @nr is %WGR_NO_FLOW
 * @epoch: of the packet
 * @counter: of the packet
 */
void wgr_flows_released(struct wgr_flows *flows, u16 nr, u32 tag, u32 epoch, u64 counter);

/**
 * enum wgr_overtaken - what of a packet's flow has been released before it
 * @WGR_NOT_OVERTAKEN: nothing that was sent later
 * @WGR_OVERTAKEN: something that was sent later
 * @WGR_PERHAPS_OVERTAKEN: that is not known any more
 */
enum wgr_overtaken {
	WGR_NOT_OVERTAKEN,
	WGR_OVERTAKEN,
	WGR_PERHAPS_OVERTAKEN,
};

/* Of a packet of this flow; @nr and @tag as with wgr_flows_released(). */
enum wgr_overtaken wgr_flows_overtaken(const struct wgr_flows *flows, u16 nr, u32 tag,
				       u32 epoch, u64 counter);

#endif
