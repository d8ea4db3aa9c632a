// SPDX-License-Identifier: GPL-2.0
/* stats.c - the commands "stats" and "dump": all figures, for programs and for people. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "cli.h"
#include "json.h"
#include "parse.h"
#include "say.h"

static void print_bins(const uint64_t *bins, unsigned int count, char between)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		printf("%s%" PRIu64, i ? (char[]){ between, 0 } : "", bins[i]);
}

/*
 * All figures stand where the header has them, the histograms among them: new ones
 * come last, so that columns of "dump" stay where they are.
 */
static void print_figure(const struct order_stats *stats, unsigned int figure, char between)
{
	if (figure == WG_REORDER_STAT_EXTENT)
		print_bins(stats->extent, WG_REORDER_EXTENT_BINS, between);
	else if (figure == WG_REORDER_STAT_HOLD)
		print_bins(stats->hold, WG_REORDER_HOLD_BINS, between);
	else
		printf("%" PRIu64, stats->value[figure]);
}

static const char *figure_name(unsigned int figure)
{
	if (figure == WG_REORDER_STAT_EXTENT)
		return "extent";
	return figure == WG_REORDER_STAT_HOLD ? "hold" : order_name(figure);
}

/* The number of a figure by its name, 0 if there is no such figure. */
static unsigned int find_figure(const char *name)
{
	unsigned int i;

	for (i = ORDER_FIRST; i <= ORDER_LAST; i++) {
		if (parse_same_name(name, figure_name(i)))
			return i;
	}
	return 0;
}

static void print_all(const struct order_stats *stats)
{
	unsigned int i;

	for (i = ORDER_FIRST; i <= ORDER_LAST; i++) {
		printf("%s: ", figure_name(i));
		print_figure(stats, i, ' ');
		putchar('\n');
	}
}

static json_t *totals_json(const struct order_report *report, unsigned int field)
{
	json_t *object = json_object(), *all = json_stats(&report->totals), *some;

	json_add_string(object, "interface", report->ifname);
	if (field) {
		some = json_object();
		json_object_set(some, figure_name(field), json_object_get(all, figure_name(field)));
		json_decref(all);
		all = some;
	}
	json_object_set_new(object, "stats", all);
	return object;
}

static void print_stats(const struct cli *cli, const struct order_report *report,
			unsigned int field)
{
	if (cli->json) {
		json_print(totals_json(report, field), false);
	} else if (field) {
		print_figure(&report->totals, field, ' ');
		putchar('\n');
	} else {
		print_all(&report->totals);
	}
}

int stats_command(const struct cli *cli, int count, char **words)
{
	struct order_report report = {};
	unsigned int field = 0;
	struct order order;
	int code, err;

	if (count < 1)
		return say_usage("stats needs the name of an interface");
	if (count > 2)
		return say_usage("stats takes an interface and one figure, not \"%s\" as well",
				 words[2]);
	if (access_check_name(words[0]))
		return CLI_USAGE;
	if (count == 2)
		field = find_figure(words[1]);
	if (count == 2 && !field)
		return say_usage("there is no figure \"%s\": \"wireguard-reorder stats %s\" lists all",
				 words[1], words[0]);
	code = access_open(&order);
	if (code)
		return code;
	err = order_read(&order, words[0], &report);
	if (err)
		code = access_failed(&order, words[0], err);
	else
		print_stats(cli, &report, field);
	order_free(&report);
	order_close(&order);
	return code;
}

static void dump_peer(const struct order_report *report, const struct order_peer *peer)
{
	char key[KEY_TEXT];
	unsigned int i;

	key_print(peer->key, key);
	printf("%s\t%s", key, report->ifname);
	for (i = ORDER_FIRST; i <= ORDER_LAST; i++) {
		putchar('\t');
		print_figure(&peer->stats, i, ',');
	}
	putchar('\n');
}

static json_t *dump_json(const struct order_report *report, const struct order_peer *peer)
{
	json_t *object = json_object();

	json_add_key(object, "public_key", peer->key);
	json_add_string(object, "interface", report->ifname);
	json_object_set_new(object, "stats", json_stats(&peer->stats));
	return object;
}

static int dump_one(struct order *order, const char *word, const char *ifname, json_t *peers)
{
	struct order_report report = {};
	int err = order_read(order, ifname, &report);
	size_t i;

	for (i = 0; i < report.count && !err; i++) {
		if (peers)
			json_array_append_new(peers, dump_json(&report, &report.peers[i]));
		else
			dump_peer(&report, &report.peers[i]);
	}
	order_free(&report);
	return err && !access_gone(word, err) ? access_failed(order, ifname, err) : CLI_OK;
}

int dump_command(const struct cli *cli, int count, char **words)
{
	const char *word = count ? words[0] : NULL;
	json_t *object = NULL, *peers = NULL;
	struct order_settings *list;
	struct order order;
	size_t found, i;
	int code;

	if (count > 1)
		return say_usage("dump takes one interface or \"all\", not \"%s\" as well",
				 words[1]);
	code = access_open(&order);
	if (code)
		return code;
	code = access_settings(&order, word, &list, &found);
	if (cli->json) {
		object = json_object();
		peers = json_array();
		json_object_set_new(object, "peers", peers);
	}
	for (i = 0; i < found && !code; i++)
		code = dump_one(&order, word, list[i].ifname, peers);
	if (object && !code)
		json_print(json_incref(object), false);
	json_decref(object);
	free(list);
	order_close(&order);
	return code;
}
