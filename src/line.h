/* SPDX-License-Identifier: GPL-2.0 */
/*
 * line.h - packets in order, worked on by several CPUs at once.
 *
 * A line holds the packets of one peer in one direction, in the order in
 * which they came. Whoever has time claims the first few packets nobody works
 * on yet, and finishes each; the consumer takes packets off the front as far
 * as they are finished, so the order stays. A pool lists the lines that have
 * unclaimed packets and gives them to workers in turn: a peer that sends much
 * does not keep the others waiting.
 *
 *         front                                       back
 *   take <- [done][done][claimed][done][new][new][new] <- add
 *                                      ^ cursor: claim
 */
#ifndef WGR_LINE_H
#define WGR_LINE_H

#include <linux/list.h>
#include <linux/skbuff.h>
#include <linux/workqueue.h>

#include "reorder/engine.h"
#include "wgr.h"

/* What a packet on a line has come to. */
enum wgr_packet_state {
	WGR_PACKET_NEW,		/* in line, unclaimed */
	WGR_PACKET_CLAIMED,	/* somebody works on it */
	WGR_PACKET_GOOD,	/* encrypted, or authenticated and decrypted */
	WGR_PACKET_BAD,		/* to be dropped */
	WGR_PACKET_CHARGED,	/* good, and its memory counts as held */
};

/**
 * struct wgr_tx_info - what a packet on a send line carries
 * @counter: nonce
 * @mtu: path MTU of the inner packet's route, bounds the padding
 * @plain_len: bytes before padding, 0 for a keepalive
 * @ds: inner DS field
 */
struct wgr_tx_info {
	u64 counter;
	u32 mtu;
	u32 plain_len;
	u8 ds;
};

/**
 * struct wgr_cb - control block of a packet on a line
 * @session: keys it is worked on with; referenced
 * @item: receive: the order engine's handle
 * @tx: send
 *
 * The state is in @item.tag in both directions.
 */
struct wgr_cb {
	struct wgr_session *session;
	union {
		struct wgr_item item;
		struct wgr_tx_info tx;
	};
};

static_assert(sizeof(struct wgr_cb) <= sizeof_field(struct sk_buff, cb));
static_assert(sizeof(struct wgr_tx_info) <= offsetof(struct wgr_item, tag));

static inline struct wgr_cb *wgr_cb(const struct sk_buff *skb)
{
	return (struct wgr_cb *)skb->cb;
}

static inline struct sk_buff *wgr_item_skb(struct wgr_item *item)
{
	return container_of((void *)container_of(item, struct wgr_cb, item),
			    struct sk_buff, cb);
}

/* Finishes a packet; the one that waits for it at the front sees its bytes. */
static inline void wgr_packet_finish(struct sk_buff *skb, bool good)
{
	/* Pairs with the acquire in wgr_line_front_done(). */
	smp_store_release(&wgr_cb(skb)->item.tag,
			  good ? WGR_PACKET_GOOD : WGR_PACKET_BAD);
}

/**
 * struct wgr_line - packets of one peer in one direction
 * @queue: packets in order; @queue.lock guards the line
 * @cursor: the first unclaimed packet, NULL for none
 * @unclaimed: how many there are from @cursor on
 * @pool: whose workers help
 * @node: place in the pool's list of lines, guarded by the pool's lock
 * @work: works on one claimed packet; process context or softirq
 * @finished: some packet has been finished: the consumer may go on; called
 *	with softirqs disabled, NULL for none
 * @wake: the same, when softirqs may run again, NULL for none
 * @get: takes a reference on what the line is part of; false when that is
 *	going away
 * @put: drops it
 * @drop: drops a packet that is on no line, with all that it holds
 *
 * Producers: any. Consumer: one at a time.
 */
struct wgr_line {
	struct sk_buff_head queue;
	struct sk_buff *cursor;
	unsigned int unclaimed;
	struct wgr_pool *pool;
	struct list_head node;
	void (*work)(struct sk_buff *skb);
	void (*finished)(struct wgr_line *line);
	void (*wake)(struct wgr_line *line);
	bool (*get)(struct wgr_line *line);
	void (*put)(struct wgr_line *line);
	void (*drop)(struct sk_buff *skb);
};

struct wgr_pool_worker {
	struct work_struct work;
	struct wgr_pool *pool;
};

/**
 * struct wgr_pool - lines that want workers, and the workers
 * @lock: guards @lines
 * @lines: lines with unclaimed packets; each holds a reference
 * @wq: where workers run
 * @workers: one for each CPU
 * @last_cpu: the CPU woken last; races only make the turn uneven
 */
struct wgr_pool {
	spinlock_t lock;
	struct list_head lines;
	struct workqueue_struct *wq;
	struct wgr_pool_worker __percpu *workers;
	int last_cpu;
};

/* The CPU after the one asked last, of those that run; in turn for all. */
int wgr_next_cpu(int *last_cpu);

/* Return: 0 or -ENOMEM. */
int wgr_pool_init(struct wgr_pool *pool, struct workqueue_struct *wq);
void wgr_pool_destroy(struct wgr_pool *pool);

void wgr_line_init(struct wgr_line *line, struct wgr_pool *pool);

/* Appends one packet, in state NEW; the caller holds queue.lock. */
void wgr_line_add(struct wgr_line *line, struct sk_buff *skb);

/* Asks a worker on another CPU to help with what is unclaimed. */
void wgr_line_call_worker(struct wgr_line *line);

/**
 * wgr_line_work_some() - claim and work in this context
 * @line: which
 * @most: packets at most
 *
 * Calls neither @line->finished nor @line->wake.
 *
 * Return: how many packets were worked on.
 */
unsigned int wgr_line_work_some(struct wgr_line *line, unsigned int most);

/* True if the front packet can be taken; the caller holds queue.lock. */
bool wgr_line_front_done(const struct wgr_line *line);

/**
 * wgr_line_take() - take the front packet if it is finished
 * @line: which; the caller holds queue.lock
 *
 * Return: the packet, or NULL when the line is empty or the front unfinished.
 */
struct sk_buff *wgr_line_take(struct wgr_line *line);

/* True if the front packet is finished or unclaimed, so that there is work. */
bool wgr_line_front_movable(struct wgr_line *line);

/* Drops what nobody has claimed; no producer may add any more. */
void wgr_line_drop_unclaimed(struct wgr_line *line);
/* Drops the rest; no producer, worker or consumer may be left. */
void wgr_line_drop_all(struct wgr_line *line);

#endif
