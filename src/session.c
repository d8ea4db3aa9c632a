// SPDX-License-Identifier: GPL-2.0
/* session.c - transport keys of a peer as an object: found by index, referenced. */
#include "session.h"

#include <linux/random.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "device.h"
#include "peer.h"

static atomic64_t last_id = ATOMIC64_INIT(0);

/* The replay window makes a session a little larger than 4 KiB. */
static struct kmem_cache *sessions;

static const struct rhashtable_params by_index = {
	.key_len = sizeof(u32),
	.key_offset = offsetof(struct wgr_session, keys.index),
	.head_offset = offsetof(struct wgr_session, node),
	.automatic_shrinking = true,
};

int wgr_session_setup(void)
{
	sessions = kmem_cache_create("wgr_session", sizeof(struct wgr_session),
				     0, 0, NULL);
	return sessions ? 0 : -ENOMEM;
}

void wgr_session_teardown(void)
{
	kmem_cache_destroy(sessions);
}

int wgr_session_table_init(struct wgr_device *wgr)
{
	return rhashtable_init(&wgr->by_index, &by_index);
}

void wgr_session_table_destroy(struct wgr_device *wgr)
{
	rhashtable_destroy(&wgr->by_index);
}

/* Random, so that an outsider cannot guess which indices are in use. */
static int give_index(struct wgr_device *wgr, struct wgr_session *session)
{
	int ret;

	do {
		wgr_keys_init(&session->keys, get_random_u32());
		ret = rhashtable_lookup_insert_fast(&wgr->by_index,
						    &session->node, by_index);
	} while (ret == -EEXIST);
	return ret;
}

struct wgr_session *wgr_session_new(struct wgr_peer *peer)
{
	struct wgr_session *session = kmem_cache_zalloc(sessions, GFP_KERNEL);

	if (!session)
		return NULL;
	kref_init(&session->ref);
	session->id = atomic64_inc_return(&last_id);
	session->peer = peer;
	if (give_index(peer->wgr, session)) {
		kmem_cache_free(sessions, session);
		return NULL;
	}
	kref_get(&peer->ref);
	pr_debug("%s: Session %llu of peer %llu created\n",
		 peer->wgr->dev->name, session->id, peer->id);
	return session;
}

static void free_session(struct rcu_head *rcu)
{
	struct wgr_session *session =
		container_of(rcu, struct wgr_session, rcu);
	struct wgr_peer *peer = session->peer;

	pr_debug("%s: Session %llu of peer %llu destroyed\n",
		 peer->wgr->dev->name, session->id, peer->id);
	wgr_keys_wipe(&session->keys);
	kmem_cache_free(sessions, session);
	wgr_peer_put(peer);
}

static void release_session(struct kref *ref)
{
	struct wgr_session *session =
		container_of(ref, struct wgr_session, ref);

	call_rcu(&session->rcu, free_session);
}

struct wgr_session *wgr_session_get(struct wgr_session *session)
{
	return session && kref_get_unless_zero(&session->ref) ? session : NULL;
}

void wgr_session_put(struct wgr_session *session)
{
	kref_put(&session->ref, release_session);
}

void wgr_session_get_many(struct wgr_session *session, unsigned int count)
{
	refcount_add(count, &session->ref.refcount);
}

void wgr_session_put_many(struct wgr_session *session, unsigned int count)
{
	if (refcount_sub_and_test(count, &session->ref.refcount))
		release_session(&session->ref);
}

void wgr_session_let_go(struct wgr_keys *keys)
{
	struct wgr_session *session = container_of(keys, struct wgr_session, keys);

	if (!keys)
		return;
	wgr_keys_abandon(keys);
	rhashtable_remove_fast(&session->peer->wgr->by_index, &session->node,
			       by_index);
	wgr_session_put(session);
}

void wgr_sessions_let_go(const struct wgr_gone *gone)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(gone->keys); i++)
		wgr_session_let_go(gone->keys[i]);
}

void wgr_packet_drop(struct sk_buff *skb)
{
	wgr_session_put(wgr_cb(skb)->session);
	kfree_skb(skb);
}

struct wgr_session *wgr_session_find(struct wgr_device *wgr, __le32 index)
{
	u32 key = le32_to_cpu(index);
	struct wgr_session *session;

	rcu_read_lock();
	session = wgr_session_get(rhashtable_lookup(&wgr->by_index, &key,
						    by_index));
	rcu_read_unlock();
	return session;
}

bool wgr_session_begin(struct wgr_peer *peer, __le32 index)
{
	struct wgr_gone gone;
	bool begun;

	begun = wgr_noise_finish(&peer->noise, index, &gone);
	wgr_sessions_let_go(&gone);
	if (begun)
		wgr_timers_got_keys(&peer->timers);
	return begun;
}

bool wgr_session_confirm(struct wgr_session *session)
{
	struct wgr_noise *noise = &session->peer->noise;
	struct wgr_gone gone;
	bool first;

	/* Once for each session, so the lock is not for every packet. */
	if (likely(!wgr_slots_awaits(&noise->slots, &session->keys)))
		return false;
	first = wgr_noise_confirm(noise, &session->keys, &gone);
	wgr_sessions_let_go(&gone);
	return first;
}

struct wgr_session *wgr_session_for_sending(struct wgr_peer *peer)
{
	struct wgr_session *session = NULL;
	struct wgr_keys *keys;

	rcu_read_lock_bh();
	keys = wgr_slots_for_sending(&peer->noise.slots, wgr_now_ns());
	if (keys)
		session = wgr_session_get(container_of(keys, struct wgr_session, keys));
	rcu_read_unlock_bh();
	return session;
}

void wgr_sessions_end_handshake(struct wgr_peer *peer)
{
	wgr_session_let_go(wgr_noise_clear(&peer->noise));
}

void wgr_sessions_clear(struct wgr_peer *peer)
{
	struct wgr_gone gone;

	wgr_noise_forget(&peer->noise, &gone);
	wgr_sessions_let_go(&gone);
}
