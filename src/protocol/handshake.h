/* SPDX-License-Identifier: GPL-2.0 */
/*
 * handshake.h - the handshake Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s in both roles.
 *
 * Bytes and keys in, bytes and keys out. Who keeps the state of a handshake
 * under a lock need not hold it for all of the work: what comes before the lock
 * and what after stands in functions of its own, with a draft that carries it
 * from one to the next.
 *
 *     initiator                          responder
 *     wgr_draft_ephemeral()
 *   * wgr_handshake_initiate()     -->   wgr_draft_sender(), whom it names
 *                                      * wgr_handshake_take_initiation()
 *                                        wgr_draft_ephemeral()
 *   * wgr_handshake_borrow()       <-- * wgr_handshake_respond()
 *     wgr_draft_response()
 *   * wgr_handshake_take_response()
 *   * wgr_handshake_finish()           * wgr_handshake_finish()
 *
 * The starred ones need the state. Each draft is wiped in the end, whatever
 * came of it.
 */
#ifndef WGR_PROTOCOL_HANDSHAKE_H
#define WGR_PROTOCOL_HANDSHAKE_H

#include "keys.h"
#include "messages.h"

/**
 * struct wgr_identity - our own key pair
 * @secret: private key, clamped
 * @public: public key
 * @set: false while there is no private key: no handshake then
 */
struct wgr_identity {
	u8 secret[WGR_KEY_LEN];
	u8 public[WGR_KEY_LEN];
	bool set;
};

enum wgr_handshake_state {
	WGR_HANDSHAKE_IDLE,
	WGR_HANDSHAKE_SENT_INITIATION,
	WGR_HANDSHAKE_GOT_INITIATION,
	WGR_HANDSHAKE_SENT_RESPONSE,
	WGR_HANDSHAKE_GOT_RESPONSE,
};

/**
 * struct wgr_transcript - what both sides must have seen and known alike
 * @hash: of everything public that was said so far
 * @chain: chaining key, out of every secret that was shared so far
 */
struct wgr_transcript {
	u8 hash[WGR_HASH_LEN];
	u8 chain[WGR_HASH_LEN];
};

/**
 * struct wgr_handshake - handshake with one peer
 * @state: how far the handshake has come
 * @remote_static: the peer's public key; never changes
 * @shared_static: X25519(our secret, @remote_static); all zero when there is
 *	no usable result, which refuses handshakes
 * @psk: preshared key, all zero for none
 * @secret: our ephemeral private key
 * @initiator_ephemeral: the initiator's ephemeral public key: ours while we wait for
 *	the answer, theirs while we give it
 * @transcript: of the handshake under way
 * @stamp: TAI64N stamp of our last initiation, all zero before
 * @remote_stamp: greatest TAI64N stamp taken from an initiation
 * @last_initiation_ns: when the last initiation was taken (boot time clock),
 *	0 for never
 * @index: our receiver index in what we sent: the handshake's name
 * @remote_index: the peer's sender index
 */
struct wgr_handshake {
	enum wgr_handshake_state state;
	u8 remote_static[WGR_KEY_LEN];
	u8 shared_static[WGR_KEY_LEN];
	u8 psk[WGR_KEY_LEN];
	u8 secret[WGR_KEY_LEN];
	u8 initiator_ephemeral[WGR_KEY_LEN];
	struct wgr_transcript transcript;
	u8 stamp[WGR_STAMP_LEN];
	u8 remote_stamp[WGR_STAMP_LEN];
	u64 last_initiation_ns;
	u32 index;
	__le32 remote_index;
};

/**
 * struct wgr_draft - a handshake message being made or read
 * @transcript: becomes the handshake's if all goes well
 * @secret: our ephemeral private key
 * @public: our ephemeral public key, or the static one found in an initiation
 * @key: seals or opens the next field
 * @psk: preshared key
 * @stamp: time stamp of an initiation
 */
struct wgr_draft {
	struct wgr_transcript transcript;
	u8 secret[WGR_KEY_LEN];
	u8 public[WGR_KEY_LEN];
	u8 key[WGR_KEY_LEN];
	u8 psk[WGR_KEY_LEN];
	u8 stamp[WGR_STAMP_LEN];
};

/* Constants of the protocol: once, before all else. */
void wgr_handshake_setup(void);

/**
 * wgr_identity_set() - take a private key, or none
 * @identity: to be changed
 * @secret: 32 bytes, clamped here; all zero removes the identity
 */
void wgr_identity_set(struct wgr_identity *identity, const u8 secret[WGR_KEY_LEN]);

/**
 * wgr_handshake_init() - the handshake with a new peer
 * @hs: to be set up
 * @public: the peer's public key
 * @psk: preshared key or NULL for none
 */
void wgr_handshake_init(struct wgr_handshake *hs, const u8 public[WGR_KEY_LEN],
			const u8 *psk);

/**
 * wgr_handshake_precompute() - renew @shared_static after the identity changed
 * @hs: of a peer
 * @identity: the new one
 *
 * A handshake under way is no good any more: wgr_handshake_clear() has to follow.
 *
 * Return: true if the peer's key is usable with this identity.
 */
bool wgr_handshake_precompute(struct wgr_handshake *hs, const struct wgr_identity *identity);

/* Ends and wipes what is under way; what outlives handshakes stays. */
void wgr_handshake_clear(struct wgr_handshake *hs);

/* Wipes @draft. */
void wgr_draft_wipe(struct wgr_draft *draft);

/**
 * wgr_draft_ephemeral() - draw an ephemeral key pair for a message of ours
 * @draft: gets it
 *
 * The generator must have its seed. Return: false if the pair is of no use.
 */
bool wgr_draft_ephemeral(struct wgr_draft *draft);

/**
 * wgr_handshake_initiate() - begin a handshake, in place of one under way
 * @hs: of the peer
 * @draft: with an ephemeral key pair
 * @identity: ours
 * @index: a receiver index of its own
 * @sec: wall clock, seconds since 1970 UTC
 * @nsec: the same, and so many nanoseconds
 * @msg: filled except for the macs
 *
 * Return: false, and nothing has changed, without a usable key on either side.
 */
bool wgr_handshake_initiate(struct wgr_handshake *hs, struct wgr_draft *draft,
			    const struct wgr_identity *identity, u32 index,
			    s64 sec, u32 nsec, struct wgr_msg_initiation *msg);

/**
 * wgr_draft_sender() - who an initiation claims to be from
 * @draft: @public receives the public key of who that is
 * @identity: ours
 * @msg: its macs were checked already
 *
 * Return: false if it was not made for us.
 */
bool wgr_draft_sender(struct wgr_draft *draft, const struct wgr_identity *identity,
		      const struct wgr_msg_initiation *msg);

/**
 * wgr_handshake_goes_first() - both have begun at once: is it ours that counts?
 * @hs: of the peer that wgr_draft_sender() has named
 * @msg: its initiation
 *
 * To be asked while ours may not have got there when theirs was sent, for
 * WGR_AT_ONCE_NS. If so @msg is to be dropped. See handshake.c.
 */
bool wgr_handshake_goes_first(const struct wgr_handshake *hs,
			      const struct wgr_msg_initiation *msg);

/**
 * wgr_handshake_take_initiation() - check the claim, in place of what is under way
 * @hs: of the peer that wgr_draft_sender() has named
 * @draft: as that has left it
 * @msg: the same message
 * @now_ns: boot time clock, finer than WGR_INITIATIONS_PER_S
 *
 * Return: false, and nothing has changed, if it is not authentic, a replay (stamp
 * not greater) or one too many.
 */
bool wgr_handshake_take_initiation(struct wgr_handshake *hs, struct wgr_draft *draft,
				   const struct wgr_msg_initiation *msg, u64 now_ns);

/**
 * wgr_handshake_respond() - answer the initiation taken last
 * @hs: of the peer
 * @draft: with an ephemeral key pair
 * @index: a receiver index of its own
 * @msg: filled except for the macs
 *
 * Return: true, and wgr_handshake_finish() may follow; false, and nothing has
 * changed, if there is nothing to answer, or with keys that give no secret.
 */
bool wgr_handshake_respond(struct wgr_handshake *hs, struct wgr_draft *draft, u32 index,
			   struct wgr_msg_response *msg);

/**
 * wgr_handshake_borrow() - a copy of what is needed to read the answer
 * @hs: of the peer
 * @draft: receives it
 * @index: the receiver index in the answer
 *
 * Return: false if that is not what is waited for.
 */
bool wgr_handshake_borrow(const struct wgr_handshake *hs, struct wgr_draft *draft,
			  u32 index);

/**
 * wgr_draft_response() - check the answer to our initiation
 * @draft: as wgr_handshake_borrow() has left it
 * @identity: ours
 * @msg: its macs were checked already
 *
 * Return: false if it is no answer to what we asked.
 */
bool wgr_draft_response(struct wgr_draft *draft, const struct wgr_identity *identity,
			const struct wgr_msg_response *msg);

/**
 * wgr_handshake_take_response() - the answer is right
 * @hs: of the peer
 * @draft: as wgr_draft_response() has left it
 * @msg: the same message
 *
 * Return: true, and wgr_handshake_finish() may follow; false if the handshake has
 * been given up meanwhile.
 */
bool wgr_handshake_take_response(struct wgr_handshake *hs, const struct wgr_draft *draft,
				 const struct wgr_msg_response *msg);

/**
 * wgr_handshake_may_finish() - is the handshake complete on our side?
 * @hs: of the peer
 * @index: the receiver index we gave for it: another handshake may have taken
 *	its place since
 */
bool wgr_handshake_may_finish(const struct wgr_handshake *hs, u32 index);

/**
 * wgr_handshake_finish() - make keys
 * @hs: of the peer; wgr_handshake_may_finish() is true. It is cleared
 * @keys: with that index. They get everything but a place in the slots
 * @now_ns: boot time clock, when they are born
 */
void wgr_handshake_finish(struct wgr_handshake *hs, struct wgr_keys *keys, u64 now_ns);

#endif
