// SPDX-License-Identifier: GPL-2.0
/*
 * noise.c - the handshake Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s in both roles.
 *
 *     initiator                                     responder
 *     initiation: ephemeral, static sealed,   -->
 *                 time stamp sealed
 *                                             <--   response: ephemeral,
 *                                                   nothing sealed
 *     begin session                                 begin session
 *
 * Both sides run the same transcript over what is said and what only they can
 * work out. A message is made or read with a transcript of its own on the
 * stack; the peer's handshake changes under its lock and only when every check
 * has passed, so no forged or stale message leaves a trace.
 *
 * A peer has one handshake. An initiation that arrives replaces one of our own:
 * when both sides begin at once, both answer, neither answer finds what it
 * is for, and the retry that comes first (their jitter differs) succeeds.
 *
 * Removal marks the peer dead and then clears its handshake. As both dead and
 * the state are looked at under the handshake's lock, nothing begins later.
 */
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/rwsem.h>
#include <linux/string.h>
#include <crypto/blake2s.h>
#include <crypto/chacha20poly1305.h>
#include <crypto/curve25519.h>
#include <crypto/utils.h>

#include "device.h"
#include "noise.h"
#include "peer.h"
#include "session.h"
#include "protocol/tai64n.h"

#define CONSTRUCTION	"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"
#define IDENTIFIER	"WireGuard v1 zx2c4 Jason@zx2c4.com"

#define INITIATION_GAP_NS	(NSEC_PER_SEC / WGR_INITIATIONS_PER_S)

/* What every handshake begins with. */
static struct wgr_transcript first_words __ro_after_init;

static const u8 all_zero[WGR_KEY_LEN];

/**
 * struct draft - a handshake message being made or read
 * @transcript: becomes the peer's if all goes well
 * @secret: our ephemeral private key
 * @public: our ephemeral public key, or the static one found in an initiation
 * @key: seals or opens the next field
 * @psk: preshared key
 * @stamp: time stamp of an initiation
 */
struct draft {
	struct wgr_transcript transcript;
	u8 secret[WGR_KEY_LEN];
	u8 public[WGR_KEY_LEN];
	u8 key[WGR_KEY_LEN];
	u8 psk[WGR_KEY_LEN];
	u8 stamp[WGR_STAMP_LEN];
};

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

/* Callers have asked wgr_random_ready(), so this does not wait for a seed. */
static bool draw_ephemeral(struct draft *draft)
{
	curve25519_generate_secret(draft->secret);
	return curve25519_generate_public(draft->public, draft->secret);
}

/* Forgets the handshake under way, not what outlives handshakes. */
static void drop_handshake(struct wgr_noise *noise)
{
	lockdep_assert_held(&noise->lock);
	wgr_session_abandon(noise->pending);
	noise->pending = NULL;
	noise->state = WGR_NOISE_IDLE;
	noise->remote_index = 0;
	memzero_explicit(&noise->transcript, sizeof(noise->transcript));
	memzero_explicit(noise->secret, sizeof(noise->secret));
	memzero_explicit(noise->remote_ephemeral, sizeof(noise->remote_ephemeral));
}

/* Nothing may begin with a removed peer or a key that gives no secret. */
static bool may_begin(const struct wgr_peer *peer)
{
	lockdep_assert_held(&peer->noise.lock);
	return !READ_ONCE(peer->dead) && !is_zero(peer->noise.shared_static);
}

void __init wgr_noise_setup(void)
{
	blake2s(NULL, 0, CONSTRUCTION, strlen(CONSTRUCTION),
		first_words.chain, sizeof(first_words.chain));
	memcpy(first_words.hash, first_words.chain, sizeof(first_words.hash));
	mix_hash(&first_words, IDENTIFIER, strlen(IDENTIFIER));
}

void wgr_noise_set_identity(struct wgr_identity *identity,
			    const u8 secret[WGR_KEY_LEN])
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

void wgr_noise_init(struct wgr_noise *noise, const u8 public[WGR_KEY_LEN],
		    const u8 *psk)
{
	memset(noise, 0, sizeof(*noise));
	mutex_init(&noise->lock);
	memcpy(noise->remote_static, public, sizeof(noise->remote_static));
	if (psk)
		memcpy(noise->psk, psk, sizeof(noise->psk));
}

bool wgr_noise_precompute(struct wgr_noise *noise,
			  const struct wgr_identity *identity)
{
	bool usable;

	mutex_lock(&noise->lock);
	usable = identity->set && curve25519(noise->shared_static, identity->secret,
					     noise->remote_static);
	if (!usable)
		memzero_explicit(noise->shared_static, sizeof(noise->shared_static));
	mutex_unlock(&noise->lock);
	return usable;
}

void wgr_noise_set_psk(struct wgr_noise *noise, const u8 psk[WGR_KEY_LEN])
{
	mutex_lock(&noise->lock);
	memcpy(noise->psk, psk, sizeof(noise->psk));
	mutex_unlock(&noise->lock);
}

void wgr_noise_get_psk(struct wgr_noise *noise, u8 psk[WGR_KEY_LEN])
{
	mutex_lock(&noise->lock);
	memcpy(psk, noise->psk, sizeof(noise->psk));
	mutex_unlock(&noise->lock);
}

void wgr_noise_clear(struct wgr_noise *noise)
{
	mutex_lock(&noise->lock);
	drop_handshake(noise);
	mutex_unlock(&noise->lock);
}

static bool write_initiation(struct draft *draft, struct wgr_noise *noise,
			     const struct wgr_identity *identity,
			     struct wgr_msg_initiation *msg)
{
	struct wgr_transcript *t = &draft->transcript;
	struct timespec64 now;

	begin_transcript(t, noise->remote_static);
	memcpy(msg->ephemeral, draft->public, sizeof(msg->ephemeral));
	mix_ephemeral(t, msg->ephemeral);

	if (!mix_shared(t, draft->secret, noise->remote_static, draft->key))
		return false;
	seal(t, msg->sealed_static, identity->public, WGR_KEY_LEN, draft->key);

	mix_key(t, noise->shared_static, draft->key);
	ktime_get_real_ts64(&now);
	wgr_tai64n_next(noise->stamp, now.tv_sec, now.tv_nsec);
	seal(t, msg->sealed_stamp, noise->stamp, WGR_STAMP_LEN, draft->key);
	return true;
}

int wgr_noise_make_initiation(struct wgr_peer *peer,
			      struct wgr_msg_initiation *msg)
{
	struct wgr_session *session = wgr_session_new(peer);
	struct wgr_device *wgr = peer->wgr;
	struct wgr_noise *noise = &peer->noise;
	struct draft draft;
	int err = -ENOKEY;

	if (!session)
		return -ENOMEM;
	if (!draw_ephemeral(&draft))
		goto wipe;

	down_read(&wgr->identity_lock);
	mutex_lock(&noise->lock);
	if (wgr->identity.set && may_begin(peer) &&
	    write_initiation(&draft, noise, &wgr->identity, msg)) {
		msg->head.type = cpu_to_le32(WGR_MSG_INITIATION);
		msg->sender = cpu_to_le32(session->index);

		drop_handshake(noise);
		noise->transcript = draft.transcript;
		memcpy(noise->secret, draft.secret, sizeof(noise->secret));
		noise->pending = session;
		noise->state = WGR_NOISE_SENT_INITIATION;
		err = 0;
	}
	mutex_unlock(&noise->lock);
	up_read(&wgr->identity_lock);
wipe:
	memzero_explicit(&draft, sizeof(draft));
	if (err)
		wgr_session_abandon(session);
	return err;
}

/* Reads who an initiation claims to be from, into @draft->public. */
static bool read_sender(struct draft *draft, const struct wgr_identity *identity,
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

/*
 * Proves the claim, by the secret that only both static keys give, and takes
 * the initiation. No lock less than the peer's own will do for time stamp and
 * rate: of two copies of a message only one must pass.
 */
static bool take_initiation(struct draft *draft, struct wgr_peer *peer,
			    const struct wgr_msg_initiation *msg)
{
	struct wgr_noise *noise = &peer->noise;
	/* The coarse clock's tick is of the order of the gap asked for. */
	u64 now = ktime_get_boottime_ns();

	lockdep_assert_held(&noise->lock);
	if (!may_begin(peer))
		return false;

	mix_key(&draft->transcript, noise->shared_static, draft->key);
	if (!unseal(&draft->transcript, draft->stamp, msg->sealed_stamp, WGR_STAMP_LEN,
		  draft->key))
		return false;
	if (memcmp(draft->stamp, noise->remote_stamp, WGR_STAMP_LEN) <= 0)
		return false;
	if (noise->last_initiation_ns &&
	    now - noise->last_initiation_ns < INITIATION_GAP_NS)
		return false;

	drop_handshake(noise);
	memcpy(noise->remote_stamp, draft->stamp, sizeof(noise->remote_stamp));
	noise->last_initiation_ns = now;
	noise->transcript = draft->transcript;
	memcpy(noise->remote_ephemeral, msg->ephemeral, sizeof(noise->remote_ephemeral));
	noise->remote_index = msg->sender;
	noise->state = WGR_NOISE_GOT_INITIATION;
	return true;
}

struct wgr_peer *
wgr_noise_read_initiation(struct wgr_device *wgr,
			  const struct wgr_msg_initiation *msg)
{
	struct wgr_peer *peer = NULL;
	struct draft draft;
	bool taken = false;

	down_read(&wgr->identity_lock);
	if (read_sender(&draft, &wgr->identity, msg))
		peer = wgr_peer_find(wgr, draft.public);
	if (peer) {
		mutex_lock(&peer->noise.lock);
		taken = take_initiation(&draft, peer, msg);
		mutex_unlock(&peer->noise.lock);
	}
	up_read(&wgr->identity_lock);
	memzero_explicit(&draft, sizeof(draft));

	if (peer && !taken) {
		wgr_peer_put(peer);
		peer = NULL;
	}
	return peer;
}

static bool write_response(struct draft *draft, const struct wgr_noise *noise,
			   struct wgr_msg_response *msg)
{
	struct wgr_transcript *t = &draft->transcript;

	*t = noise->transcript;
	memcpy(msg->ephemeral, draft->public, sizeof(msg->ephemeral));
	mix_ephemeral(t, msg->ephemeral);
	if (!mix_shared(t, draft->secret, noise->remote_ephemeral, draft->key) ||
	    !mix_shared(t, draft->secret, noise->remote_static, draft->key))
		return false;

	mix_psk(t, noise->psk, draft->key);
	seal(t, msg->sealed_nothing, NULL, 0, draft->key);
	return true;
}

int wgr_noise_make_response(struct wgr_peer *peer, struct wgr_msg_response *msg)
{
	struct wgr_session *session = wgr_session_new(peer);
	struct wgr_noise *noise = &peer->noise;
	struct draft draft;
	int err = -ENOKEY;

	if (!session)
		return -ENOMEM;
	if (!draw_ephemeral(&draft))
		goto wipe;

	/*
	 * The identity is not needed, and if it has changed since the
	 * initiation was read, the state has too.
	 */
	mutex_lock(&noise->lock);
	if (noise->state != WGR_NOISE_GOT_INITIATION || READ_ONCE(peer->dead)) {
		err = -EPROTO;
	} else if (write_response(&draft, noise, msg)) {
		msg->head.type = cpu_to_le32(WGR_MSG_RESPONSE);
		msg->sender = cpu_to_le32(session->index);
		msg->receiver = noise->remote_index;

		noise->transcript = draft.transcript;
		noise->pending = session;
		noise->state = WGR_NOISE_SENT_RESPONSE;
		err = 0;
	}
	mutex_unlock(&noise->lock);
wipe:
	memzero_explicit(&draft, sizeof(draft));
	if (err)
		wgr_session_abandon(session);
	return err;
}

/* The session is as good as the handshake's name: each has one of its own. */
static bool waits_for_response(const struct wgr_peer *peer,
			       const struct wgr_session *session)
{
	lockdep_assert_held(&peer->noise.lock);
	return peer->noise.state == WGR_NOISE_SENT_INITIATION &&
	       peer->noise.pending == session && !READ_ONCE(peer->dead);
}

/* A copy of what is needed to read the answer, as two key exchanges take long. */
static bool borrow_handshake(struct draft *draft, struct wgr_peer *peer,
			     const struct wgr_session *session)
{
	struct wgr_noise *noise = &peer->noise;
	bool waits;

	mutex_lock(&noise->lock);
	waits = waits_for_response(peer, session);
	if (waits) {
		draft->transcript = noise->transcript;
		memcpy(draft->secret, noise->secret, sizeof(draft->secret));
		memcpy(draft->psk, noise->psk, sizeof(draft->psk));
	}
	mutex_unlock(&noise->lock);
	return waits;
}

static bool response_is_right(struct draft *draft,
			      const struct wgr_identity *identity,
			      const struct wgr_msg_response *msg)
{
	struct wgr_transcript *t = &draft->transcript;

	mix_ephemeral(t, msg->ephemeral);
	if (!mix_shared(t, draft->secret, msg->ephemeral, draft->key) ||
	    !mix_shared(t, identity->secret, msg->ephemeral, draft->key))
		return false;

	mix_psk(t, draft->psk, draft->key);
	return unseal(t, NULL, msg->sealed_nothing, 0, draft->key);
}

/* False if the handshake has been given up while the answer was checked. */
static bool take_response(const struct draft *draft, struct wgr_peer *peer,
			  const struct wgr_session *session,
			  const struct wgr_msg_response *msg)
{
	struct wgr_noise *noise = &peer->noise;
	bool waits;

	mutex_lock(&noise->lock);
	waits = waits_for_response(peer, session);
	if (waits) {
		noise->transcript = draft->transcript;
		noise->remote_index = msg->sender;
		noise->state = WGR_NOISE_GOT_RESPONSE;
		memzero_explicit(noise->secret, sizeof(noise->secret));
	}
	mutex_unlock(&noise->lock);
	return waits;
}

struct wgr_peer *
wgr_noise_read_response(struct wgr_device *wgr,
			const struct wgr_msg_response *msg)
{
	struct wgr_session *session = wgr_session_find(wgr, msg->receiver);
	struct wgr_peer *peer = NULL;
	struct draft draft;

	if (!session)
		return NULL;

	down_read(&wgr->identity_lock);
	if (wgr->identity.set && borrow_handshake(&draft, session->peer, session) &&
	    response_is_right(&draft, &wgr->identity, msg) &&
	    take_response(&draft, session->peer, session, msg))
		peer = wgr_peer_get(session->peer);
	up_read(&wgr->identity_lock);

	memzero_explicit(&draft, sizeof(draft));
	wgr_session_put(session);
	return peer;
}

/* The initiator sends with the first key and receives with the second. */
static void set_keys(struct wgr_session *session, struct wgr_transcript *t,
		     bool initiator)
{
	u8 second[1][WGR_KEY_LEN];

	mix_keys(t, NULL, 0, second, ARRAY_SIZE(second));
	memcpy(initiator ? session->send_key : session->recv_key, t->chain, WGR_KEY_LEN);
	memcpy(initiator ? session->recv_key : session->send_key, second[0], WGR_KEY_LEN);
	memzero_explicit(second, sizeof(second));
}

bool wgr_noise_begin_session(struct wgr_peer *peer, __le32 index)
{
	struct wgr_noise *noise = &peer->noise;
	struct wgr_session *session = NULL;
	bool initiator;

	mutex_lock(&noise->lock);
	initiator = noise->state == WGR_NOISE_GOT_RESPONSE;
	if (READ_ONCE(peer->dead))
		drop_handshake(noise);
	else if ((initiator || noise->state == WGR_NOISE_SENT_RESPONSE) &&
		 noise->pending->index == le32_to_cpu(index))
		session = noise->pending;

	if (session) {
		set_keys(session, &noise->transcript, initiator);
		session->initiator = initiator;
		session->remote = noise->remote_index;
		session->birth_ns = ktime_get_coarse_boottime_ns();

		/* The slot takes over our reference. */
		noise->pending = NULL;
		wgr_session_install(session);
		drop_handshake(noise);
	}
	mutex_unlock(&noise->lock);
	return session;
}
