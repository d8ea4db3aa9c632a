// SPDX-License-Identifier: GPL-2.0
/* keys.c - one set of transport keys, and how long it may be used. */
#include "keys.h"

void wgr_keys_init(struct wgr_keys *keys, u32 index)
{
	keys->index = index;
	wgr_replay_init(&keys->replay);
}

void wgr_keys_abandon(struct wgr_keys *keys)
{
	WRITE_ONCE(keys->unsendable, true);
	WRITE_ONCE(keys->unreadable, true);
}

void wgr_keys_wipe(struct wgr_keys *keys)
{
	memzero_explicit(keys, sizeof(*keys));
}
