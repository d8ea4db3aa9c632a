// SPDX-License-Identifier: GPL-2.0
/* export.c - the command "export": metrics for Prometheus. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "cli.h"
#include "metrics.h"
#include "netns.h"
#include "replace.h"
#include "say.h"

static void add(struct metrics *metrics, const char *netns, const struct order_settings *settings,
		const struct order_report *report)
{
	struct metrics_interface *interface;

	metrics->all = say_alloc(metrics->all, (metrics->count + 1) * sizeof(*metrics->all));
	interface = &metrics->all[metrics->count++];
	*interface = (struct metrics_interface){ .settings = *settings, .report = *report };
	snprintf(interface->netns, sizeof(interface->netns), "%s", netns);
}

/* One of which there is nothing to be read any more is left out. */
static int read_interface(struct metrics *metrics, struct order *order, const char *netns,
			  const struct order_settings *settings)
{
	struct order_report report = {};
	int err = order_read(order, settings->ifname, &report);

	if (!err) {
		add(metrics, netns, settings, &report);
		return CLI_OK;
	}
	order_free(&report);
	return access_gone(NULL, err) ? CLI_OK : access_failed(order, settings->ifname, err);
}

/* The interfaces of the network namespace that the program is in. */
static int read_here(struct metrics *metrics, const char *netns)
{
	struct order_settings *list = NULL;
	struct order order;
	size_t i, count;
	int code;

	code = access_open(&order);
	if (code)
		return code;
	code = access_settings(&order, NULL, &list, &count);
	for (i = 0; i < count && !code; i++)
		code = read_interface(metrics, &order, netns, &list[i]);
	free(list);
	order_close(&order);
	return code;
}

/*
 * One that has no name of its own may be that of one process now and of another
 * one soon: its number is what stays.
 */
static void name_netns(char name[NETNS_NAME], const struct netns *netns)
{
	if (!*netns->name || netns->named)
		snprintf(name, NETNS_NAME, "%s", netns->name);
	else
		snprintf(name, NETNS_NAME, "net:[%ju]", (uintmax_t)netns->id);
}

static int read_all(struct metrics *metrics)
{
	struct netns *list;
	char name[NETNS_NAME];
	int code = CLI_OK, err;
	size_t i, count;

	list = netns_list(&count);
	for (i = 0; i < count && !code; i++) {
		name_netns(name, &list[i]);
		err = netns_go(&list[i]);
		if (err) {
			say("network namespace \"%s\": %s%s", name, strerror(-err),
			    access_code(err) == CLI_ROOT ? ": this needs root: try it with sudo" : "");
			code = access_code(err);
		} else {
			code = read_here(metrics, name);
		}
	}
	netns_free(list, count);
	return code;
}

/* With another module than ours there are no interfaces, and that is what is exported. */
static int collect(const struct cli *cli, struct metrics *metrics)
{
	kernel_loaded(&metrics->loaded);
	metrics->netns = cli->netns || cli->all_netns;
	metrics->own = cli->netns ? cli->netns : "";
	if (metrics->loaded.whose != KERNEL_OURS)
		return CLI_OK;
	return cli->all_netns ? read_all(metrics) : read_here(metrics, metrics->own);
}

static int write_file(const char *path, const struct metrics *metrics)
{
	struct replace replace;
	int err;

	err = replace_begin(&replace, path);
	if (!err) {
		metrics_print(replace.file, metrics);
		err = replace_end(&replace, true);
	}
	if (!err)
		return CLI_OK;
	if (err == -EINVAL) {
		say("%s: there is something that is no file: give another name", path);
		return CLI_USAGE;
	}
	say("%s: %s%s", path, strerror(-err),
	    access_code(err) == CLI_ROOT ? ": try it with sudo, or give a file in another folder" : "");
	return access_code(err);
}

static void forget(struct metrics *metrics)
{
	while (metrics->count--)
		order_free(&metrics->all[metrics->count].report);
	free(metrics->all);
}

int export_command(const struct cli *cli, int count, char **words)
{
	struct metrics metrics = {};
	int code;

	if (cli->json)
		return say_usage("export prints the text format of Prometheus: leave --json out");
	if (count)
		return say_usage("export takes nothing, not \"%s\"", words[0]);
	code = collect(cli, &metrics);
	if (!code && cli->output)
		code = write_file(cli->output, &metrics);
	else if (!code)
		metrics_print(stdout, &metrics);
	forget(&metrics);
	return code;
}
