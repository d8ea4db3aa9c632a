// SPDX-License-Identifier: GPL-2.0
/* main.c - the module: loading, unloading. */
#include <linux/module.h>
#include <net/rtnetlink.h>

#include "aead.h"
#include "control/netlink.h"
#include "control/reorder.h"
#include "interface.h"
#include "peer.h"
#include "protocol/handshake.h"
#include "randomness.h"
#include "run.h"
#include "session.h"
#include "version.h"

static int __init wgr_init(void)
{
	int ret;

	wgr_aead_setup();
	wgr_handshake_setup();
	wgr_run_setup();
	ret = wgr_peer_setup();
	if (ret)
		return ret;
	ret = wgr_session_setup();
	if (ret)
		goto no_peers;
	ret = wgr_device_setup();
	if (ret)
		goto no_sessions;
	ret = wgr_reorder_netlink_register();
	if (ret)
		goto no_devices;
	ret = wgr_netlink_register();
	if (ret)
		goto no_reorder_netlink;
	pr_info("wireguard: wireguard-reorder " WGR_VERSION " loaded: packets of a peer are handed up in the order they were sent\n");
	return 0;

no_reorder_netlink:
	wgr_reorder_netlink_unregister();
no_devices:
	wgr_device_teardown();
no_sessions:
	wgr_session_teardown();
no_peers:
	wgr_peer_teardown();
	return ret;
}

static void __exit wgr_exit(void)
{
	wgr_netlink_unregister();
	wgr_reorder_netlink_unregister();
	wgr_device_teardown();
	wgr_session_teardown();
	wgr_peer_teardown();
	wgr_random_teardown();
}

module_init(wgr_init);
module_exit(wgr_exit);
MODULE_LICENSE("GPL v2");
MODULE_DESCRIPTION("WireGuard secure network tunnel that keeps the order of packets");
MODULE_AUTHOR("The wireguard-reorder developers");
MODULE_VERSION(WGR_VERSION);
MODULE_ALIAS_RTNL_LINK("wireguard");
