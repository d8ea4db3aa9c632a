// SPDX-License-Identifier: GPL-2.0
/*
 * The handshake in both roles, between two ends made of the core: what has to come
 * of it, and what must not. SEED=n repeats a run.
 */
#include <stdlib.h>

#include "port.h"
#include "protocol/data.h"
#include "protocol/handshake.h"
#include "seed.h"
#include "tap.h"

#define S	1000000000ULL
#define GAP	(S / 50)

/* One who handshakes with one peer. */
struct end {
	struct wgr_identity identity;
	struct wgr_handshake hs;
	struct wgr_keys keys;
	u32 index;
};

static struct end a, b;
static u64 now_ns;
static s64 wall_s;

static void draw_identity(struct wgr_identity *identity)
{
	u8 secret[WGR_KEY_LEN];

	get_random_bytes(secret, sizeof(secret));
	wgr_identity_set(identity, secret);
}

static void meet(struct end *one, const struct end *other, const u8 *psk)
{
	wgr_handshake_init(&one->hs, other->identity.public, psk);
	wgr_handshake_precompute(&one->hs, &one->identity);
}

/* Two ends that know each other. */
static void begin(const u8 *psk)
{
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	draw_identity(&a.identity);
	draw_identity(&b.identity);
	meet(&a, &b, psk);
	meet(&b, &a, psk);
	now_ns = 100 * S;
	wall_s = 1700000000;
}

static u32 new_index(struct end *end)
{
	end->index = port_random();
	memset(&end->keys, 0, sizeof(end->keys));
	wgr_keys_init(&end->keys, end->index);
	return end->index;
}

static bool initiates(struct end *end, struct wgr_msg_initiation *msg)
{
	struct wgr_draft draft;
	bool good;

	good = wgr_draft_ephemeral(&draft) &&
	       wgr_handshake_initiate(&end->hs, &draft, &end->identity, new_index(end), wall_s, 0, msg);
	wgr_draft_wipe(&draft);
	return good;
}

/* The initiation is from the one it is known to be from. */
static bool takes(struct end *end, const struct wgr_msg_initiation *msg)
{
	struct wgr_draft draft;
	bool good;

	good = wgr_draft_sender(&draft, &end->identity, msg) &&
	       !memcmp(draft.public, end->hs.remote_static, WGR_KEY_LEN) &&
	       wgr_handshake_take_initiation(&end->hs, &draft, msg, now_ns);
	wgr_draft_wipe(&draft);
	return good;
}

static bool responds(struct end *end, struct wgr_msg_response *msg)
{
	struct wgr_draft draft;
	bool good;

	good = wgr_draft_ephemeral(&draft) &&
	       wgr_handshake_respond(&end->hs, &draft, new_index(end), msg);
	wgr_draft_wipe(&draft);
	return good;
}

static bool reads(struct end *end, const struct wgr_msg_response *msg)
{
	struct wgr_draft draft;
	bool good;

	good = wgr_handshake_borrow(&end->hs, &draft, le32_to_cpu(msg->receiver)) &&
	       wgr_draft_response(&draft, &end->identity, msg) &&
	       wgr_handshake_take_response(&end->hs, &draft, msg);
	wgr_draft_wipe(&draft);
	return good;
}

static bool finishes(struct end *end)
{
	if (!wgr_handshake_may_finish(&end->hs, end->index))
		return false;
	wgr_handshake_finish(&end->hs, &end->keys, now_ns);
	return true;
}

static bool speaks(const struct end *from, const struct end *to, u64 counter)
{
	u8 bytes[sizeof(struct wgr_msg_data) + 32 + WGR_TAG_LEN];
	struct wgr_msg_data *msg = (struct wgr_msg_data *)bytes;

	memset(msg->sealed, 'x', 32);
	wgr_data_seal(&from->keys, msg, 32, counter);
	return le32_to_cpu(msg->receiver) == to->keys.index &&
	       wgr_data_open(&to->keys, msg, sizeof(bytes), counter) && msg->sealed[31] == 'x';
}

static bool whole(struct end *one, struct end *other)
{
	struct wgr_msg_initiation initiation;
	struct wgr_msg_response response;

	return initiates(one, &initiation) && takes(other, &initiation) &&
	       responds(other, &response) && finishes(other) && reads(one, &response) &&
	       finishes(one) && speaks(one, other, 0) && speaks(other, one, 1ULL << 40);
}

static void both_roles(void)
{
	u8 psk[WGR_KEY_LEN];

	begin(NULL);
	tap_ok(whole(&a, &b), "a handshake gives both the same keys");
	tap_ok(a.keys.initiator && !b.keys.initiator && a.keys.birth_ns == now_ns,
	       "and each knows who began");
	now_ns += GAP;
	wall_s++;
	tap_ok(whole(&b, &a), "and in the other role, too");
	get_random_bytes(psk, sizeof(psk));
	begin(psk);
	tap_ok(whole(&a, &b), "with a preshared key");
}

static void wrong_keys(void)
{
	struct wgr_msg_initiation initiation;
	struct wgr_msg_response response;
	struct end other;
	u8 psk[WGR_KEY_LEN];

	begin(NULL);
	other = b;
	draw_identity(&other.identity);
	tap_ok(initiates(&a, &initiation) && !takes(&other, &initiation),
	       "an initiation is of no use to who it was not made for");

	begin(NULL);
	draw_identity(&a.identity);
	meet(&a, &b, NULL);
	tap_ok(initiates(&a, &initiation) && !takes(&b, &initiation), "nor from somebody unknown");

	begin(NULL);
	get_random_bytes(psk, sizeof(psk));
	memcpy(b.hs.psk, psk, sizeof(psk));
	tap_ok(initiates(&a, &initiation) && takes(&b, &initiation) && responds(&b, &response) &&
	       !reads(&a, &response), "another preshared key: no answer is right");
	memcpy(a.hs.psk, psk, sizeof(psk));
	tap_ok(reads(&a, &response), "until both have the same");
	tap_ok(!reads(&a, &response), "and the answer is not taken twice");

	begin(NULL);
	memset(&a.identity, 0, sizeof(a.identity));
	tap_ok(!initiates(&a, &initiation) && a.hs.state == WGR_HANDSHAKE_IDLE,
	       "nothing begins without a key of one's own");
	wgr_handshake_precompute(&b.hs, &a.identity);
	tap_ok(!initiates(&b, &initiation), "nor when it has been taken away");
}

int main(void)
{
	port_seed(seed_taken());
	wgr_handshake_setup();
	both_roles();
	wrong_keys();
	return tap_done();
}
