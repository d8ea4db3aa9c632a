// SPDX-License-Identifier: GPL-2.0
/*
 * apply.c - the command "apply": sets what the file of settings says.
 *
 * udev calls it for each interface that is made, with whatever module: where there
 * are no such settings it has nothing to do, and nothing to say. Peers come later,
 * and the module tells udev of that: then it is called once more, for new ones only.
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
	bool is_peer = entry->section.is_peer;
	char value[SETTING_TEXT], key[KEY_TEXT] = "";

	if (err != -ERANGE && err != -EINVAL && err != -EOPNOTSUPP)
		return access_failed(order, ifname, err);
	setting_print_peer(entry->setting, value, entry->value);
	if (is_peer)
		key_print(entry->section.key, key);
	conf_say(conf, entry->line, "%s %s for %s%s%s: %s", entry->setting->name, value, ifname,
		 is_peer ? " peer " : "", key, *order->nl.why ? order->nl.why : strerror(-err));
	return CLI_USAGE;
}

/*
 * Peers.
 */

/**
 * struct wanted - what the file says of a peer that there is
 * @entry: of each setting, in the order of setting_all, or NULL
 */
struct wanted {
	const struct conf_entry *entry[SETTING_COUNT];
};

/* The file's lines, by the place of their peer in the report; to be freed. */
static struct wanted *sort_lines(const struct conf *conf, const struct order_report *report)
{
	struct wanted *wanted = say_alloc(NULL, (report->count + 1) * sizeof(*wanted));
	const struct order_peer *peer = NULL;
	const struct conf_entry *entry;
	size_t i;

	memset(wanted, 0, report->count * sizeof(*wanted));
	for (i = 0; i < conf->count; i++) {
		entry = &conf->all[i];
		if (!entry->setting)
			peer = entry->section.is_peer &&
			       !strcmp(entry->section.ifname, report->ifname) ?
			       order_find(report, entry->section.key) : NULL;
		else if (peer)
			wanted[peer - report->peers].entry[entry->setting - setting_all] = entry;
	}
	return wanted;
}

/* As is_so(), for a peer: it may also have by chance what the interface has. */
static bool is_peers_own(const struct order_peer *peer, const struct conf_entry *entry)
{
	bool own = peer->own & entry->setting->bit;

	if (entry->value == WG_REORDER_INHERIT)
		return !own;
	return own && entry->setting->bit != ORDER_SCOPE &&
	       setting_value(&peer->settings, entry->setting) == entry->value;
}

/* Whether setting it changes nothing that is shown. */
static bool is_shown(const struct order_peer *peer, const struct conf_entry *entry)
{
	return peer->own & entry->setting->bit && entry->setting->bit == ORDER_SCOPE &&
	       order_scope_in(entry->value, peer->settings.mode) == peer->settings.scope;
}

/* *changed: set to true if something is another than before. */
static int apply_peer(struct order *order, const struct conf *conf, const char *ifname,
		      const struct order_peer *peer, const struct wanted *wanted, bool *changed)
{
	struct order_settings settings = {};
	const struct conf_entry *entry;
	int code = CLI_OK, err;
	unsigned int wrong;
	size_t i;

	snprintf(settings.ifname, sizeof(settings.ifname), "%s", ifname);
	for (i = 0; i < SETTING_COUNT && code != CLI_ROOT; i++) {
		entry = wanted->entry[i];
		if (!entry || is_peers_own(peer, entry))
			continue;
		*setting_place(&settings, entry->setting) = entry->value;
		err = order_set_peer(order, &settings, peer->key, entry->setting->bit, &wrong);
		/* It may have gone meanwhile. */
		if (err && err != -ENOENT)
			code = refused(order, conf, entry, ifname, err);
		*changed |= !err && !is_shown(peer, entry);
	}
	return code;
}

static bool has_peers(const struct conf *conf, const char *ifname)
{
	size_t i;

	for (i = 0; i < conf->count; i++) {
		if (conf->all[i].section.is_peer && !strcmp(conf->all[i].section.ifname, ifname))
			return true;
	}
	return false;
}

/* Peers of the file that the interface does not have may be added later, or are mistyped. */
static int check_peers(const struct conf *conf, const struct order_report *report)
{
	const struct conf_entry *entry;
	int code = CLI_OK;
	char key[KEY_TEXT];
	size_t i;

	for (i = 0; i < conf->count; i++) {
		entry = &conf->all[i];
		if (entry->setting || !entry->section.is_peer ||
		    strcmp(entry->section.ifname, report->ifname) ||
		    order_find(report, entry->section.key))
			continue;
		key_print(entry->section.key, key);
		conf_say(conf, entry->line, "%s has no peer %s now: add it, or mend the key",
			 report->ifname, key);
		code = CLI_USAGE;
	}
	return code;
}

/**
 * struct task - what is to be set
 * @conf: what the file says
 * @ifname: of which interface alone, or NULL for all
 * @new_peers: only of peers that have nothing of their own yet
 */
struct task {
	const struct conf *conf;
	const char *ifname;
	bool new_peers;
};

static int apply_report(struct order *order, const struct task *task,
			const struct order_report *report)
{
	struct wanted *wanted = sort_lines(task->conf, report);
	int code = CLI_OK, one;
	bool changed = false;
	size_t i;

	for (i = 0; i < report->count && code != CLI_ROOT; i++) {
		if (task->new_peers && report->peers[i].own)
			continue;
		one = apply_peer(order, task->conf, report->ifname, &report->peers[i], &wanted[i],
				 &changed);
		code = one ? one : code;
	}
	free(wanted);
	if (changed)
		look_begin(order, report->ifname);
	one = code == CLI_ROOT || task->ifname ? CLI_OK : check_peers(task->conf, report);
	return code ? code : one;
}

static int apply_peers(struct order *order, const struct task *task, const char *ifname)
{
	struct order_report report = {};
	int code, err;

	if (!has_peers(task->conf, ifname))
		return CLI_OK;
	err = order_read(order, ifname, &report);
	order_sort(&report);
	code = err ? access_failed(order, ifname, err) : apply_report(order, task, &report);
	order_free(&report);
	return code;
}

/*
 * Interfaces.
 */

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

static int apply_interface(struct order *order, const struct conf *conf,
			   struct order_settings *settings)
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

static int apply(struct order *order, const struct task *task, struct order_settings *settings)
{
	int code = task->new_peers ? CLI_OK : apply_interface(order, task->conf, settings);
	int peers = code == CLI_ROOT ? CLI_OK : apply_peers(order, task, settings->ifname);

	return code ? code : peers;
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
		if (entry->setting || !strcmp(entry->section.ifname, CONF_ALL) ||
		    is_listed(list, count, entry->section.ifname))
			continue;
		name_all(names, sizeof(names), list, count);
		conf_say(conf, entry->line, "no WireGuard interface is called \"%s\" now: %s",
			 entry->section.ifname, names);
		code = CLI_USAGE;
	}
	return code;
}

static int apply_all(struct order *order, const struct task *task)
{
	struct order_settings *list;
	size_t i, count;
	int code, one;

	code = access_settings(order, task->ifname, &list, &count);
	if (code)
		count = 0;
	else if (!task->ifname)
		code = check_sections(task->conf, list, count);
	for (i = 0; i < count && code != CLI_ROOT; i++) {
		one = apply(order, task, &list[i]);
		code = one ? one : code;
	}
	free(list);
	return code;
}

static int read_and_apply(struct order *order, const char *ifname, bool new_peers)
{
	struct conf conf;
	const struct task task = { .conf = &conf, .ifname = ifname, .new_peers = new_peers };
	int code, err;

	err = conf_read(&conf, ifname);
	if (err) {
		say("%s: %s", conf.path, strerror(-err));
		code = access_code(err);
	} else {
		code = apply_all(order, &task);
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

	if (count > 1)
		return say_usage("apply takes one interface, not \"%s\"", words[1]);
	if (word && access_check_name(word))
		return CLI_USAGE;
	err = order_open(&order);
	if (err == -ENOENT)
		return CLI_OK;
	if (err)
		return access_open(&order);
	code = read_and_apply(&order, word, cli->new_peers);
	order_close(&order);
	return code;
}
