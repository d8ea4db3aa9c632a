// SPDX-License-Identifier: GPL-2.0
/* peer.c - one configured counterpart of a device. */
#include "peer.h"

#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "device.h"
#include "rx.h"
#include "tx.h"

static atomic64_t last_id = ATOMIC64_INIT(0);

/* A little larger than 4 KiB, for which the next size that all share is 8 KiB. */
static struct kmem_cache *peers;

static const struct rhashtable_params by_key = {
	.key_len = WGR_KEY_LEN,
	.key_offset = offsetof(struct wgr_peer, noise.hs.remote_static),
	.head_offset = offsetof(struct wgr_peer, by_key),
	.automatic_shrinking = true,
};

int wgr_peer_setup(void)
{
	peers = kmem_cache_create("wgr_peer", sizeof(struct wgr_peer), 0, 0, NULL);
	return peers ? 0 : -ENOMEM;
}

void wgr_peer_teardown(void)
{
	kmem_cache_destroy(peers);
}

int wgr_peer_table_init(struct wgr_device *wgr)
{
	return rhashtable_init(&wgr->by_key, &by_key);
}

void wgr_peer_table_destroy(struct wgr_device *wgr)
{
	rhashtable_destroy(&wgr->by_key);
}

static void free_peer(struct rcu_head *rcu)
{
	struct wgr_peer *peer = container_of(rcu, struct wgr_peer, rcu);

	pr_debug("%s: Peer %llu destroyed\n", peer->wgr->dev->name, peer->id);
	/*
	 * A handshake worker that was late may have set an alarm or staged a
	 * keepalive after the removal. Its reference was the last one.
	 */
	wgr_timers_destroy(&peer->timers);
	wgr_tx_drop_staged(peer);
	wgr_endpoint_destroy(&peer->endpoint);
	memzero_explicit(peer, sizeof(*peer));
	kmem_cache_free(peers, peer);
}

static void release_peer(struct kref *ref)
{
	struct wgr_peer *peer = container_of(ref, struct wgr_peer, ref);

	call_rcu(&peer->rcu, free_peer);
}

struct wgr_peer *wgr_peer_get(struct wgr_peer *peer)
{
	return peer && kref_get_unless_zero(&peer->ref) ? peer : NULL;
}

void wgr_peer_put(struct wgr_peer *peer)
{
	kref_put(&peer->ref, release_peer);
}

struct wgr_peer *wgr_peer_find(struct wgr_device *wgr,
			       const u8 public[WGR_KEY_LEN])
{
	struct wgr_peer *peer;

	rcu_read_lock();
	peer = wgr_peer_get(rhashtable_lookup(&wgr->by_key, public, by_key));
	rcu_read_unlock();
	return peer;
}

static struct wgr_peer *alloc_peer(struct wgr_device *wgr,
				   const u8 public[WGR_KEY_LEN], const u8 *psk)
{
	struct wgr_peer *peer = kmem_cache_zalloc(peers, GFP_KERNEL);

	if (!peer)
		return NULL;
	if (wgr_endpoint_init(&peer->endpoint)) {
		kmem_cache_free(peers, peer);
		return NULL;
	}
	peer->wgr = wgr;
	peer->id = atomic64_inc_return(&last_id);
	kref_init(&peer->ref);
	wgr_aip_owner_init(&peer->allowed);
	wgr_cookie_jar_init(&peer->jar, public);
	wgr_noise_init(&peer->noise, public, psk);
	wgr_tx_init(peer);
	wgr_rx_init(peer);
	down_read(&wgr->identity_lock);
	wgr_noise_precompute(&peer->noise, &wgr->identity);
	up_read(&wgr->identity_lock);
	pr_debug("%s: Peer %llu created\n", wgr->dev->name, peer->id);
	return peer;
}

struct wgr_peer *wgr_peer_create(struct wgr_device *wgr,
				 const u8 public[WGR_KEY_LEN], const u8 *psk)
{
	struct wgr_peer *peer;
	int ret;

	lockdep_assert_held(&wgr->lock);

	if (wgr->num_peers >= WGR_MAX_PEERS)
		return ERR_PTR(-EMFILE);
	peer = alloc_peer(wgr, public, psk);
	if (!peer)
		return ERR_PTR(-ENOMEM);

	if (netif_running(wgr->dev))
		wgr_timers_start(&peer->timers);
	/* From here on handshakes may find it. */
	ret = rhashtable_lookup_insert_fast(&wgr->by_key, &peer->by_key,
					    by_key);
	if (ret) {
		wgr_rx_stop(peer);
		wgr_peer_put(peer);
		return ERR_PTR(ret);
	}
	list_add_tail(&peer->node, &wgr->peers);
	wgr->num_peers++;
	return peer;
}

void wgr_peer_detach(struct wgr_peer *peer, struct list_head *gone)
{
	struct wgr_device *wgr = peer->wgr;

	lockdep_assert_held(&wgr->lock);

	WRITE_ONCE(peer->dead, true);
	wgr_session_let_go(wgr_noise_close(&peer->noise));
	wgr_aip_remove_owner(&wgr->allowed, &peer->allowed);
	rhashtable_remove_fast(&wgr->by_key, &peer->by_key, by_key);
	list_move_tail(&peer->node, gone);
	wgr->num_peers--;
}

/*
 * Without producers: workers finish what they have claimed and find no more. A
 * flush waits for those alone that run already, so there must be nothing left
 * that the next one could claim.
 */
static void drop_unclaimed(struct wgr_peer *peer)
{
	wgr_line_drop_unclaimed(&peer->rx.line);
	wgr_line_drop_unclaimed(&peer->tx.line);
}

static void stop_alarms(struct wgr_peer *peer)
{
	wgr_timers_stop(&peer->timers);
	if (cancel_work_sync(&peer->forget))
		wgr_peer_put(peer);
}

/* After a grace period: ends what is under way, except in the lines. */
static void quiesce(struct wgr_peer *peer)
{
	stop_alarms(peer);
	wgr_sessions_clear(peer);
	wgr_rx_stop(peer);
	wgr_tx_drop_staged(peer);
	drop_unclaimed(peer);
}

/* The interface's totals must not go back when a peer does. */
static void keep_books(struct wgr_peer *peer)
{
	struct wgr_rx_stats stats;

	wgr_rx_read_stats(peer, &stats);
	wgr_books_add(&peer->wgr->gone, &stats);
}

/*
 * After the workers have finished what they had claimed: the lines, and what
 * polls and workers may have asked for until now.
 */
static void empty(struct wgr_peer *peer)
{
	if (cancel_work_sync(&peer->initiate))
		wgr_peer_put(peer);
	if (cancel_work_sync(&peer->tx.send))
		wgr_peer_put(peer);
	wgr_sessions_end_handshake(peer);
	wgr_rx_release(peer);
	wgr_line_drop_all(&peer->tx.line);
}

static void dismantle(struct wgr_peer *peer)
{
	empty(peer);
	/* Once more: an initiation may have been under way until now. */
	stop_alarms(peer);
	/* A dump may keep the peer for longer than its routes' namespace lasts. */
	wgr_endpoint_drop_routes(&peer->endpoint);
	keep_books(peer);
	wgr_peer_put(peer);
}

void wgr_peers_end(struct wgr_device *wgr, struct list_head *gone)
{
	struct wgr_peer *peer, *next;

	lockdep_assert_held(&wgr->lock);

	if (list_empty(gone))
		return;
	synchronize_net();
	list_for_each_entry(peer, gone, node)
		quiesce(peer);
	flush_workqueue(wgr->wq_crypt);
	list_for_each_entry_safe(peer, next, gone, node) {
		list_del(&peer->node);
		dismantle(peer);
	}
}

void wgr_peers_stop_alarms(struct wgr_device *wgr)
{
	struct wgr_peer *peer;

	lockdep_assert_held(&wgr->lock);

	list_for_each_entry(peer, &wgr->peers, node)
		stop_alarms(peer);
}

void wgr_peers_clear(struct wgr_device *wgr)
{
	struct wgr_peer *peer;

	lockdep_assert_held(&wgr->lock);

	list_for_each_entry(peer, &wgr->peers, node) {
		wgr_rx_pause(peer);
		drop_unclaimed(peer);
	}
	flush_workqueue(wgr->wq_crypt);
	list_for_each_entry(peer, &wgr->peers, node) {
		empty(peer);
		wgr_tx_drop_staged(peer);
		wgr_sessions_clear(peer);
		wgr_alarms_forget_initiation(&peer->timers.alarms);
		wgr_rx_resume(peer);
	}
}

void wgr_peers_forget_routes(struct wgr_device *wgr)
{
	struct wgr_peer *peer;

	lockdep_assert_held(&wgr->lock);

	list_for_each_entry(peer, &wgr->peers, node)
		wgr_endpoint_forget_ways(&peer->endpoint);
}

void wgr_peers_drop_routes(struct wgr_device *wgr)
{
	struct wgr_peer *peer;

	lockdep_assert_held(&wgr->lock);

	list_for_each_entry(peer, &wgr->peers, node)
		wgr_endpoint_drop_routes(&peer->endpoint);
}

void wgr_peer_remove(struct wgr_peer *peer)
{
	LIST_HEAD(gone);

	wgr_peer_detach(peer, &gone);
	wgr_peers_end(peer->wgr, &gone);
}

void wgr_peers_remove_all(struct wgr_device *wgr)
{
	struct wgr_peer *peer, *next;
	LIST_HEAD(gone);

	list_for_each_entry_safe(peer, next, &wgr->peers, node)
		wgr_peer_detach(peer, &gone);
	wgr_peers_end(wgr, &gone);
}
