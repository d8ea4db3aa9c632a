/* SPDX-License-Identifier: GPL-2.0 */
/*
 * session.h - transport keys of a peer as an object: found by index, referenced.
 *
 * A session is born when a handshake needs a receiver index: that index is
 * the session's own from then on, so nothing has to be swapped in the table
 * when the handshake ends.
 *
 * Whoever holds a session (a handshake, a slot of the peer, a packet on its
 * way) holds a reference; a session holds its peer. Handshake and slots know no
 * more of it than its keys.
 */
#ifndef WGR_SESSION_H
#define WGR_SESSION_H

#include <linux/kref.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

#include "protocol/keys.h"
#include "protocol/slots.h"
#include "wgr.h"

/**
 * struct wgr_session - one set of transport keys
 * @node: place in the device's table of receiver indices
 * @peer: whose session it is; referenced
 * @ref: references
 * @rcu: puts off the release until look-ups are over
 * @id: number for debug lines, unique in the module
 * @keys: the keys; their counter is guarded by the peer's staged.lock, what is the
 *	receiver's is used by the peer's poll only
 */
struct wgr_session {
	struct rhash_head node;
	struct wgr_peer *peer;
	struct kref ref;
	struct rcu_head rcu;
	u64 id;
	struct wgr_keys keys;
};

/* Memory for sessions, once for the module; gone after all releases. */
int wgr_session_setup(void);
void wgr_session_teardown(void);

int wgr_session_table_init(struct wgr_device *wgr);
void wgr_session_table_destroy(struct wgr_device *wgr);

/**
 * wgr_session_new() - a session without keys, with an index of its own
 * @peer: whose
 *
 * Context: process.
 * Return: the session with one reference, which goes with its keys to a handshake and
 * from there to a slot, until they are given to wgr_session_let_go(); NULL without
 * memory.
 */
struct wgr_session *wgr_session_new(struct wgr_peer *peer);

/* Takes one more reference; NULL is fine. */
struct wgr_session *wgr_session_get(struct wgr_session *session);
void wgr_session_put(struct wgr_session *session);

/* Takes and drops many at once; whoever takes them has one. */
void wgr_session_get_many(struct wgr_session *session, unsigned int count);
void wgr_session_put_many(struct wgr_session *session, unsigned int count);

/**
 * wgr_session_let_go() - give up a session, whether it has keys or not
 * @keys: of the session whose index is freed and whose reference is dropped; may be NULL
 */
void wgr_session_let_go(struct wgr_keys *keys);

/* The same for all that has left the slots of a peer. */
void wgr_sessions_let_go(const struct wgr_gone *gone);

/**
 * wgr_session_find() - the session a packet or handshake answer is for
 * @wgr: device it arrived on
 * @index: receiver index from the wire
 *
 * Return: the session with a reference, or NULL. It may lack keys: see
 * wgr_keys_readable().
 */
struct wgr_session *wgr_session_find(struct wgr_device *wgr, __le32 index);

/**
 * wgr_session_begin() - the handshake is complete: make its keys and use them
 * @peer: whose
 * @index: the receiver index we gave for it, as in the message
 *
 * Return: true if a session has come to be; false when the state changed.
 */
bool wgr_session_begin(struct wgr_peer *peer, __le32 index);

/**
 * wgr_session_confirm() - a packet was authenticated with this session
 * @session: which
 *
 * Return: true if this was the first packet of the next session, which has
 * become current now.
 */
bool wgr_session_confirm(struct wgr_session *session);

/* The current session with a reference if it may send, else NULL. */
struct wgr_session *wgr_session_for_sending(struct wgr_peer *peer);

/* Drops a packet that is on no line, with the reference on its session. */
void wgr_packet_drop(struct sk_buff *skb);

/* Ends whatever handshake is under way; keys in use stay. */
void wgr_sessions_end_handshake(struct wgr_peer *peer);

/* Forgets all sessions of the peer that are in use. */
void wgr_sessions_clear(struct wgr_peer *peer);

#endif
