// SPDX-License-Identifier: GPL-2.0
/*
 * allowedips.c - crypto-key routing: which peer an inner address belongs to.
 *
 * A family's table is a tree that takes four bits of an address at a time.
 * A node stands for the first @depth bits of an address (a multiple of four).
 * It keeps all prefixes that are one to four bits longer than that, and a child
 * for each value of its four bits below which there are longer ones. Levels
 * that would hold nothing are left out, so a handful of prefixes takes one or
 * two nodes, and a node that is passed on the way down may turn out not to
 * cover the address at all.
 *
 *     depth 4k                          place of a prefix of the node: 1xxxx
 *   +---------------------------+       with its own bits behind the one, so
 *   | prefixes  31 bits         |         1      0 bits (depth 0 only: /0)
 *   | children  16 bits         |         2..3   1 bit
 *   | slot[]: entries, children |         4..7   2 bits
 *   +---------------------------+         8..15  3 bits, 16..31  4 bits
 *
 * Only those places and children have a slot whose bit is set, so a node is
 * as large as what it holds. Hence a node never gets another slot: a larger
 * one takes its place. A slot that falls empty stays, as NULL, until then;
 * so removing needs no memory. Every node but a fresh one being built holds a
 * prefix or two children, which bounds the nodes by twice the prefixes.
 *
 * Order of publication, for readers that take no lock:
 *
 * - A new node is complete (key, bits, slots, and the entries and nodes that
 *   only it leads to) before rcu_assign_pointer() puts it in the one pointer
 *   that leads to it; a reader's rcu_dereference() of that pointer sees all of
 *   it. Key, depth and bits never change afterwards. As one insertion stores
 *   to one pointer, a reader finds the tree before or after it.
 * - A new node that replaces another holds all that is live in the old one.
 *   Writers are alone, so nothing changes while it is copied. Readers in the
 *   old one go on to the same entries and children: the tree before.
 * - An entry that moves to another owner stays where it is, only its owner
 *   pointer is stored anew: there is no moment at which a reader misses it,
 *   whichever copy of a node it came through.
 * - A removal empties one slot first: that is the change readers see. The
 *   unlinking of nodes left over afterwards does not change what any look-up
 *   gives.
 * - What is unlinked is freed after a grace period. A reader inside an unlinked
 *   node entered it before that was unlinked, hence is waited for by the grace
 *   period of everything the node leads to that is unlinked later.
 */
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

#include "allowedips.h"

#define STRIDE		4U
#define FANOUT		(1U << STRIDE)
#define PLACES		(2U << STRIDE)

/* An address of either family, its first bit on top of @high. */
struct aip_key {
	u64 high;
	u64 low;
};

union aip_slot {
	struct wgr_aip_entry __rcu *entry;
	struct wgr_aip_node __rcu *child;
};

/* A node of the tree, see above. */
struct wgr_aip_node {
	struct aip_key key;	/* its first depth bits count */
	u32 prefixes;		/* places that have a slot */
	u16 children;		/* values that have a slot, behind those */
	u8 depth;		/* 0, 4 .. 28 or 124 */
	struct rcu_head rcu;
	union aip_slot slot[];
};

/* What a node is made from: a slot for everything that could be in it. */
struct aip_draft {
	struct aip_key key;
	unsigned int depth;
	struct wgr_aip_entry *entry[PLACES];
	struct wgr_aip_node *child[FANOUT];
};

/* A prefix as the tree sees it. */
struct aip_prefix {
	struct aip_key key;	/* its first cidr bits count */
	unsigned int cidr;
	unsigned int depth;	/* of the node it is kept in */
	unsigned int place;	/* in that node */
};

/* Where the way down to a prefix ended. */
struct aip_spot {
	struct wgr_aip_node __rcu **link;	/* leads to the node or to NULL */
	struct wgr_aip_node *node;
	struct wgr_aip_node __rcu **above;	/* leads to the node with @link */
	unsigned int common;	/* leading bits that prefix and node share */
};

#define aip_deref(table, pointer) \
	rcu_dereference_protected(pointer, lockdep_is_held((table)->writer))

static struct wgr_aip_node __rcu **aip_root(struct wgr_aip_table *table,
					    u16 family)
{
	return family == AF_INET ? &table->root4 : &table->root6;
}

static unsigned int aip_bits(u16 family)
{
	if (family == AF_INET)
		return 32;
	return family == AF_INET6 ? 128 : 0;
}

static struct aip_key aip_key_of(u16 family, const void *addr)
{
	__be64 half[2] = {};

	/* IPv4 addresses take the place of the first bits of the others. */
	memcpy(half, addr, family == AF_INET ? 4 : 16);
	return (struct aip_key){ be64_to_cpu(half[0]), be64_to_cpu(half[1]) };
}

/* Number of leading bits in which two addresses are the same. */
static unsigned int aip_common(const struct aip_key *a, const struct aip_key *b)
{
	u64 differs = a->high ^ b->high;

	if (differs)
		return 64 - fls64(differs);
	return 128 - fls64(a->low ^ b->low);
}

/* The bits that tell the children of a node of @depth apart; @depth < 128. */
static unsigned int aip_step(const struct aip_key *key, unsigned int depth)
{
	u64 half = depth < 64 ? key->high : key->low;

	return half >> (64 - STRIDE - depth % 64) & (FANOUT - 1);
}

static struct aip_prefix aip_prefix_of(u16 family, const void *addr, u8 cidr)
{
	struct aip_prefix prefix = { .cidr = cidr };

	prefix.key = aip_key_of(family, addr);
	/* A full step longer than the node still is the node's own. */
	prefix.depth = cidr ? (cidr - 1) / STRIDE * STRIDE : 0;
	prefix.place = (aip_step(&prefix.key, prefix.depth) | FANOUT) >>
		       (prefix.depth + STRIDE - cidr);
	return prefix;
}

/* The places of a node whose prefixes cover addresses that go on with @step. */
static u32 aip_covering(unsigned int step)
{
	unsigned int place = step | FANOUT;

	return 1U << place | 1U << (place >> 1) | 1U << (place >> 2) |
	       1U << (place >> 3) | 1U << (place >> 4);
}

/* NULL if there is no slot. Takes a node's bits as they never change. */
static struct wgr_aip_entry __rcu **aip_entry_slot(struct wgr_aip_node *node,
						   unsigned int place)
{
	if (!(node->prefixes >> place & 1))
		return NULL;
	return &node->slot[hweight32(node->prefixes & ((1U << place) - 1))].entry;
}

static struct wgr_aip_node __rcu **aip_child_slot(struct wgr_aip_node *node,
						  unsigned int step)
{
	if (!(node->children >> step & 1))
		return NULL;
	return &node->slot[hweight32(node->prefixes) +
			   hweight32(node->children & ((1U << step) - 1))].child;
}

/* The longest prefix in a node that covers an address. */
static struct wgr_aip_entry *aip_match(struct wgr_aip_node *node,
				       unsigned int step)
{
	u32 places = node->prefixes & aip_covering(step);

	while (places) {
		unsigned int place = fls(places) - 1;
		struct wgr_aip_entry *entry;

		entry = rcu_dereference_check(*aip_entry_slot(node, place),
					      rcu_read_lock_bh_held());
		if (entry)
			return entry;
		places &= ~(1U << place);
	}
	return NULL;
}

struct wgr_aip_owner *wgr_aip_lookup(const struct wgr_aip_table *table,
				     u16 family, const void *addr)
{
	struct wgr_aip_node __rcu *const *link;
	struct wgr_aip_entry *best = NULL;
	struct aip_key key;

	if (!aip_bits(family))
		return NULL;

	key = aip_key_of(family, addr);
	link = family == AF_INET ? &table->root4 : &table->root6;
	while (link) {
		struct wgr_aip_entry *entry;
		struct wgr_aip_node *node;
		unsigned int step;

		node = rcu_dereference_check(*link, rcu_read_lock_bh_held());
		if (!node || aip_common(&key, &node->key) < node->depth)
			break;

		step = aip_step(&key, node->depth);
		entry = aip_match(node, step);
		if (entry)
			best = entry;
		link = aip_child_slot(node, step);
	}

	if (!best)
		return NULL;
	return rcu_dereference_check(best->owner, rcu_read_lock_bh_held());
}

static void aip_draft_from(const struct wgr_aip_table *table,
			   struct aip_draft *draft, struct wgr_aip_node *node)
{
	unsigned int i, slot = 0;

	memset(draft, 0, sizeof(*draft));
	draft->key = node->key;
	draft->depth = node->depth;
	for (i = 0; i < PLACES; i++)
		if (node->prefixes >> i & 1)
			draft->entry[i] = aip_deref(table, node->slot[slot++].entry);
	for (i = 0; i < FANOUT; i++)
		if (node->children >> i & 1)
			draft->child[i] = aip_deref(table, node->slot[slot++].child);
}

/* A node with what is in the draft and no slot more; NULL without memory. */
static struct wgr_aip_node *aip_build(const struct aip_draft *draft)
{
	struct wgr_aip_node *node;
	unsigned int i, slot = 0;
	u32 prefixes = 0;
	u16 children = 0;

	for (i = 0; i < PLACES; i++)
		prefixes |= (u32)!!draft->entry[i] << i;
	for (i = 0; i < FANOUT; i++)
		children |= !!draft->child[i] << i;

	slot = hweight32(prefixes) + hweight32(children);
	node = kzalloc(struct_size(node, slot, slot), GFP_KERNEL_ACCOUNT);
	if (!node)
		return NULL;

	node->key = draft->key;
	node->depth = draft->depth;
	node->prefixes = prefixes;
	node->children = children;
	slot = 0;
	for (i = 0; i < PLACES; i++)
		if (draft->entry[i])
			RCU_INIT_POINTER(node->slot[slot++].entry, draft->entry[i]);
	for (i = 0; i < FANOUT; i++)
		if (draft->child[i])
			RCU_INIT_POINTER(node->slot[slot++].child, draft->child[i]);
	return node;
}

/*
 * Goes down towards a prefix, to the node it is kept in or to where a node
 * would have to be put in for it.
 */
static void aip_seek(struct wgr_aip_table *table, u16 family,
		     const struct aip_prefix *prefix, struct aip_spot *spot)
{
	struct wgr_aip_node __rcu **next = aip_root(table, family);

	spot->link = NULL;
	do {
		spot->above = spot->link;
		spot->link = next;
		spot->common = 0;
		spot->node = aip_deref(table, *next);
		if (!spot->node)
			return;

		/* Beyond either depth the keys say nothing. */
		spot->common = min3(aip_common(&prefix->key, &spot->node->key),
				    prefix->depth, (unsigned int)spot->node->depth);
		if (spot->common < spot->node->depth ||
		    spot->node->depth == prefix->depth)
			return;
		next = aip_child_slot(spot->node,
				      aip_step(&prefix->key, spot->node->depth));
	} while (next);
}

/* A node that holds nothing but one entry, and one node below it if given. */
static struct wgr_aip_node *aip_build_for(const struct aip_prefix *prefix,
					  struct wgr_aip_entry *entry,
					  struct wgr_aip_node *below)
{
	struct aip_draft draft = {
		.key = prefix->key,
		.depth = prefix->depth,
	};

	draft.entry[prefix->place] = entry;
	if (below)
		draft.child[aip_step(&below->key, draft.depth)] = below;
	return aip_build(&draft);
}

/* A node above two that part somewhere in the bits of its step. */
static struct wgr_aip_node *aip_build_fork(unsigned int common,
					   struct wgr_aip_node *one,
					   struct wgr_aip_node *two)
{
	struct aip_draft draft = {
		.key = one->key,
		.depth = common / STRIDE * STRIDE,
	};

	draft.child[aip_step(&one->key, draft.depth)] = one;
	draft.child[aip_step(&two->key, draft.depth)] = two;
	return aip_build(&draft);
}

/* A larger node instead of one that has no slot for the entry or the child. */
static struct wgr_aip_node *aip_build_more(const struct wgr_aip_table *table,
					   struct wgr_aip_node *old,
					   const struct aip_prefix *prefix,
					   struct wgr_aip_entry *entry,
					   struct wgr_aip_node *child)
{
	struct aip_draft draft;

	aip_draft_from(table, &draft, old);
	if (child)
		draft.child[aip_step(&prefix->key, old->depth)] = child;
	else
		draft.entry[prefix->place] = entry;
	return aip_build(&draft);
}

/* Puts an entry into a tree that has none like it, with one store. */
static int aip_link(struct wgr_aip_table *table, const struct aip_spot *spot,
		    const struct aip_prefix *prefix, struct wgr_aip_entry *entry)
{
	struct wgr_aip_node *old = spot->node, *leaf = NULL, *top;

	if (old && old->depth == prefix->depth && spot->common == old->depth) {
		struct wgr_aip_entry __rcu **slot;

		slot = aip_entry_slot(old, prefix->place);
		if (slot) {
			rcu_assign_pointer(*slot, entry);
			return 0;
		}
		top = aip_build_more(table, old, prefix, entry, NULL);
	} else if (!old || spot->common == prefix->depth) {
		/* Nothing there, or what is there belongs below the new one. */
		top = aip_build_for(prefix, entry, old);
		old = NULL;
	} else {
		leaf = aip_build_for(prefix, entry, NULL);
		if (!leaf)
			return -ENOMEM;
		if (spot->common < old->depth) {
			top = aip_build_fork(spot->common, leaf, old);
			old = NULL;
		} else {
			top = aip_build_more(table, old, prefix, NULL, leaf);
		}
	}

	if (!top) {
		kfree(leaf);
		return -ENOMEM;
	}
	rcu_assign_pointer(*spot->link, top);
	if (old)
		kfree_rcu(old, rcu);
	return 0;
}

/*
 * Unlinks a node that has lost its last prefix, if it has one child or none
 * left. Returns true if there was none, so that the node above lost a child.
 */
static bool aip_tidy(struct wgr_aip_table *table,
		     struct wgr_aip_node __rcu **link, struct wgr_aip_node *node)
{
	struct wgr_aip_node *left = NULL;
	struct aip_draft draft;
	unsigned int i;

	aip_draft_from(table, &draft, node);
	for (i = 0; i < PLACES; i++)
		if (draft.entry[i])
			return false;
	for (i = 0; i < FANOUT; i++) {
		if (!draft.child[i])
			continue;
		if (left)
			return false;
		left = draft.child[i];
	}

	rcu_assign_pointer(*link, left);
	kfree_rcu(node, rcu);
	return !left;
}

static struct wgr_aip_entry *aip_find(struct wgr_aip_table *table,
				      const struct aip_spot *spot,
				      const struct aip_prefix *prefix)
{
	struct wgr_aip_entry __rcu **slot;

	if (!spot->node || spot->node->depth != prefix->depth ||
	    spot->common != prefix->depth)
		return NULL;
	slot = aip_entry_slot(spot->node, prefix->place);
	return slot ? aip_deref(table, *slot) : NULL;
}

/* Takes an entry that @spot and @prefix lead to out of the tree and frees it. */
static void aip_drop(struct wgr_aip_table *table, const struct aip_spot *spot,
		     const struct aip_prefix *prefix, struct wgr_aip_entry *entry)
{
	RCU_INIT_POINTER(*aip_entry_slot(spot->node, prefix->place), NULL);
	if (aip_tidy(table, spot->link, spot->node) && spot->above)
		aip_tidy(table, spot->above, aip_deref(table, *spot->above));

	list_del(&entry->node);
	table->generation++;
	kfree_rcu(entry, rcu);
}

/* At the end of its owner's list. */
static void aip_enlist(struct wgr_aip_table *table, struct wgr_aip_entry *entry,
		       struct wgr_aip_owner *owner)
{
	entry->serial = ++table->serial;
	list_add_tail(&entry->node, &owner->entries);
	/* The owner is set up before a reader can get it from here. */
	rcu_assign_pointer(entry->owner, owner);
	table->generation++;
}

static struct wgr_aip_entry *aip_entry_new(u16 family, const void *addr, u8 cidr)
{
	struct wgr_aip_entry *entry;
	size_t size = sizeof(*entry);
	u8 *bytes;

	entry = kzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!entry)
		return NULL;

	entry->family = family;
	entry->cidr = cidr;
	bytes = (u8 *)&entry->addr;
	memcpy(bytes, addr, DIV_ROUND_UP(cidr, 8));
	if (cidr % 8)
		bytes[cidr / 8] &= 0xff00 >> cidr % 8;
	return entry;
}

void wgr_aip_init(struct wgr_aip_table *table, struct mutex *writer)
{
	memset(table, 0, sizeof(*table));
	table->writer = writer;
}

int wgr_aip_insert(struct wgr_aip_table *table, u16 family, const void *addr,
		   u8 cidr, struct wgr_aip_owner *owner)
{
	struct wgr_aip_entry *entry;
	struct aip_prefix prefix;
	struct aip_spot spot;
	int ret;

	lockdep_assert_held(table->writer);
	if (!aip_bits(family) || cidr > aip_bits(family))
		return -EINVAL;

	prefix = aip_prefix_of(family, addr, cidr);
	aip_seek(table, family, &prefix, &spot);
	entry = aip_find(table, &spot, &prefix);
	if (entry) {
		if (aip_deref(table, entry->owner) == owner)
			return 0;
		list_del(&entry->node);
		aip_enlist(table, entry, owner);
		return 0;
	}

	entry = aip_entry_new(family, addr, cidr);
	if (!entry)
		return -ENOMEM;
	/* Readers may get the entry as soon as it is linked: owner first. */
	aip_enlist(table, entry, owner);
	ret = aip_link(table, &spot, &prefix, entry);
	if (ret) {
		list_del(&entry->node);
		kfree(entry);
	}
	return ret;
}

int wgr_aip_remove(struct wgr_aip_table *table, u16 family, const void *addr,
		   u8 cidr, struct wgr_aip_owner *owner)
{
	struct wgr_aip_entry *entry;
	struct aip_prefix prefix;
	struct aip_spot spot;

	lockdep_assert_held(table->writer);
	if (!aip_bits(family) || cidr > aip_bits(family))
		return -EINVAL;

	prefix = aip_prefix_of(family, addr, cidr);
	aip_seek(table, family, &prefix, &spot);
	entry = aip_find(table, &spot, &prefix);
	if (entry && aip_deref(table, entry->owner) == owner)
		aip_drop(table, &spot, &prefix, entry);
	return 0;
}

void wgr_aip_remove_owner(struct wgr_aip_table *table,
			  struct wgr_aip_owner *owner)
{
	struct wgr_aip_entry *entry, *after;

	lockdep_assert_held(table->writer);
	list_for_each_entry_safe(entry, after, &owner->entries, node) {
		struct aip_prefix prefix;
		struct aip_spot spot;

		prefix = aip_prefix_of(entry->family, &entry->addr, entry->cidr);
		aip_seek(table, entry->family, &prefix, &spot);
		aip_drop(table, &spot, &prefix, entry);
	}
}

/* Some entry of a tree, or NULL if there is none. */
static struct wgr_aip_entry *aip_any(struct wgr_aip_table *table, u16 family)
{
	struct wgr_aip_node *node = aip_deref(table, *aip_root(table, family));

	while (node) {
		struct aip_draft draft;
		unsigned int i;

		aip_draft_from(table, &draft, node);
		for (i = 0; i < PLACES; i++)
			if (draft.entry[i])
				return draft.entry[i];
		for (i = 0, node = NULL; i < FANOUT && !node; i++)
			node = draft.child[i];
	}
	return NULL;
}

void wgr_aip_destroy(struct wgr_aip_table *table)
{
	static const u16 families[] = { AF_INET, AF_INET6 };
	struct wgr_aip_entry *entry;
	unsigned int i;

	lockdep_assert_held(table->writer);
	for (i = 0; i < ARRAY_SIZE(families); i++)
		while ((entry = aip_any(table, families[i])))
			wgr_aip_remove_owner(table,
					     aip_deref(table, entry->owner));
}

struct wgr_aip_entry *wgr_aip_next(const struct wgr_aip_table *table,
				   struct wgr_aip_owner *owner,
				   struct wgr_aip_cursor *cursor)
{
	struct list_head *from = &owner->entries;
	struct wgr_aip_entry *entry;

	lockdep_assert_held(table->writer);
	/* After a change @last may be gone: find the place again from the front. */
	if (cursor->serial && cursor->generation == table->generation) {
		from = &cursor->last->node;
	} else if (cursor->serial) {
		list_for_each_entry(entry, &owner->entries, node) {
			if (entry->serial > cursor->serial)
				break;
			from = &entry->node;
		}
	}

	if (list_is_last(from, &owner->entries))
		return NULL;
	entry = list_entry(from->next, struct wgr_aip_entry, node);
	cursor->serial = entry->serial;
	cursor->generation = table->generation;
	cursor->last = entry;
	return entry;
}
