/* SPDX-License-Identifier: GPL-2.0 */
/* peer.h - one configured counterpart of a device. */
#ifndef WGR_PEER_H
#define WGR_PEER_H

#include <linux/hrtimer.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable-types.h>
#include <linux/skbuff.h>

#include "allowedips.h"
#include "budget.h"
#include "cookie.h"
#include "endpoint.h"
#include "line.h"
#include "noise.h"
#include "protocol/rank.h"
#include "reorder/engine.h"
#include "session.h"
#include "settings.h"
#include "timers.h"
#include "wgr.h"

/**
 * struct wgr_rx_news - what authentic packets have brought
 * @bytes: of datagrams, with all of WireGuard's own
 * @any: there were some
 * @data: some were not empty
 */
struct wgr_rx_news {
	u64 bytes;
	bool any;
	bool data;
};

/**
 * struct wgr_peer_rx - receive side of a peer
 * @line: packets in the order of their arrival
 * @napi: the only consumer of @line and @leaving
 * @lock: guards what follows up to @ranks; taken by the poll once for
 *	many packets, by others to read the books and change settings
 * @order: puts packets into the order they were sent in
 * @ready: what it has released; to be moved to @leaving by the poll
 * @arriving: what is being pushed into @order
 * @news: what the protocol has not been told of yet; the poll's alone
 * @credit: memory of held packets; the poll's alone
 * @places: memory of what is kept in the place of packets that are not held
 * @replayed: packets that were authentic, but seen before or too old to tell
 * @source: hashes of the outer addresses that packets come from, each a path;
 *	0 for none yet
 * @sources: addresses seen so far
 * @epochs: sessions that have been ranked so far
 * @ranks: of the sessions; a packet older than the newest does not move the
 *	endpoint
 * @leaving: released packets that wait for the next poll's budget
 * @polled_ns: when the poll ended last, monotonic clock; a hint for who brings packets
 * @timer: rings when something held is due; only schedules @napi
 * @too_late: bounds the lines that tell of packets beyond the longest hold
 */
struct wgr_peer_rx {
	struct wgr_line line;
	struct napi_struct napi;
	spinlock_t lock;
	struct wgr_reorder order;
	struct wgr_item_list ready;
	struct sk_buff *arriving;
	struct wgr_rx_news news;
	struct wgr_credit credit;
	struct wgr_credit places;
	u64 replayed;
	u32 source[WGR_PATHS];
	u32 sources;
	u32 epochs;
	struct wgr_ranks ranks;
	struct wgr_item_list leaving;
	s64 polled_ns;
	struct hrtimer timer;
	struct ratelimit_state too_late;
};

/**
 * struct wgr_peer_tx - send side of a peer
 * @staged: packets that wait for a session; its lock guards counters too
 * @line: packets being encrypted; its lock guards the rest
 * @sending: somebody takes packets off @line and sends them
 * @cpu: who does so until nothing was sent for a while
 * @sent_ns: when it stopped last, monotonic clock
 * @send: sends on @cpu; holds a reference while queued
 */
struct wgr_peer_tx {
	struct sk_buff_head staged;
	struct wgr_line line;
	bool sending;
	unsigned int cpu;
	u64 sent_ns;
	struct work_struct send;
};

/**
 * struct wgr_peer - a counterpart
 * @wgr: its device
 * @ref: references; the configuration holds one
 * @rcu: puts off the release until look-ups are over
 * @node: place in the device's list of peers, guarded by the device's lock
 * @by_key: place in the device's table of public keys
 * @id: number for debug lines, unique in the module
 * @dead: removed from the configuration; nothing new may begin
 * @noise: handshake, and keys in use
 * @jar: macs and cookies
 * @endpoint: where it is, and the routes there
 * @allowed: inner addresses that belong to it
 * @timers: alarms
 * @tx: send side
 * @rx: receive side
 * @initiate: sends an initiation in process context
 * @forget: wipes keys in process context
 * @rx_bytes: bytes of datagrams received, with all of WireGuard's own
 * @tx_bytes: the same for sent ones
 * @own: settings of order that go before the interface's; guarded by the
 *	device's lock, but for which they are: that may be read without
 */
struct wgr_peer {
	struct wgr_device *wgr;
	struct kref ref;
	struct rcu_head rcu;
	struct list_head node;
	struct rhash_head by_key;
	u64 id;
	bool dead;

	struct wgr_noise noise;
	struct wgr_cookie_jar jar;
	struct wgr_endpoint_cell endpoint;
	struct wgr_aip_owner allowed;
	struct wgr_timers timers;
	struct wgr_peer_tx tx;
	struct wgr_peer_rx rx;

	struct work_struct initiate;
	struct work_struct forget;
	atomic64_t rx_bytes;
	atomic64_t tx_bytes;
	struct wgr_some_settings own;
};

/* Memory for peers, once for the module; gone after all releases. */
int wgr_peer_setup(void);
void wgr_peer_teardown(void);

int wgr_peer_table_init(struct wgr_device *wgr);
void wgr_peer_table_destroy(struct wgr_device *wgr);

/**
 * wgr_peer_create() - add a peer
 * @wgr: device that expects it; the caller holds its lock
 * @public: the peer's public key
 * @psk: preshared key or NULL
 *
 * Return: the peer, referenced by the configuration only; or ERR_PTR of
 * -ENOMEM, -EMFILE at WGR_MAX_PEERS.
 */
struct wgr_peer *wgr_peer_create(struct wgr_device *wgr,
				 const u8 public[WGR_KEY_LEN], const u8 *psk);

/**
 * wgr_peer_detach() - take a peer out of the configuration
 * @peer: whose device's lock is held
 * @gone: list for wgr_peers_end(), which must follow before the lock is let go
 *
 * No look-up finds the peer any more, and nothing new begins.
 */
void wgr_peer_detach(struct wgr_peer *peer, struct list_head *gone);

/**
 * wgr_peers_end() - end all that detached peers have under way
 * @wgr: device; the caller holds its lock
 * @gone: the peers, may be none; empty afterwards
 *
 * One grace period and one flush of the workers serve for all. Drops the
 * configuration's references.
 */
void wgr_peers_end(struct wgr_device *wgr, struct list_head *gone);

/* Clears all alarms; none can be set until wgr_timers_start(). The device's lock is held. */
void wgr_peers_stop_alarms(struct wgr_device *wgr);

/**
 * wgr_peers_clear() - forget all sessions, and packets wherever they are
 * @wgr: device without sockets, alarms or handshake workers, from which the stack
 *	sends no more; the caller holds its lock
 *
 * Nothing of what was under way comes out later, somewhere else.
 */
void wgr_peers_clear(struct wgr_device *wgr);

/* Routes and sources may have changed for all peers: forget them. Its lock is held. */
void wgr_peers_forget_routes(struct wgr_device *wgr);

/* The same without senders: nothing is held on to any more. */
void wgr_peers_drop_routes(struct wgr_device *wgr);

/* Both for one peer, or for all of @wgr; the device's lock is held. */
void wgr_peer_remove(struct wgr_peer *peer);
void wgr_peers_remove_all(struct wgr_device *wgr);

/* Takes a reference; NULL if the peer is being released. */
struct wgr_peer *wgr_peer_get(struct wgr_peer *peer);
void wgr_peer_put(struct wgr_peer *peer);

/* The peer with this public key, with a reference, or NULL. Any context. */
struct wgr_peer *wgr_peer_find(struct wgr_device *wgr,
			       const u8 public[WGR_KEY_LEN]);

#endif
