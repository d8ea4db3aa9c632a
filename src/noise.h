/* SPDX-License-Identifier: GPL-2.0 */
/*
 * noise.h - the handshake Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s in both roles.
 *
 * All of it runs in process context. Locks nest: device identity_lock (read
 * or write), then struct wgr_noise.lock, then the session slots' lock.
 */
#ifndef WGR_NOISE_H
#define WGR_NOISE_H

#include <linux/init.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include "protocol/messages.h"
#include "wgr.h"

/**
 * struct wgr_identity - the device's own key pair
 * @secret: private key, clamped
 * @public: public key
 * @set: false while there is no private key: no handshake then
 *
 * Guarded by struct wgr_device.identity_lock.
 */
struct wgr_identity {
	u8 secret[WGR_KEY_LEN];
	u8 public[WGR_KEY_LEN];
	bool set;
};

enum wgr_noise_state {
	WGR_NOISE_IDLE,
	WGR_NOISE_SENT_INITIATION,
	WGR_NOISE_GOT_INITIATION,
	WGR_NOISE_SENT_RESPONSE,
	WGR_NOISE_GOT_RESPONSE,
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
 * struct wgr_noise - handshake of one peer
 * @lock: guards every field but @remote_static, which never changes
 * @state: how far the handshake has come
 * @remote_static: the peer's public key
 * @shared_static: X25519(our secret, @remote_static); all zero when there is
 *	no usable result, which refuses handshakes
 * @psk: preshared key, all zero for none
 * @secret: our ephemeral private key
 * @remote_ephemeral: the initiator's ephemeral key while we answer
 * @transcript: of the handshake under way
 * @stamp: TAI64N stamp of our last initiation, all zero before
 * @remote_stamp: greatest TAI64N stamp taken from an initiation
 * @last_initiation_ns: when the last initiation was taken (boot time clock),
 *	0 for never
 * @pending: the session this handshake will give keys to, owned by it
 * @remote_index: the peer's sender index
 */
struct wgr_noise {
	struct mutex lock;
	enum wgr_noise_state state;
	u8 remote_static[WGR_KEY_LEN];
	u8 shared_static[WGR_KEY_LEN];
	u8 psk[WGR_KEY_LEN];
	u8 secret[WGR_KEY_LEN];
	u8 remote_ephemeral[WGR_KEY_LEN];
	struct wgr_transcript transcript;
	u8 stamp[WGR_STAMP_LEN];
	u8 remote_stamp[WGR_STAMP_LEN];
	u64 last_initiation_ns;
	struct wgr_session *pending;
	__le32 remote_index;
};

/* Constants of the protocol, once at module load. */
void __init wgr_noise_setup(void);

/**
 * wgr_noise_set_identity() - take a private key, or none
 * @identity: to be changed; the caller holds identity_lock for writing
 * @secret: 32 bytes, clamped here; all zero removes the identity
 */
void wgr_noise_set_identity(struct wgr_identity *identity,
			    const u8 secret[WGR_KEY_LEN]);

/**
 * wgr_noise_init() - the handshake of a new peer
 * @noise: to be set up
 * @public: the peer's public key
 * @psk: preshared key or NULL for none
 */
void wgr_noise_init(struct wgr_noise *noise, const u8 public[WGR_KEY_LEN],
		    const u8 *psk);

/**
 * wgr_noise_precompute() - renew @shared_static after the identity changed
 * @noise: of a peer
 * @identity: the caller holds identity_lock
 *
 * Return: true if the peer's key is usable with this identity.
 */
bool wgr_noise_precompute(struct wgr_noise *noise,
			  const struct wgr_identity *identity);

/* Replaces the preshared key; 32 bytes. */
void wgr_noise_set_psk(struct wgr_noise *noise, const u8 psk[WGR_KEY_LEN]);
void wgr_noise_get_psk(struct wgr_noise *noise, u8 psk[WGR_KEY_LEN]);

/* Ends whatever handshake is under way and wipes it; keys in use stay. */
void wgr_noise_clear(struct wgr_noise *noise);

/**
 * wgr_noise_make_initiation() - begin a handshake
 * @peer: whom with
 * @msg: filled except for the macs
 *
 * Return: 0; -ENOKEY without an identity, with an unusable key or for a peer
 * that was removed; -ENOMEM.
 */
int wgr_noise_make_initiation(struct wgr_peer *peer,
			      struct wgr_msg_initiation *msg);

/**
 * wgr_noise_read_initiation() - check an initiation and remember it
 * @wgr: device it arrived on
 * @msg: macs were checked already
 *
 * Return: the peer it is from, with a reference; NULL if it is not authentic,
 * from nobody known, a replay (stamp not greater) or one too many (50/s).
 */
struct wgr_peer *
wgr_noise_read_initiation(struct wgr_device *wgr,
			  const struct wgr_msg_initiation *msg);

/**
 * wgr_noise_make_response() - answer the initiation read last
 * @peer: whom
 * @msg: filled except for the macs
 *
 * Return: 0, and wgr_noise_begin_session() may follow; -EPROTO when the state
 * has changed meanwhile; -ENOKEY; -ENOMEM.
 */
int wgr_noise_make_response(struct wgr_peer *peer,
			    struct wgr_msg_response *msg);

/**
 * wgr_noise_read_response() - check the answer to our initiation
 * @wgr: device it arrived on
 * @msg: macs were checked already
 *
 * Return: the peer, with a reference, and wgr_noise_begin_session() may
 * follow; NULL if it is no answer to what we asked.
 */
struct wgr_peer *
wgr_noise_read_response(struct wgr_device *wgr,
			const struct wgr_msg_response *msg);

/**
 * wgr_noise_begin_session() - make keys and put the session to use
 * @peer: whose handshake is complete on our side
 * @index: the receiver index we gave for it, as in the message: another
 *	handshake may have taken its place since
 *
 * Derives the two transport keys, sets remote, initiator, birth_ns of the
 * pending session, installs it with wgr_session_install() and wipes the
 * handshake.
 *
 * Return: true if a session has come to be; false when the state changed.
 */
bool wgr_noise_begin_session(struct wgr_peer *peer, __le32 index);

#endif
