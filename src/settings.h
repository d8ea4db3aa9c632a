/* SPDX-License-Identifier: GPL-2.0 */
/*
 * settings.h - what can be chosen about order: names, units and ranges, defaults
 * for new interfaces, and the one way to change an interface's settings, which
 * netlink and sysfs share. A peer may have some of its own, which go before those
 * of its interface.
 */
#ifndef WGR_SETTINGS_H
#define WGR_SETTINGS_H

#include <linux/bits.h>
#include <linux/types.h>

#include "reorder/engine.h"
#include "wgr.h"

struct netlink_ext_ack;
struct wgr_peer;

/**
 * enum wgr_setting - one setting, outside of the module a number
 * @WGR_SETTING_MODE: one of enum wgr_mode
 * @WGR_SETTING_HOLD: &wgr_settings.hold_ns, in microseconds
 * @WGR_SETTING_HOLD_MAX: &wgr_settings.hold_max_ns, in microseconds
 * @WGR_SETTING_WINDOW: &wgr_settings.window
 * @WGR_SETTING_SCOPE: one of enum wgr_scope; what it comes to is what is shown
 * @WGR_SETTINGS: number of settings
 */
enum wgr_setting {
	WGR_SETTING_MODE,
	WGR_SETTING_HOLD,
	WGR_SETTING_HOLD_MAX,
	WGR_SETTING_WINDOW,
	WGR_SETTING_SCOPE,
	WGR_SETTINGS,
};

/**
 * struct wgr_some_settings - some of the settings, as they are asked for
 * @given: bit n is set if setting n is one of them
 * @value: theirs, as numbers
 */
struct wgr_some_settings {
	u32 given;
	u32 value[WGR_SETTINGS];
};

/**
 * wgr_setting_check() - whether a setting can have this value
 * @which: setting
 * @value: number
 * @why: if it cannot, set to a text that names setting, range and unit
 *
 * Return: 0, -ERANGE if it is too small or too large, -EINVAL if it is no mode, no
 * scope or no power of two.
 */
int wgr_setting_check(enum wgr_setting which, u32 value, const char **why);

/**
 * wgr_setting_parse() - read a setting as people write it
 * @which: setting
 * @text: a mode or scope by its name or a number; a newline may follow
 * @value: set to the number, which may still be one that the setting cannot have
 *
 * Return: 0, -EINVAL if it is neither, -ERANGE if it does not fit into 32 bits.
 */
int wgr_setting_parse(enum wgr_setting which, const char *text, u32 *value);

/**
 * wgr_setting_print() - write a setting as people read it
 * @which: setting
 * @value: number
 * @page: where to, a whole page
 *
 * Return: characters written, a newline at the end included.
 */
int wgr_setting_print(enum wgr_setting which, u32 value, char *page);

/* The number of one setting. */
u32 wgr_setting_get(const struct wgr_settings *settings, enum wgr_setting which);

/* What a new interface begins with: the module parameters of this moment. */
void wgr_settings_defaults(struct wgr_settings *settings);

/**
 * wgr_settings_check() - whether all of a request can be had
 * @request: settings
 * @extack: receives a text that names setting, range and unit; may be NULL
 *
 * Return: 0 or what wgr_setting_check() says about the first wrong one.
 */
int wgr_settings_check(const struct wgr_some_settings *request, struct netlink_ext_ack *extack);

/* Some of the settings, checked, in place of those in @settings. */
void wgr_settings_put(struct wgr_settings *settings, const struct wgr_some_settings *some);

#endif
