/* SPDX-License-Identifier: GPL-2.0 */
/*
 * keys.h - one set of transport keys, and how long it may be used.
 *
 * It gets its receiver index when a handshake begins, its keys when the
 * handshake ends: until wgr_slots_install() it takes no packets.
 *
 * No lock: @ready, @unsendable, @unreadable and @send_counter may be looked at
 * from any context. @asked, @rank and @replay are the receiver's, one context at a
 * time.
 */
#ifndef WGR_PROTOCOL_KEYS_H
#define WGR_PROTOCOL_KEYS_H

#include "limits.h"
#include "messages.h"
#include "rank.h"
#include "replay.h"

/**
 * struct wgr_keys - transport keys
 * @index: our receiver index
 * @remote: the other side's receiver index
 * @ready: keys are set; read with acquire, written with release
 * @initiator: we began the handshake, so a rekey is ours to ask for
 * @unsendable: counter space is used up or the keys have been given up for
 *	sending; never goes back
 * @unreadable: no packet is taken any more; never goes back
 * @asked: the receiver has asked for new keys already
 * @birth_ns: when the keys were made (boot time clock, ns)
 * @send_key: key for what we send
 * @recv_key: key for what we receive
 * @send_counter: the next packet's counter; one sender at a time takes it
 * @rank: among the sessions of the peer
 * @replay: counters that were seen
 */
struct wgr_keys {
	u32 index;
	__le32 remote;
	bool ready;
	bool initiator;
	bool unsendable;
	bool unreadable;
	bool asked;
	u64 birth_ns;
	u8 send_key[WGR_KEY_LEN];
	u8 recv_key[WGR_KEY_LEN];
	u64 send_counter;
	struct wgr_rank rank;
	struct wgr_replay replay;
};

/**
 * wgr_keys_init() - no keys yet, but a name for them
 * @keys: all zeros
 * @index: receiver index, not in use for anything else
 */
void wgr_keys_init(struct wgr_keys *keys, u32 index);

/* Ends all use, whether there are keys or not; they stay until wgr_keys_wipe(). */
void wgr_keys_abandon(struct wgr_keys *keys);

/* Nobody looks at them any more. */
void wgr_keys_wipe(struct wgr_keys *keys);

/* Keys are there, young enough and not given up. */
static inline bool wgr_keys_readable(const struct wgr_keys *keys, u64 now_ns)
{
	/* Pairs with the release in wgr_slots_install(). */
	return smp_load_acquire(&keys->ready) && !READ_ONCE(keys->unreadable) &&
	       !wgr_aged(keys->birth_ns, WGR_REJECT_AFTER_S, now_ns);
}

/* The same for sending; @keys are in a slot. */
static inline bool wgr_keys_sendable(const struct wgr_keys *keys, u64 now_ns)
{
	return !READ_ONCE(keys->unsendable) &&
	       !wgr_aged(keys->birth_ns, WGR_REJECT_AFTER_S, now_ns);
}

/**
 * wgr_keys_have_counters() - is there a counter for each of so many packets?
 * @keys: of the current session
 * @packets: how many are to be sent
 *
 * Return: false, and nothing is sent with these keys any more, if not.
 */
static inline bool wgr_keys_have_counters(struct wgr_keys *keys, u32 packets)
{
	if (likely(keys->send_counter < WGR_REJECT_AFTER_MESSAGES - packets))
		return true;
	WRITE_ONCE(keys->unsendable, true);
	return false;
}

/* The next packet's counter, one that wgr_keys_have_counters() has found. */
static inline u64 wgr_keys_take_counter(struct wgr_keys *keys)
{
	u64 counter = keys->send_counter;

	WRITE_ONCE(keys->send_counter, counter + 1);
	return counter;
}

/**
 * wgr_keys_renew_for_sending() - is it time for new keys, as seen by who sends?
 * @keys: what a packet was just sent with
 * @now_ns: boot time clock
 *
 * By age it is up to who began the handshake, so that not both begin the next.
 */
static inline bool wgr_keys_renew_for_sending(const struct wgr_keys *keys, u64 now_ns)
{
	return READ_ONCE(keys->send_counter) > WGR_REKEY_AFTER_MESSAGES ||
	       (keys->initiator && wgr_aged(keys->birth_ns, WGR_REKEY_AFTER_S, now_ns));
}

#endif
