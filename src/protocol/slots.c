// SPDX-License-Identifier: GPL-2.0
/* slots.c - the keys that a peer can use, and how they follow each other. */
#include "slots.h"

/* The caller is the only one to change them. */
#define swap_slot(slot, next)	rcu_replace_pointer(slot, next, true)
#define look_in(slot)		rcu_dereference_protected(slot, true)

/* Both sides have the keys: what the old current ones sealed may still come. */
static void install_current(struct wgr_slots *slots, struct wgr_keys *keys,
			    struct wgr_gone *gone)
{
	struct wgr_keys *unconfirmed = swap_slot(slots->next, NULL);
	struct wgr_keys *former = swap_slot(slots->current_, keys);

	/*
	 * Next ones that never were confirmed are what the other side may use
	 * until it learns of these, rather than the older current ones.
	 */
	if (unconfirmed) {
		gone->keys[1] = former;
		former = unconfirmed;
	}
	gone->keys[0] = swap_slot(slots->previous, former);
}

/*
 * The other side has to show that it has the keys. Three sets would be kept
 * from then on, so the previous ones go, as they do with the kernel's own, unless
 * the other side may not have gone over to the current ones yet: when both began
 * a handshake at once it still sends with these.
 */
static void install_next(struct wgr_slots *slots, struct wgr_keys *keys, u64 now_ns,
			 struct wgr_gone *gone)
{
	const struct wgr_keys *current_ = look_in(slots->current_);

	if (!current_ || wgr_aged(current_->birth_ns, WGR_REKEY_TIMEOUT_S, now_ns))
		gone->keys[1] = swap_slot(slots->previous, NULL);
	gone->keys[0] = swap_slot(slots->next, keys);
}

void wgr_slots_install(struct wgr_slots *slots, struct wgr_keys *keys, u64 now_ns,
		       struct wgr_gone *gone)
{
	*gone = (struct wgr_gone){ };
	keys->rank.number = ++slots->made;
	keys->rank.birth_ns = keys->birth_ns;
	keys->rank.initiator = keys->initiator;
	/* Keys before the flag: pairs with wgr_keys_readable(). */
	smp_store_release(&keys->ready, true);
	if (keys->initiator)
		install_current(slots, keys, gone);
	else
		install_next(slots, keys, now_ns, gone);
}

bool wgr_slots_confirm(struct wgr_slots *slots, struct wgr_keys *keys, struct wgr_gone *gone)
{
	struct wgr_keys *former;

	*gone = (struct wgr_gone){ };
	if (look_in(slots->next) != keys)
		return false;
	swap_slot(slots->next, NULL);
	former = swap_slot(slots->current_, keys);
	gone->keys[0] = swap_slot(slots->previous, former);
	return true;
}

static void stop_sending(struct wgr_keys *keys)
{
	if (keys)
		WRITE_ONCE(keys->unsendable, true);
}

void wgr_slots_stop_sending(struct wgr_slots *slots)
{
	stop_sending(look_in(slots->current_));
	stop_sending(look_in(slots->next));
}

void wgr_slots_clear(struct wgr_slots *slots, struct wgr_gone *gone)
{
	gone->keys[0] = swap_slot(slots->previous, NULL);
	gone->keys[1] = swap_slot(slots->current_, NULL);
	gone->keys[2] = swap_slot(slots->next, NULL);
}
