/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reorder.h - the generic netlink family "wg-reorder": settings and statistics of
 * order; uapi/linux/wg_reorder.h is its description.
 */
#ifndef WGR_CONTROL_REORDER_H
#define WGR_CONTROL_REORDER_H

/**
 * wgr_reorder_netlink_register() - make the family known
 *
 * Requests come as soon as it is, so devices have to be set up before.
 *
 * Return: 0, -EEXIST when another module has a family of this name, -ENOMEM.
 */
int wgr_reorder_netlink_register(void);

/* No more requests once it returns. */
void wgr_reorder_netlink_unregister(void);

#endif
