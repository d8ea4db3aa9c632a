/* SPDX-License-Identifier: GPL-2.0 */
/* interface.h - the network interface: made and taken away, up and down. */
#ifndef WGR_INTERFACE_H
#define WGR_INTERFACE_H

#include "protocol/messages.h"
#include "wgr.h"

struct net_device;

int wgr_device_setup(void);
void wgr_device_teardown(void);

/* True if @dev is one of ours. */
bool wgr_is_device(const struct net_device *dev);

/**
 * wgr_device_add_peer() - wgr_peer_create(), on an interface that goes by how many it has
 * @wgr: device; the caller holds its lock
 * @public: the peer's public key
 * @psk: preshared key or NULL
 *
 * Return: as there.
 */
struct wgr_peer *wgr_device_add_peer(struct wgr_device *wgr, const u8 public[WGR_KEY_LEN],
				     const u8 *psk);

/**
 * wgr_device_set_secret() - take a private key and all that follows from it
 * @wgr: device; the caller holds its lock
 * @secret: 32 bytes, all zero for none
 *
 * A peer with our own public key is removed. Handshakes under way end, and
 * sessions stop sending, so that new ones are made with the new key.
 */
void wgr_device_set_secret(struct wgr_device *wgr, const u8 secret[WGR_KEY_LEN]);

#endif
