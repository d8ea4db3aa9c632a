// SPDX-License-Identifier: GPL-2.0
/*
 * apply.c - the command "apply": sets what the file of settings says.
 *
 * udev calls it for each interface that is made, with whatever module: where there
 * are no such settings it has nothing to do, and nothing to say.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "cli.h"
#include "conf.h"
#include "look.h"
#include "say.h"

/* A number that the kernel does not take is one of its line, and the others go on. */
static int refused(const struct order *order, const struct conf *conf,
		   const struct conf_entry *entry, const char *ifname, int err)
{
	char value[SETTING_TEXT];

	if (err != -ERANGE && err != -EINVAL && err != -EOPNOTSUPP)
		return access_failed(order, ifname, err);
	entry->setting->print(value, entry->value);
	conf_say(conf, entry->line, "%s %s for %s: %s", entry->setting->name, value, ifname,
		 *order->nl.why ? order->nl.why : strerror(-err));
	return CLI_USAGE;
}

/*
 * What is as it is to be is left alone: some settings begin anew when they are set.
 * Of the scope is known what it comes to in the mode there is, not what was set.
 */
static bool is_so(const struct order_settings *settings, const struct conf_entry *entry)
{
	return entry->setting->bit != ORDER_SCOPE &&
	       setting_value(settings, entry->setting) == entry->value;
}

static bool has_changed(struct order *order, const struct order_settings *before)
{
	struct order_settings now;

	return !order_get(order, before->ifname, &now) && !setting_same(&now, before);
}

static int apply(struct order *order, const struct conf *conf, struct order_settings *settings)
{
	const struct order_settings before = *settings;
	const struct conf_entry *entry;
	const struct setting *s;
	int code = CLI_OK, err;
	bool set = false;
	unsigned int wrong;

	for (s = setting_all; s->name; s++) {
		entry = conf_find(conf, settings->ifname, s);
		if (!entry || is_so(settings, entry))
			continue;
		*setting_place(settings, s) = entry->value;
		err = order_set(order, settings, s->bit, &wrong);
		if (err)
			code = refused(order, conf, entry, settings->ifname, err);
		set |= !err;
	}
	if (set && has_changed(order, &before))
		look_begin(order, settings->ifname);
	return code;
}

static bool is_listed(const struct order_settings *list, size_t count, const char *ifname)
{
	while (count--) {
		if (!strcmp(list[count].ifname, ifname))
			return true;
	}
	return false;
}

/* Which interfaces there are, for who named another one. */
static void name_all(char *to, size_t size, const struct order_settings *list, size_t count)
{
	size_t i, used = snprintf(to, size, "%s", count ? "there is " : "there is none");

	for (i = 0; i < count && used < size; i++)
		used += snprintf(to + used, size - used, "%s%s", i ? ", " : "", list[i].ifname);
}

/* It may come later, or its name is mistyped. */
static int check_sections(const struct conf *conf, const struct order_settings *list,
			  size_t count)
{
	const struct conf_entry *entry;
	int code = CLI_OK;
	char names[256];
	size_t i;

	for (i = 0; i < conf->count; i++) {
		entry = &conf->all[i];
		if (entry->setting || !strcmp(entry->section, CONF_ALL) ||
		    is_listed(list, count, entry->section))
			continue;
		name_all(names, sizeof(names), list, count);
		conf_say(conf, entry->line, "no WireGuard interface is called \"%s\" now: %s",
			 entry->section, names);
		code = CLI_USAGE;
	}
	return code;
}

static int apply_all(struct order *order, const struct conf *conf, const char *word)
{
	struct order_settings *list;
	size_t i, count;
	int code, one;

	code = access_settings(order, word, &list, &count);
	if (code)
		count = 0;
	else if (!word)
		code = check_sections(conf, list, count);
	for (i = 0; i < count && code != CLI_ROOT; i++) {
		one = apply(order, conf, &list[i]);
		code = one ? one : code;
	}
	free(list);
	return code;
}

static int read_and_apply(struct order *order, const char *word)
{
	struct conf conf;
	int code, err;

	err = conf_read(&conf, word);
	if (err) {
		say("%s: %s", conf.path, strerror(-err));
		code = CLI_FAILED;
	} else {
		code = apply_all(order, &conf, word);
		if (!code && conf.wrong)
			code = CLI_USAGE;
	}
	conf_free(&conf);
	return code;
}

int apply_command(const struct cli *cli, int count, char **words)
{
	const char *word = count && strcmp(words[0], "all") ? words[0] : NULL;
	struct order order;
	int code, err;

	(void)cli;
	if (count > 1)
		return say_usage("apply takes one interface, not \"%s\"", words[1]);
	if (word && access_check_name(word))
		return CLI_USAGE;
	err = order_open(&order);
	if (err == -ENOENT)
		return CLI_OK;
	if (err)
		return access_open(&order);
	code = read_and_apply(&order, word);
	order_close(&order);
	return code;
}
