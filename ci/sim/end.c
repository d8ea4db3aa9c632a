// SPDX-License-Identifier: GPL-2.0
/*
 * end.c - one who speaks: what the module does with the core and the order engine.
 *
 * It follows the module call by call, without packets, locks and queues. What happens is told
 * to the checks as it happens, by what the simulator knows and the core does not.
 */
#include <stdlib.h>

#include "sim.h"

int number_of(const struct end *end)
{
	return end - w.end;
}

struct session *session_of(const struct wgr_keys *keys)
{
	return (struct session *)((char *)keys - offsetof(struct session, keys));
}

/* ---- sessions ---- */

static struct session *session_find(struct end *end, u32 index)
{
	struct session *s;

	for (s = end->sessions; s; s = s->next) {
		if (s->keys.index == index)
			return s;
	}
	return NULL;
}

static struct session *session_new(struct end *end, int link)
{
	struct session *s = calloc(1, sizeof(*s));
	u32 index;

	if (!s)
		abort();
	do
		index = port_random();
	while (session_find(end, index));
	wgr_keys_init(&s->keys, index);
	s->link = link;
	s->next = end->sessions;
	end->sessions = s;
	return s;
}

static void session_free(struct end *end, struct session *s)
{
	struct session **at = &end->sessions;

	if (!s)
		return;
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	wgr_keys_abandon(&s->keys);
	check_gone(s);
	wgr_keys_wipe(&s->keys);
	check_wiped(&s->keys, sizeof(s->keys), "keys that nobody uses");
	free(s);
}

static void let_go(struct end *end, struct wgr_gone *gone)
{
	int i;

	for (i = 0; i < WGR_SLOTS; i++) {
		if (gone->keys[i])
			session_free(end, session_of(gone->keys[i]));
	}
}

/* Another handshake has taken the place of what this was for, or none. */
static void drop_pending(struct end *end, struct link *l)
{
	session_free(end, l->pending);
	l->pending = NULL;
}

static void draft_done(struct wgr_draft *draft)
{
	wgr_draft_wipe(draft);
	check_wiped(draft, sizeof(*draft), "a draft");
}

static void clear_handshake(struct end *end, struct link *l)
{
	wgr_handshake_clear(&l->hs);
	check_idle(&l->hs);
	drop_pending(end, l);
}

static void clear_sessions(struct end *end, struct link *l)
{
	struct wgr_gone gone;

	wgr_slots_clear(&l->slots, &gone);
	let_go(end, &gone);
}

/* ---- the order engine, which hands up ---- */

struct item {
	struct wgr_item item;
	struct packet packet;
	struct session *session;	/* for the checks: may be gone, see session_alive() */
	u32 index;
	u64 counter;
	bool empty;
};

static void *order_alloc(void *ctx, size_t bytes)
{
	(void)ctx;
	return calloc(1, bytes);
}

static void order_free(void *ctx, void *memory, size_t bytes)
{
	(void)ctx;
	(void)bytes;
	free(memory);
}

/* One flow from each end to each other. */
static u32 order_flow(void *ctx, const struct wgr_item *item)
{
	(void)ctx;
	(void)item;
	return 6;
}

static const struct wgr_reorder_ops order_ops = {
	.alloc = order_alloc,
	.free = order_free,
	.flow = order_flow,
};

static void order_begin(struct link *l)
{
	const struct wgr_settings settings = {
		.mode = WGR_ADAPTIVE,
		.window = 1024,
		.hold_ns = 50 * MS,
		.hold_max_ns = 250 * MS,
		.scope = WGR_SCOPE_PEER,
	};

	wgr_reorder_init(&l->order, &order_ops, NULL, &settings);
}

static void hand_up(struct end *end, int link, struct wgr_item_list *list)
{
	struct wgr_item *at = list->first, *next;

	for (; at; at = next) {
		struct item *item = (struct item *)at;
		struct session *s = session_find(end, item->index);

		next = at->newer;
		if (!item->empty)
			check_hands_up(end, link, s == item->session ? s : NULL, &item->packet, item->counter, at);
		free(item);
	}
}

/* Wakes the engine when it wants to be woken. */
static void order_arm(struct end *end, int link)
{
	struct link *l = &end->link[link];
	s64 at = wgr_reorder_deadline(&l->order);

	if (at == WGR_NEVER || (l->order_at && l->order_at <= (u64)at))
		return;
	l->order_at = (u64)at > w.now ? (u64)at : w.now;
	happens(l->order_at, ORDER, number_of(end), link, 0, 0, NULL);
}

void end_order(struct end *end, int link)
{
	struct link *l = &end->link[link];
	struct wgr_item_list out = { };

	if (!l->known || l->order_at > w.now)
		return;
	l->order_at = 0;
	if (!runs(end)) {
		l->order_at = runs_again(end);
		happens(l->order_at, ORDER, number_of(end), link, 0, 0, NULL);
		return;
	}
	wgr_reorder_advance(&l->order, w.now, &out);
	hand_up(end, link, &out);
	order_arm(end, link);
}

static void order_end(struct end *end, int link)
{
	struct wgr_item_list out = { };
	struct wgr_item *at, *next;

	(void)end;
	wgr_reorder_discard(&end->link[link].order, &out);
	for (at = out.first; at; at = next) {
		next = at->newer;
		free(at);
	}
}

/* ---- alarms ---- */

/*
 * One timer for all, as in src/timers.c. It may ring late; what it is armed for is the tick at which it will ring, as far
 * as that can be known.
 */
static void arm(struct end *end, int link, unsigned long tick)
{
	struct link *l = &end->link[link];

	if (!tick)
		return;
	if (end->wheel)
		tick = wheel_tick(tick, ticks(end));
	if (l->ring_at && !time_after(l->ring_tick, tick))
		return;
	l->ring_tick = tick;
	l->ring_at = when_rings(end, tick);
	happens(l->ring_at + chance_below(end->late_ns), RING, number_of(end), link, l->ring_at, 0, NULL);
}

static void sent_any(struct end *end, int link)
{
	struct link *l = &end->link[link];

	arm(end, link, wgr_alarms_sent_any(&l->alarms, ticks(end), l->interval_s));
	l->model.got_data = 0;
	l->model.sent_any = w.now;
}

static void got_any(struct end *end, int link, u32 from)
{
	struct link *l = &end->link[link];

	arm(end, link, wgr_alarms_got_any(&l->alarms, ticks(end), l->interval_s));
	l->model.sent_data = 0;
	l->model.got_any = w.now;
	if (from)
		l->endpoint = from;
}

/* ---- sending ---- */

/* Sends an initiation, if it may be sent by now. */
static void initiate(struct end *end, int link)
{
	struct link *l = &end->link[link];
	struct wgr_msg_initiation msg = { };
	struct wgr_draft draft;
	struct session *s;
	u64 now = coarse_boot_ns(end);
	s64 sec;
	u32 nsec;
	bool good;

	if (!end->up || end->asleep > w.now || !l->endpoint || !wgr_alarms_may_initiate(&l->alarms, now))
		return;
	wgr_alarms_note_initiation(&l->alarms, now);
	wall_clock(end, &sec, &nsec);
	s = session_new(end, link);
	good = wgr_draft_ephemeral(&draft) &&
	       wgr_handshake_initiate(&l->hs, &draft, &end->identity, s->keys.index, sec, nsec, &msg);
	draft_done(&draft);
	if (!good) {
		session_free(end, s);
		return;
	}
	drop_pending(end, l);
	l->pending = s;
	s->gram = w.grams + 1;
	l->initiation_gram = s->gram;
	check_sends_initiation(end, link);
	arm(end, link, wgr_alarms_sent_initiation(&l->alarms, ticks(end)));
	sent_any(end, link);
	wgr_jar_stamp(&l->jar, &msg, sizeof(msg), now);
	transmit(end, link, l->endpoint, &msg, sizeof(msg), 0, 0);
	wgr_alarms_note_initiation(&l->alarms, now);
}

static void ask(struct end *end, int link)
{
	check_wish(end, link);
	if (wgr_alarms_ask(&end->link[link].alarms, coarse_boot_ns(end)))
		initiate(end, link);
}

static void send_one(struct end *end, int link, struct wgr_keys *keys, u64 seq)
{
	struct link *l = &end->link[link];
	struct packet packet = { .from = number_of(end), .to = link, .seq = seq };
	size_t len = seq == U64_MAX ? 0 : sizeof(packet);
	u8 bytes[sizeof(struct wgr_msg_data) + sizeof(packet) + WGR_TAG_LEN + WGR_PAD];
	struct wgr_msg_data *msg = (struct wgr_msg_data *)bytes;
	u64 counter = wgr_keys_take_counter(keys);
	u32 pad = wgr_data_padding(len, 1420);

	memset(bytes, 0, sizeof(bytes));
	memcpy(msg->sealed, &packet, len);
	wgr_data_seal(keys, msg, len + pad, counter);
	check_sends_data(end, link, session_of(keys), counter, !len, true);
	sent_any(end, link);
	transmit(end, link, l->endpoint, msg, sizeof(*msg) + len + pad + WGR_TAG_LEN, 0, len ? seq + 1 : 0);
	if (len) {
		if (!l->model.sent_data)
			l->model.sent_data = w.now;
		arm(end, link, wgr_alarms_sent_data(&l->alarms, ticks(end)));
	}
	w.tally.packets++;
	if (wgr_keys_renew_for_sending(keys, coarse_boot_ns(end))) {
		check_renews(end, session_of(keys), true);
		ask(end, link);
	}
}

/* Sends what waits, or asks for the keys to send it with. */
static void push(struct end *end, int link)
{
	struct link *l = &end->link[link];
	u64 staged[STAGED];
	struct wgr_keys *keys;
	u32 i, n = l->staged_n;

	if (!n)
		return;
	keys = wgr_slots_for_sending(&l->slots, coarse_boot_ns(end));
	if (!keys || !wgr_keys_have_counters(keys, n)) {
		ask(end, link);
		return;
	}
	memcpy(staged, l->staged, sizeof(staged[0]) * n);
	l->staged_n = 0;
	for (i = 0; i < n && l->endpoint; i++)
		send_one(end, link, keys, staged[i]);
}

static void stage(struct link *l, u64 seq)
{
	if (l->staged_n == STAGED)
		memmove(l->staged, l->staged + 1, sizeof(l->staged[0]) * --l->staged_n);
	l->staged[l->staged_n++] = seq;
}

static void send_keepalive(struct end *end, int link)
{
	struct link *l = &end->link[link];

	if (!l->staged_n)
		stage(l, U64_MAX);
	push(end, link);
}

void link_say(struct end *end, int link)
{
	struct link *l = &end->link[link];

	if (!l->known || !end->up || !runs(end))
		return;
	/* Only who goes on saying something can tell that nothing gets through. */
	if (!l->model.asked || l->model.asked_last + 2 * S < w.now) {
		l->model.asked = w.now;
		l->model.says = 0;
	}
	l->model.asked_last = w.now;
	l->model.says++;
	stage(l, l->said++);
	push(end, link);
}

void link_begin(struct end *end, int link)
{
	struct link *l = &end->link[link];

	if (l->known && end->up && runs(end))
		ask(end, link);
}

/*
 * It has sent so many messages with its keys that the last two are left; and somebody who has these keys
 * and knows no limit sends what comes after those.
 */
void link_spend(struct end *end, int link)
{
	struct link *l = &end->link[link];
	struct wgr_keys *keys;
	u8 bytes[sizeof(struct wgr_msg_data) + WGR_TAG_LEN];
	struct wgr_msg_data *msg = (struct wgr_msg_data *)bytes;
	u64 counter;

	if (!l->known || !end->up || !runs(end))
		return;
	keys = wgr_slots_for_sending(&l->slots, coarse_boot_ns(end));
	if (!keys || keys->send_counter + 2 >= WGR_REJECT_AFTER_MESSAGES)
		return;
	keys->send_counter = WGR_REJECT_AFTER_MESSAGES - 2;
	/* Not what the end does: its own nonces go on below. */
	port_sealed = NULL;
	for (counter = WGR_REJECT_AFTER_MESSAGES; counter < WGR_REJECT_AFTER_MESSAGES + 2; counter++) {
		memset(bytes, 0, sizeof(bytes));
		wgr_data_seal(keys, msg, 0, counter);
		transmit(end, link, l->endpoint, bytes, sizeof(bytes), 0, 0);
	}
	port_sealed = check_sealed;
}

void end_ring(struct end *end, int link)
{
	struct link *l = &end->link[link];
	unsigned long next;
	unsigned int todo;
	bool silent;

	if (!l->known)
		return;
	if (!runs(end)) {
		l->ring_at = runs_again(end);
		happens(l->ring_at, RING, number_of(end), link, l->ring_at, 0, NULL);
		return;
	}
	l->ring_at = 0;
	check_rings(end, link);
	silent = wgr_alarm_is_set(&l->alarms, WGR_ALARM_SILENCE);
	todo = wgr_alarms_ring(&l->alarms, ticks(end), coarse_boot_ns(end), true, &next);
	if (todo & WGR_DO_PERSISTENT && l->interval_s)
		check_persists(end, link);
	if (todo & WGR_DO_GIVE_UP) {
		check_gives_up(end, link);
		l->staged_n = 0;
		w.tally.given_up++;
	}
	if (silent && !wgr_alarm_is_set(&l->alarms, WGR_ALARM_SILENCE))
		check_silence(end, link, todo & WGR_DO_INITIATE);
	if (todo & WGR_DO_INITIATE)
		initiate(end, link);
	if (todo & WGR_DO_KEEPALIVE)
		send_keepalive(end, link);
	if (todo & WGR_DO_PERSISTENT && l->interval_s)
		send_keepalive(end, link);
	if (todo & WGR_DO_FORGET) {
		check_forgets(end, link);
		clear_handshake(end, l);
		clear_sessions(end, l);
		check_loses_keys(end, link);
	}
	arm(end, link, next);
}

/* ---- receiving ---- */

static void finish(struct end *end, int link, struct session *s)
{
	struct link *l = &end->link[link];
	struct wgr_gone gone;

	s->born = boot_ns(end);
	wgr_handshake_finish(&l->hs, &s->keys, coarse_boot_ns(end));
	check_idle(&l->hs);
	l->pending = NULL;
	check_keys(end, link, s);
	wgr_slots_install(&l->slots, &s->keys, coarse_boot_ns(end), &gone);
	let_go(end, &gone);
	arm(end, link, wgr_alarms_got_keys(&l->alarms, ticks(end)));
	w.tally.handshakes++;
}

/* Answers an initiation that was taken. */
static void respond(struct end *end, int link, const struct gram *gram)
{
	struct link *l = &end->link[link];
	struct session *s = session_new(end, link);
	struct wgr_msg_response msg = { };
	struct wgr_draft draft;
	bool good;

	good = wgr_draft_ephemeral(&draft) && wgr_handshake_respond(&l->hs, &draft, s->keys.index, &msg);
	draft_done(&draft);
	if (!good) {
		session_free(end, s);
		return;
	}
	drop_pending(end, l);
	l->pending = s;
	s->gram = gram->id;
	wgr_jar_stamp(&l->jar, &msg, sizeof(msg), coarse_boot_ns(end));
	if (!wgr_handshake_may_finish(&l->hs, s->keys.index))
		return;
	finish(end, link, s);
	check_sends_response(end, link);
	sent_any(end, link);
	wgr_alarms_note_initiation(&l->alarms, coarse_boot_ns(end));
	transmit(end, link, gram->from, &msg, sizeof(msg), gram->id, 0);
}

static int link_of(const struct end *end, const u8 public[WGR_KEY_LEN])
{
	int i;

	for (i = 0; i < w.ends; i++) {
		if (end->link[i].known && !memcmp(end->link[i].public, public, WGR_KEY_LEN))
			return i;
	}
	return -1;
}

static bool got_initiation(struct end *end, struct gram *gram)
{
	const struct wgr_msg_initiation *msg = (const void *)gram->bytes;
	struct wgr_handshake before;
	struct wgr_draft draft;
	struct link *l;
	bool taken;
	int link;

	if (!wgr_draft_sender(&draft, &end->identity, msg) || (link = link_of(end, draft.public)) < 0) {
		draft_done(&draft);
		return false;
	}
	l = &end->link[link];
	before = l->hs;
	taken = !(wgr_handshake_goes_first(&l->hs, msg) &&
		  wgr_alarms_just_initiated(&l->alarms, coarse_boot_ns(end))) &&
		wgr_handshake_take_initiation(&l->hs, &draft, msg, boot_ns(end));
	draft_done(&draft);
	check_handshake_message(end, link, gram, &before, taken);
	if (!taken)
		return false;
	/* As the state of the one before is gone. */
	drop_pending(end, l);
	got_any(end, link, gram->from);
	respond(end, link, gram);
	return true;
}

static bool got_response(struct end *end, struct gram *gram)
{
	const struct wgr_msg_response *msg = (const void *)gram->bytes;
	u32 index = le32_to_cpu(msg->receiver);
	struct session *s = session_find(end, index);
	struct wgr_handshake before;
	struct wgr_draft draft;
	struct link *l;
	bool taken;

	if (!s)
		return false;
	l = &end->link[s->link];
	before = l->hs;
	taken = end->identity.set && wgr_handshake_borrow(&l->hs, &draft, index) &&
		wgr_draft_response(&draft, &end->identity, msg) && wgr_handshake_take_response(&l->hs, &draft, msg);
	draft_done(&draft);
	check_handshake_message(end, s->link, gram, &before, taken);
	if (!taken)
		return false;
	got_any(end, s->link, gram->from);
	if (!wgr_handshake_may_finish(&l->hs, index))
		return false;
	finish(end, s->link, s);
	wgr_alarms_handshake_done(&l->alarms);
	check_handshake_done(end, s->link);
	send_keepalive(end, s->link);
	return true;
}

static void source_of(struct wgr_source *source, u32 address)
{
	/* Of one host from 16 ports, of many hosts one. */
	u32 host = address / 16, port = address % 16;

	memset(source, 0, sizeof(*source));
	memcpy(source->bytes, &host, 4);
	memcpy(source->bytes + 4, &port, 2);
	source->len = 6;
}

static void give_cookie(struct end *end, const struct gram *gram, const struct wgr_source *source, __le32 sender)
{
	struct wgr_msg_cookie reply;
	u64 now = coarse_boot_ns(end);

	memset(&reply, 0, sizeof(reply));
	if (!wgr_checker_has_secret(&end->checker, now)) {
		wgr_checker_renew(&end->checker, now);
		macs_made_secret(end);
	}
	wgr_cookie_reply(&end->checker, &reply, gram->bytes, gram->len, source, sender);
	check_gives_cookie(end, gram);
	/* What nobody made is answered to nobody. */
	transmit(end, gram->end < 0 ? number_of(end) : gram->end, gram->from, &reply, sizeof(reply), gram->id, 0);
}

/* True if a handshake message is to be worked on. */
static bool admitted(struct end *end, const struct gram *gram, __le32 sender)
{
	u64 now = coarse_boot_ns(end);
	bool loaded = wgr_under_load(&end->load, now);
	enum wgr_mac_verdict verdict;
	enum wgr_admission admission;
	struct wgr_source source;
	bool taken = false;

	check_load(end, now, loaded);
	source_of(&source, gram->from);
	verdict = wgr_mac_check(&end->checker, gram->bytes, gram->len, &source, loaded, now);
	admission = wgr_mac_admission(verdict, loaded);
	check_macs(end, gram, verdict != WGR_MAC_BAD, loaded, admission == WGR_ADMIT || admission == WGR_ADMIT_LIMITED);
	switch (admission) {
	case WGR_ADMIT:
		taken = true;
		break;
	case WGR_ADMIT_LIMITED:
		taken = wgr_bucket_take(end->buckets, gram->from / 16 + 1, boot_ns(end));
		break;
	case WGR_GIVE_COOKIE:
		give_cookie(end, gram, &source, sender);
		return false;
	case WGR_REFUSE:
		return false;
	}
	if (loaded)
		check_admits(end, gram->from / 16, taken);
	return taken;
}

static bool got_cookie(struct end *end, struct gram *gram)
{
	const struct wgr_msg_cookie *msg = (const void *)gram->bytes;
	struct session *s = session_find(end, le32_to_cpu(msg->receiver));

	if (!s || !wgr_jar_take(&end->link[s->link].jar, msg, coarse_boot_ns(end)))
		return false;
	check_takes_cookie(end, s->link, gram);
	return true;
}

static bool got_data(struct end *end, struct gram *gram)
{
	struct wgr_msg_data *msg = (void *)gram->bytes;
	struct session *s = session_find(end, le32_to_cpu(msg->receiver));
	u64 now = coarse_boot_ns(end), counter = le64_to_cpu(msg->counter);
	struct wgr_item_list out = { };
	struct wgr_rank_place place;
	struct wgr_gone gone;
	struct packet packet = { };
	struct item *item;
	struct link *l;
	bool empty, newest;
	u32 before;
	int link;

	if (!s || gram->len < WGR_MSG_DATA_MIN || !wgr_keys_readable(&s->keys, now) ||
	    !wgr_data_open(&s->keys, msg, gram->len, counter) || !wgr_replay_accept(&s->keys.replay, counter))
		return false;
	link = s->link;
	l = &end->link[link];
	empty = gram->len == WGR_MSG_DATA_MIN;
	memcpy(&packet, msg->sealed, empty ? 0 : sizeof(packet));
	check_accepts(end, link, s, gram, counter, empty ? NULL : &packet);
	/* What is due closes epochs, which a session that is behind goes by. */
	if (s->keys.rank.epoch != l->ranks.ahead.epoch)
		wgr_reorder_advance(&l->order, (s64)w.now - 1, &out);
	newest = wgr_rank_arrival(&l->ranks, &s->keys.rank, counter, w.now, l->order.open ? l->order.lane[0].epoch : 0);
	if (wgr_slots_awaits(&l->slots, &s->keys) && wgr_slots_confirm(&l->slots, &s->keys, &gone)) {
		let_go(end, &gone);
		wgr_alarms_handshake_done(&l->alarms);
		check_handshake_done(end, link);
		push(end, link);
	}
	if (wgr_slots_renew_for_receiving(&l->slots, &s->keys, now)) {
		check_renews(end, s, false);
		ask(end, link);
	}
	before = l->endpoint;
	got_any(end, link, newest ? gram->from : 0);
	check_roams(end, link, s, counter, gram->from, before);
	if (!empty) {
		arm(end, link, wgr_alarms_got_data(&l->alarms, ticks(end)));
		if (!l->model.got_data)
			l->model.got_data = w.now;
	}

	place = wgr_rank_place(&s->keys.rank, counter);
	item = calloc(1, sizeof(*item));
	if (!item)
		abort();
	*item = (struct item){ .packet = packet, .session = s, .index = s->keys.index, .counter = counter, .empty = empty };
	item->item = (struct wgr_item){ .counter = place.counter, .epoch = place.epoch, .arrival_ns = w.now };
	switch (wgr_reorder_push(&l->order, &item->item, &out)) {
	case WGR_RELEASED:
	case WGR_HELD:
		break;
	case WGR_LATE:
	case WGR_DUPLICATE:
		w.tally.late += !empty;
		free(item);
	}
	hand_up(end, link, &out);
	order_arm(end, link);
	return true;
}

void end_receive(struct end *end, struct gram *gram)
{
	u32 kind = wgr_message_kind(gram->bytes, gram->len);
	bool proved = false;
	__le32 sender;

	if (!end->up || end->asleep > w.now)
		return;
	end->bytes_out = 0;
	end->at_hand = gram;
	memcpy(&sender, gram->bytes + 4, sizeof(sender));
	switch (kind) {
	case WGR_MSG_INITIATION:
		if (admitted(end, gram, sender))
			got_initiation(end, gram);
		break;
	case WGR_MSG_RESPONSE:
		if (admitted(end, gram, sender))
			proved = got_response(end, gram);
		break;
	case WGR_MSG_COOKIE:
		got_cookie(end, gram);
		break;
	case WGR_MSG_DATA:
		proved = got_data(end, gram);
		break;
	}
	w.tally.unproved += !proved && end->bytes_out;
	if (!proved && end->bytes_out > gram->len)
		wrong("end %d sends %llu bytes for %zu to who has proved nothing", number_of(end), end->bytes_out, gram->len);
	end->at_hand = NULL;
}

/* ---- configuration ---- */

void link_add(struct end *end, int link)
{
	struct link *l = &end->link[link];
	u64 said = l->said;

	if (l->known)
		return;
	memset(l, 0, sizeof(*l));
	l->said = said;
	memcpy(l->public, w.end[link].identity.public, WGR_KEY_LEN);
	wgr_handshake_init(&l->hs, l->public, w.psk[number_of(end)][link]);
	wgr_jar_init(&l->jar, l->public);
	wgr_handshake_precompute(&l->hs, &end->identity);
	order_begin(l);
	if (!end->up)
		wgr_alarms_stop(&l->alarms);
	l->endpoint = w.end[link].address;
	l->known = true;
	check_link(end, link);
}

static void link_quiet(struct end *end, int link)
{
	struct link *l = &end->link[link];

	wgr_alarms_stop(&l->alarms);
	wgr_alarms_reset(&l->alarms);
	clear_handshake(end, l);
	clear_sessions(end, l);
	l->staged_n = 0;
	check_loses_all(end, link);
}

void link_remove(struct end *end, int link)
{
	if (!end->link[link].known)
		return;
	link_quiet(end, link);
	order_end(end, link);
	end->link[link].known = false;
}

void link_interval(struct end *end, int link, u16 seconds)
{
	struct link *l = &end->link[link];

	if (!l->known)
		return;
	/* Whoever wants it waits, too. */
	if (!runs(end)) {
		happens(runs_again(end), INTERVAL_SET, number_of(end), link, seconds, 0, NULL);
		return;
	}
	l->interval_s = seconds;
	l->model.switched = w.now;
	if (seconds && end->up)
		send_keepalive(end, link);
}

void link_psk(struct end *end, int link, const u8 psk[WGR_KEY_LEN])
{
	memcpy(w.psk[number_of(end)][link], psk, WGR_KEY_LEN);
	memcpy(end->link[link].hs.psk, psk, WGR_KEY_LEN);
}

void end_key(struct end *end, const u8 secret[WGR_KEY_LEN])
{
	struct link *l;
	int i;

	memcpy(end->secret, secret, WGR_KEY_LEN);
	wgr_identity_set(&end->identity, secret);
	wgr_checker_set_key(&end->checker, end->identity.set ? end->identity.public : NULL);
	for (i = 0; i < w.ends; i++) {
		l = &end->link[i];
		if (!l->known)
			continue;
		wgr_handshake_precompute(&l->hs, &end->identity);
		clear_handshake(end, l);
		wgr_slots_stop_sending(&l->slots);
		wgr_alarms_forget_initiation(&l->alarms);
		l->model.may_repeat = true;
		l->model.another_key = boot_ns(end);
		if (end->up && runs(end))
			push(end, i);
	}
}

void end_up(struct end *end)
{
	int i;

	if (end->up)
		return;
	end->up = true;
	for (i = 0; i < w.ends; i++) {
		if (!end->link[i].known)
			continue;
		wgr_alarms_start(&end->link[i].alarms);
		if (end->link[i].interval_s)
			link_interval(end, i, end->link[i].interval_s);
	}
}

void end_down(struct end *end)
{
	int i;

	if (!end->up)
		return;
	end->up = false;
	for (i = 0; i < w.ends; i++) {
		if (!end->link[i].known)
			continue;
		link_quiet(end, i);
		wgr_alarms_forget_initiation(&end->link[i].alarms);
		end->link[i].model.may_repeat = true;
	}
}

void end_sleep(struct end *end)
{
	int i;

	for (i = 0; i < w.ends; i++) {
		if (!end->link[i].known)
			continue;
		clear_handshake(end, &end->link[i]);
		clear_sessions(end, &end->link[i]);
		check_loses_keys(end, i);
	}
}

void end_wake(struct end *end)
{
	int i;

	for (i = 0; i < w.ends; i++) {
		if (end->link[i].known && end->up)
			push(end, i);
	}
}

/* What stops has no memory but of its configuration. */
void end_stop(struct end *end)
{
	int i;

	for (i = 0; i < w.ends; i++)
		link_remove(end, i);
	check_over(end);
}

void end_start(struct end *end, bool anew)
{
	u32 address = end->address;
	u64 ever = end->started_ever, said[ENDS];
	u8 secret[WGR_KEY_LEN];
	s64 wall = end->wall;
	int i;

	memcpy(secret, end->secret, sizeof(secret));
	for (i = 0; i < ENDS; i++)
		said[i] = end->link[i].said;
	memset(end, 0, sizeof(*end));
	for (i = 0; i < ENDS; i++)
		end->link[i].said = said[i];
	memcpy(end->secret, secret, sizeof(secret));
	end->address = address;
	end->wall = wall;
	end->started_ever = ever + 1;
	macs_forget(end);
	end->born = w.now;
	end->boot = 10 * S + chance_below(1000 * S);
	/* Soon they run over. */
	end->tick0 = -(unsigned long)chance_below(1000 * HZ);
	end->coarse_ns = S / HZ;
	end->up = true;
	wgr_identity_set(&end->identity, end->secret);
	wgr_checker_set_key(&end->checker, end->identity.public);
	for (i = 0; anew && i < w.ends; i++) {
		if (i != number_of(end))
			link_add(end, i);
	}
}
