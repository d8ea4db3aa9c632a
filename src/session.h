/* SPDX-License-Identifier: GPL-2.0 */
/*
 * session.h - transport keys of a peer, and how they follow each other.
 *
 * A session is born when a handshake needs a receiver index: that index is
 * the session's own from then on, so nothing has to be swapped in the table
 * when the handshake ends. Until wgr_session_install() it has no keys and
 * takes no packets.
 *
 * Whoever holds a session (a handshake, a slot of the peer, a packet on its
 * way) holds a reference; a session holds its peer.
 */
#ifndef WGR_SESSION_H
#define WGR_SESSION_H

#include <linux/kref.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "protocol/messages.h"
#include "protocol/rank.h"
#include "protocol/replay.h"
#include "wgr.h"

/**
 * struct wgr_session - one set of transport keys
 * @node: place in the device's table of receiver indices
 * @index: our receiver index, unique in the device
 * @peer: whose session it is; referenced
 * @ref: references
 * @rcu: puts off the release until look-ups are over
 * @id: number for debug lines, unique in the module
 * @ready: keys are set; read with acquire, written with release
 * @initiator: we began the handshake, so a rekey is ours to ask for
 * @unsendable: counter space is used up or the session has been given up
 *	for sending; never goes back
 * @unreadable: no packet is taken any more
 * @remote: the other side's receiver index
 * @birth_ns: when the keys were made (boot time clock, ns)
 * @send_key: key for what we send
 * @recv_key: key for what we receive
 * @send_counter: the next packet's counter; guarded by the peer's
 *	staged.lock, read without it for the rekey check
 * @rank: among the sessions of the peer; set when the keys are, then only the
 *	peer's poll uses it
 * @replay: counters that were seen; only the peer's poll uses it
 */
struct wgr_session {
	struct rhash_head node;
	u32 index;
	struct wgr_peer *peer;
	struct kref ref;
	struct rcu_head rcu;
	u64 id;
	bool ready;
	bool initiator;
	bool unsendable;
	bool unreadable;
	__le32 remote;
	u64 birth_ns;
	u8 send_key[WGR_KEY_LEN];
	u8 recv_key[WGR_KEY_LEN];
	u64 send_counter;
	struct wgr_rank rank;
	struct wgr_replay replay;
};

/**
 * struct wgr_session_slots - the sessions a peer can use
 * @lock: guards changes of the three slots; nests inside the handshake's lock
 * @current_: what we send with
 * @previous: still good for receiving what was sent before the last change
 * @next: made as responder, taken into use by its first authenticated packet
 * @made: sessions that have been in a slot so far
 */
struct wgr_session_slots {
	spinlock_t lock;
	struct wgr_session __rcu *current_;
	struct wgr_session __rcu *previous;
	struct wgr_session __rcu *next;
	u64 made;
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
 * Return: the session with one reference, the caller's, to be given to
 * wgr_session_install() or wgr_session_abandon(); NULL without memory.
 */
struct wgr_session *wgr_session_new(struct wgr_peer *peer);

/* Takes one more reference; NULL is fine. */
struct wgr_session *wgr_session_get(struct wgr_session *session);
void wgr_session_put(struct wgr_session *session);

/**
 * wgr_session_abandon() - give up a session, whether it has keys or not
 * @session: whose index is freed and whose reference is dropped; may be NULL
 */
void wgr_session_abandon(struct wgr_session *session);

/**
 * wgr_session_find() - the session a packet or handshake answer is for
 * @wgr: device it arrived on
 * @index: receiver index from the wire
 *
 * Return: the session with a reference, or NULL. It may lack keys: see
 * wgr_session_readable().
 */
struct wgr_session *wgr_session_find(struct wgr_device *wgr, __le32 index);

/**
 * wgr_session_install() - take a session with fresh keys into the slots
 * @session: keys, remote and initiator are set; the slot takes the caller's
 *	reference
 *
 * As initiator the session becomes current and the one before it previous. As
 * responder it becomes next: only a packet from the other side shows that it
 * has the keys too. The previous one goes then if the current one has been so
 * for as long as a handshake may take.
 */
void wgr_session_install(struct wgr_session *session);

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

/* Keys are there, young enough and not given up. */
bool wgr_session_readable(const struct wgr_session *session);

/* No more sending with any session of the peer: a new handshake comes first. */
void wgr_sessions_stop_sending(struct wgr_peer *peer);

/* Forgets all sessions of the peer. */
void wgr_sessions_clear(struct wgr_peer *peer);

#endif
