/* SPDX-License-Identifier: GPL-2.0 */
/*
 * netlink.h - the generic netlink family "wireguard", which wg and all other
 * programs configure tunnels with; linux/wireguard.h is its description.
 */
#ifndef WGR_CONTROL_NETLINK_H
#define WGR_CONTROL_NETLINK_H

/**
 * wgr_netlink_register() - make the family known
 *
 * Requests come as soon as it is, so it has to be the last step of loading.
 *
 * Return: 0, -EEXIST when another module has a family of this name, -ENOMEM.
 */
int wgr_netlink_register(void);

/* No more requests once it returns. */
void wgr_netlink_unregister(void);

#endif
