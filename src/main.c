// SPDX-License-Identifier: GPL-2.0
/* main.c - the module: parameters, loading, unloading. */
#include "main.h"

#include <linux/log2.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/time64.h>
#include <net/rtnetlink.h>

#include "control/netlink.h"
#include "device.h"
#include "noise.h"
#include "reorder/engine.h"
#include "session.h"
#include "version.h"

#define HOLD_US_MAX 1000000U

static unsigned int hold_us = 5000;
static unsigned int window = 2048;

static int set_hold(const char *text, const struct kernel_param *param)
{
	return param_set_uint_minmax(text, param, 0, HOLD_US_MAX);
}

static int set_window(const char *text, const struct kernel_param *param)
{
	unsigned int value;
	int ret = kstrtouint(text, 0, &value);

	if (ret)
		return ret;
	if (value < WGR_WINDOW_MIN || value > WGR_WINDOW_MAX ||
	    !is_power_of_2(value)) {
		pr_err("wireguard: window=%u: must be a power of two from %u to %u (packets)\n",
		       value, WGR_WINDOW_MIN, WGR_WINDOW_MAX);
		return -EINVAL;
	}
	return param_set_uint(text, param);
}

static const struct kernel_param_ops hold_ops = {
	.set = set_hold,
	.get = param_get_uint,
};

static const struct kernel_param_ops window_ops = {
	.set = set_window,
	.get = param_get_uint,
};

module_param_cb(hold_us, &hold_ops, &hold_us, 0644);
MODULE_PARM_DESC(hold_us, "How long a packet may wait for one sent before it, in microseconds, 0 to 1000000, for new peers (default 5000)");
module_param_cb(window, &window_ops, &window, 0644);
MODULE_PARM_DESC(window, "Packets that may wait for each peer, a power of two, 64 to 16384, for new peers (default 2048)");

u32 wgr_param_window(void)
{
	return READ_ONCE(window);
}

u64 wgr_param_hold_ns(void)
{
	return (u64)READ_ONCE(hold_us) * NSEC_PER_USEC;
}

static int __init wgr_init(void)
{
	int ret;

	wgr_noise_setup();
	ret = wgr_session_setup();
	if (ret)
		return ret;
	ret = wgr_device_setup();
	if (ret)
		goto no_sessions;
	ret = wgr_netlink_register();
	if (ret)
		goto no_devices;
	pr_info("wireguard: wireguard-reorder " WGR_VERSION " loaded: packets of a peer are handed up in the order they were sent\n");
	return 0;

no_devices:
	wgr_device_teardown();
no_sessions:
	wgr_session_teardown();
	return ret;
}

static void __exit wgr_exit(void)
{
	wgr_netlink_unregister();
	wgr_device_teardown();
	wgr_session_teardown();
}

module_init(wgr_init);
module_exit(wgr_exit);
MODULE_LICENSE("GPL v2");
MODULE_DESCRIPTION("WireGuard secure network tunnel that keeps the order of packets");
MODULE_AUTHOR("The wireguard-reorder developers");
MODULE_VERSION(WGR_VERSION);
MODULE_ALIAS_RTNL_LINK("wireguard");
