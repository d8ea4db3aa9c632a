// SPDX-License-Identifier: GPL-2.0
/*
 * sysfs.c - the settings of order as files.
 *
 * The files go away while the interface is unregistered, which waits for reads
 * and writes to end and holds rtnl. So none is taken here; the device's lock is
 * enough, as nobody holds that while files go away. What comes in that late
 * finds a device without peers and changes nothing that matters.
 */
#include "control/sysfs.h"

#include <linux/capability.h>
#include <linux/device.h>
#include <linux/netdevice.h>
#include <net/net_namespace.h>

#include "control/change.h"
#include "device.h"
#include "settings.h"

/**
 * struct setting_file - one of the files
 * @attr: what sysfs knows
 * @which: its setting
 */
struct setting_file {
	struct device_attribute attr;
	enum wgr_setting which;
};

static enum wgr_setting setting_of(struct device_attribute *attr)
{
	return container_of(attr, struct setting_file, attr)->which;
}

static ssize_t show(struct device *dev, struct device_attribute *attr, char *page)
{
	struct wgr_device *wgr = netdev_priv(to_net_dev(dev));
	enum wgr_setting which = setting_of(attr);
	u32 value;

	mutex_lock(&wgr->lock);
	value = wgr_setting_get(&wgr->order, which);
	mutex_unlock(&wgr->lock);
	return wgr_setting_print(which, value, page);
}

static ssize_t store(struct device *dev, struct device_attribute *attr, const char *text,
		     size_t len)
{
	struct wgr_device *wgr = netdev_priv(to_net_dev(dev));
	struct wgr_some_settings request = { .given = BIT(setting_of(attr)) };
	int err;

	if (!ns_capable(dev_net(wgr->dev)->user_ns, CAP_NET_ADMIN))
		return -EPERM;
	err = wgr_setting_parse(setting_of(attr), text, &request.value[setting_of(attr)]);
	if (err)
		return err;

	mutex_lock(&wgr->lock);
	err = wgr_settings_change(wgr, &request, NULL);
	mutex_unlock(&wgr->lock);
	return err ?: len;
}

static struct setting_file mode = {
	__ATTR(mode, 0644, show, store), WGR_SETTING_MODE
};

static struct setting_file hold_us = {
	__ATTR(hold_us, 0644, show, store), WGR_SETTING_HOLD
};

static struct setting_file hold_max_us = {
	__ATTR(hold_max_us, 0644, show, store), WGR_SETTING_HOLD_MAX
};

static struct setting_file window = {
	__ATTR(window, 0644, show, store), WGR_SETTING_WINDOW
};

static struct setting_file scope = {
	__ATTR(scope, 0644, show, store), WGR_SETTING_SCOPE
};

static struct attribute *files[] = {
	&mode.attr.attr,
	&hold_us.attr.attr,
	&hold_max_us.attr.attr,
	&window.attr.attr,
	&scope.attr.attr,
	NULL,
};

const struct attribute_group wgr_sysfs_group = {
	.name = "reorder",
	.attrs = files,
};
