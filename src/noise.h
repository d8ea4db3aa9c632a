/* SPDX-License-Identifier: GPL-2.0 */
/*
 * noise.h - what a peer has of secrets: its handshake, and the keys that come of it.
 *
 * protocol/ knows what happens, here are the locks around it. They nest: device
 * identity_lock (read or write), then struct wgr_noise.lock, then its slots_lock.
 *
 * Keys that have no place any more are given back, to be let go by the caller
 * with wgr_session_let_go() or wgr_sessions_let_go(): they are part of sessions.
 */
#ifndef WGR_NOISE_H
#define WGR_NOISE_H

#include <linux/mutex.h>
#include <linux/spinlock.h>

#include "protocol/handshake.h"
#include "protocol/slots.h"

/**
 * struct wgr_noise - handshake and keys of one peer
 * @lock: guards @hs, but for @hs.remote_static, which never changes; @pending; @closed
 * @hs: the handshake
 * @pending: the keys that the handshake will complete
 * @closed: the peer has been removed: nothing begins any more
 * @slots_lock: guards changes of @slots
 * @slots: keys in use
 */
struct wgr_noise {
	struct mutex lock;
	struct wgr_handshake hs;
	struct wgr_keys *pending;
	bool closed;
	spinlock_t slots_lock;
	struct wgr_slots slots;
};

/**
 * wgr_noise_init() - secrets of a new peer
 * @noise: all zeros, to be set up
 * @public: the peer's public key
 * @psk: preshared key or NULL for none
 */
void wgr_noise_init(struct wgr_noise *noise, const u8 public[WGR_KEY_LEN],
		    const u8 *psk);

/* The identity changed; the caller holds identity_lock. */
void wgr_noise_precompute(struct wgr_noise *noise, const struct wgr_identity *identity);

/* Replaces the preshared key; 32 bytes. */
void wgr_noise_set_psk(struct wgr_noise *noise, const u8 psk[WGR_KEY_LEN]);
void wgr_noise_get_psk(struct wgr_noise *noise, u8 psk[WGR_KEY_LEN]);

/* Ends whatever handshake is under way and wipes it. Return: its keys or NULL. */
struct wgr_keys *wgr_noise_clear(struct wgr_noise *noise);

/* The same, and nothing begins any more: no handshake, no keys in the slots. */
struct wgr_keys *wgr_noise_close(struct wgr_noise *noise);

/*
 * The steps of a handshake, as in protocol/handshake.h. @gone receives the keys that
 * were pending, or @keys themselves if nothing comes of them.
 */

/**
 * wgr_noise_make_initiation() - begin a handshake
 * @noise: of the peer
 * @identity: ours; the caller holds identity_lock
 * @keys: will be completed
 * @msg: filled except for the macs
 * @gone: see above
 *
 * Context: process.
 * Return: false without an identity, with an unusable key or for a removed peer.
 */
bool wgr_noise_make_initiation(struct wgr_noise *noise, const struct wgr_identity *identity,
			       struct wgr_keys *keys, struct wgr_msg_initiation *msg,
			       struct wgr_keys **gone);

/**
 * wgr_noise_take_initiation() - check an initiation and remember it
 * @noise: of the peer that wgr_draft_sender() named
 * @draft: as that left it
 * @msg: the same message
 * @at_once: one of ours may have been on its way when it was sent
 * @gone: see above
 *
 * Of two copies of a message only one passes.
 */
bool wgr_noise_take_initiation(struct wgr_noise *noise, struct wgr_draft *draft,
			       const struct wgr_msg_initiation *msg, bool at_once,
			       struct wgr_keys **gone);

/**
 * wgr_noise_make_response() - answer the initiation taken last
 * @noise: of the peer
 * @keys: will be completed
 * @msg: filled except for the macs
 * @gone: see above
 *
 * Return: true, and wgr_noise_finish() may follow; false when the state has changed
 * meanwhile, or with keys that give no secret.
 */
bool wgr_noise_make_response(struct wgr_noise *noise, struct wgr_keys *keys,
			     struct wgr_msg_response *msg, struct wgr_keys **gone);

/**
 * wgr_noise_read_response() - check the answer to our initiation
 * @noise: of the peer whose keys have the receiver index in it
 * @identity: ours; the caller holds identity_lock
 * @msg: macs were checked already
 *
 * Return: true, and wgr_noise_finish() may follow; false if it is no answer to what
 * we asked.
 */
bool wgr_noise_read_response(struct wgr_noise *noise, const struct wgr_identity *identity,
			     const struct wgr_msg_response *msg);

/**
 * wgr_noise_finish() - make the pending keys and put them to use
 * @noise: of the peer whose handshake is complete on our side
 * @index: the receiver index we gave for it, as in the message: another
 *	handshake may have taken its place since
 * @gone: receives what has left the slots
 *
 * Return: true if there are new keys; false when the state changed.
 */
bool wgr_noise_finish(struct wgr_noise *noise, __le32 index, struct wgr_gone *gone);

/* wgr_slots_confirm(), wgr_slots_stop_sending() and wgr_slots_clear() under the lock. */
bool wgr_noise_confirm(struct wgr_noise *noise, struct wgr_keys *keys, struct wgr_gone *gone);
void wgr_noise_stop_sending(struct wgr_noise *noise);
void wgr_noise_forget(struct wgr_noise *noise, struct wgr_gone *gone);

#endif
