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

/*
 * The initiation is from the one it is known to be from. The draft is not empty: what could
 * not be opened must not seem to be refused because of a stamp of zeros.
 */
static bool takes(struct end *end, const struct wgr_msg_initiation *msg)
{
	struct wgr_draft draft;
	bool good;

	memset(&draft, 0xff, sizeof(draft));
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

/* A key is shown as it is used, whatever of it counts. */
static void own_keys(void)
{
	struct wgr_identity identity, same;
	u8 secret[WGR_KEY_LEN];

	memset(secret, 0xff, sizeof(secret));
	wgr_identity_set(&identity, secret);
	tap_ok(identity.set && identity.secret[0] == 0xf8 && identity.secret[31] == 0x7f,
	       "bits of a private key that do not count are set as all have them");
	wgr_identity_set(&same, identity.secret);
	tap_ok(!memcmp(&same, &identity, sizeof(same)), "which makes no other key of it");
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

/* All of which give zero with any secret: nothing that is said with them is secret. */
static const u8 low_order[][WGR_KEY_LEN] = {
	{ 0 },
	{ 1 },
	{ 0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
	  0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00 },
	{ 0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
	  0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57 },
	{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
};

static bool unchanged(const struct end *end, const struct wgr_handshake *before)
{
	return !memcmp(&end->hs, before, sizeof(*before));
}

static void low_order_points(void)
{
	struct wgr_msg_initiation initiation;
	struct wgr_msg_response response;
	struct wgr_handshake before;
	bool good = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(low_order); i++) {
		begin(NULL);
		memcpy(a.hs.remote_static, low_order[i], WGR_KEY_LEN);
		good &= !wgr_handshake_precompute(&a.hs, &a.identity);
		good &= !initiates(&a, &initiation);
	}
	tap_ok(good, "no handshake with a peer whose key has a low order");

	for (i = 0, good = true; i < ARRAY_SIZE(low_order); i++) {
		begin(NULL);
		good &= initiates(&a, &initiation);
		memcpy(initiation.ephemeral, low_order[i], WGR_KEY_LEN);
		good &= !takes(&b, &initiation);
	}
	tap_ok(good, "no initiation with an ephemeral key of low order");

	for (i = 0, good = true; i < ARRAY_SIZE(low_order); i++) {
		begin(NULL);
		good &= initiates(&a, &initiation) && takes(&b, &initiation);
		memcpy(b.hs.initiator_ephemeral, low_order[i], WGR_KEY_LEN);
		before = b.hs;
		good &= !responds(&b, &response) && unchanged(&b, &before);
	}
	tap_ok(good, "no response to one");

	for (i = 0, good = true; i < ARRAY_SIZE(low_order); i++) {
		begin(NULL);
		good &= initiates(&a, &initiation) && takes(&b, &initiation) &&
			responds(&b, &response);
		memcpy(response.ephemeral, low_order[i], WGR_KEY_LEN);
		before = a.hs;
		good &= !reads(&a, &response) && unchanged(&a, &before);
	}
	tap_ok(good, "no response with one");
}

static void replayed(void)
{
	struct wgr_msg_initiation first, second;
	struct wgr_handshake before;

	begin(NULL);
	tap_ok(initiates(&a, &first) && takes(&b, &first), "an initiation");
	before = b.hs;
	now_ns += 3600 * S;
	tap_ok(!takes(&b, &first) && unchanged(&b, &before), "the same again: no");
	wall_s -= 1000;
	tap_ok(initiates(&a, &second) && takes(&b, &second), "with the clock set back it goes on");
	tap_ok(!takes(&b, &first), "and the older one stays out");
	wgr_handshake_clear(&b.hs);
	tap_ok(!takes(&b, &second), "even when the handshake has been given up");

	begin(NULL);
	tap_ok(initiates(&a, &first) && takes(&b, &first) && initiates(&a, &second), "two in a row");
	now_ns += GAP - 1;
	before = b.hs;
	tap_ok(!takes(&b, &second) && unchanged(&b, &before), "less than a 50th apart: no");
	now_ns += 1;
	tap_ok(takes(&b, &second), "a 50th apart: yes");
}

static bool has_bytes(const void *memory, size_t len, const void *bytes, size_t count)
{
	size_t i;

	for (i = 0; i + count <= len; i++) {
		if (!memcmp((const u8 *)memory + i, bytes, count))
			return true;
	}
	return false;
}

static bool is_waiting(const struct end *end, u32 index)
{
	struct wgr_draft draft;
	bool waits = wgr_handshake_borrow(&end->hs, &draft, index);

	wgr_draft_wipe(&draft);
	return waits;
}

/* An answer is waited for by who has sent an initiation, until one has come. */
static void waiting(void)
{
	struct wgr_msg_initiation initiation;
	struct wgr_msg_response response;
	struct wgr_draft first, second;
	u8 secret[WGR_KEY_LEN];

	begin(NULL);
	tap_ok(!is_waiting(&a, 0), "nobody waits at first, not even for an answer to nobody");
	tap_ok(initiates(&a, &initiation) && is_waiting(&a, a.index), "who begins does");
	tap_ok(takes(&b, &initiation) && !is_waiting(&b, 0), "not who was told");
	tap_ok(responds(&b, &response) && !is_waiting(&b, b.index), "nor who has answered");
	memcpy(secret, a.hs.secret, sizeof(secret));
	/* Two read the same answer at a time: both may find it right. */
	wgr_handshake_borrow(&a.hs, &first, a.index);
	wgr_handshake_borrow(&a.hs, &second, a.index);
	tap_ok(wgr_draft_response(&first, &a.identity, &response) &&
	       wgr_draft_response(&second, &a.identity, &response) &&
	       wgr_handshake_take_response(&a.hs, &first, &response), "until there is an answer");
	tap_ok(!is_waiting(&a, a.index), "and no longer");
	tap_ok(!wgr_handshake_take_response(&a.hs, &second, &response),
	       "not for the same one, read at the same time");
	tap_ok(!has_bytes(&a.hs, sizeof(a.hs), secret, sizeof(secret)),
	       "nor is the secret there that it was read with");
}

/* Each message and each answer has one handshake that it is for. */
static void misplaced(void)
{
	struct wgr_msg_initiation initiation, other;
	struct wgr_msg_response response, late;
	struct wgr_handshake before;
	u32 first;

	begin(NULL);
	tap_ok(!responds(&b, &response), "nothing to answer");
	tap_ok(initiates(&a, &initiation) && takes(&b, &initiation) && responds(&b, &late),
	       "an answer on its way");
	tap_ok(!wgr_handshake_may_finish(&a.hs, a.index), "no keys before it has come");
	before = b.hs;
	tap_ok(!responds(&b, &response) && unchanged(&b, &before), "it is given once");
	wall_s++;
	tap_ok(initiates(&a, &initiation), "another initiation");
	before = a.hs;
	tap_ok(!reads(&a, &late) && unchanged(&a, &before), "the answer to the one before is not its");
	late.receiver = cpu_to_le32(a.index);
	tap_ok(!reads(&a, &late) && unchanged(&a, &before), "nor with its name on it");
	now_ns += GAP;
	tap_ok(takes(&b, &initiation) && responds(&b, &response) && reads(&a, &response),
	       "but its own");
	tap_ok(!wgr_handshake_may_finish(&a.hs, a.index + 1), "keys for nobody else");

	begin(NULL);
	tap_ok(initiates(&a, &initiation) && takes(&b, &initiation) && responds(&b, &response),
	       "answered");
	first = b.index;
	wall_s++;
	now_ns += GAP;
	tap_ok(initiates(&a, &other) && takes(&b, &other) &&
	       !wgr_handshake_may_finish(&b.hs, first), "a newer one ends it");

	begin(NULL);
	tap_ok(initiates(&a, &initiation) && initiates(&b, &other) && takes(&b, &initiation) &&
	       takes(&a, &other) && responds(&a, &late) && responds(&b, &response),
	       "both begin at once and both answer");
	tap_ok(!reads(&a, &response) && !reads(&b, &late), "neither answer finds what it is for");
	tap_ok(finishes(&a) && finishes(&b), "both have keys as they answered");
}

/* Only a handshake of our own that is under way can go before theirs. */
static void at_once(void)
{
	struct wgr_msg_initiation initiation, other;
	struct wgr_msg_response response;

	begin(NULL);
	tap_ok(initiates(&a, &initiation) && initiates(&b, &other) &&
	       wgr_handshake_goes_first(&a.hs, &other) != wgr_handshake_goes_first(&b.hs, &initiation),
	       "of two that begin at once one goes first");
	memset(other.ephemeral, 0, sizeof(other.ephemeral));
	tap_ok(takes(&b, &initiation) && !wgr_handshake_goes_first(&b.hs, &other), "not who has given way");
	tap_ok(responds(&b, &response) && !wgr_handshake_goes_first(&b.hs, &other), "nor when it has answered");
}

static struct wgr_msg_initiation spoiled_initiation;
static struct wgr_msg_response spoiled_response;

static void spoil(u8 *byte)
{
	*byte ^= 1 << port_random() % 8;
}

static bool initiation_accepted(void)
{
	struct wgr_handshake before = b.hs;

	return takes(&b, &spoiled_initiation) || !unchanged(&b, &before);
}

static bool response_accepted(void)
{
	struct wgr_handshake before = a.hs;

	return reads(&a, &spoiled_response) || !unchanged(&a, &before);
}

/* Every single byte that a message is made of, but the macs, which are not its part. */
static void spoiled(void)
{
	struct wgr_msg_initiation initiation;
	struct wgr_msg_response response;
	bool good = true;
	size_t i;

	begin(NULL);
	good = initiates(&a, &initiation);
	for (i = offsetof(struct wgr_msg_initiation, ephemeral);
	     i < offsetof(struct wgr_msg_initiation, macs); i++) {
		spoiled_initiation = initiation;
		spoil((u8 *)&spoiled_initiation + i);
		good &= !initiation_accepted();
	}
	tap_ok(good, "no initiation with a byte that is wrong");

	good = takes(&b, &initiation) && responds(&b, &response);
	for (i = offsetof(struct wgr_msg_response, receiver);
	     i < offsetof(struct wgr_msg_response, macs); i++) {
		spoiled_response = response;
		spoil((u8 *)&spoiled_response + i);
		good &= !response_accepted();
	}
	tap_ok(good, "no response");
	tap_ok(reads(&a, &response), "and the right one is taken after that");
}

/* What is secret of a handshake is gone with it. */
static void wiped(void)
{
	struct wgr_msg_initiation initiation;
	u8 secret[WGR_KEY_LEN], chain[WGR_HASH_LEN];
	struct wgr_draft draft;

	begin(NULL);
	initiates(&a, &initiation);
	memcpy(secret, a.hs.secret, sizeof(secret));
	memcpy(chain, a.hs.transcript.chain, sizeof(chain));
	tap_ok(has_bytes(&a.hs, sizeof(a.hs), secret, sizeof(secret)), "a secret is there");
	wgr_handshake_clear(&a.hs);
	tap_ok(!has_bytes(&a.hs, sizeof(a.hs), secret, sizeof(secret)) &&
	       !has_bytes(&a.hs, sizeof(a.hs), chain, sizeof(chain)), "and gone when it is cleared");
	wgr_draft_ephemeral(&draft);
	memcpy(secret, draft.secret, sizeof(secret));
	wgr_draft_wipe(&draft);
	tap_ok(!has_bytes(&draft, sizeof(draft), secret, sizeof(secret)), "so it is of a draft");
	tap_ok(whole(&b, &a), "a handshake");
	memcpy(secret, a.keys.recv_key, sizeof(secret));
	wgr_keys_wipe(&a.keys);
	tap_ok(!has_bytes(&a.keys, sizeof(a.keys), secret, sizeof(secret)), "keys are wiped");
	memcpy(secret, a.identity.secret, sizeof(secret));
	memset(chain, 0, sizeof(chain));
	wgr_identity_set(&a.identity, chain);
	tap_ok(!a.identity.set && !has_bytes(&a.identity, sizeof(a.identity), secret, sizeof(secret)),
	       "and an identity that is taken away");
	memcpy(secret, b.hs.shared_static, sizeof(secret));
	wgr_handshake_precompute(&b.hs, &a.identity);
	tap_ok(!has_bytes(&b.hs, sizeof(b.hs), secret, sizeof(secret)), "with what was shared by it");
}

/* A message of a handshake has one length, and any other is none. */
static void lengths(void)
{
	static const size_t right[] = { 0, 148, 92, 64 };
	u8 bytes[256] = { 0 };
	bool good = true;
	size_t len;
	u32 type;

	for (type = 1; type <= 3; type++) {
		bytes[0] = type;
		for (len = 4; len < sizeof(bytes); len++)
			good &= wgr_message_kind(bytes, len) == (len == right[type] ? type : 0);
	}
	tap_ok(good, "a handshake's message of another length is none");
}

int main(void)
{
	port_seed(seed_taken());
	lengths();
	wgr_handshake_setup();
	both_roles();
	own_keys();
	wrong_keys();
	low_order_points();
	replayed();
	waiting();
	misplaced();
	at_once();
	spoiled();
	wiped();
	return tap_done();
}
