/* SPDX-License-Identifier: GPL-2.0 */
/*
 * allowedips.h - crypto-key routing: which peer an inner address belongs to.
 *
 * Prefixes of both families, each with one owner; a look-up gives the owner of
 * the longest prefix that covers an address.
 *
 * Writers hold the mutex that was given to wgr_aip_init(). Readers hold
 * rcu_read_lock() or rcu_read_lock_bh() and take no lock. What one call changes
 * is one change for readers as well: they see the table as before or as after
 * it. A look-up that overlaps several calls may see some of them only.
 */
#ifndef WGR_ALLOWEDIPS_H
#define WGR_ALLOWEDIPS_H

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

struct wgr_aip_node;

/**
 * struct wgr_aip_owner - the routing part of a peer, embedded in it
 * @entries: the owner's prefixes, oldest first; guarded by the table's mutex
 */
struct wgr_aip_owner {
	struct list_head entries;
};

/**
 * struct wgr_aip_entry - one prefix
 * @node: place in the owner's list; guarded by the table's mutex
 * @serial: greater than that of every entry before it in the list; guarded by
 *	the table's mutex
 * @owner: whose prefix it is
 * @rcu: puts off the release until look-ups are over
 * @family: AF_INET or AF_INET6
 * @cidr: length of the prefix in bits, 0 to 32 or 0 to 128
 * @addr: first address of the prefix
 * @addr.v4: for AF_INET
 * @addr.v6: for AF_INET6
 *
 * Outside of allowedips.c for reading only.
 */
struct wgr_aip_entry {
	struct list_head node;
	u64 serial;
	struct wgr_aip_owner __rcu *owner;
	struct rcu_head rcu;
	u16 family;
	u8 cidr;
	union {
		struct in_addr v4;
		struct in6_addr v6;
	} addr;
};

/**
 * struct wgr_aip_table - the prefixes of one device
 * @root4: top of the IPv4 tree
 * @root6: top of the IPv6 tree
 * @writer: serialises changes; the device's, not the table's own
 * @generation: number of changes so far; guarded by @writer
 * @serial: the last serial given to an entry; guarded by @writer
 */
struct wgr_aip_table {
	struct wgr_aip_node __rcu *root4;
	struct wgr_aip_node __rcu *root6;
	struct mutex *writer;
	u64 generation;
	u64 serial;
};

/**
 * struct wgr_aip_cursor - how far a walk over an owner's prefixes has come
 * @serial: of the entry that was given last, 0 before the first
 * @generation: of the table when @last was stored
 * @last: the entry that was given last; looked at only while @generation is
 *	the table's, so it never dangles
 *
 * All zeros is the start. The mutex may be let go between two steps: a prefix
 * that the owner has all the while is given once, whatever else changes.
 */
struct wgr_aip_cursor {
	u64 serial;
	u64 generation;
	struct wgr_aip_entry *last;
};

static inline void wgr_aip_owner_init(struct wgr_aip_owner *owner)
{
	INIT_LIST_HEAD(&owner->entries);
}

/**
 * wgr_aip_init() - make an empty table
 * @table: what to set up
 * @writer: the mutex that every caller which changes the table holds
 */
void wgr_aip_init(struct wgr_aip_table *table, struct mutex *writer);

/**
 * wgr_aip_destroy() - remove every prefix of every owner
 * @table: empty and usable afterwards
 *
 * Context: process, @table->writer held.
 */
void wgr_aip_destroy(struct wgr_aip_table *table);

/**
 * wgr_aip_insert() - give a prefix to an owner
 * @table: where
 * @family: AF_INET or AF_INET6
 * @addr: 4 or 16 bytes in network order, of any alignment; bits past @cidr
 *	do not count
 * @cidr: length in bits, 0 to 32 or 0 to 128
 * @owner: who gets it; taken away from the owner before, if there is one.
 *	A prefix that is the owner's already keeps its place in the list.
 *
 * Context: process, may sleep, @table->writer held.
 * Return: 0; -EINVAL for another family or length; -ENOMEM, and nothing has
 * changed.
 */
int wgr_aip_insert(struct wgr_aip_table *table, u16 family, const void *addr,
		   u8 cidr, struct wgr_aip_owner *owner);

/**
 * wgr_aip_remove() - take a prefix away from an owner
 * @table: where
 * @family: AF_INET or AF_INET6
 * @addr: as for wgr_aip_insert()
 * @cidr: as for wgr_aip_insert()
 * @owner: who loses it; nothing happens if it belongs to another or to nobody
 *
 * Context: @table->writer held. Allocates nothing, so it cannot run out of
 * memory.
 * Return: 0; -EINVAL for another family or length.
 */
int wgr_aip_remove(struct wgr_aip_table *table, u16 family, const void *addr,
		   u8 cidr, struct wgr_aip_owner *owner);

/**
 * wgr_aip_remove_owner() - take all prefixes away from an owner
 * @table: where
 * @owner: who loses them; look-ups that began before may still give it, so it
 *	stays in memory for a grace period more
 *
 * Context: @table->writer held. Takes time in proportion to the number of the
 * owner's prefixes, allocates nothing.
 */
void wgr_aip_remove_owner(struct wgr_aip_table *table,
			  struct wgr_aip_owner *owner);

/**
 * wgr_aip_lookup() - the owner of an address
 * @table: where
 * @family: AF_INET or AF_INET6
 * @addr: 4 or 16 bytes in network order, of any alignment
 *
 * Context: any, in an RCU read section. The owner stays in memory until its
 * end; for longer the caller takes a reference, if there still is one to get.
 * Return: owner of the longest prefix that covers @addr, or NULL; NULL for
 * another family.
 */
struct wgr_aip_owner *wgr_aip_lookup(const struct wgr_aip_table *table,
				     u16 family, const void *addr);

/**
 * wgr_aip_next() - the next step of a walk over an owner's prefixes
 * @table: where
 * @owner: whose prefixes
 * @cursor: how far the walk has come; moved on only by a returned entry
 *
 * Between two calls the table may change. A caller that gives up what it got
 * (no room in the message) restores a copy of the cursor made before the call.
 *
 * Context: @table->writer held.
 * Return: the next entry, good until the mutex is let go, or NULL at the end.
 */
struct wgr_aip_entry *wgr_aip_next(const struct wgr_aip_table *table,
				   struct wgr_aip_owner *owner,
				   struct wgr_aip_cursor *cursor);

#endif
