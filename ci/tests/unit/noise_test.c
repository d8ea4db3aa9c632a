// SPDX-License-Identifier: GPL-2.0
/*
 * What a peer has of secrets: handshakes in both roles between two of them, what
 * gives way to what, and that nothing begins or goes on when a peer is removed, however
 * far it has come. SEED=n repeats a run.
 */
#include <stdlib.h>

#include "kstub.h"
#include "noise.h"
#include "port.h"
#include "seed.h"
#include "tap.h"

#define S	1000000000ULL

/* What wgr_noise_make_...() get when there are no keys to lose. */
static struct wgr_keys nobody;

struct end {
	struct wgr_identity identity;
	struct wgr_noise noise;
	struct wgr_keys keys[4];
	int made;
	struct wgr_keys *gone;
};

static struct end a, b;
static struct wgr_gone left;

static void meet(struct end *one, const struct end *other)
{
	wgr_noise_init(&one->noise, other->identity.public, NULL);
	wgr_noise_precompute(&one->noise, &one->identity);
}

static void begin(void)
{
	u8 secret[WGR_KEY_LEN];

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	get_random_bytes(secret, sizeof(secret));
	wgr_identity_set(&a.identity, secret);
	get_random_bytes(secret, sizeof(secret));
	wgr_identity_set(&b.identity, secret);
	meet(&a, &b);
	meet(&b, &a);
	kstub_boottime_ns += 100 * S;
	kstub_real_ns = 1700000000 * S + kstub_boottime_ns;
}

static struct wgr_keys *new_keys(struct end *end)
{
	struct wgr_keys *keys = &end->keys[end->made++];

	wgr_keys_init(keys, port_random());
	return keys;
}

static bool initiates(struct end *end, struct wgr_msg_initiation *msg)
{
	end->gone = &nobody;
	return wgr_noise_make_initiation(&end->noise, &end->identity, new_keys(end), msg, &end->gone);
}

static bool takes(struct end *end, const struct wgr_msg_initiation *msg, bool at_once)
{
	struct wgr_draft draft;
	bool taken;

	end->gone = &nobody;
	taken = wgr_draft_sender(&draft, &end->identity, msg) &&
		wgr_noise_take_initiation(&end->noise, &draft, msg, at_once, &end->gone);
	wgr_draft_wipe(&draft);
	return taken;
}

static bool responds(struct end *end, struct wgr_msg_response *msg)
{
	end->gone = &nobody;
	return wgr_noise_make_response(&end->noise, new_keys(end), msg, &end->gone);
}

static bool reads(struct end *end, const struct wgr_msg_response *msg)
{
	return wgr_noise_read_response(&end->noise, &end->identity, msg);
}

static struct wgr_keys *newest(struct end *end)
{
	return &end->keys[end->made ? end->made - 1 : 0];
}

static bool finishes(struct end *end)
{
	return wgr_noise_finish(&end->noise, cpu_to_le32(newest(end)->index), &left);
}

/* Neither has anything that could come of it. */
static bool has_nothing(struct end *end)
{
	const struct wgr_handshake *hs = &end->noise.hs;
	static const u8 zero[WGR_KEY_LEN];

	return !end->noise.pending && hs->state == WGR_HANDSHAKE_IDLE && !memcmp(hs->secret, zero, sizeof(zero)) &&
	       !end->noise.slots.current_ && !end->noise.slots.next && !end->noise.slots.previous;
}

static void both_roles(void)
{
	struct wgr_msg_initiation initiation = { };
	struct wgr_msg_response response = { };

	begin();
	tap_ok(initiates(&a, &initiation) && !a.gone, "a handshake begins");
	tap_ok(a.noise.pending == newest(&a), "and waits for its keys");
	tap_ok(takes(&b, &initiation, false) && !b.gone, "the other side takes it");
	tap_ok(responds(&b, &response) && !b.gone && finishes(&b), "and answers");
	tap_ok(b.noise.slots.next == newest(&b) && !b.noise.pending && b.noise.hs.state == WGR_HANDSHAKE_IDLE,
	       "its keys are the next ones");
	tap_ok(reads(&a, &response) && finishes(&a), "the answer is right");
	tap_ok(a.noise.slots.current_ == newest(&a) && !a.noise.pending, "these keys are current");
	tap_ok(!memcmp(newest(&a)->send_key, newest(&b)->recv_key, WGR_KEY_LEN) &&
	       !memcmp(newest(&a)->recv_key, newest(&b)->send_key, WGR_KEY_LEN), "both have the same");
	tap_ok(newest(&a)->birth_ns == kstub_boottime_ns, "and are as old");
	tap_ok(!finishes(&a) && !finishes(&b), "nothing is left to finish");
	tap_ok(wgr_noise_confirm(&b.noise, newest(&b), &left) && b.noise.slots.current_ == newest(&b),
	       "the next ones become current when they are used");
	tap_ok(!wgr_noise_confirm(&b.noise, newest(&b), &left), "once");
	wgr_noise_stop_sending(&b.noise);
	tap_ok(!wgr_slots_for_sending(&b.noise.slots, kstub_boottime_ns) && b.noise.slots.current_,
	       "what is not to be sent with is kept");
	wgr_noise_forget(&b.noise, &left);
	tap_ok(has_nothing(&b) && left.keys[1] == newest(&b), "what is forgotten is given back");
}

static void gives_way(void)
{
	struct wgr_msg_initiation ours = { }, theirs = { };
	struct wgr_keys *first;

	begin();
	initiates(&a, &ours);
	first = newest(&a);
	tap_ok(initiates(&a, &ours) && a.gone == first, "a second handshake gives back the keys of the first");
	first = newest(&a);
	tap_ok(initiates(&b, &theirs) && takes(&a, &theirs, false) && a.gone == first && !a.noise.pending,
	       "so does theirs, if it is taken");
	begin();
	initiates(&a, &ours);
	initiates(&b, &theirs);
	first = newest(&a);
	tap_ok(takes(&a, &theirs, true) != takes(&b, &ours, true), "of two that begin at once one gives way");
	begin();
	first = new_keys(&a);
	tap_ok(!wgr_noise_make_initiation(&a.noise, &(struct wgr_identity){ }, first, &ours, &a.gone) && a.gone == first &&
	       !a.noise.pending, "without a private key nothing begins, and the keys are given back");
	initiates(&a, &ours);
	tap_ok(wgr_noise_clear(&a.noise) == newest(&a) && has_nothing(&a), "what is ended gives back its keys");
	tap_ok(!wgr_noise_clear(&a.noise), "once");
	tap_ok(initiates(&a, &ours), "another may begin");
}

static void settings(void)
{
	struct wgr_msg_initiation initiation = { };
	struct wgr_msg_response response = { };
	u8 psk[WGR_KEY_LEN] = { 1, 2, 3 }, got[WGR_KEY_LEN] = { };

	begin();
	wgr_noise_set_psk(&a.noise, psk);
	wgr_noise_get_psk(&a.noise, got);
	tap_ok(!memcmp(psk, got, sizeof(psk)), "the preshared key is the one that was set");
	initiates(&a, &initiation);
	takes(&b, &initiation, false);
	responds(&b, &response);
	tap_ok(!reads(&a, &response), "which the other side needs");
}

/* How far the handshake has come when the peer is removed. */
enum { NOTHING, BEGUN, TAKEN, ANSWERED, READ, STAGES };

static const char *const names[] = { "idle", "waits for an answer", "has taken an initiation", "has answered",
				     "has read an answer" };

/* The end that is to be removed, with a handshake that has come so far. */
static struct end *come_to(int stage, struct wgr_msg_initiation *initiation, struct wgr_msg_response *response)
{
	begin();
	kstub_real_ns += S;
	if (stage == NOTHING)
		return &a;
	initiates(&a, initiation);
	if (stage == BEGUN)
		return &a;
	takes(&b, initiation, false);
	if (stage == TAKEN)
		return &b;
	responds(&b, response);
	if (stage == ANSWERED)
		return &b;
	reads(&a, response);
	return &a;
}

static void removed(int stage)
{
	struct wgr_msg_initiation initiation = { }, other = { };
	struct wgr_msg_response response = { };
	struct end *end = come_to(stage, &initiation, &response), *peer = end == &a ? &b : &a;
	struct wgr_keys *pending = end->noise.pending;

	tap_ok(wgr_noise_close(&end->noise) == pending && has_nothing(end), "%s, and is removed: its keys are given back",
	       names[stage]);
	tap_ok(!finishes(end) && has_nothing(end), "%s, and is removed: no keys come of it", names[stage]);
	tap_ok(!responds(end, &response) && end->gone == newest(end) && has_nothing(end), "it answers nothing");
	tap_ok(!reads(end, &response) && has_nothing(end), "it reads no answer");
	tap_ok(!initiates(end, &other) && end->gone == newest(end) && has_nothing(end), "it begins nothing");
	kstub_real_ns += S;
	kstub_boottime_ns += S;
	tap_ok(initiates(peer, &other) && !takes(end, &other, false) && !end->gone && has_nothing(end),
	       "it takes no initiation");
	tap_ok(!end->noise.lock.held && !end->noise.slots_lock.held, "no lock is held");
}

int main(void)
{
	int stage;

	port_seed(seed_taken());
	wgr_handshake_setup();
	both_roles();
	gives_way();
	settings();
	for (stage = NOTHING; stage < STAGES; stage++)
		removed(stage);
	return tap_done();
}
