// SPDX-License-Identifier: GPL-2.0
/*
 * tx.c - the way out.
 *
 *   interface -> staged -> counters, line -> encryption -> sending
 *
 * Counters are given and packets put on the line under one lock, and one
 * context at a time sends what the front of the line has finished. So packets
 * leave in the order of their counters, whatever CPUs they came by. Workers encrypt
 * and send; a packet that comes alone goes all the way with who brings it.
 */
#include "tx.h"

#include <compat/jumbo.h>
#include <compat/xps.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/timekeeping.h>
#include <net/dst_metadata.h>
#include <net/gso.h>
#include <net/icmp.h>
#include <net/inet_ecn.h>
#include <net/ip_tunnels.h>
#include <net/udp_tunnel.h>

#include "device.h"
#include "peer.h"
#include "protocol/data.h"
#include "randomness.h"
#include "sock.h"

/* Sent without letting softirq work go on. */
#define SEND_MOST 64

/*
 * A packet that comes after so long without sending is encrypted and sent by whoever
 * brings it: it would wait for two wake-ups for longer than that takes. What comes
 * faster is worth collecting: it goes in runs, and is encrypted on several CPUs.
 */
#define LONE_NS (50 * NSEC_PER_USEC)

/* Somebody on this CPU sends a lone packet: one for a tunnel in a tunnel takes the long way. */
static DEFINE_PER_CPU(bool, sending_lone);

/* DS field of handshake messages: they go before data. */
#define WGR_HANDSHAKE_DS 0x88

/*
 * After so long without sending another CPU may send for a peer. Where a device
 * has a backlog packets follow one another faster. With more, packets wait for a
 * CPU that has other things to do: at 200 Mbit/s bbr loses 3 % with 2 ms, 6 %
 * with 10 ms.
 */
#define SETTLE_NS (500 * NSEC_PER_USEC)

static struct wgr_peer *line_peer(struct wgr_line *line)
{
	return container_of(line, struct wgr_peer, tx.line);
}

/* Makes a packet linear and our own, with room at both ends. */
static bool make_room(struct sk_buff *skb, unsigned int tail)
{
	unsigned int head = 0;

	if (skb_headroom(skb) < WGR_HEADROOM)
		head = WGR_HEADROOM - skb_headroom(skb);
	tail += skb->data_len;
	if (!head && !skb_cloned(skb) && !skb_is_nonlinear(skb) &&
	    skb_tailroom(skb) >= tail)
		return true;
	if (pskb_expand_head(skb, head, tail, GFP_ATOMIC))
		return false;
	return !skb->data_len || __pskb_pull_tail(skb, skb->data_len);
}

static void seal(struct sk_buff *skb)
{
	struct wgr_session *session = wgr_cb(skb)->session;
	u64 counter = wgr_cb(skb)->tx.counter;
	unsigned int len = skb->len;

	skb_put(skb, WGR_TAG_LEN);
	wgr_data_seal(&session->keys, skb_push(skb, sizeof(struct wgr_msg_data)), len, counter);
}

static bool encrypt(struct sk_buff *skb)
{
	unsigned int pad = wgr_data_padding(skb->len, wgr_cb(skb)->tx.mtu);

	/* Nobody behind us can complete a checksum under encryption. */
	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		return false;
	if (!make_room(skb, pad + WGR_TAG_LEN))
		return false;
	/* What was known about the inner packet is not true of the datagram. */
	skb_scrub_packet(skb, true);
	skb_init_secmark(skb);
	skb_reset_redirect(skb);
	/* Its class would let one datagram of a flow overtake another. */
	skb->priority = 0;
	__skb_put_zero(skb, pad);
	seal(skb);
	/* Offloads of what was inside mean nothing for the datagram. */
	skb->encapsulation = 0;
	/* What the UDP tunnel functions count the bytes of the packet from. */
	skb_set_inner_network_header(skb, 0);
	return true;
}

static void encrypt_work(struct sk_buff *skb)
{
	wgr_packet_finish(skb, encrypt(skb));
}

static int send(struct wgr_peer *peer, struct wgr_run *run, u8 ds)
{
	int ret;

	rcu_read_lock_bh();
	/* Nobody would empty the cache of a peer that has been removed. */
	ret = wgr_sock_send(&peer->wgr->socks, &peer->endpoint, !READ_ONCE(peer->dead), run, ds);
	rcu_read_unlock_bh();
	if (ret > 0)
		atomic64_add(ret, &peer->tx_bytes);
	return ret;
}

static void send_run(struct wgr_peer *peer, struct wgr_run *run, u64 now_ns)
{
	struct wgr_session *session = wgr_cb(run->first)->session;
	bool data = wgr_cb(run->first)->tx.plain_len;
	u8 ds = wgr_cb(run->first)->tx.ds;
	unsigned int count = run->count;

	wgr_timers_sent_any(&peer->timers);
	if (send(peer, run, ds) < 0)
		DEV_STATS_ADD(peer->wgr->dev, tx_errors, count);
	else if (data)
		wgr_timers_sent_data(&peer->timers);
	if (unlikely(wgr_keys_renew_for_sending(&session->keys, now_ns)))
		wgr_tx_ask_handshake(peer);
	wgr_session_put_many(session, count);
}

static bool good(const struct sk_buff *skb)
{
	return likely(wgr_cb(skb)->item.tag != WGR_PACKET_BAD);
}

/*
 * May it go together with what is in the run? Who marks it before it is taken apart
 * marks the first one only: enough of a hint for TCP as it was, but of ECT(1) each mark
 * counts (RFC 9331).
 */
static bool follows(const struct wgr_run *run, const struct sk_buff *skb)
{
	const struct wgr_cb *first = wgr_cb(run->first), *cb = wgr_cb(skb);

	return good(skb) && cb->session == first->session && cb->tx.ds == first->tx.ds &&
	       cb->tx.ds != INET_ECN_ECT_1 &&
	       !cb->tx.plain_len == !first->tx.plain_len && wgr_run_takes(run, skb);
}

static void send_next(struct wgr_peer *peer, struct sk_buff_head *finished, u64 now_ns)
{
	struct sk_buff *skb = __skb_dequeue(finished);
	struct wgr_run run = {};

	if (!good(skb)) {
		DEV_STATS_INC(peer->wgr->dev, tx_dropped);
		wgr_packet_drop(skb);
		return;
	}
	wgr_run_add(&run, skb);
	while ((skb = skb_peek(finished)) && follows(&run, skb)) {
		__skb_unlink(skb, finished);
		wgr_run_add(&run, skb);
	}
	send_run(peer, &run, now_ns);
}

static unsigned int take_finished(struct wgr_line *line, struct sk_buff_head *finished)
{
	struct sk_buff *skb;

	while (skb_queue_len(finished) < SEND_MOST && (skb = wgr_line_take(line)))
		__skb_queue_tail(finished, skb);
	return skb_queue_len(finished);
}

/*
 * What one CPU has sent may wait in a backlog of its softirqs, or in the queue
 * that a device keeps for it, and what another one sends may overtake. So one
 * CPU sends for a peer, until it has sent nothing for a while: what it sent has
 * left then.
 */
static bool may_send_here(struct wgr_peer *peer)
{
	unsigned int cpu = smp_processor_id();

	if (peer->tx.cpu == cpu)
		return true;
	if (cpu_online(peer->tx.cpu) &&
	    ktime_get_ns() - peer->tx.sent_ns < SETTLE_NS)
		return false;
	/* Read without the lock where the work is queued. */
	WRITE_ONCE(peer->tx.cpu, cpu);
	return true;
}

static void call_sender(struct wgr_peer *peer)
{
	if (wgr_peer_get(peer) &&
	    !queue_work_on(READ_ONCE(peer->tx.cpu), peer->wgr->wq_crypt,
			   &peer->tx.send))
		wgr_peer_put(peer);
}

/*
 * Whoever sends looks once more under the lock before it stops. Where others
 * want this CPU it stops with packets left: as long as it is off the CPU nobody
 * could send them.
 */
static bool send_runs(struct wgr_peer *peer)
	__must_hold(&peer->tx.line.queue.lock)
{
	struct wgr_line *line = &peer->tx.line;
	struct sk_buff_head finished;
	bool stop = false;

	__skb_queue_head_init(&finished);
	while (!stop && take_finished(line, &finished)) {
		u64 now_ns = wgr_now_ns();

		spin_unlock(&line->queue.lock);
		while (!skb_queue_empty(&finished))
			send_next(peer, &finished, now_ns);
		/*
		 * What a device queued for softirqs of this CPU goes first, and
		 * before another CPU may send: it could overtake.
		 */
		local_bh_enable();
		stop = need_resched();
		spin_lock_bh(&line->queue.lock);
	}
	peer->tx.sent_ns = ktime_get_ns();
	return wgr_line_front_done(line);
}

/* Sends what the front of the line has finished, if nobody does so already. */
static void send_finished(struct wgr_line *line)
{
	struct wgr_peer *peer = line_peer(line);
	bool left;

	spin_lock_bh(&line->queue.lock);
	left = wgr_line_front_done(line) && !peer->tx.sending;
	if (left && may_send_here(peer)) {
		peer->tx.sending = true;
		left = send_runs(peer);
		peer->tx.sending = false;
	}
	spin_unlock_bh(&line->queue.lock);
	if (left)
		call_sender(peer);
}

static void send_work(struct work_struct *work)
{
	struct wgr_peer *peer = container_of(work, struct wgr_peer, tx.send);

	send_finished(&peer->tx.line);
	wgr_peer_put(peer);
}

static bool line_get(struct wgr_line *line)
{
	return wgr_peer_get(line_peer(line));
}

static void line_put(struct wgr_line *line)
{
	wgr_peer_put(line_peer(line));
}

/* Is the only packet on the line the first one for a while? */
static bool is_lone(const struct wgr_peer *peer)
	__must_hold(&peer->tx.line.queue.lock)
{
	return skb_queue_len(&peer->tx.line.queue) == 1 && !peer->tx.sending &&
	       ktime_get_ns() - peer->tx.sent_ns > LONE_NS;
}

/*
 * Puts staged packets on the line with counters. @lone: whether that is one packet, and
 * nobody is busy with any other.
 *
 * Return: how many were dropped.
 */
static unsigned int give_counters(struct wgr_peer *peer, struct wgr_session *session, bool *lone)
	__must_hold(&peer->tx.staged.lock)
{
	struct wgr_line *line = &peer->tx.line;
	unsigned int dropped = 0, taken = 0;
	struct sk_buff *skb;

	spin_lock(&line->queue.lock);
	while ((skb = __skb_dequeue(&peer->tx.staged))) {
		if (skb_queue_len(&line->queue) >= WGR_MAX_LINE ||
		    READ_ONCE(peer->dead)) {
			kfree_skb(skb);
			dropped++;
			continue;
		}
		taken++;
		wgr_cb(skb)->session = session;
		wgr_cb(skb)->tx.counter = wgr_keys_take_counter(&session->keys);
		wgr_line_add(line, skb);
	}
	/* Before anybody can take one off the line. */
	if (taken)
		wgr_session_get_many(session, taken);
	*lone = taken == 1 && is_lone(peer);
	spin_unlock(&line->queue.lock);
	return dropped;
}

/* A session that has counters for all that is staged, with a reference, or NULL. */
static struct wgr_session *session_for_staged(struct wgr_peer *peer)
	__must_hold(&peer->tx.staged.lock)
{
	struct wgr_session *session = wgr_session_for_sending(peer);

	if (!session || wgr_keys_have_counters(&session->keys, skb_queue_len(&peer->tx.staged)))
		return session;
	wgr_session_put(session);
	return NULL;
}

/* Encrypts and sends here what the line has, unless this CPU does so already. */
static bool send_here(struct wgr_peer *peer)
{
	if (this_cpu_read(sending_lone))
		return false;
	this_cpu_write(sending_lone, true);
	wgr_line_work_some(&peer->tx.line, 1);
	send_finished(&peer->tx.line);
	this_cpu_write(sending_lone, false);
	return true;
}

/*
 * The session is looked up under the lock: nothing of an older one gets on the
 * line behind what another CPU sends with a newer one, and who makes a session
 * current and pushes then finds what was staged before, or we find the session.
 *
 * @here: the caller holds no lock of ours, softirqs are disabled, and a packet may
 * be sent before we return.
 */
static void push(struct wgr_peer *peer, bool here)
{
	struct sk_buff_head *staged = &peer->tx.staged;
	struct wgr_session *session = NULL;
	bool empty, lone = false;
	unsigned int dropped = 0;
	struct sk_buff *skb;

	spin_lock_bh(&staged->lock);
	empty = skb_queue_empty(staged) || READ_ONCE(peer->dead);
	if (!empty)
		session = session_for_staged(peer);
	if (session)
		dropped = give_counters(peer, session, &lone);
	else if (!empty)
		/* They may wait for long: their sockets are to send on. */
		skb_queue_walk(staged, skb)
			skb_orphan(skb);
	spin_unlock_bh(&staged->lock);

	if (dropped)
		DEV_STATS_ADD(peer->wgr->dev, tx_dropped, dropped);
	if (session) {
		if (!(here && lone && send_here(peer)))
			wgr_line_call_worker(&peer->tx.line);
		wgr_session_put(session);
	} else if (!empty) {
		wgr_tx_ask_handshake(peer);
	}
}

void wgr_tx_push(struct wgr_peer *peer)
{
	push(peer, false);
}

void wgr_tx_stage(struct wgr_peer *peer, struct sk_buff *first, u32 mtu)
{
	struct sk_buff_head *staged = &peer->tx.staged;
	struct sk_buff *skb, *next;
	unsigned int dropped = 0;

	spin_lock_bh(&staged->lock);
	/* Before the new ones: a large segmented packet stays whole. */
	for (; skb_queue_len(staged) > WGR_MAX_STAGED; dropped++)
		kfree_skb(__skb_dequeue(staged));
	skb_list_walk_safe(first, skb, next) {
		skb_mark_not_on_list(skb);
		wgr_cb(skb)->tx.mtu = mtu;
		wgr_cb(skb)->tx.plain_len = skb->len;
		wgr_cb(skb)->tx.ds = skb->len ?
			ip_tunnel_ecn_encap(0, ip_hdr(skb), skb) : 0;
		__skb_queue_tail(staged, skb);
	}
	spin_unlock_bh(&staged->lock);
	if (dropped)
		DEV_STATS_ADD(peer->wgr->dev, tx_dropped, dropped);
}

unsigned int wgr_tx_drop_staged(struct wgr_peer *peer)
{
	struct sk_buff_head *staged = &peer->tx.staged;
	struct sk_buff_head gone;
	unsigned int n;

	__skb_queue_head_init(&gone);
	spin_lock_bh(&staged->lock);
	skb_queue_splice_init(staged, &gone);
	spin_unlock_bh(&staged->lock);
	n = skb_queue_len(&gone);
	__skb_queue_purge(&gone);
	return n;
}

void wgr_tx_keepalive(struct wgr_peer *peer)
{
	struct sk_buff *skb;

	if (skb_queue_empty_lockless(&peer->tx.staged)) {
		skb = alloc_skb(WGR_HEADROOM + WGR_TAG_LEN, GFP_ATOMIC);
		if (skb) {
			skb_reserve(skb, WGR_HEADROOM);
			skb->dev = peer->wgr->dev;
			wgr_tx_stage(peer, skb, 0);
		}
	}
	wgr_tx_push(peer);
}

static void queue_initiation(struct wgr_peer *peer)
{
	if (READ_ONCE(peer->dead) || !wgr_peer_get(peer))
		return;
	if (!queue_work(peer->wgr->wq_handshakes, &peer->initiate))
		wgr_peer_put(peer);
}

void wgr_tx_ask_handshake(struct wgr_peer *peer)
{
	if (wgr_alarms_ask(&peer->timers.alarms, wgr_now_ns()))
		queue_initiation(peer);
}

static void note_initiation(struct wgr_peer *peer)
{
	wgr_alarms_note_initiation(&peer->timers.alarms, wgr_now_ns());
}

static void send_message(struct wgr_peer *peer, const void *msg, size_t len)
{
	struct sk_buff *skb = wgr_sock_message(msg, len);
	struct wgr_run run = {};

	if (!skb)
		return;
	wgr_run_add(&run, skb);
	send(peer, &run, WGR_HANDSHAKE_DS);
}

static int make_initiation(struct wgr_peer *peer, struct wgr_msg_initiation *msg)
{
	struct wgr_session *session = wgr_session_new(peer);
	struct wgr_device *wgr = peer->wgr;
	struct wgr_keys *gone;
	bool made;

	if (!session)
		return -ENOMEM;
	down_read(&wgr->identity_lock);
	made = wgr_noise_make_initiation(&peer->noise, &wgr->identity, &session->keys, msg, &gone);
	up_read(&wgr->identity_lock);
	wgr_session_let_go(gone);
	return made ? 0 : -ENOKEY;
}

static void initiate(struct wgr_peer *peer)
{
	struct wgr_msg_initiation msg;
	int ret;

	if (!wgr_random_ready()) {
		wgr_timers_retry_soon(&peer->timers);
		return;
	}
	/* Before: without a usable key, not each packet is to try again. */
	note_initiation(peer);
	ret = make_initiation(peer, &msg);
	if (ret == -ENOKEY)
		return;
	/* Out of memory counts as lost on the way: there is another try. */
	wgr_timers_sent_initiation(&peer->timers);
	if (ret)
		return;
	net_dbg_ratelimited("%s: Peer %llu gets a handshake initiation\n",
			    peer->wgr->dev->name, peer->id);
	wgr_cookie_stamp(&peer->jar, &msg, sizeof(msg));
	send_message(peer, &msg, sizeof(msg));
	/* Time counts from the sending, not from the computing. */
	note_initiation(peer);
}

static void initiate_work(struct work_struct *work)
{
	struct wgr_peer *peer = container_of(work, struct wgr_peer, initiate);

	/* Asked again: two may have asked before this work ran once. */
	if (wgr_alarms_may_initiate(&peer->timers.alarms, wgr_now_ns()) &&
	    !READ_ONCE(peer->wgr->asleep))
		initiate(peer);
	wgr_peer_put(peer);
}

static bool make_response(struct wgr_peer *peer, struct wgr_msg_response *msg)
{
	struct wgr_session *session = wgr_session_new(peer);
	struct wgr_keys *gone;
	bool made;

	if (!session)
		return false;
	made = wgr_noise_make_response(&peer->noise, &session->keys, msg, &gone);
	wgr_session_let_go(gone);
	return made;
}

void wgr_tx_response(struct wgr_peer *peer)
{
	struct wgr_msg_response msg;

	if (!make_response(peer, &msg))
		return;
	wgr_cookie_stamp(&peer->jar, &msg, sizeof(msg));
	if (!wgr_session_begin(peer, msg.sender))
		return;
	wgr_timers_sent_any(&peer->timers);
	/* The other side will hardly need one more from us for a while. */
	note_initiation(peer);
	send_message(peer, &msg, sizeof(msg));
}

/* ---- what alarms ask for ---- */

static void give_up(struct wgr_peer *peer)
{
	net_dbg_ratelimited("%s: Peer %llu gave no answer to %u handshakes\n",
			    peer->wgr->dev->name, peer->id,
			    READ_ONCE(peer->timers.alarms.attempts));
	DEV_STATS_ADD(peer->wgr->dev, tx_dropped, wgr_tx_drop_staged(peer));
}

static void queue_forget(struct wgr_peer *peer)
{
	if (!wgr_peer_get(peer))
		return;
	if (!queue_work(peer->wgr->wq_handshakes, &peer->forget))
		wgr_peer_put(peer);
}

static void forget_work(struct work_struct *work)
{
	struct wgr_peer *peer = container_of(work, struct wgr_peer, forget);

	wgr_sessions_end_handshake(peer);
	wgr_sessions_clear(peer);
	wgr_peer_put(peer);
}

static void act(struct wgr_timers *timers, unsigned int actions)
{
	struct wgr_peer *peer = container_of(timers, struct wgr_peer, timers);

	if (actions & WGR_DO_GIVE_UP)
		give_up(peer);
	if (actions & WGR_DO_NEW_SOURCE)
		wgr_endpoint_forget_source(&peer->endpoint);
	if (actions & WGR_DO_INITIATE)
		queue_initiation(peer);
	if (actions & WGR_DO_KEEPALIVE ||
	    (actions & WGR_DO_PERSISTENT && READ_ONCE(timers->keepalive_s)))
		wgr_tx_keepalive(peer);
	if (actions & WGR_DO_FORGET)
		queue_forget(peer);
}

void wgr_tx_interval_changed(struct wgr_peer *peer)
{
	if (READ_ONCE(peer->timers.keepalive_s))
		wgr_tx_keepalive(peer);
}

void wgr_tx_init(struct wgr_peer *peer)
{
	struct wgr_line *line = &peer->tx.line;

	skb_queue_head_init(&peer->tx.staged);
	wgr_line_init(line, &peer->wgr->pool);
	line->work = encrypt_work;
	line->wake = send_finished;
	line->get = line_get;
	line->put = line_put;
	line->drop = wgr_packet_drop;
	INIT_WORK(&peer->tx.send, send_work);
	INIT_WORK(&peer->initiate, initiate_work);
	INIT_WORK(&peer->forget, forget_work);
	wgr_timers_init(&peer->timers, act);
}

/* The peer an inner packet goes to, with a reference, or NULL. */
static struct wgr_peer *destination(struct wgr_device *wgr,
				    const struct sk_buff *skb)
{
	struct wgr_aip_owner *owner = NULL;
	struct wgr_peer *peer = NULL;

	rcu_read_lock_bh();
	if (skb->protocol == htons(ETH_P_IP))
		owner = wgr_aip_lookup(&wgr->allowed, AF_INET,
				       &ip_hdr(skb)->daddr);
	else if (skb->protocol == htons(ETH_P_IPV6))
		owner = wgr_aip_lookup(&wgr->allowed, AF_INET6,
				       &ipv6_hdr(skb)->daddr);
	if (owner)
		peer = wgr_peer_get(container_of(owner, struct wgr_peer,
						 allowed));
	rcu_read_unlock_bh();
	return peer;
}

static void tell_unreachable(struct sk_buff *skb)
{
	switch (skb->protocol) {
	case htons(ETH_P_IP):
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
		break;
	case htons(ETH_P_IPV6):
		icmpv6_ndo_send(skb, ICMPV6_DEST_UNREACH, ICMPV6_ADDR_UNREACH,
				0);
		break;
	}
}

/*
 * What devices see of a datagram is the flow inside: by its hash queueing
 * disciplines tell flows apart, and devices choose one of their queues. So each
 * flow keeps to one queue of each, whatever socket or CPU it comes from, and
 * nothing is swapped inside it. Read here, since nobody can after encryption, and
 * once for all segments. Marked as made of ports: what has none, such as ICMP,
 * would lose it on the way. What has no flow inside, keepalives and handshakes,
 * has no hash either: devices take the outer addresses, one flow for each peer.
 */
static void mark_flow(struct sk_buff *skb)
{
	__skb_set_sw_hash(skb, skb_get_hash(skb), true);
	skb_set_queue_mapping(skb, 0);
	wgr_compat_set_sender_cpu(skb, reciprocal_scale(skb->hash, nr_cpu_ids));
}

/* Cuts a super-packet into what fits; a single packet stays as it is. */
static struct sk_buff *segments(struct sk_buff *skb)
{
	struct sk_buff *segs;

	if (!skb_is_gso(skb)) {
		skb_mark_not_on_list(skb);
		return skb;
	}
	if (wgr_compat_drop_jumbo(skb))
		return ERR_PTR(-ENOMEM);
	segs = skb_gso_segment(skb, 0);
	if (!segs)
		return ERR_PTR(-EINVAL);
	if (!IS_ERR(segs))
		consume_skb(skb);
	return segs;
}

/* Readies the list for waiting: no route is held, each packet is our own. */
static struct sk_buff *unshare(struct wgr_device *wgr, struct sk_buff *first)
{
	struct sk_buff *skb, *next, *head = NULL, **tail = &head;

	skb_list_walk_safe(first, skb, next) {
		skb_mark_not_on_list(skb);
		skb = skb_share_check(skb, GFP_ATOMIC);
		if (unlikely(!skb)) {
			DEV_STATS_INC(wgr->dev, tx_dropped);
			continue;
		}
		skb_dst_drop(skb);
		*tail = skb;
		tail = &skb->next;
	}
	return head;
}

static int hand_over(struct wgr_peer *peer, struct sk_buff *skb)
{
	u32 mtu = skb_valid_dst(skb) ? dst_mtu(skb_dst(skb)) :
				       READ_ONCE(peer->wgr->dev->mtu);

	mark_flow(skb);
	skb = segments(skb);
	if (IS_ERR(skb))
		return PTR_ERR(skb);
	skb = unshare(peer->wgr, skb);
	if (skb) {
		wgr_tx_stage(peer, skb, mtu);
		push(peer, true);
	}
	return 0;
}

/* Return: 0 and the packet is taken; or an error and the caller has it. */
static int start(struct wgr_device *wgr, struct sk_buff *skb)
{
	struct wgr_peer *peer;
	int ret;

	if (ip_tunnel_parse_protocol(skb) != skb->protocol)
		return -EPROTONOSUPPORT;
	peer = destination(wgr, skb);
	if (!peer)
		return -ENOKEY;
	ret = wgr_endpoint_known(&peer->endpoint) ? hand_over(peer, skb) : -EDESTADDRREQ;
	wgr_peer_put(peer);
	return ret;
}

netdev_tx_t wgr_tx_xmit(struct sk_buff *skb, struct net_device *dev)
{
	int ret = start(netdev_priv(dev), skb);

	if (likely(!ret))
		return NETDEV_TX_OK;
	DEV_STATS_INC(dev, tx_errors);
	if (ret == -ENOKEY || ret == -EDESTADDRREQ) {
		net_dbg_ratelimited("%s: No %s for an inner packet\n", dev->name,
				    ret == -ENOKEY ? "peer" : "endpoint");
		tell_unreachable(skb);
	}
	kfree_skb(skb);
	/* The packet is gone all the same; a local sender is told why. */
	return ret;
}
