// SPDX-License-Identifier: GPL-2.0
/*
 * handshake.c - the handshake Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s in both roles.
 *
 *     initiator                                     responder
 *     initiation: ephemeral, static sealed,   -->
 *                 time stamp sealed
 *                                             <--   response: ephemeral,
 *                                                   nothing sealed
 *     keys                                          keys
 *
 * Both sides run the same transcript over what is said and what only they can
 * work out. A message is made or read with a transcript of its own, the draft's;
 * the peer's handshake changes only when every check has passed, so no forged or
 * stale message leaves a trace.
 *
 * A peer has one handshake. An initiation that arrives replaces one of our own.
 * When both sides begin at once, and both answer, neither answer finds what it is
 * for. Who has something to send all the time then begins again as soon as it may, and so
 * does the other side: if they were closer than a message takes, they are again, time
 * after time, as long as both go on sending. So one of them has to insist: the one
 * whose ephemeral key is the greater, which is the other one as often as not. It is enough
 * if one side knows of this: the other one answers as ever.
 */
#include "handshake.h"

#include "tai64n.h"

#define INITIATION_GAP_NS	(NSEC_PER_SEC / WGR_INITIATIONS_PER_S)

/* What every handshake begins with. */
static struct wgr_transcript first_words __ro_after_init;

static const u8 all_zero[WGR_KEY_LEN];

static bool is_zero(const u8 key[WGR_KEY_LEN])
{
	return !crypto_memneq(key, all_zero, WGR_KEY_LEN);
}

/* HMAC-BLAKE2s with a key of one hash's length, over @in and one @last byte. */
static void hmac(u8 out[WGR_HASH_LEN], const u8 key[WGR_HASH_LEN],
		 const u8 *in, size_t len, const u8 *last)
{
	u8 block[BLAKE2S_BLOCK_SIZE] = {};
	u8 inner[WGR_HASH_LEN];
	struct blake2s_ctx blake;
	size_t i;

	memcpy(block, key, WGR_HASH_LEN);
	for (i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36;
	blake2s_init(&blake, sizeof(inner));
	blake2s_update(&blake, block, sizeof(block));
	blake2s_update(&blake, in, len);
	blake2s_update(&blake, last, last ? 1 : 0);
	blake2s_final(&blake, inner);

	for (i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36 ^ 0x5c;
	blake2s_init(&blake, WGR_HASH_LEN);
	blake2s_update(&blake, block, sizeof(block));
	blake2s_update(&blake, inner, sizeof(inner));
	blake2s_final(&blake, out);

	memzero_explicit(block, sizeof(block));
	memzero_explicit(inner, sizeof(inner));
}

static void mix_hash(struct wgr_transcript *t, const u8 *in, size_t len)
{
	struct blake2s_ctx blake;

	blake2s_init(&blake, sizeof(t->hash));
	blake2s_update(&blake, t->hash, sizeof(t->hash));
	blake2s_update(&blake, in, len);
	blake2s_final(&blake, t->hash);
}

/*
 * HKDF with the chaining key as salt. Its first output is the next chaining
 * key, the @count others go to @more.
 */
static void mix_keys(struct wgr_transcript *t, const u8 *in, size_t len,
		     u8 more[][WGR_KEY_LEN], unsigned int count)
{
	const u8 *above = t->chain;
	u8 extract[WGR_HASH_LEN];
	u8 number = 1;

	hmac(extract, t->chain, in, len, NULL);
	hmac(t->chain, extract, NULL, 0, &number);
	while (number <= count) {
		u8 *out = more[number - 1];

		number++;
		hmac(out, extract, above, WGR_HASH_LEN, &number);
		above = out;
	}
	memzero_explicit(extract, sizeof(extract));
}

static void mix_key(struct wgr_transcript *t, const u8 in[WGR_KEY_LEN],
		    u8 key[WGR_KEY_LEN])
{
	u8 more[1][WGR_KEY_LEN];

	mix_keys(t, in, WGR_KEY_LEN, more, ARRAY_SIZE(more));
	memcpy(key, more[0], WGR_KEY_LEN);
	memzero_explicit(more, sizeof(more));
}

/*
 * A shared secret of @secret and @public; @key is the next field's, or unused.
 * False if the other side gave a key that would make the secret no secret.
 */
static bool mix_shared(struct wgr_transcript *t, const u8 secret[WGR_KEY_LEN],
		       const u8 public[WGR_KEY_LEN], u8 key[WGR_KEY_LEN])
{
	u8 shared[WGR_KEY_LEN];
	bool sound = curve25519(shared, secret, public);

	if (sound)
		mix_key(t, shared, key);
	memzero_explicit(shared, sizeof(shared));
	return sound;
}

/* With a preshared key in the pattern an ephemeral counts as key and as text. */
static void mix_ephemeral(struct wgr_transcript *t, const u8 public[WGR_KEY_LEN])
{
	mix_hash(t, public, WGR_KEY_LEN);
	mix_keys(t, public, WGR_KEY_LEN, NULL, 0);
}

static void mix_psk(struct wgr_transcript *t, const u8 psk[WGR_KEY_LEN],
		    u8 key[WGR_KEY_LEN])
{
	u8 more[2][WGR_KEY_LEN];

	mix_keys(t, psk, WGR_KEY_LEN, more, ARRAY_SIZE(more));
	mix_hash(t, more[0], WGR_KEY_LEN);
	memcpy(key, more[1], WGR_KEY_LEN);
	memzero_explicit(more, sizeof(more));
}

/* Seals @len bytes into @sealed, bound to all that was said before. */
static void seal(struct wgr_transcript *t, u8 *sealed, const u8 *plain,
		 size_t len, const u8 key[WGR_KEY_LEN])
{
	chacha20poly1305_encrypt(sealed, plain, len, t->hash, sizeof(t->hash), 0, key);
	mix_hash(t, sealed, len + WGR_AEAD_TAG);
}

/* Opens what seal() made of @len bytes; false if that was not what it was. */
static bool unseal(struct wgr_transcript *t, u8 *plain, const u8 *sealed,
		 size_t len, const u8 key[WGR_KEY_LEN])
{
	if (!chacha20poly1305_decrypt(plain, sealed, len + WGR_AEAD_TAG, t->hash,
				      sizeof(t->hash), 0, key))
		return false;

	mix_hash(t, sealed, len + WGR_AEAD_TAG);
	return true;
}

static void begin_transcript(struct wgr_transcript *t,
			     const u8 responder[WGR_KEY_LEN])
{
	*t = first_words;
	mix_hash(t, responder, WGR_KEY_LEN);
}

/* Nothing begins with a key that gives no secret. */
static bool may_begin(const struct wgr_handshake *hs)
{
	return !is_zero(hs->shared_static);
}

void wgr_handshake_setup(void)
{
	static const char construction[] = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s";
	static const char identifier[] = "WireGuard v1 zx2c4 Jason@zx2c4.com";

	blake2s(NULL, 0, (const u8 *)construction, sizeof(construction) - 1,
		first_words.chain, sizeof(first_words.chain));
	memcpy(first_words.hash, first_words.chain, sizeof(first_words.hash));
	mix_hash(&first_words, (const u8 *)identifier, sizeof(identifier) - 1);
}

void wgr_identity_set(struct wgr_identity *identity, const u8 secret[WGR_KEY_LEN])
{
	u8 clamped[WGR_KEY_LEN];

	memcpy(clamped, secret, sizeof(clamped));
	curve25519_clamp_secret(clamped);
	identity->set = !is_zero(secret) &&
			curve25519_generate_public(identity->public, clamped);
	if (identity->set)
		memcpy(identity->secret, clamped, sizeof(identity->secret));
	else
		memzero_explicit(identity, sizeof(*identity));
	memzero_explicit(clamped, sizeof(clamped));
}

void wgr_handshake_init(struct wgr_handshake *hs, const u8 public[WGR_KEY_LEN],
			const u8 *psk)
{
	memset(hs, 0, sizeof(*hs));
	memcpy(hs->remote_static, public, sizeof(hs->remote_static));
	if (psk)
		memcpy(hs->psk, psk, sizeof(hs->psk));
}

bool wgr_handshake_precompute(struct wgr_handshake *hs, const struct wgr_identity *identity)
{
	bool usable = identity->set &&
		      curve25519(hs->shared_static, identity->secret, hs->remote_static);

	if (!usable)
		memzero_explicit(hs->shared_static, sizeof(hs->shared_static));
	return usable;
}

void wgr_handshake_clear(struct wgr_handshake *hs)
{
	hs->state = WGR_HANDSHAKE_IDLE;
	hs->index = 0;
	hs->remote_index = 0;
	memzero_explicit(&hs->transcript, sizeof(hs->transcript));
	memzero_explicit(hs->secret, sizeof(hs->secret));
	memzero_explicit(hs->initiator_ephemeral, sizeof(hs->initiator_ephemeral));
}

void wgr_draft_wipe(struct wgr_draft *draft)
{
	memzero_explicit(draft, sizeof(*draft));
}

bool wgr_draft_ephemeral(struct wgr_draft *draft)
{
	curve25519_generate_secret(draft->secret);
	return curve25519_generate_public(draft->public, draft->secret);
}

static bool write_initiation(struct wgr_draft *draft, struct wgr_handshake *hs,
			     const struct wgr_identity *identity, s64 sec, u32 nsec,
			     struct wgr_msg_initiation *msg)
{
	struct wgr_transcript *t = &draft->transcript;

	begin_transcript(t, hs->remote_static);
	memcpy(msg->ephemeral, draft->public, sizeof(msg->ephemeral));
	mix_ephemeral(t, msg->ephemeral);

	if (!mix_shared(t, draft->secret, hs->remote_static, draft->key))
		return false;
	seal(t, msg->sealed_static, identity->public, WGR_KEY_LEN, draft->key);

	mix_key(t, hs->shared_static, draft->key);
	wgr_tai64n_next(hs->stamp, sec, nsec);
	seal(t, msg->sealed_stamp, hs->stamp, WGR_STAMP_LEN, draft->key);
	return true;
}

bool wgr_handshake_initiate(struct wgr_handshake *hs, struct wgr_draft *draft,
			    const struct wgr_identity *identity, u32 index,
			    s64 sec, u32 nsec, struct wgr_msg_initiation *msg)
{
	if (!identity->set || !may_begin(hs) ||
	    !write_initiation(draft, hs, identity, sec, nsec, msg))
		return false;

	msg->head.type = cpu_to_le32(WGR_MSG_INITIATION);
	msg->sender = cpu_to_le32(index);

	wgr_handshake_clear(hs);
	hs->transcript = draft->transcript;
	memcpy(hs->secret, draft->secret, sizeof(hs->secret));
	memcpy(hs->initiator_ephemeral, draft->public, sizeof(hs->initiator_ephemeral));
	hs->index = index;
	hs->state = WGR_HANDSHAKE_SENT_INITIATION;
	return true;
}

bool wgr_draft_sender(struct wgr_draft *draft, const struct wgr_identity *identity,
		      const struct wgr_msg_initiation *msg)
{
	struct wgr_transcript *t = &draft->transcript;

	if (!identity->set)
		return false;

	begin_transcript(t, identity->public);
	mix_ephemeral(t, msg->ephemeral);
	return mix_shared(t, identity->secret, msg->ephemeral, draft->key) &&
	       unseal(t, draft->public, msg->sealed_static, WGR_KEY_LEN, draft->key);
}

/* Proves the claim, by the secret that only both static keys give. */
static bool is_authentic(const struct wgr_handshake *hs, struct wgr_draft *draft,
			 const struct wgr_msg_initiation *msg)
{
	mix_key(&draft->transcript, hs->shared_static, draft->key);
	return unseal(&draft->transcript, draft->stamp, msg->sealed_stamp, WGR_STAMP_LEN,
		      draft->key);
}

static bool is_replay(const struct wgr_handshake *hs, const struct wgr_draft *draft)
{
	return memcmp(draft->stamp, hs->remote_stamp, WGR_STAMP_LEN) <= 0;
}

bool wgr_handshake_goes_first(const struct wgr_handshake *hs,
			      const struct wgr_msg_initiation *msg)
{
	return hs->state == WGR_HANDSHAKE_SENT_INITIATION &&
	       memcmp(hs->initiator_ephemeral, msg->ephemeral, WGR_KEY_LEN) > 0;
}

static bool is_flood(const struct wgr_handshake *hs, u64 now_ns)
{
	return hs->last_initiation_ns && now_ns - hs->last_initiation_ns < INITIATION_GAP_NS;
}

bool wgr_handshake_take_initiation(struct wgr_handshake *hs, struct wgr_draft *draft,
				   const struct wgr_msg_initiation *msg, u64 now_ns)
{
	if (!may_begin(hs) || !is_authentic(hs, draft, msg) || is_replay(hs, draft) ||
	    is_flood(hs, now_ns))
		return false;

	wgr_handshake_clear(hs);
	memcpy(hs->remote_stamp, draft->stamp, sizeof(hs->remote_stamp));
	hs->last_initiation_ns = now_ns;
	hs->transcript = draft->transcript;
	memcpy(hs->initiator_ephemeral, msg->ephemeral, sizeof(hs->initiator_ephemeral));
	hs->remote_index = msg->sender;
	hs->state = WGR_HANDSHAKE_GOT_INITIATION;
	return true;
}

static bool write_response(struct wgr_draft *draft, const struct wgr_handshake *hs,
			   struct wgr_msg_response *msg)
{
	struct wgr_transcript *t = &draft->transcript;

	*t = hs->transcript;
	memcpy(msg->ephemeral, draft->public, sizeof(msg->ephemeral));
	mix_ephemeral(t, msg->ephemeral);
	if (!mix_shared(t, draft->secret, hs->initiator_ephemeral, draft->key) ||
	    !mix_shared(t, draft->secret, hs->remote_static, draft->key))
		return false;

	mix_psk(t, hs->psk, draft->key);
	seal(t, msg->sealed_nothing, NULL, 0, draft->key);
	return true;
}

bool wgr_handshake_respond(struct wgr_handshake *hs, struct wgr_draft *draft, u32 index,
			   struct wgr_msg_response *msg)
{
	if (hs->state != WGR_HANDSHAKE_GOT_INITIATION || !write_response(draft, hs, msg))
		return false;

	msg->head.type = cpu_to_le32(WGR_MSG_RESPONSE);
	msg->sender = cpu_to_le32(index);
	msg->receiver = hs->remote_index;

	hs->transcript = draft->transcript;
	hs->index = index;
	hs->state = WGR_HANDSHAKE_SENT_RESPONSE;
	return true;
}

/* Each handshake has a name of its own, so no other's answer is taken for its. */
static bool waits_for_response(const struct wgr_handshake *hs, u32 index)
{
	return hs->state == WGR_HANDSHAKE_SENT_INITIATION && hs->index == index;
}

bool wgr_handshake_borrow(const struct wgr_handshake *hs, struct wgr_draft *draft,
			  u32 index)
{
	if (!waits_for_response(hs, index))
		return false;
	draft->transcript = hs->transcript;
	memcpy(draft->secret, hs->secret, sizeof(draft->secret));
	memcpy(draft->psk, hs->psk, sizeof(draft->psk));
	return true;
}

bool wgr_draft_response(struct wgr_draft *draft, const struct wgr_identity *identity,
			const struct wgr_msg_response *msg)
{
	struct wgr_transcript *t = &draft->transcript;

	if (!identity->set)
		return false;

	mix_ephemeral(t, msg->ephemeral);
	if (!mix_shared(t, draft->secret, msg->ephemeral, draft->key) ||
	    !mix_shared(t, identity->secret, msg->ephemeral, draft->key))
		return false;

	mix_psk(t, draft->psk, draft->key);
	return unseal(t, NULL, msg->sealed_nothing, 0, draft->key);
}

bool wgr_handshake_take_response(struct wgr_handshake *hs, const struct wgr_draft *draft,
				 const struct wgr_msg_response *msg)
{
	if (!waits_for_response(hs, le32_to_cpu(msg->receiver)))
		return false;
	hs->transcript = draft->transcript;
	hs->remote_index = msg->sender;
	hs->state = WGR_HANDSHAKE_GOT_RESPONSE;
	memzero_explicit(hs->secret, sizeof(hs->secret));
	return true;
}

bool wgr_handshake_may_finish(const struct wgr_handshake *hs, u32 index)
{
	return (hs->state == WGR_HANDSHAKE_GOT_RESPONSE ||
		hs->state == WGR_HANDSHAKE_SENT_RESPONSE) && hs->index == index;
}

/* The initiator sends with the first key and receives with the second. */
static void set_keys(struct wgr_keys *keys, struct wgr_transcript *t)
{
	u8 second[1][WGR_KEY_LEN];

	mix_keys(t, NULL, 0, second, ARRAY_SIZE(second));
	memcpy(keys->initiator ? keys->send_key : keys->recv_key, t->chain, WGR_KEY_LEN);
	memcpy(keys->initiator ? keys->recv_key : keys->send_key, second[0], WGR_KEY_LEN);
	memzero_explicit(second, sizeof(second));
}

void wgr_handshake_finish(struct wgr_handshake *hs, struct wgr_keys *keys, u64 now_ns)
{
	keys->initiator = hs->state == WGR_HANDSHAKE_GOT_RESPONSE;
	keys->remote = hs->remote_index;
	keys->birth_ns = now_ns;
	set_keys(keys, &hs->transcript);
	wgr_handshake_clear(hs);
}
