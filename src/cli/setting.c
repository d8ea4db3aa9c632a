// SPDX-License-Identifier: GPL-2.0
/*
 * setting.c - the settings of an interface as people write them.
 *
 * Whatever reads or writes settings as words goes by this table: the command
 * line, the file of settings, and what doctor remembers.
 */
#include "setting.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "parse.h"

/* Ranges are the kernel's business: it knows them and says them. */
static bool parse_count(const char *text, uint32_t *value)
{
	return parse_number(text, 0, UINT32_MAX, value);
}

static void print_count(char *to, uint32_t value)
{
	snprintf(to, SETTING_TEXT, "%" PRIu32, value);
}

static void print_mode(char *to, uint32_t value)
{
	snprintf(to, SETTING_TEXT, "%s", parse_mode_name(value));
}

static void print_scope(char *to, uint32_t value)
{
	snprintf(to, SETTING_TEXT, "%s", parse_scope_name(value));
}

static void print_time(char *to, uint32_t us)
{
	if (us % 1000)
		snprintf(to, SETTING_TEXT, "%" PRIu32 "us", us);
	else
		snprintf(to, SETTING_TEXT, "%" PRIu32 "ms", us / 1000);
}

#define PLACE(member) offsetof(struct order_settings, member)

const struct setting setting_all[SETTING_COUNT + 1] = {
	{ "mode", ORDER_MODE, PLACE(mode), parse_mode, print_mode,
	  "give adaptive, fixed or off" },
	{ "hold", ORDER_HOLD, PLACE(hold_us), parse_time, print_time,
	  "give a time with its unit, such as 5ms or 800us" },
	{ "hold-max", ORDER_HOLD_MAX, PLACE(hold_max_us), parse_time, print_time,
	  "give a time with its unit, such as 50ms or 1s" },
	{ "window", ORDER_WINDOW, PLACE(window), parse_count, print_count,
	  "give a number of packets, such as 8192" },
	{ "scope", ORDER_SCOPE, PLACE(scope), parse_scope, print_scope,
	  "give flow, peer or auto" },
	{}
};

/* JSON and the files of sysfs have the unit in the name: "hold_us". */
#define IN_US "_us"

/* Whether the name is that of the setting, with the unit in it. */
static bool has_unit(const char *name, const struct setting *setting)
{
	char with_unit[SETTING_TEXT];

	snprintf(with_unit, sizeof(with_unit), "%s" IN_US, setting->name);
	return setting->parse == parse_time && parse_same_name(name, with_unit);
}

const char *setting_json_name(const struct setting *setting)
{
	static char name[SETTING_TEXT];
	char *dash;

	snprintf(name, sizeof(name), "%s%s", setting->name,
		 setting->parse == parse_time ? IN_US : "");
	for (dash = name; *dash; dash++) {
		if (*dash == '-')
			*dash = '_';
	}
	return name;
}

const struct setting *setting_find(const char *name)
{
	const struct setting *s;

	for (s = setting_all; s->name; s++) {
		if (parse_same_name(name, s->name) || has_unit(name, s))
			return s;
	}
	return NULL;
}

bool setting_read(const char *name, const char *text, uint32_t *value)
{
	const struct setting *setting = setting_find(name);

	return (has_unit(name, setting) && parse_count(text, value)) ||
	       setting->parse(text, value);
}

bool setting_read_peer(const char *name, const char *text, uint32_t *value)
{
	if (strcmp(text, SETTING_INHERIT))
		return setting_read(name, text, value);
	*value = WG_REORDER_INHERIT;
	return true;
}

void setting_print_peer(const struct setting *setting, char *to, uint32_t value)
{
	if (value == WG_REORDER_INHERIT)
		snprintf(to, SETTING_TEXT, SETTING_INHERIT);
	else
		setting->print(to, value);
}

const char *setting_wrong(const struct setting *setting, const char *text)
{
	const char *wrong = setting->parse == parse_time ? parse_time_wrong(text) : NULL;

	if (text[0] == '-' && (isdigit((unsigned char)text[1]) || text[1] == '.'))
		return "there is nothing below zero: give a value from 0 on";
	return wrong ? wrong : setting->rule;
}

uint32_t *setting_place(struct order_settings *settings, const struct setting *setting)
{
	return (uint32_t *)((char *)settings + setting->offset);
}

uint32_t setting_value(const struct order_settings *settings, const struct setting *setting)
{
	return *(const uint32_t *)((const char *)settings + setting->offset);
}

bool setting_same(const struct order_settings *one, const struct order_settings *other)
{
	const struct setting *s;

	for (s = setting_all; s->name; s++) {
		if (setting_value(one, s) != setting_value(other, s))
			return false;
	}
	return true;
}

const char *setting_names(void)
{
	static char names[128];
	const struct setting *s;
	size_t used = 0;

	for (s = setting_all; s->name && used < sizeof(names); s++)
		used += snprintf(names + used, sizeof(names) - used, "%s%s",
				 s == setting_all ? "" : s[1].name ? ", " : " or ", s->name);
	return names;
}

void setting_copy(struct order_settings *to, const struct order_settings *from,
		  unsigned int given)
{
	const struct setting *s;

	for (s = setting_all; s->name; s++) {
		if (given & s->bit)
			*setting_place(to, s) = setting_value(from, s);
	}
}
