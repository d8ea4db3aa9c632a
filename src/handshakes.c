// SPDX-License-Identifier: GPL-2.0
/* handshakes.c - handshake messages that came in, and who answers them. */
#include "handshakes.h"

#include <linux/cpumask.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "cookie.h"
#include "device.h"
#include "protocol/load.h"
#include "noise.h"
#include "peer.h"
#include "randomness.h"
#include "sock.h"
#include "timers.h"
#include "tx.h"

struct worker {
	struct work_struct work;
	struct wgr_device *wgr;
};

/**
 * struct wgr_handshakes - handshake messages of a device
 * @queue: messages; producers: the sockets, consumers: @workers
 * @workers: one for each CPU
 * @last_cpu: the CPU woken last; races only make the turn uneven
 */
struct wgr_handshakes {
	struct sk_buff_head queue;
	struct worker __percpu *workers;
	int last_cpu;
};

/* Of all interfaces. */
static struct wgr_load load;

/* Messages answered before others may use the CPU. */
#define TURNS_MOST 32

static void send_cookie(struct wgr_device *wgr, const struct sk_buff *skb,
			__le32 sender)
{
	struct wgr_msg_cookie reply;

	wgr_cookie_make_reply(&wgr->cookies, &reply, skb, sender);
	wgr_sock_reply(&wgr->socks, skb, &reply, sizeof(reply));
}

/* True if the message is meant for us and its sender may ask so much. */
static bool admitted(struct wgr_device *wgr, const struct sk_buff *skb,
		     __le32 sender)
{
	bool loaded = wgr_under_load(&load, wgr_now_ns());

	switch (wgr_mac_admission(wgr_cookie_check(&wgr->cookies, skb, loaded), loaded)) {
	case WGR_ADMIT:
		return true;
	case WGR_ADMIT_LIMITED:
		return wgr_ratelimit_allow(wgr->ratelimit, skb);
	case WGR_GIVE_COOKIE:
		send_cookie(wgr, skb, sender);
		return false;
	case WGR_REFUSE:
		break;
	}
	net_dbg_ratelimited("%s: Handshake message with a wrong mac\n",
			    wgr->dev->name);
	return false;
}

/* The peer has proved itself: this is where it is now. */
static void note_message(struct wgr_peer *peer, const struct sk_buff *skb)
{
	struct wgr_endpoint endpoint;

	if (wgr_endpoint_of(&endpoint, skb))
		wgr_endpoint_set(&peer->endpoint, &endpoint);
	atomic64_add(skb->len, &peer->rx_bytes);
	local_bh_disable();
	dev_sw_netstats_rx_add(peer->wgr->dev, skb->len);
	local_bh_enable();
	wgr_timers_got_any(&peer->timers);
}

/* The peer that has sent an initiation, which is remembered; with a reference, or NULL. */
static struct wgr_peer *read_initiation(struct wgr_device *wgr,
					const struct wgr_msg_initiation *msg)
{
	struct wgr_keys *gone = NULL;
	struct wgr_peer *peer = NULL;
	struct wgr_draft draft;
	bool taken = false;

	down_read(&wgr->identity_lock);
	if (wgr_draft_sender(&draft, &wgr->identity, msg))
		peer = wgr_peer_find(wgr, draft.public);
	if (peer)
		taken = wgr_noise_take_initiation(&peer->noise, &draft, msg,
				wgr_alarms_just_initiated(&peer->timers.alarms, wgr_now_ns()), &gone);
	up_read(&wgr->identity_lock);
	wgr_draft_wipe(&draft);
	wgr_session_let_go(gone);

	if (peer && !taken) {
		wgr_peer_put(peer);
		peer = NULL;
	}
	return peer;
}

static bool got_initiation(struct wgr_device *wgr, const struct sk_buff *skb)
{
	const struct wgr_msg_initiation *msg = (const void *)skb->data;
	struct wgr_peer *peer;

	if (!admitted(wgr, skb, msg->sender))
		return false;
	peer = read_initiation(wgr, msg);
	if (!peer)
		return false;
	note_message(peer, skb);
	wgr_tx_response(peer);
	wgr_peer_put(peer);
	return true;
}

static bool read_response(struct wgr_peer *peer, const struct wgr_msg_response *msg)
{
	struct wgr_device *wgr = peer->wgr;
	bool right;

	down_read(&wgr->identity_lock);
	right = wgr_noise_read_response(&peer->noise, &wgr->identity, msg);
	up_read(&wgr->identity_lock);
	return right;
}

/* The other side has the keys already. */
static void begin_session(struct wgr_peer *peer, __le32 index)
{
	if (!wgr_session_begin(peer, index))
		return;
	wgr_timers_handshake_done(&peer->timers);
	/* The answer to the answer: staged packets or an empty one. */
	wgr_tx_keepalive(peer);
}

static bool got_response(struct wgr_device *wgr, const struct sk_buff *skb)
{
	const struct wgr_msg_response *msg = (const void *)skb->data;
	struct wgr_session *session;
	bool right;

	if (!admitted(wgr, skb, msg->sender))
		return false;
	session = wgr_session_find(wgr, msg->receiver);
	if (!session)
		return false;
	right = read_response(session->peer, msg);
	if (right) {
		note_message(session->peer, skb);
		begin_session(session->peer, msg->receiver);
	}
	wgr_session_put(session);
	return right;
}

static void got_cookie(struct wgr_device *wgr, const struct wgr_msg_cookie *msg)
{
	struct wgr_session *session = wgr_session_find(wgr, msg->receiver);

	if (!session)
		return;
	wgr_cookie_take(&session->peer->jar, msg);
	wgr_session_put(session);
}

static bool answer(struct wgr_device *wgr, const struct sk_buff *skb)
{
	const struct wgr_msg_header *head = (const void *)skb->data;

	if (READ_ONCE(wgr->asleep) || !wgr_random_ready())
		return false;
	switch (le32_to_cpu(head->type)) {
	case WGR_MSG_INITIATION:
		return got_initiation(wgr, skb);
	case WGR_MSG_RESPONSE:
		return got_response(wgr, skb);
	case WGR_MSG_COOKIE:
		got_cookie(wgr, (const void *)skb->data);
		return true;
	}
	return false;
}

static struct sk_buff *take(struct wgr_device *wgr)
{
	struct sk_buff *skb = skb_dequeue(&wgr->handshakes->queue);

	if (skb)
		wgr_load_less(&load);
	return skb;
}

static void handshake_work(struct work_struct *work)
{
	struct worker *worker = container_of(work, struct worker, work);
	struct wgr_device *wgr = worker->wgr;
	unsigned int turns;
	struct sk_buff *skb;

	for (turns = 0; turns < TURNS_MOST; turns++) {
		skb = take(wgr);
		if (!skb)
			return;
		if (!answer(wgr, skb))
			DEV_STATS_INC(wgr->dev, rx_dropped);
		kfree_skb(skb);
		cond_resched();
	}
	queue_work(wgr->wq_handshakes, &worker->work);
}

void wgr_handshakes_add(struct wgr_device *wgr, struct sk_buff *skb)
{
	struct wgr_handshakes *hs = wgr->handshakes;
	int cpu;

	if (skb_queue_len_lockless(&hs->queue) >= WGR_MAX_HANDSHAKES ||
	    skb_linearize(skb)) {
		DEV_STATS_INC(wgr->dev, rx_dropped);
		kfree_skb(skb);
		return;
	}
	skb_dst_drop(skb);
	wgr_load_more(&load);
	skb_queue_tail(&hs->queue, skb);
	cpu = wgr_next_cpu(&hs->last_cpu);
	queue_work_on(cpu, wgr->wq_handshakes, &per_cpu_ptr(hs->workers, cpu)->work);
}

/* Drops what nobody has worked on. */
static void purge(struct wgr_device *wgr)
{
	struct sk_buff *skb;

	while ((skb = take(wgr)))
		kfree_skb(skb);
}

void wgr_handshakes_stop(struct wgr_device *wgr)
{
	purge(wgr);
	flush_workqueue(wgr->wq_handshakes);
}

static void init_workers(struct wgr_device *wgr)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct worker *worker = per_cpu_ptr(wgr->handshakes->workers, cpu);

		worker->wgr = wgr;
		INIT_WORK(&worker->work, handshake_work);
	}
}

int wgr_handshakes_init(struct wgr_device *wgr)
{
	struct wgr_handshakes *hs = kzalloc(sizeof(*hs), GFP_KERNEL);

	if (!hs)
		return -ENOMEM;
	skb_queue_head_init(&hs->queue);
	hs->last_cpu = -1;
	hs->workers = alloc_percpu(struct worker);
	/* Not freezable: a flush under rtnl must end while others suspend. */
	wgr->wq_handshakes = alloc_workqueue("wgr-hs-%s", WQ_CPU_INTENSIVE | WQ_PERCPU, 0,
					     wgr->dev->name);
	wgr->handshakes = hs;
	if (!wgr->wq_handshakes || !hs->workers) {
		wgr_handshakes_destroy(wgr);
		return -ENOMEM;
	}
	init_workers(wgr);
	return 0;
}

void wgr_handshakes_destroy(struct wgr_device *wgr)
{
	purge(wgr);
	if (wgr->wq_handshakes)
		destroy_workqueue(wgr->wq_handshakes);
	wgr->wq_handshakes = NULL;
	free_percpu(wgr->handshakes->workers);
	kfree(wgr->handshakes);
	wgr->handshakes = NULL;
}
