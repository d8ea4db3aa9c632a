/* SPDX-License-Identifier: GPL-2.0 */
/*
 * slots.h - the keys that a peer can use, and how they follow each other.
 *
 * One context at a time changes the slots (the caller's lock); any may look
 * at them meanwhile, as long as keys that leave a slot are not freed under it.
 * Keys that leave are given back through @gone, to be abandoned and let go.
 */
#ifndef WGR_PROTOCOL_SLOTS_H
#define WGR_PROTOCOL_SLOTS_H

#include "keys.h"

/**
 * struct wgr_slots - the keys a peer can use
 * @current_: what we send with
 * @previous: still good for receiving what was sent before the last change
 * @next: made as responder, taken into use by its first authenticated packet
 * @made: keys that have been in a slot so far
 *
 * All zeros is a peer without keys.
 */
struct wgr_slots {
	struct wgr_keys __rcu *current_;
	struct wgr_keys __rcu *previous;
	struct wgr_keys __rcu *next;
	u64 made;
};

/* As many may leave at a time. */
#define WGR_SLOTS	3

/**
 * struct wgr_gone - keys that have left the slots
 * @keys: each to be abandoned, NULL for none
 */
struct wgr_gone {
	struct wgr_keys *keys[WGR_SLOTS];
};

/**
 * wgr_slots_install() - take fresh keys into the slots
 * @slots: of the peer
 * @keys: made by wgr_handshake_finish()
 * @now_ns: boot time clock
 * @gone: receives what has to go
 *
 * As initiator they become current and those before them previous. As responder
 * they become next: only a packet from the other side shows that it has the keys
 * too. The previous ones go then if the current ones have been so for as long as a
 * handshake may take.
 */
void wgr_slots_install(struct wgr_slots *slots, struct wgr_keys *keys, u64 now_ns,
		       struct wgr_gone *gone);

/* True if a packet with these keys has to be told to wgr_slots_confirm(). */
static inline bool wgr_slots_awaits(const struct wgr_slots *slots, const struct wgr_keys *keys)
{
	return rcu_access_pointer(slots->next) == keys;
}

/**
 * wgr_slots_confirm() - a packet was authenticated with keys that may be next
 * @slots: of the peer
 * @keys: the packet's
 * @gone: receives what has to go
 *
 * Return: true if they were, and have become current now.
 */
bool wgr_slots_confirm(struct wgr_slots *slots, struct wgr_keys *keys, struct wgr_gone *gone);

/* True if it is with these keys that we send. */
static inline bool wgr_slots_is_current(const struct wgr_slots *slots,
					const struct wgr_keys *keys)
{
	return rcu_access_pointer(slots->current_) == keys;
}

/* The keys to send with, NULL if none may be used any more or yet. */
static inline struct wgr_keys *wgr_slots_for_sending(const struct wgr_slots *slots, u64 now_ns)
{
	struct wgr_keys *keys = rcu_dereference_raw(slots->current_);

	return keys && wgr_keys_sendable(keys, now_ns) ? keys : NULL;
}

/* What is left then is enough for a handshake, and a keepalive before. */
#define WGR_LAST_MINUTE_S	(WGR_REJECT_AFTER_S - WGR_KEEPALIVE_S - WGR_REKEY_TIMEOUT_S)

/**
 * wgr_slots_renew_for_receiving() - is it time for new keys, as seen by who receives?
 * @slots: of the peer
 * @keys: what a packet has just come with
 * @now_ns: boot time clock
 *
 * Who only receives asks for none by sending, and those there are end soon.
 *
 * Return: true once for each set of keys.
 */
static inline bool wgr_slots_renew_for_receiving(const struct wgr_slots *slots,
						 struct wgr_keys *keys, u64 now_ns)
{
	if (!keys->initiator || keys->asked || !wgr_slots_is_current(slots, keys) ||
	    likely(!wgr_aged(keys->birth_ns, WGR_LAST_MINUTE_S, now_ns)))
		return false;
	keys->asked = true;
	return true;
}

/* No more sending with any keys there are: a new handshake comes first. */
void wgr_slots_stop_sending(struct wgr_slots *slots);

/* Empties all slots. */
void wgr_slots_clear(struct wgr_slots *slots, struct wgr_gone *gone);

#endif
