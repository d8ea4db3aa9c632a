// SPDX-License-Identifier: GPL-2.0
/* Which keys follow which, and how long each may be used. */
#include "port.h"
#include "protocol/slots.h"
#include "tap.h"

#define S	1000000000ULL

static struct wgr_slots slots;
static struct wgr_keys key[4];
static struct wgr_gone gone;
static u64 now_ns;

static void begin(void)
{
	size_t i;

	memset(&slots, 0, sizeof(slots));
	memset(key, 0, sizeof(key));
	for (i = 0; i < ARRAY_SIZE(key); i++)
		wgr_keys_init(&key[i], i + 1);
	now_ns = 1000 * S;
}

static void install(int i, bool initiator)
{
	key[i].initiator = initiator;
	key[i].birth_ns = now_ns;
	wgr_slots_install(&slots, &key[i], now_ns, &gone);
}

static bool has_left(const struct wgr_keys *keys)
{
	return gone.keys[0] == keys || gone.keys[1] == keys || gone.keys[2] == keys;
}

/* These have left, and no others; NULL for none. */
static bool left(const struct wgr_keys *a, const struct wgr_keys *b, const struct wgr_keys *c)
{
	int count = !!gone.keys[0] + !!gone.keys[1] + !!gone.keys[2];

	return count == !!a + !!b + !!c && (!a || has_left(a)) && (!b || has_left(b)) &&
	       (!c || has_left(c));
}

static bool holds(const struct wgr_keys *previous, const struct wgr_keys *current_,
		  const struct wgr_keys *next)
{
	return slots.previous == previous && slots.current_ == current_ && slots.next == next;
}

static void as_initiator(void)
{
	begin();
	tap_ok(!wgr_slots_for_sending(&slots, now_ns), "nothing to send with at first");
	tap_ok(!wgr_keys_readable(&key[0], now_ns), "nothing to receive with");
	/* As the handshake leaves them: it is not their age then that keeps packets out. */
	key[0].birth_ns = now_ns;
	tap_ok(!wgr_keys_readable(&key[0], now_ns), "nor before they are in their place, young as they are");
	install(0, true);
	tap_ok(holds(NULL, &key[0], NULL) && left(NULL, NULL, NULL), "what we began is current at once");
	tap_ok(wgr_slots_for_sending(&slots, now_ns) == &key[0], "and sends");
	tap_ok(wgr_keys_readable(&key[0], now_ns) && key[0].rank.number == 1, "and receives");
	now_ns += 120 * S;
	install(1, true);
	tap_ok(holds(&key[0], &key[1], NULL) && left(NULL, NULL, NULL), "the one before becomes previous");
	tap_ok(wgr_keys_readable(&key[0], now_ns), "which still receives");
	now_ns += 120 * S;
	install(2, true);
	tap_ok(holds(&key[1], &key[2], NULL) && left(&key[0], NULL, NULL), "the one before that leaves");
	tap_ok(key[2].rank.number == 3 && key[2].rank.initiator && key[2].rank.birth_ns == now_ns,
	       "each has its rank");
}

static void as_responder(void)
{
	begin();
	install(0, false);
	tap_ok(holds(NULL, NULL, &key[0]), "what we answered is next");
	tap_ok(!wgr_slots_for_sending(&slots, now_ns), "and does not send");
	tap_ok(wgr_keys_readable(&key[0], now_ns), "but receives");
	tap_ok(wgr_slots_awaits(&slots, &key[0]) && wgr_slots_confirm(&slots, &key[0], &gone) &&
	       holds(NULL, &key[0], NULL), "until the other side has shown that it has it");
	tap_ok(!wgr_slots_awaits(&slots, &key[0]) && !wgr_slots_confirm(&slots, &key[0], &gone) &&
	       left(NULL, NULL, NULL), "once");
	now_ns += 60 * S;
	install(1, false);
	tap_ok(holds(NULL, &key[0], &key[1]) && wgr_slots_for_sending(&slots, now_ns) == &key[0],
	       "another one: the current one sends on");
	now_ns += 60 * S;
	install(2, false);
	tap_ok(holds(NULL, &key[0], &key[2]) && left(&key[1], NULL, NULL), "a third takes its place");
	tap_ok(wgr_slots_confirm(&slots, &key[2], &gone) && holds(&key[0], &key[2], NULL),
	       "and is current when it is used");
	now_ns += 60 * S;
	install(3, false);
	tap_ok(holds(NULL, &key[2], &key[3]) && left(&key[0], NULL, NULL),
	       "the previous one goes when there is a next");
}

/* Both have begun: the other side may still send with the previous keys. */
static void at_once(void)
{
	begin();
	install(0, true);
	now_ns += 120 * S;
	install(1, true);
	now_ns += 5 * S - 1;
	install(2, false);
	tap_ok(holds(&key[0], &key[1], &key[2]) && left(NULL, NULL, NULL),
	       "three while the current one is younger than a handshake may take");
	begin();
	install(0, true);
	now_ns += 120 * S;
	install(1, true);
	now_ns += 5 * S;
	install(2, false);
	tap_ok(holds(NULL, &key[1], &key[2]) && left(&key[0], NULL, NULL), "not later");

	begin();
	install(0, true);
	install(1, false);
	install(2, true);
	tap_ok(holds(&key[1], &key[2], NULL) && left(&key[0], NULL, NULL),
	       "what never was confirmed becomes previous, not what came before it");
}

static void aging(void)
{
	begin();
	install(0, true);
	now_ns += 120 * S - 1;
	tap_ok(!wgr_keys_renew_for_sending(&key[0], now_ns), "no renewal before 120 s");
	now_ns += 1;
	tap_ok(wgr_keys_renew_for_sending(&key[0], now_ns), "but then, by who began");
	key[0].initiator = false;
	tap_ok(!wgr_keys_renew_for_sending(&key[0], now_ns), "not by the other");
	tap_ok(!wgr_slots_renew_for_receiving(&slots, &key[0], now_ns + 100 * S), "nor when receiving");
	key[0].initiator = true;
	now_ns += 45 * S - 1;
	tap_ok(!wgr_slots_renew_for_receiving(&slots, &key[0], now_ns), "receiving does not before 165 s");
	now_ns += 1;
	tap_ok(!wgr_slots_renew_for_receiving(&slots, &key[1], now_ns), "nor for other keys than the current");
	tap_ok(wgr_slots_renew_for_receiving(&slots, &key[0], now_ns), "but then");
	tap_ok(!wgr_slots_renew_for_receiving(&slots, &key[0], now_ns), "once");
	now_ns += 15 * S - 1;
	tap_ok(wgr_keys_readable(&key[0], now_ns) && wgr_slots_for_sending(&slots, now_ns),
	       "used up to 180 s");
	now_ns += 1;
	tap_ok(!wgr_keys_readable(&key[0], now_ns), "not received with later");
	tap_ok(!wgr_slots_for_sending(&slots, now_ns), "nor sent with");
}

static void counting(void)
{
	const u64 last = WGR_REJECT_AFTER_MESSAGES;

	begin();
	install(0, false);
	wgr_slots_confirm(&slots, &key[0], &gone);
	tap_ok(wgr_keys_have_counters(&key[0], 2) && wgr_keys_take_counter(&key[0]) == 0 &&
	       wgr_keys_take_counter(&key[0]) == 1, "each packet has its own counter");
	key[0].send_counter = WGR_REKEY_AFTER_MESSAGES;
	tap_ok(!wgr_keys_renew_for_sending(&key[0], now_ns), "no renewal by number before 2^60");
	wgr_keys_take_counter(&key[0]);
	tap_ok(wgr_keys_renew_for_sending(&key[0], now_ns), "but then, by either side");
	key[0].send_counter = last - 3;
	tap_ok(wgr_keys_have_counters(&key[0], 2), "counters for two more");
	wgr_keys_take_counter(&key[0]);
	wgr_keys_take_counter(&key[0]);
	tap_ok(wgr_slots_for_sending(&slots, now_ns) && !wgr_keys_have_counters(&key[0], 1),
	       "and no more");
	tap_ok(!wgr_slots_for_sending(&slots, now_ns), "nothing is sent with these keys any more");
	tap_ok(wgr_keys_readable(&key[0], now_ns), "though received");
	tap_ok(wgr_replay_accept(&key[0].replay, last - 1) && !wgr_replay_accept(&key[0].replay, last),
	       "up to the same counter");
}

static void giving_up(void)
{
	begin();
	install(0, true);
	install(1, true);
	install(2, false);
	wgr_slots_stop_sending(&slots);
	tap_ok(!wgr_slots_for_sending(&slots, now_ns), "no more sending");
	tap_ok(wgr_slots_confirm(&slots, &key[2], &gone) && !wgr_slots_for_sending(&slots, now_ns),
	       "nor with what was next");
	tap_ok(wgr_keys_readable(&key[1], now_ns) && wgr_keys_readable(&key[2], now_ns), "receiving goes on");
	install(3, true);
	tap_ok(wgr_slots_for_sending(&slots, now_ns) == &key[3], "new keys send");

	begin();
	install(0, true);
	install(1, true);
	install(2, false);
	wgr_slots_clear(&slots, &gone);
	tap_ok(holds(NULL, NULL, NULL) && left(&key[0], &key[1], &key[2]), "all are given back");
	wgr_keys_abandon(&key[1]);
	tap_ok(!wgr_keys_readable(&key[1], now_ns) && !wgr_keys_sendable(&key[1], now_ns),
	       "what is abandoned is of no use");
}

int main(void)
{
	as_initiator();
	as_responder();
	at_once();
	aging();
	counting();
	giving_up();
	return tap_done();
}
