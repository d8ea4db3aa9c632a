// SPDX-License-Identifier: GPL-2.0
/*
 * noise.c - what a peer has of secrets: its handshake, and the keys that come of it.
 *
 * Removal closes it. As that and the state are looked at under one lock, nothing
 * begins later, and keys are taken into the slots under that lock, too: what
 * clears the handshake and then the slots leaves none behind.
 */
#include "noise.h"

#include <linux/ktime.h>

#include "wgr.h"

void wgr_noise_init(struct wgr_noise *noise, const u8 public[WGR_KEY_LEN],
		    const u8 *psk)
{
	mutex_init(&noise->lock);
	spin_lock_init(&noise->slots_lock);
	wgr_handshake_init(&noise->hs, public, psk);
}

void wgr_noise_precompute(struct wgr_noise *noise, const struct wgr_identity *identity)
{
	mutex_lock(&noise->lock);
	wgr_handshake_precompute(&noise->hs, identity);
	mutex_unlock(&noise->lock);
}

void wgr_noise_set_psk(struct wgr_noise *noise, const u8 psk[WGR_KEY_LEN])
{
	mutex_lock(&noise->lock);
	memcpy(noise->hs.psk, psk, sizeof(noise->hs.psk));
	mutex_unlock(&noise->lock);
}

void wgr_noise_get_psk(struct wgr_noise *noise, u8 psk[WGR_KEY_LEN])
{
	mutex_lock(&noise->lock);
	memcpy(psk, noise->hs.psk, sizeof(noise->hs.psk));
	mutex_unlock(&noise->lock);
}

/* What the handshake under way would have completed has no purpose any more. */
static struct wgr_keys *replace_pending(struct wgr_noise *noise, struct wgr_keys *keys)
{
	struct wgr_keys *former = noise->pending;

	lockdep_assert_held(&noise->lock);
	noise->pending = keys;
	return former;
}

static struct wgr_keys *clear(struct wgr_noise *noise)
{
	lockdep_assert_held(&noise->lock);
	wgr_handshake_clear(&noise->hs);
	return replace_pending(noise, NULL);
}

struct wgr_keys *wgr_noise_clear(struct wgr_noise *noise)
{
	struct wgr_keys *gone;

	mutex_lock(&noise->lock);
	gone = clear(noise);
	mutex_unlock(&noise->lock);
	return gone;
}

struct wgr_keys *wgr_noise_close(struct wgr_noise *noise)
{
	struct wgr_keys *gone;

	mutex_lock(&noise->lock);
	noise->closed = true;
	gone = clear(noise);
	mutex_unlock(&noise->lock);
	return gone;
}

/* Callers have asked wgr_random_ready(), so none of these waits for a seed. */

bool wgr_noise_make_initiation(struct wgr_noise *noise, const struct wgr_identity *identity,
			       struct wgr_keys *keys, struct wgr_msg_initiation *msg,
			       struct wgr_keys **gone)
{
	struct wgr_draft draft;
	struct timespec64 now;
	bool made = false;

	*gone = keys;
	if (wgr_draft_ephemeral(&draft)) {
		mutex_lock(&noise->lock);
		ktime_get_real_ts64(&now);
		made = !noise->closed &&
		       wgr_handshake_initiate(&noise->hs, &draft, identity, keys->index,
					      now.tv_sec, now.tv_nsec, msg);
		if (made)
			*gone = replace_pending(noise, keys);
		mutex_unlock(&noise->lock);
	}
	wgr_draft_wipe(&draft);
	return made;
}

bool wgr_noise_take_initiation(struct wgr_noise *noise, struct wgr_draft *draft,
			       const struct wgr_msg_initiation *msg, bool at_once,
			       struct wgr_keys **gone)
{
	bool taken;

	*gone = NULL;
	mutex_lock(&noise->lock);
	/* The coarse clock's tick is of the order of the gap asked for. */
	taken = !noise->closed && !(at_once && wgr_handshake_goes_first(&noise->hs, msg)) &&
		wgr_handshake_take_initiation(&noise->hs, draft, msg, ktime_get_boottime_ns());
	if (taken)
		*gone = replace_pending(noise, NULL);
	mutex_unlock(&noise->lock);
	return taken;
}

bool wgr_noise_make_response(struct wgr_noise *noise, struct wgr_keys *keys,
			     struct wgr_msg_response *msg, struct wgr_keys **gone)
{
	struct wgr_draft draft;
	bool made = false;

	*gone = keys;
	if (wgr_draft_ephemeral(&draft)) {
		/*
		 * The identity is not needed, and if it has changed since the
		 * initiation was read, the state has too.
		 */
		mutex_lock(&noise->lock);
		made = wgr_handshake_respond(&noise->hs, &draft, keys->index, msg);
		if (made)
			*gone = replace_pending(noise, keys);
		mutex_unlock(&noise->lock);
	}
	wgr_draft_wipe(&draft);
	return made;
}

/* Without the lock in between, as two key exchanges take long. */
bool wgr_noise_read_response(struct wgr_noise *noise, const struct wgr_identity *identity,
			     const struct wgr_msg_response *msg)
{
	struct wgr_draft draft;
	bool right;

	mutex_lock(&noise->lock);
	right = wgr_handshake_borrow(&noise->hs, &draft, le32_to_cpu(msg->receiver));
	mutex_unlock(&noise->lock);
	if (!right)
		return false;

	right = wgr_draft_response(&draft, identity, msg);
	if (right) {
		mutex_lock(&noise->lock);
		right = wgr_handshake_take_response(&noise->hs, &draft, msg);
		mutex_unlock(&noise->lock);
	}
	wgr_draft_wipe(&draft);
	return right;
}

bool wgr_noise_finish(struct wgr_noise *noise, __le32 index, struct wgr_gone *gone)
{
	struct wgr_keys *keys = NULL;
	u64 now_ns = wgr_now_ns();

	*gone = (struct wgr_gone){ };
	mutex_lock(&noise->lock);
	if (wgr_handshake_may_finish(&noise->hs, le32_to_cpu(index))) {
		keys = replace_pending(noise, NULL);
		wgr_handshake_finish(&noise->hs, keys, now_ns);
		spin_lock_bh(&noise->slots_lock);
		wgr_slots_install(&noise->slots, keys, now_ns, gone);
		spin_unlock_bh(&noise->slots_lock);
	}
	mutex_unlock(&noise->lock);
	return keys;
}

bool wgr_noise_confirm(struct wgr_noise *noise, struct wgr_keys *keys, struct wgr_gone *gone)
{
	bool first;

	spin_lock_bh(&noise->slots_lock);
	first = wgr_slots_confirm(&noise->slots, keys, gone);
	spin_unlock_bh(&noise->slots_lock);
	return first;
}

void wgr_noise_stop_sending(struct wgr_noise *noise)
{
	/* Under the lock none of them moves from one slot to the other. */
	spin_lock_bh(&noise->slots_lock);
	wgr_slots_stop_sending(&noise->slots);
	spin_unlock_bh(&noise->slots_lock);
}

void wgr_noise_forget(struct wgr_noise *noise, struct wgr_gone *gone)
{
	spin_lock_bh(&noise->slots_lock);
	wgr_slots_clear(&noise->slots, gone);
	spin_unlock_bh(&noise->slots_lock);
}
