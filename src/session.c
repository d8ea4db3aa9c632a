// SPDX-License-Identifier: GPL-2.0
/* session.c - transport keys of a peer, and how they follow each other. */
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
	.key_offset = offsetof(struct wgr_session, index),
	.head_offset = offsetof(struct wgr_session, node),
	.automatic_shrinking = true,
};

bool wgr_has_aged(u64 birth_ns, u64 seconds)
{
	return ktime_get_coarse_boottime_ns() >= birth_ns + seconds * NSEC_PER_SEC;
}

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
		session->index = get_random_u32();
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
	wgr_replay_init(&session->replay);
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
	memzero_explicit(session, sizeof(*session));
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

void wgr_session_abandon(struct wgr_session *session)
{
	if (!session)
		return;
	WRITE_ONCE(session->unsendable, true);
	WRITE_ONCE(session->unreadable, true);
	rhashtable_remove_fast(&session->peer->wgr->by_index, &session->node,
			       by_index);
	wgr_session_put(session);
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

static struct wgr_session *slot_swap(struct wgr_session_slots *slots,
				     struct wgr_session __rcu **slot,
				     struct wgr_session *session)
{
	return rcu_replace_pointer(*slot, session,
				   lockdep_is_held(&slots->lock));
}

/* Both sides have the keys: the old current may still be on its way in. */
static struct wgr_session *install_current(struct wgr_session_slots *slots,
					   struct wgr_session *session,
					   struct wgr_session **more)
{
	struct wgr_session *unconfirmed = slot_swap(slots, &slots->next, NULL);
	struct wgr_session *former = slot_swap(slots, &slots->current_, session);

	/*
	 * A next session that never was confirmed is what the other side may
	 * use until it learns of this one, rather than the older current.
	 */
	if (unconfirmed) {
		*more = former;
		former = unconfirmed;
	}
	return slot_swap(slots, &slots->previous, former);
}

/*
 * The other side has to show that it has the keys. Three sets would be kept
 * from then on, so the previous ones go, as they do with the kernel's own, unless
 * the other side may not have gone over to the current ones yet: when both began
 * a handshake at once it still sends with these.
 */
static struct wgr_session *install_next(struct wgr_session_slots *slots,
					struct wgr_session *session,
					struct wgr_session **more)
{
	const struct wgr_session *current_ =
		rcu_dereference_protected(slots->current_, lockdep_is_held(&slots->lock));

	if (!current_ || wgr_has_aged(current_->birth_ns, WGR_REKEY_TIMEOUT_S))
		*more = slot_swap(slots, &slots->previous, NULL);
	return slot_swap(slots, &slots->next, session);
}

void wgr_session_install(struct wgr_session *session)
{
	struct wgr_session_slots *slots = &session->peer->sessions;
	struct wgr_session *gone, *more = NULL;

	spin_lock_bh(&slots->lock);
	session->rank.number = ++slots->made;
	session->rank.birth_ns = session->birth_ns;
	session->rank.initiator = session->initiator;
	/* Keys before the flag: pairs with wgr_session_readable(). */
	smp_store_release(&session->ready, true);
	/* Checked under the lock: wgr_sessions_clear() may be over already. */
	if (READ_ONCE(session->peer->dead))
		gone = session;
	else if (session->initiator)
		gone = install_current(slots, session, &more);
	else
		gone = install_next(slots, session, &more);
	spin_unlock_bh(&slots->lock);
	wgr_session_abandon(gone);
	wgr_session_abandon(more);
}

bool wgr_session_confirm(struct wgr_session *session)
{
	struct wgr_session_slots *slots = &session->peer->sessions;
	struct wgr_session *gone = NULL;
	bool first;

	/* Once for each session, so the lock is not for every packet. */
	if (likely(rcu_access_pointer(slots->next) != session))
		return false;

	spin_lock_bh(&slots->lock);
	first = rcu_access_pointer(slots->next) == session;
	if (first) {
		slot_swap(slots, &slots->next, NULL);
		gone = slot_swap(slots, &slots->current_, session);
		gone = slot_swap(slots, &slots->previous, gone);
	}
	spin_unlock_bh(&slots->lock);
	wgr_session_abandon(gone);
	return first;
}

struct wgr_session *wgr_session_for_sending(struct wgr_peer *peer)
{
	struct wgr_session *session;

	rcu_read_lock_bh();
	session = rcu_dereference_bh(peer->sessions.current_);
	if (session && (READ_ONCE(session->unsendable) ||
			wgr_has_aged(session->birth_ns, WGR_REJECT_AFTER_S)))
		session = NULL;
	session = wgr_session_get(session);
	rcu_read_unlock_bh();
	return session;
}

bool wgr_session_readable(const struct wgr_session *session)
{
	/* Pairs with the release in wgr_session_install(). */
	return smp_load_acquire(&session->ready) &&
	       !READ_ONCE(session->unreadable) &&
	       !wgr_has_aged(session->birth_ns, WGR_REJECT_AFTER_S);
}

static void stop_sending(struct wgr_session_slots *slots,
			 struct wgr_session __rcu *slot)
{
	struct wgr_session *session =
		rcu_dereference_protected(slot, lockdep_is_held(&slots->lock));

	if (session)
		WRITE_ONCE(session->unsendable, true);
}

void wgr_sessions_stop_sending(struct wgr_peer *peer)
{
	struct wgr_session_slots *slots = &peer->sessions;

	/* Under the lock none of them moves from one slot to the other. */
	spin_lock_bh(&slots->lock);
	stop_sending(slots, slots->current_);
	stop_sending(slots, slots->next);
	spin_unlock_bh(&slots->lock);
}

void wgr_sessions_clear(struct wgr_peer *peer)
{
	struct wgr_session_slots *slots = &peer->sessions;
	struct wgr_session *gone[3];
	int i;

	spin_lock_bh(&slots->lock);
	gone[0] = slot_swap(slots, &slots->previous, NULL);
	gone[1] = slot_swap(slots, &slots->current_, NULL);
	gone[2] = slot_swap(slots, &slots->next, NULL);
	spin_unlock_bh(&slots->lock);
	for (i = 0; i < ARRAY_SIZE(gone); i++)
		wgr_session_abandon(gone[i]);
}
