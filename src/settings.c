// SPDX-License-Identifier: GPL-2.0
/* settings.c - what can be chosen about order. */
#include "settings.h"

#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/netlink.h>
#include <linux/stringify.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/time64.h>

#define HOLD_US_MAX 1000000
#define HOLD_MAX_US_MAX 5000000

static const char *const modes[] = {
	[WGR_ADAPTIVE] = "adaptive",
	[WGR_FIXED] = "fixed",
	[WGR_OFF] = "off",
};

static_assert(ARRAY_SIZE(modes) == WGR_MODES);

static const char *const scopes[] = {
	[WGR_SCOPE_FLOW] = "flow",
	[WGR_SCOPE_PEER] = "peer",
	[WGR_SCOPE_AUTO] = "auto",
};

static_assert(ARRAY_SIZE(scopes) == WGR_SCOPES);

/* What a setting is called and may be, as told to whoever gives something else. */
static const char *const rules[WGR_SETTINGS] = {
	[WGR_SETTING_MODE] = "mode: give adaptive (0), fixed (1) or off (2)",
	[WGR_SETTING_HOLD] = "hold_us: give 0 to " __stringify(HOLD_US_MAX) " microseconds",
	[WGR_SETTING_HOLD_MAX] =
		"hold_max_us: give 0 to " __stringify(HOLD_MAX_US_MAX) " microseconds",
	[WGR_SETTING_WINDOW] =
		"window: give a power of two from " __stringify(WGR_WINDOW_MIN)
		" to " __stringify(WGR_WINDOW_MAX) " packets",
	[WGR_SETTING_SCOPE] =
		"scope: give flow (0), peer (1) or auto (2), which is peer if the mode is fixed",
};

static int check_range(u32 value, u32 min, u32 max)
{
	return value < min || value > max ? -ERANGE : 0;
}

static int check_value(enum wgr_setting which, u32 value)
{
	switch (which) {
	case WGR_SETTING_MODE:
		return value < WGR_MODES ? 0 : -EINVAL;
	case WGR_SETTING_HOLD:
		return check_range(value, 0, HOLD_US_MAX);
	case WGR_SETTING_HOLD_MAX:
		return check_range(value, 0, HOLD_MAX_US_MAX);
	case WGR_SETTING_SCOPE:
		return value < WGR_SCOPES ? 0 : -EINVAL;
	case WGR_SETTING_WINDOW:
		return check_range(value, WGR_WINDOW_MIN, WGR_WINDOW_MAX) ?:
		       (is_power_of_2(value) ? 0 : -EINVAL);
	default:
		return -EINVAL;
	}
}

int wgr_setting_check(enum wgr_setting which, u32 value, const char **why)
{
	int err = check_value(which, value);

	if (err)
		*why = rules[which];
	return err;
}

int wgr_setting_parse(enum wgr_setting which, const char *text, u32 *value)
{
	int nr;

	if (which == WGR_SETTING_MODE)
		nr = sysfs_match_string(modes, text);
	else if (which == WGR_SETTING_SCOPE)
		nr = sysfs_match_string(scopes, text);
	else
		return kstrtou32(text, 0, value);
	if (nr < 0)
		return nr;
	*value = nr;
	return 0;
}

int wgr_setting_print(enum wgr_setting which, u32 value, char *page)
{
	if (which == WGR_SETTING_MODE)
		return sysfs_emit(page, "%s\n", modes[value]);
	if (which == WGR_SETTING_SCOPE)
		return sysfs_emit(page, "%s\n", scopes[value]);
	return sysfs_emit(page, "%u\n", value);
}

u32 wgr_setting_get(const struct wgr_settings *settings, enum wgr_setting which)
{
	switch (which) {
	case WGR_SETTING_MODE:
		return settings->mode;
	case WGR_SETTING_HOLD:
		return div_u64(settings->hold_ns, NSEC_PER_USEC);
	case WGR_SETTING_HOLD_MAX:
		return div_u64(settings->hold_max_ns, NSEC_PER_USEC);
	case WGR_SETTING_WINDOW:
		return settings->window;
	case WGR_SETTING_SCOPE:
		return wgr_scope_in(settings->scope, settings->mode);
	default:
		return 0;
	}
}

static void put_value(struct wgr_settings *settings, enum wgr_setting which, u32 value)
{
	switch (which) {
	case WGR_SETTING_MODE:
		settings->mode = value;
		break;
	case WGR_SETTING_HOLD:
		settings->hold_ns = (u64)value * NSEC_PER_USEC;
		break;
	case WGR_SETTING_HOLD_MAX:
		settings->hold_max_ns = (u64)value * NSEC_PER_USEC;
		break;
	case WGR_SETTING_WINDOW:
		settings->window = value;
		break;
	case WGR_SETTING_SCOPE:
		settings->scope = value;
		break;
	default:
		break;
	}
}

/* The texts last as long as the module, whose request this is. */
static void say_why(struct netlink_ext_ack *extack, const char *why)
{
	if (extack)
		extack->_msg = why;
}

int wgr_settings_check(const struct wgr_some_settings *request, struct netlink_ext_ack *extack)
{
	enum wgr_setting which;
	const char *why;
	int err;

	for (which = 0; which < WGR_SETTINGS; which++) {
		if (!(request->given & BIT(which)))
			continue;
		err = wgr_setting_check(which, request->value[which], &why);
		if (err) {
			say_why(extack, why);
			return err;
		}
	}
	return 0;
}

void wgr_settings_put(struct wgr_settings *settings, const struct wgr_some_settings *some)
{
	enum wgr_setting which;

	for (which = 0; which < WGR_SETTINGS; which++) {
		if (some->given & BIT(which))
			put_value(settings, which, some->value[which]);
	}
}

/*
 * Defaults: they are module parameters, which are global, so they are for new
 * interfaces only.
 */

/**
 * struct parameter - a module parameter
 * @which: the setting that it is the default of
 * @value: number; read at any time
 */
struct parameter {
	enum wgr_setting which;
	u32 value;
};

static struct parameter parameters[WGR_SETTINGS] = {
	[WGR_SETTING_MODE] = { WGR_SETTING_MODE, WGR_ADAPTIVE },
	[WGR_SETTING_HOLD] = { WGR_SETTING_HOLD, 5000 },
	[WGR_SETTING_HOLD_MAX] = { WGR_SETTING_HOLD_MAX, 250000 },
	[WGR_SETTING_WINDOW] = { WGR_SETTING_WINDOW, 8192 },
	[WGR_SETTING_SCOPE] = { WGR_SETTING_SCOPE, WGR_SCOPE_AUTO },
};

static int set_parameter(const char *text, const struct kernel_param *param)
{
	struct parameter *parameter = param->arg;
	const char *why = rules[parameter->which];
	u32 value;
	int err;

	err = wgr_setting_parse(parameter->which, text, &value) ?:
	      wgr_setting_check(parameter->which, value, &why);
	if (err) {
		pr_err("wireguard: parameter refused: \"%.*s\" for %s\n",
		       (int)strcspn(text, "\n"), text, why);
		return err;
	}
	WRITE_ONCE(parameter->value, value);
	return 0;
}

static int get_parameter(char *page, const struct kernel_param *param)
{
	const struct parameter *parameter = param->arg;

	return wgr_setting_print(parameter->which, READ_ONCE(parameter->value), page);
}

static const struct kernel_param_ops parameter_ops = {
	.set = set_parameter,
	.get = get_parameter,
};

module_param_cb(mode, &parameter_ops, &parameters[WGR_SETTING_MODE], 0644);
MODULE_PARM_DESC(mode, "What new interfaces do about order: adaptive (wait for missing packets as long as the path needs), fixed (wait for hold_us) or off (default adaptive)");
module_param_cb(hold_us, &parameter_ops, &parameters[WGR_SETTING_HOLD], 0644);
MODULE_PARM_DESC(hold_us, "How long a packet may wait for one sent before it if the mode is fixed, in microseconds, 0 to 1000000, for new interfaces (default 5000)");
module_param_cb(hold_max_us, &parameter_ops, &parameters[WGR_SETTING_HOLD_MAX], 0644);
MODULE_PARM_DESC(hold_max_us, "How long it may wait at most if the mode is adaptive, in microseconds, 0 to 5000000, for new interfaces (default 250000)");
module_param_cb(window, &parameter_ops, &parameters[WGR_SETTING_WINDOW], 0644);
MODULE_PARM_DESC(window, "Packets that may wait for each peer, a power of two, 64 to 32768, for new interfaces (default 8192)");
module_param_cb(scope, &parameter_ops, &parameters[WGR_SETTING_SCOPE], 0644);
MODULE_PARM_DESC(scope, "Whose order new interfaces keep: flow (that of each inner flow), peer (that of all its packets) or auto (peer if the mode is fixed, else flow) (default auto)");

void wgr_settings_defaults(struct wgr_settings *settings)
{
	enum wgr_setting which;

	for (which = 0; which < WGR_SETTINGS; which++)
		put_value(settings, which, READ_ONCE(parameters[which].value));
}
