// SPDX-License-Identifier: GPL-2.0
/* line.c - packets in order, worked on by several CPUs at once. */
#include "line.h"

#include <linux/cpumask.h>
#include <linux/sched.h>

/* Packets claimed in one go: enough to make the lock and the wake-up cheap. */
#define CLAIM_MOST 16

/* Packets that are let wait for the consumer while others are worked on. */
#define WAKE_MOST 48

/* Claims a worker makes before others may use its CPU (and a flush ends). */
#define TURNS_MOST 32

void wgr_line_init(struct wgr_line *line, struct wgr_pool *pool)
{
	skb_queue_head_init(&line->queue);
	line->cursor = NULL;
	line->unclaimed = 0;
	line->pool = pool;
	INIT_LIST_HEAD(&line->node);
}

void wgr_line_add(struct wgr_line *line, struct sk_buff *skb)
{
	lockdep_assert_held(&line->queue.lock);

	wgr_cb(skb)->item.tag = WGR_PACKET_NEW;
	__skb_queue_tail(&line->queue, skb);
	if (!line->cursor)
		line->cursor = skb;
	WRITE_ONCE(line->unclaimed, line->unclaimed + 1);
}

static struct sk_buff *claim_next(struct wgr_line *line)
{
	struct sk_buff *skb = line->cursor;

	if (!skb)
		return NULL;
	WRITE_ONCE(wgr_cb(skb)->item.tag, WGR_PACKET_CLAIMED);
	line->cursor = skb_queue_is_last(&line->queue, skb) ?
		       NULL : skb_queue_next(&line->queue, skb);
	WRITE_ONCE(line->unclaimed, line->unclaimed - 1);
	return skb;
}

static unsigned int claim(struct wgr_line *line, struct sk_buff **batch,
			  unsigned int most)
{
	unsigned int n = 0;

	spin_lock_bh(&line->queue.lock);
	while (n < most && (batch[n] = claim_next(line)))
		n++;
	spin_unlock_bh(&line->queue.lock);
	return n;
}

unsigned int wgr_line_work_some(struct wgr_line *line, unsigned int most)
{
	struct sk_buff *batch[CLAIM_MOST];
	unsigned int i, n;

	n = claim(line, batch, min_t(unsigned int, most, CLAIM_MOST));
	for (i = 0; i < n; i++)
		line->work(batch[i]);
	return n;
}

bool wgr_line_front_done(const struct wgr_line *line)
{
	const struct sk_buff *skb = skb_peek(&line->queue);

	lockdep_assert_held(&line->queue.lock);

	/* Pairs with the release in wgr_packet_finish(). */
	return skb && smp_load_acquire(&wgr_cb(skb)->item.tag) >= WGR_PACKET_GOOD;
}

struct sk_buff *wgr_line_take(struct wgr_line *line)
{
	return wgr_line_front_done(line) ? __skb_dequeue(&line->queue) : NULL;
}

bool wgr_line_front_movable(struct wgr_line *line)
{
	struct sk_buff *skb;
	bool movable;

	spin_lock_bh(&line->queue.lock);
	skb = skb_peek(&line->queue);
	movable = skb && READ_ONCE(wgr_cb(skb)->item.tag) != WGR_PACKET_CLAIMED;
	spin_unlock_bh(&line->queue.lock);
	return movable;
}

void wgr_line_drop_unclaimed(struct wgr_line *line)
{
	struct sk_buff *skb;

	spin_lock_bh(&line->queue.lock);
	while (line->cursor) {
		skb = claim_next(line);
		__skb_unlink(skb, &line->queue);
		line->drop(skb);
	}
	spin_unlock_bh(&line->queue.lock);
}

void wgr_line_drop_all(struct wgr_line *line)
{
	struct sk_buff *skb;

	while ((skb = skb_dequeue(&line->queue)))
		line->drop(skb);
	line->cursor = NULL;
	line->unclaimed = 0;
}

int wgr_next_cpu(int *last_cpu)
{
	unsigned int cpu = READ_ONCE(*last_cpu);

	do {
		cpu = (cpu + 1) % nr_cpu_ids;
	} while (!cpu_online(cpu));
	WRITE_ONCE(*last_cpu, cpu);
	return cpu;
}

static void wake_worker(struct wgr_pool *pool)
{
	int cpu = wgr_next_cpu(&pool->last_cpu);

	queue_work_on(cpu, pool->wq, &per_cpu_ptr(pool->workers, cpu)->work);
}

void wgr_line_call_worker(struct wgr_line *line)
{
	struct wgr_pool *pool = line->pool;

	spin_lock_bh(&pool->lock);
	if (list_empty(&line->node) && line->get(line))
		list_add_tail(&line->node, &pool->lines);
	spin_unlock_bh(&pool->lock);
	wake_worker(pool);
}

static struct wgr_line *pool_pop(struct wgr_pool *pool)
{
	struct wgr_line *line;

	spin_lock_bh(&pool->lock);
	line = list_first_entry_or_null(&pool->lines, struct wgr_line, node);
	if (line)
		list_del_init(&line->node);
	spin_unlock_bh(&pool->lock);
	return line;
}

/* Will the line's turn come before that of others? A hint, without the lock. */
static bool is_next(const struct wgr_line *line)
{
	const struct list_head *first = READ_ONCE(line->pool->lines.next);

	return first == &line->node || first == &line->pool->lines;
}

/*
 * While more is worked on at once, the consumer comes for many at a time: what it
 * does once for all of them is not done for each claim. Whoever added what is
 * unclaimed has called a worker or is about to, so it comes.
 */
static bool worth_waking(const struct wgr_line *line)
{
	unsigned int unclaimed = READ_ONCE(line->unclaimed);

	return !unclaimed || !is_next(line) ||
	       skb_queue_len_lockless(&line->queue) >= unclaimed + WAKE_MOST;
}

/*
 * One claim for one line; the line goes to the back if it has more. All that
 * follows on the line waits for what is claimed, so neither softirqs nor other
 * tasks come in between.
 */
static void serve(struct wgr_line *line)
{
	struct sk_buff *batch[CLAIM_MOST];
	unsigned int i, n;

	local_bh_disable();
	n = claim(line, batch, CLAIM_MOST);
	if (READ_ONCE(line->unclaimed))
		wgr_line_call_worker(line);
	for (i = 0; i < n; i++)
		line->work(batch[i]);
	if (line->finished)
		line->finished(line);
	local_bh_enable();
	if (line->wake && worth_waking(line))
		line->wake(line);
	line->put(line);
}

static void pool_work(struct work_struct *work)
{
	struct wgr_pool_worker *worker =
		container_of(work, struct wgr_pool_worker, work);
	struct wgr_line *line;
	unsigned int turns;

	for (turns = 0; turns < TURNS_MOST; turns++) {
		line = pool_pop(worker->pool);
		if (!line)
			return;
		serve(line);
		cond_resched();
	}
	queue_work(worker->pool->wq, &worker->work);
}

int wgr_pool_init(struct wgr_pool *pool, struct workqueue_struct *wq)
{
	int cpu;

	spin_lock_init(&pool->lock);
	INIT_LIST_HEAD(&pool->lines);
	pool->wq = wq;
	pool->last_cpu = -1;
	pool->workers = alloc_percpu(struct wgr_pool_worker);
	if (!pool->workers)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct wgr_pool_worker *worker = per_cpu_ptr(pool->workers, cpu);

		worker->pool = pool;
		INIT_WORK(&worker->work, pool_work);
	}
	return 0;
}

void wgr_pool_destroy(struct wgr_pool *pool)
{
	free_percpu(pool->workers);
	pool->workers = NULL;
}
