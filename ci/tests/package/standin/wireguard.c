// SPDX-License-Identifier: GPL-2.0
/*
 * Says of itself what the module says, and does nothing: for tests of packages,
 * where each build counts.
 */
#include <linux/module.h>
#include "version.h"

static int __init standin_init(void)
{
	return -ENODEV;
}

static void __exit standin_exit(void)
{
}

module_init(standin_init);
module_exit(standin_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Stand-in for the WireGuard that keeps the order of packets");
MODULE_VERSION(WGR_VERSION);
MODULE_ALIAS("rtnl-link-wireguard");
MODULE_ALIAS("net-pf-16-proto-16-family-wireguard");
