// SPDX-License-Identifier: GPL-2.0
/*
 * rx.c - the way in.
 *
 *   UDP socket -> line -> decryption -> poll: replay, timers, order -> stack
 *
 * A packet is stamped and put on its peer's line under the line's lock, so the
 * stamps along the line never go back. The poll is the only one to take
 * packets off it, and the only one to hand them up. It works on the order engine
 * under a lock that it takes once for many packets: others read the books or
 * change the settings between. The engine's clock follows the stamps: it is moved on to the
 * present only when nothing that arrived before is left on the line, so a slow
 * CPU makes no packet late.
 */
#include "rx.h"

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/jhash.h>
#include <linux/math64.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/siphash.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/udp.h>
#include <net/inet_ecn.h>
#include <net/ip_tunnels.h>

#include "budget.h"
#include "control/trace_points.h"
#include "device.h"
#include "peer.h"
#include "protocol/data.h"
#include "reorder/inner.h"
#include "tx.h"

/* Packets that the poll decrypts itself in one go. */
#define INLINE_MOST 4

/*
 * Another CPU, if there is one, is asked to help when this many packets are unclaimed, and again
 * for each HELP_EVERY more: the poll alone is cheaper for a few.
 */
#define HELP_AT 4
#define HELP_EVERY 16

/* Packets in line after which the poll is asked to come once more. */
#define CALL_EVERY 16

/*
 * What comes sooner after a poll than that gets none of its own where a worker can run
 * meanwhile: a poll for each single packet keeps the CPU that brings them from bringing
 * more, and finds less for the stack to take as one. From a sender that is the kernel's
 * own module TCP had 0.69 of its speed at both ends, and 1.00 so (cpus.sh).
 */
#define COLLECT_NS (20 * NSEC_PER_USEC)

/*
 * Packets taken into the engine before what has come out is handed up, and in
 * one poll: most of them may have nothing to hand up.
 */
#define GATHER_MOST 64
#define STEPS_MOST 256

/* What the adaptive mode begins with, unless it may not wait for so long. */
#define START_NS (50 * NSEC_PER_MSEC)

/* Of the hash that tells flows apart: nobody outside may choose what meets in it. */
static siphash_key_t flow_secret __read_mostly;

/* What the engine waits for must not be refused for its age before it gets there. */
static_assert(WGR_REPLAY_BITS >= WGR_SPAN_MAX);

static struct wgr_peer *line_peer(struct wgr_line *line)
{
	return container_of(line, struct wgr_peer, rx.line);
}

/* ---- decryption: any CPU, any order ---- */

static bool decrypt(struct sk_buff *skb)
{
	struct wgr_session *session = wgr_cb(skb)->session;
	struct wgr_msg_data *msg;

	if (!wgr_keys_readable(&session->keys, wgr_now_ns()) || skb_linearize_cow(skb))
		return false;
	msg = (struct wgr_msg_data *)skb->data;
	if (!wgr_data_open(&session->keys, msg, skb->len, wgr_cb(skb)->item.counter))
		return false;
	skb_pull(skb, sizeof(*msg));
	skb_trim(skb, skb->len - WGR_TAG_LEN);
	return true;
}

static void decrypt_work(struct sk_buff *skb)
{
	wgr_packet_finish(skb, decrypt(skb));
}

static void wake_poll(struct wgr_line *line)
{
	if (wgr_line_front_movable(line))
		napi_schedule(&line_peer(line)->rx.napi);
}

static bool line_get(struct wgr_line *line)
{
	return wgr_peer_get(line_peer(line));
}

static void line_put(struct wgr_line *line)
{
	wgr_peer_put(line_peer(line));
}

/* ---- poll: one packet from the line into the order engine ---- */

static void roam(struct wgr_peer *peer, const struct sk_buff *skb)
{
	struct wgr_endpoint endpoint;

	if (wgr_endpoint_of(&endpoint, skb))
		wgr_endpoint_set(&peer->endpoint, &endpoint);
}

/* True if this is the newest packet. */
static bool note_newest(struct wgr_peer_rx *rx, struct wgr_rank *rank,
			const struct wgr_item *item)
{
	const struct wgr_reorder *order = &rx->order;

	rx->epochs += !rank->epoch;
	/* What is due closes epochs, which a session that is behind goes by. */
	if (unlikely(rank->epoch != rx->ranks.ahead.epoch))
		wgr_reorder_advance(&rx->order, item->arrival_ns - 1, &rx->ready);
	return wgr_rank_arrival(&rx->ranks, rank, item->counter, item->arrival_ns,
				order->open ? order->lane[0].epoch : 0);
}

/* What the protocol draws from an arrival, however late it is handed up. */
static void note_arrival(struct wgr_peer *peer, struct sk_buff *skb,
			 struct wgr_session *session, u64 now_ns)
{
	if (note_newest(&peer->rx, &session->keys.rank, &wgr_cb(skb)->item))
		roam(peer, skb);
	if (wgr_session_confirm(session)) {
		wgr_timers_handshake_done(&peer->timers);
		wgr_tx_push(peer);
	}
	if (unlikely(wgr_slots_renew_for_receiving(&peer->noise.slots, &session->keys, now_ns)))
		wgr_tx_ask_handshake(peer);
	peer->rx.news.any = true;
	if (skb->len)
		peer->rx.news.data = true;
	peer->rx.news.bytes += skb->len + WGR_MSG_DATA_MIN;
	dev_sw_netstats_rx_add(peer->wgr->dev, skb->len + WGR_MSG_DATA_MIN);
}

/* What many arrivals come to is told once, before any of them is handed up. */
static void tell_news(struct wgr_peer *peer)
{
	struct wgr_rx_news *news = &peer->rx.news;

	if (!news->any)
		return;
	wgr_timers_got_any(&peer->timers);
	if (news->data)
		wgr_timers_got_data(&peer->timers);
	atomic64_add(news->bytes, &peer->rx_bytes);
	*news = (struct wgr_rx_news){ };
}

/* A number for where the outer packet came from, never 0. */
static u32 source_of(const struct sk_buff *skb)
{
	u32 port = (__force u16)udp_hdr(skb)->source;

	if (skb->protocol == htons(ETH_P_IP))
		return jhash_2words((__force u32)ip_hdr(skb)->saddr, port, 0) ?: 1;
	return jhash(&ipv6_hdr(skb)->saddr, sizeof(struct in6_addr), port) ?: 1;
}

/* The path it came by; a new one takes the place of the oldest. */
static u8 path_of(struct wgr_peer_rx *rx, const struct sk_buff *skb)
{
	u32 source = source_of(skb);
	u8 i;

	for (i = 0; i < WGR_PATHS; i++) {
		if (rx->source[i] == source)
			return i;
	}
	i = rx->sources++ % WGR_PATHS;
	rx->source[i] = source;
	return i;
}

/* Lets go of what must not wait with the packet: routes, sockets, devices. */
static void detach_from_path(struct wgr_peer *peer, struct sk_buff *skb)
{
	__be16 protocol = skb->protocol;

	skb_orphan(skb);
	skb_scrub_packet(skb, true);
	skb_init_secmark(skb);
	skb_reset_redirect(skb);
	skb_set_queue_mapping(skb, 0);
	skb->priority = 0;
	skb->dev = peer->wgr->dev;
	/* Still the outer one: deliver() reads the outer header. */
	skb->protocol = protocol;
}

/* It changes nothing but the time: a flood of these must not stop the clock. */
static void drop_arrival(struct wgr_peer *peer, struct sk_buff *skb)
{
	wgr_reorder_advance(&peer->rx.order, wgr_cb(skb)->item.arrival_ns - 1,
			    &peer->rx.ready);
	wgr_packet_drop(skb);
}

/* The packet being pushed is to be held, if there is memory left for it. */
static bool admit(void *ctx, u32 held)
{
	struct wgr_peer *peer = ctx;
	struct sk_buff *skb = peer->rx.arriving;

	if (wgr_cb(skb)->item.tag == WGR_PACKET_CHARGED)
		return true;
	if (!wgr_credit_take(&peer->rx.credit, skb->truesize))
		return false;
	wgr_cb(skb)->item.tag = WGR_PACKET_CHARGED;
	return true;
}

/* From here on it is not the order that keeps it. */
static void discharge(struct wgr_peer_rx *rx, struct sk_buff *skb)
{
	if (wgr_cb(skb)->item.tag != WGR_PACKET_CHARGED)
		return;
	wgr_cb(skb)->item.tag = WGR_PACKET_GOOD;
	wgr_credit_give(&rx->credit, skb->truesize);
}

static void accept_packet(struct wgr_peer *peer, struct sk_buff *skb, u64 now_ns)
{
	struct wgr_session *session = wgr_cb(skb)->session;
	struct wgr_item *item = &wgr_cb(skb)->item;
	struct wgr_rank_place place;

	wgr_reorder_excuse(&peer->rx.order, item->arrival_ns);
	if (item->tag == WGR_PACKET_BAD) {
		DEV_STATS_INC(peer->wgr->dev, rx_errors);
		drop_arrival(peer, skb);
		return;
	}
	if (!wgr_replay_accept(&session->keys.replay, item->counter)) {
		net_dbg_ratelimited("%s: Counter %llu of session %llu again or too old\n",
				    peer->wgr->dev->name, item->counter,
				    session->id);
		/* Nothing is lost with it, so it is no drop of the interface. */
		peer->rx.replayed++;
		drop_arrival(peer, skb);
		return;
	}
	note_arrival(peer, skb, session, now_ns);
	item->path = path_of(&peer->rx, skb);
	detach_from_path(peer, skb);
	place = wgr_rank_place(&session->keys.rank, item->counter);
	item->epoch = place.epoch;
	item->counter = place.counter;
	peer->rx.arriving = skb;
	switch (wgr_reorder_push(&peer->rx.order, item, &peer->rx.ready)) {
	case WGR_RELEASED:
	case WGR_HELD:
		break;
	case WGR_LATE:
		DEV_STATS_INC(peer->wgr->dev, rx_dropped);
		fallthrough;
	case WGR_DUPLICATE:
		discharge(&peer->rx, skb);
		wgr_packet_drop(skb);
	}
}

/*
 * Takes the front packet, or decrypts where nobody else does. @now_ns is of the
 * boot time clock, and may be a little old.
 *
 * Return: false when there is nothing to do at the front; then @horizon is the
 * (real) time up to which every arrival has been through the engine, and @idle
 * tells whether the line is empty.
 */
static bool step(struct wgr_peer *peer, u64 now_ns, s64 *horizon, bool *idle)
{
	struct wgr_line *line = &peer->rx.line;
	struct sk_buff *skb, *front = NULL;
	bool unclaimed;

	spin_lock(&line->queue.lock);
	skb = wgr_line_take(line);
	if (!skb)
		front = skb_peek(&line->queue);
	unclaimed = front && front == line->cursor;
	*idle = !skb && !front;
	/* Under the lock: no later arrival can carry an earlier stamp. */
	if (*idle)
		*horizon = ktime_get_ns();
	else if (front)
		/* What is due just as it arrived may be what it fills. */
		*horizon = wgr_cb(front)->item.arrival_ns - 1;
	spin_unlock(&line->queue.lock);

	if (skb)
		accept_packet(peer, skb, now_ns);
	else if (unclaimed)
		wgr_line_work_some(line, INLINE_MOST);
	return skb || unclaimed;
}

/* ---- release: from the engine into the network stack ---- */

/* The inner packet's own length, 0 if it is not as long as it says. */
static unsigned int inner_len(struct sk_buff *skb)
{
	unsigned int len = 0;

	switch (ip_tunnel_parse_protocol(skb)) {
	case htons(ETH_P_IP):
		len = ntohs(ip_hdr(skb)->tot_len);
		if (len < sizeof(struct iphdr))
			return 0;
		break;
	case htons(ETH_P_IPV6):
		len = ntohs(ipv6_hdr(skb)->payload_len) + sizeof(struct ipv6hdr);
		break;
	}
	return len <= skb->len ? len : 0;
}

/* RFC 6040: congestion met outside is told to the inner receiver. */
static void carry_ecn(struct sk_buff *skb, u8 outer_ds)
{
	if (!INET_ECN_is_ce(outer_ds))
		return;
	if (skb->protocol == htons(ETH_P_IP))
		IP_ECN_set_ce(ip_hdr(skb));
	else
		IP6_ECN_set_ce(skb, ipv6_hdr(skb));
}

static bool source_allowed(struct wgr_peer *peer, const struct sk_buff *skb)
{
	const struct wgr_aip_owner *owner;

	rcu_read_lock_bh();
	if (skb->protocol == htons(ETH_P_IP))
		owner = wgr_aip_lookup(&peer->wgr->allowed, AF_INET,
				       &ip_hdr(skb)->saddr);
	else
		owner = wgr_aip_lookup(&peer->wgr->allowed, AF_INET6,
				       &ipv6_hdr(skb)->saddr);
	rcu_read_unlock_bh();
	return owner == &peer->allowed;
}

/* Makes an inner packet of it; false if it must not go further. */
static bool ready_inner(struct wgr_peer *peer, struct sk_buff *skb)
{
	u8 outer_ds = skb->protocol == htons(ETH_P_IP) ?
		      ip_hdr(skb)->tos : ipv6_get_dsfield(ipv6_hdr(skb));
	unsigned int len;

	skb_reset_network_header(skb);
	len = inner_len(skb);
	if (!len) {
		DEV_STATS_INC(peer->wgr->dev, rx_length_errors);
		return false;
	}
	skb->protocol = ip_tunnel_parse_protocol(skb);
	if (!source_allowed(peer, skb)) {
		net_dbg_ratelimited("%s: Peer %llu sent from an address that is not its own\n",
				    peer->wgr->dev->name, peer->id);
		DEV_STATS_INC(peer->wgr->dev, rx_frame_errors);
		return false;
	}
	skb_trim(skb, len);
	carry_ecn(skb, outer_ds);
	return true;
}

static void deliver(struct wgr_peer *peer, struct wgr_item *item)
{
	struct sk_buff *skb = wgr_item_skb(item);

	/* A keepalive has done its work by arriving. */
	if (!skb->len) {
		wgr_session_put(wgr_cb(skb)->session);
		consume_skb(skb);
		return;
	}
	if (!ready_inner(peer, skb)) {
		DEV_STATS_INC(peer->wgr->dev, rx_errors);
		wgr_packet_drop(skb);
		return;
	}
	wgr_session_put(wgr_cb(skb)->session);
	skb_reset_mac_header(skb);
	skb_clear_hash(skb);
	/* The tag has proved every byte, so no checksum below has to. */
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->csum_level = ~0;
	napi_gro_receive(&peer->rx.napi, skb);
}

static struct wgr_item *items_pop(struct wgr_item_list *list)
{
	struct wgr_item *item = list->first;

	if (item)
		list->first = item->newer;
	return item;
}

/* Moves all of @from to the end of @to. */
static void items_move(struct wgr_item_list *to, struct wgr_item_list *from)
{
	if (!from->first)
		return;
	if (to->first)
		to->last->newer = from->first;
	else
		to->first = from->first;
	to->last = from->last;
	from->first = NULL;
}

static int hand_up(struct wgr_peer *peer, int most)
{
	struct wgr_item *item;
	int done = 0;

	while (done < most && (item = items_pop(&peer->rx.leaving))) {
		discharge(&peer->rx, wgr_item_skb(item));
		deliver(peer, item);
		done++;
	}
	return done;
}

/* Nothing is held.  Memory for flows is to be given back some time. */
static void disarm(struct wgr_peer_rx *rx)
{
	s64 when = wgr_reorder_rest_at(&rx->order);

	if (when == WGR_NEVER)
		hrtimer_try_to_cancel(&rx->timer);
	else if (!hrtimer_active(&rx->timer))
		hrtimer_start(&rx->timer, ns_to_ktime(when), HRTIMER_MODE_ABS);
}

/* The line is empty, so time alone decides what else is due. */
static void arm(struct wgr_peer *peer)
{
	struct wgr_peer_rx *rx = &peer->rx;
	s64 deadline = wgr_reorder_deadline(&rx->order);

	if (deadline == WGR_NEVER) {
		disarm(rx);
		return;
	}
	/* It rings then as it is. */
	if (hrtimer_is_queued(&rx->timer) && hrtimer_get_expires(&rx->timer) == deadline)
		return;
	wgr_trace_timer(peer, deadline);
	hrtimer_start(&rx->timer, ns_to_ktime(deadline), HRTIMER_MODE_ABS);
}

static void tell_time(struct wgr_peer_rx *rx, s64 now_ns)
{
	wgr_reorder_excuse(&rx->order, now_ns);
	wgr_reorder_advance(&rx->order, now_ns, &rx->ready);
}

/*
 * Takes packets from the line into the engine, and what comes out of that to
 * where the poll hands it up.
 *
 * With packets under work on the line, whoever finishes the front one schedules
 * the poll; only an empty line leaves it to the timer. That is armed while the
 * poll is still ours: the next one may run on another CPU at once.
 *
 * Return: true when there is nothing left to do or to hand up for now.
 */
static bool gather(struct wgr_peer *peer)
{
	struct wgr_peer_rx *rx = &peer->rx;
	int steps = GATHER_MOST;
	bool finished, idle = false;
	u64 now_ns = wgr_now_ns();
	s64 horizon = 0;

	spin_lock(&rx->lock);
	while (steps && step(peer, now_ns, &horizon, &idle))
		steps--;
	if (steps)
		tell_time(rx, horizon);
	items_move(&rx->leaving, &rx->ready);
	finished = steps && !rx->leaving.first;
	if (finished && idle)
		arm(peer);
	wgr_credit_trim(&rx->credit);
	wgr_credit_trim(&rx->places);
	spin_unlock(&rx->lock);
	tell_news(peer);
	return finished;
}

static int poll(struct napi_struct *napi, int budget)
{
	struct wgr_peer *peer = container_of(napi, struct wgr_peer, rx.napi);
	int done = 0, turns = STEPS_MOST / GATHER_MOST;
	bool finished;

	do {
		finished = gather(peer);
		done += hand_up(peer, budget - done);
	} while (!finished && done < budget && --turns);
	WRITE_ONCE(peer->rx.polled_ns, ktime_get_ns());
	if (!finished || done == budget)
		return budget;
	if (napi_complete_done(napi, done) &&
	    wgr_line_front_movable(&peer->rx.line))
		napi_schedule(napi);
	return done;
}

static enum hrtimer_restart held_due(struct hrtimer *timer)
{
	struct wgr_peer_rx *rx = container_of(timer, struct wgr_peer_rx, timer);

	napi_schedule(&rx->napi);
	return HRTIMER_NORESTART;
}

/* ---- arrival ---- */

/* @before: how many are in line already; @soon: it comes right after a poll. */
static bool line_up(struct wgr_peer *peer, struct sk_buff *skb, u32 *before, bool *soon)
{
	struct wgr_line *line = &peer->rx.line;
	s64 now_ns;
	bool taken;

	spin_lock_bh(&line->queue.lock);
	*before = skb_queue_len(&line->queue);
	taken = *before < WGR_MAX_LINE && !READ_ONCE(peer->dead);
	if (taken) {
		now_ns = ktime_get_ns();
		*soon = now_ns - READ_ONCE(peer->rx.polled_ns) < COLLECT_NS;
		wgr_cb(skb)->item.arrival_ns = now_ns;
		wgr_line_add(line, skb);
	}
	spin_unlock_bh(&line->queue.lock);
	return taken;
}

/*
 * Who is in line already has been told of, and the poll ends with nothing in line but
 * behind a packet that somebody works on. It is asked again now and then, since
 * there are kernels that lose such a call: it must not be the last one.
 */
static void call_poll(struct wgr_peer *peer, u32 before, bool soon)
{
	bool others = num_online_cpus() > 1;

	if (!before && soon && others)
		wgr_line_call_worker(&peer->rx.line);
	else if (before % CALL_EVERY == 0)
		napi_schedule(&peer->rx.napi);
	if (READ_ONCE(peer->rx.line.unclaimed) % HELP_EVERY == HELP_AT && others)
		wgr_line_call_worker(&peer->rx.line);
}

void wgr_rx_data(struct wgr_device *wgr, struct sk_buff *skb)
{
	const struct wgr_msg_data *msg = (const void *)skb->data;
	u64 counter = le64_to_cpu(msg->counter);
	struct wgr_session *session;
	struct wgr_peer *peer;
	u32 before;
	bool soon;

	session = wgr_session_find(wgr, msg->receiver);
	if (!session) {
		DEV_STATS_INC(wgr->dev, rx_dropped);
		kfree_skb(skb);
		return;
	}
	peer = session->peer;
	wgr_cb(skb)->session = session;
	wgr_cb(skb)->item.counter = counter;
	if (!wgr_keys_readable(&session->keys, wgr_now_ns()) || !line_up(peer, skb, &before, &soon)) {
		DEV_STATS_INC(wgr->dev, rx_dropped);
		wgr_packet_drop(skb);
		return;
	}
	call_poll(peer, before, soon);
}

u32 wgr_rx_strip(struct sk_buff *skb)
{
	int offset = skb_transport_offset(skb);
	unsigned int len;

	if (offset < 0 ||
	    !pskb_may_pull(skb, offset + sizeof(struct udphdr) +
				sizeof(struct wgr_msg_data)))
		return 0;
	len = ntohs(udp_hdr(skb)->len);
	if (len < sizeof(struct udphdr) + WGR_MSG_DATA_MIN ||
	    len > skb->len - offset || pskb_trim(skb, offset + len))
		return 0;
	skb_pull(skb, offset + sizeof(struct udphdr));
	return wgr_message_kind(skb->data, skb->len);
}

/* ---- life ---- */

/* One that is kept for a packet which is not held counts as such a packet would. */
static bool is_place(size_t bytes)
{
	return bytes == sizeof(struct wgr_item);
}

static void *ring_alloc(void *ctx, size_t bytes)
{
	struct wgr_peer *peer = ctx;
	void *memory;

	if (is_place(bytes) && !wgr_credit_take(&peer->rx.places, bytes))
		return NULL;
	memory = kzalloc(bytes, GFP_ATOMIC | __GFP_NOWARN);
	if (!memory && is_place(bytes))
		wgr_credit_give(&peer->rx.places, bytes);
	return memory;
}

static void ring_free(void *ctx, void *memory, size_t bytes)
{
	struct wgr_peer *peer = ctx;

	if (is_place(bytes))
		wgr_credit_give(&peer->rx.places, bytes);
	kfree(memory);
}

/* Room for what advise() says. */
#define ADVICE 160

/* Whose the longest wait is, which somebody may change meanwhile. */
static const char *whose_wait(const struct wgr_peer *peer, bool fixed)
{
	u32 given = READ_ONCE(peer->own.given);

	return given & BIT(fixed ? WGR_SETTING_HOLD : WGR_SETTING_HOLD_MAX) ? "peer" : "interface";
}

/* Which setting would help, as far as enough packets have come to tell. */
static void advise(char *text, const struct wgr_peer *peer, bool fixed)
{
	const char *setting = fixed ? "hold_us" : "hold_max_us", *whose = whose_wait(peer, fixed);
	const struct wgr_hold *hold = &peer->rx.order.hold;
	struct wgr_hold_wish wish;

	if (!wgr_hold_wanted(hold, &wish))
		snprintf(text, ADVICE, "raise %s of this %s", setting, whose);
	else if (!wish.hold_ns)
		snprintf(text, ADVICE,
			 "of the last %u %u were so late, and no setting would help: mode off drops none",
			 wish.packets, wish.late);
	else
		snprintf(text, ADVICE,
			 "raise %s of this %s to %llu, which would have saved %u of the last %u",
			 setting, whose, div_u64(wish.hold_ns, NSEC_PER_USEC), wish.saved, wish.packets);
}

/* Packets are late by more than any allowed wait: somebody should know. */
static void warn_too_late(struct wgr_peer *peer, s64 late_ns)
{
	const struct wgr_settings *settings = &peer->rx.order.settings;
	bool fixed = settings->mode == WGR_FIXED;
	struct wgr_endpoint endpoint;
	char advice[ADVICE];

	if (late_ns <= (s64)(fixed ? settings->hold_ns : settings->hold_max_ns) ||
	    !__ratelimit(&peer->rx.too_late))
		return;
	wgr_endpoint_read(&peer->endpoint, &endpoint);
	advise(advice, peer, fixed);
	netdev_warn(peer->wgr->dev,
		    "peer %llu (%pISpfsc): a packet came %lld us after one sent later, which is longer than it is waited for: %s\n",
		    peer->id, &endpoint.to.any, div_s64(late_ns, NSEC_PER_USEC), advice);
}

static void on_event(void *ctx, const struct wgr_event *event)
{
	if (event->kind == WGR_ITEM_LATE)
		warn_too_late(ctx, event->ns);
	wgr_trace_event(ctx, event);
}

static bool traced(void *ctx)
{
	return wgr_trace_fills();
}

static u32 flow_hash(void *ctx, const struct wgr_item *item)
{
	const struct sk_buff *skb = wgr_item_skb((struct wgr_item *)item);
	struct wgr_flow_key key;
	u32 hash;

	wgr_inner_key(skb->data, skb_headlen(skb), &key);
	hash = siphash(&key, sizeof(key), &flow_secret);
	return wgr_inner_bursts(&key) ? hash | WGR_FLOW_BURSTS : hash & ~WGR_FLOW_BURSTS;
}

static const struct wgr_reorder_ops order_ops = {
	.alloc = ring_alloc,
	.free = ring_free,
	.admit = admit,
	.flow = flow_hash,
	.event = on_event,
	.traced = traced,
};

/* Seconds between two lines about packets that come too late, for each peer. */
#define TOO_LATE_S 60

/*
 * The adaptive mode begins with a long wait: too short a one loses packets of the
 * first flow before anything is known, which costs it far more than a few waits too
 * long.
 */
static struct wgr_settings engine_settings(const struct wgr_settings *chosen)
{
	struct wgr_settings settings = *chosen;

	if (settings.mode == WGR_ADAPTIVE)
		settings.hold_ns = min_t(u64, settings.hold_max_ns, START_NS);
	return settings;
}

void wgr_rx_init(struct wgr_peer *peer)
{
	struct wgr_settings settings = engine_settings(&peer->wgr->order);
	struct wgr_peer_rx *rx = &peer->rx;

	wgr_line_init(&rx->line, &peer->wgr->pool);
	rx->line.work = decrypt_work;
	rx->line.finished = wake_poll;
	rx->line.get = line_get;
	rx->line.put = line_put;
	rx->line.drop = wgr_packet_drop;
	net_get_random_once(&flow_secret, sizeof(flow_secret));
	spin_lock_init(&rx->lock);
	ratelimit_state_init(&rx->too_late, TOO_LATE_S * HZ, 1);
	ratelimit_set_flags(&rx->too_late, RATELIMIT_MSG_ON_RELEASE);
	wgr_reorder_init(&rx->order, &order_ops, peer, &settings);
	hrtimer_setup(&rx->timer, held_due, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	/* Sockets never ask for our poll: what they read are inner packets. */
	set_bit(NAPI_STATE_NO_BUSY_POLL, &rx->napi.state);
	netif_napi_add(peer->wgr->dev, &rx->napi, poll);
	napi_enable(&rx->napi);
}

void wgr_rx_pause(struct wgr_peer *peer)
{
	napi_disable(&peer->rx.napi);
	hrtimer_cancel(&peer->rx.timer);
}

void wgr_rx_resume(struct wgr_peer *peer)
{
	napi_enable(&peer->rx.napi);
}

void wgr_rx_stop(struct wgr_peer *peer)
{
	wgr_rx_pause(peer);
	/* The peer's memory outlives a grace period, which this asks for. */
	__netif_napi_del(&peer->rx.napi);
}

static void drop_all(struct wgr_peer_rx *rx, struct wgr_item_list *list)
{
	struct wgr_item *item;

	while ((item = items_pop(list))) {
		discharge(rx, wgr_item_skb(item));
		wgr_packet_drop(wgr_item_skb(item));
	}
}

void wgr_rx_release(struct wgr_peer *peer)
{
	struct wgr_peer_rx *rx = &peer->rx;

	wgr_line_drop_all(&rx->line);
	drop_all(rx, &rx->leaving);
	spin_lock_bh(&rx->lock);
	drop_all(rx, &rx->ready);
	wgr_reorder_discard(&rx->order, &rx->ready);
	drop_all(rx, &rx->ready);
	wgr_credit_trim(&rx->credit);
	wgr_credit_trim(&rx->places);
	spin_unlock_bh(&rx->lock);
}

/* ---- settings and books ---- */

void wgr_rx_configure(struct wgr_peer *peer, const struct wgr_settings *chosen)
{
	struct wgr_settings settings = engine_settings(chosen);
	struct wgr_peer_rx *rx = &peer->rx;

	lockdep_assert_held(&peer->wgr->lock);

	spin_lock_bh(&rx->lock);
	wgr_reorder_configure(&rx->order, &settings, &rx->ready);
	spin_unlock_bh(&rx->lock);
	/* It hands up what came out and arms the timer anew. */
	local_bh_disable();
	napi_schedule(&rx->napi);
	local_bh_enable();
}

void wgr_rx_read_stats(struct wgr_peer *peer, struct wgr_rx_stats *stats)
{
	struct wgr_peer_rx *rx = &peer->rx;

	spin_lock_bh(&rx->lock);
	stats->order = rx->order.stats;
	stats->replayed = rx->replayed;
	stats->epochs = rx->epochs;
	stats->held = wgr_reorder_held(&rx->order);
	stats->open_gaps = wgr_reorder_open_gaps(&rx->order);
	stats->open_boundaries = wgr_reorder_open_boundaries(&rx->order);
	stats->wait_ns = rx->order.hold.wait_ns;
	spin_unlock_bh(&rx->lock);
}

void wgr_rx_reset_stats(struct wgr_peer *peer)
{
	struct wgr_peer_rx *rx = &peer->rx;

	spin_lock_bh(&rx->lock);
	wgr_reorder_reset_stats(&rx->order);
	rx->replayed = 0;
	spin_unlock_bh(&rx->lock);
}
