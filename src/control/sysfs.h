/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sysfs.h - /sys/class/net/IF/reorder: the settings of order, a file each, for
 * scripts and udev rules.
 *
 *   mode         adaptive, fixed or off
 *   hold_us      microseconds
 *   hold_max_us  microseconds
 *   window       packets
 *
 * Writing needs CAP_NET_ADMIN in the interface's network namespace, besides the
 * rights of the file. What netlink refuses is refused with the same error.
 */
#ifndef WGR_CONTROL_SYSFS_H
#define WGR_CONTROL_SYSFS_H

#include <linux/sysfs.h>

/* For &net_device.sysfs_groups, before the interface is registered. */
extern const struct attribute_group wgr_sysfs_group;

#endif
