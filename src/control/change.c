// SPDX-License-Identifier: GPL-2.0
/* change.c - settings of order changed, of an interface or of one of its peers. */
#include "control/change.h"

#include <linux/lockdep.h>
#include <linux/netlink.h>

#include "device.h"
#include "peer.h"
#include "rx.h"

void wgr_settings_of_peer(const struct wgr_peer *peer, struct wgr_settings *settings)
{
	lockdep_assert_held(&peer->wgr->lock);

	*settings = peer->wgr->order;
	wgr_settings_put(settings, &peer->own);
}

static void configure(struct wgr_peer *peer)
{
	struct wgr_settings settings;

	wgr_settings_of_peer(peer, &settings);
	wgr_rx_configure(peer, &settings);
}

int wgr_settings_change(struct wgr_device *wgr, const struct wgr_some_settings *request,
			struct netlink_ext_ack *extack)
{
	struct wgr_peer *peer;
	int err;

	lockdep_assert_held(&wgr->lock);

	err = wgr_settings_check(request, extack);
	if (err)
		return err;
	wgr_settings_put(&wgr->order, request);
	list_for_each_entry(peer, &wgr->peers, node) {
		/* Who has all of it of its own is left alone. */
		if (request->given & ~peer->own.given)
			configure(peer);
	}
	return 0;
}

int wgr_settings_change_peer(struct wgr_peer *peer, const struct wgr_some_settings *request,
			     u32 inherit, struct netlink_ext_ack *extack)
{
	enum wgr_setting which;
	int err;

	lockdep_assert_held(&peer->wgr->lock);

	err = wgr_settings_check(request, extack);
	if (err)
		return err;
	/* Who receives reads it at any time, to say whose a setting is. */
	WRITE_ONCE(peer->own.given, (peer->own.given & ~inherit) | request->given);
	for (which = 0; which < WGR_SETTINGS; which++) {
		if (request->given & BIT(which))
			peer->own.value[which] = request->value[which];
	}
	configure(peer);
	return 0;
}
