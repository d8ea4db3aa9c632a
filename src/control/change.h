/* SPDX-License-Identifier: GPL-2.0 */
/* change.h - settings of order changed, of an interface or of one of its peers. */
#ifndef WGR_CONTROL_CHANGE_H
#define WGR_CONTROL_CHANGE_H

#include "settings.h"
#include "wgr.h"

struct netlink_ext_ack;

/**
 * wgr_settings_change() - change settings of an interface while packets flow
 * @wgr: device; the caller holds its lock
 * @request: what to change; others stay
 * @extack: receives a text that names setting, range and unit; may be NULL
 *
 * All is changed, for all peers but in what they have of their own, or nothing.
 *
 * Return: 0 or what wgr_setting_check() says about the first wrong one.
 */
int wgr_settings_change(struct wgr_device *wgr, const struct wgr_some_settings *request,
			struct netlink_ext_ack *extack);

/**
 * wgr_settings_change_peer() - the same for the settings of one peer's own
 * @peer: peer; the caller holds its device's lock
 * @request: what it is to have of its own; what else it has stays
 * @inherit: bit n is set if setting n is to be the interface's again; one that
 *	@request has as well is its own
 * @extack: as above
 *
 * Return: as above.
 */
int wgr_settings_change_peer(struct wgr_peer *peer, const struct wgr_some_settings *request,
			     u32 inherit, struct netlink_ext_ack *extack);

/* What is in force for a peer; the caller holds the device's lock. */
void wgr_settings_of_peer(const struct wgr_peer *peer, struct wgr_settings *settings);

#endif
