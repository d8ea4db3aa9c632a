// SPDX-License-Identifier: GPL-2.0
/*
 * export.c - the command "export": the text format of Prometheus.
 *
 * All of a metric comes in one piece, as the format asks for, so everything is
 * read before anything is printed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "access.h"
#include "cli.h"
#include "hist.h"
#include "json.h"
#include "kernel.h"
#include "parse.h"
#include "say.h"
#include "util.h"
#include "version.h"

/* Holds below this bin, about a microsecond, are not told apart. */
#define HOLD_FIRST 9

/**
 * struct metric - a figure as a metric
 * @figure: one of enum wg_reorder_stat
 * @name: of the metric, without what all begin with
 * @type: "counter" or "gauge"
 * @seconds: the figure is in nanoseconds, the metric in seconds
 * @help: what it is
 */
struct metric {
	unsigned int figure;
	const char *name;
	const char *type;
	bool seconds;
	const char *help;
};

#define COUNTER(figure, name, help) { WG_REORDER_STAT_##figure, name "_total", "counter", false, help }
#define GAUGE(figure, name, help) { WG_REORDER_STAT_##figure, name, "gauge", false, help }
#define TIME(figure, name, help) { WG_REORDER_STAT_##figure, name, "gauge", true, help }

static const struct metric metrics[] = {
	COUNTER(AUTHENTICATED, "authenticated_packets", "Received and authentic packets."),
	COUNTER(IN_ORDER, "in_order_packets", "Packets that went up at once."),
	COUNTER(REORDERED, "reordered_packets", "Packets that were put into order."),
	COUNTER(RELEASED_FILLED, "released_filled_packets",
		"Reordered packets that went up as what was missing came."),
	COUNTER(RELEASED_TIMED_OUT, "released_timed_out_packets",
		"Reordered packets that went up as the wait was over."),
	COUNTER(RELEASED_PASSED, "released_passed_packets",
		"Reordered packets that went up as each path had brought something later."),
	COUNTER(RELEASED_OVERFLOWED, "released_overflowed_packets",
		"Reordered packets that went up as the window or the memory was full."),
	COUNTER(RELEASED_FLUSHED, "released_flushed_packets",
		"Reordered packets that went up as settings were changed."),
	COUNTER(LATE, "late_packets", "Packets dropped as something sent later had gone up."),
	COUNTER(DUPLICATE, "duplicate_packets", "Packets dropped as they had come before."),
	COUNTER(DISCARDED, "discarded_packets", "Packets dropped while they were held."),
	COUNTER(GAPS_OPENED, "gaps_opened", "Packets missing when one sent later came."),
	COUNTER(GAPS_FILLED, "gaps_filled", "Missing packets that came in time."),
	COUNTER(GAPS_TIMED_OUT, "gaps_timed_out", "Missing packets given up after the wait."),
	COUNTER(GAPS_PASSED, "gaps_passed", "Missing packets given up as all paths passed them."),
	COUNTER(GAPS_OVERFLOWED, "gaps_overflowed",
		"Missing packets given up as the window or the memory was full."),
	COUNTER(GAPS_RESET, "gaps_reset",
		"Missing packets given up as settings, peer or interface changed."),
	COUNTER(EPOCH_CHANGES, "epoch_changes", "Times that a session key followed on another."),
	COUNTER(EPOCH_HELD, "epoch_held_packets", "Packets held for those of an older key."),
	COUNTER(STARVED, "starved_packets", "Packets that went up early for want of memory."),
	COUNTER(EPOCHS, "epochs", "Session keys by which packets came."),
	GAUGE(HELD, "held_packets", "Packets held now."),
	GAUGE(MAX_HELD, "held_packets_max", "Most packets held at once."),
	GAUGE(GAPS_OPEN, "gaps_open", "Missing packets that are waited for now."),
	TIME(WAIT_NS, "wait_seconds", "How long a packet may be held now."),
	TIME(MAX_HOLD_NS, "hold_seconds_max", "Longest time for which a packet was held."),
};

/**
 * struct all - what is exported
 * @settings: of each interface
 * @reports: of each interface
 * @count: how many
 */
struct all {
	struct order_settings *settings;
	struct order_report *reports;
	size_t count;
};

/* A label's value: quotes, backslashes and line ends are written another way. */
static void print_escaped(const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
}

static void print_labels(const char *ifname, const struct order_peer *peer)
{
	char key[KEY_TEXT];

	key_print(peer->key, key);
	printf("{interface=\"");
	print_escaped(ifname);
	printf("\",public_key=\"%s\"", key);
}

static void print_head(const char *name, const char *type, const char *help)
{
	printf("# HELP wireguard_reorder_%s %s\n# TYPE wireguard_reorder_%s %s\n", name, help, name,
	       type);
}

/* Calls @print for each peer. */
static void each_peer(const struct all *all, const void *what,
		      void (*print)(const char *ifname, const struct order_peer *peer,
				    const void *what))
{
	size_t i, j;

	for (i = 0; i < all->count; i++) {
		for (j = 0; j < all->reports[i].count; j++)
			print(all->settings[i].ifname, &all->reports[i].peers[j], what);
	}
}

static void print_seconds(uint64_t ns)
{
	printf("%" PRIu64 ".%09" PRIu64, ns / 1000000000, ns % 1000000000);
}

static void print_figure(const char *ifname, const struct order_peer *peer, const void *what)
{
	const struct metric *metric = what;
	uint64_t value = peer->stats.value[metric->figure];

	printf("wireguard_reorder_%s", metric->name);
	print_labels(ifname, peer);
	printf("} ");
	if (metric->seconds)
		print_seconds(value);
	else
		printf("%" PRIu64, value);
	putchar('\n');
}

static void print_bucket(const char *ifname, const struct order_peer *peer, const char *name)
{
	printf("wireguard_reorder_%s_bucket", name);
	print_labels(ifname, peer);
	printf(",le=\"");
}

/* What ends a histogram: the last bin has no upper end, so +Inf stands for it. */
static void print_end(const char *ifname, const struct order_peer *peer, const char *name,
		      uint64_t count, double sum)
{
	print_bucket(ifname, peer, name);
	printf("+Inf\"} %" PRIu64 "\nwireguard_reorder_%s_sum", count, name);
	print_labels(ifname, peer);
	printf("} %.9g\nwireguard_reorder_%s_count", sum, name);
	print_labels(ifname, peer);
	printf("} %" PRIu64 "\n", count);
}

static void print_extent(const char *ifname, const struct order_peer *peer, const void *what)
{
	const uint64_t *bins = peer->stats.extent;
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i + 1 < WG_REORDER_EXTENT_BINS; i++) {
		sum += bins[i];
		print_bucket(ifname, peer, what);
		printf("%" PRIu64 "\"} %" PRIu64 "\n", hist_most(i), sum);
	}
	print_end(ifname, peer, what, hist_total(bins, WG_REORDER_EXTENT_BINS),
		  hist_sum(bins, WG_REORDER_EXTENT_BINS));
}

static void print_hold(const char *ifname, const struct order_peer *peer, const void *what)
{
	const uint64_t *bins = peer->stats.hold;
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i + 1 < WG_REORDER_HOLD_BINS; i++) {
		sum += bins[i];
		if (i < HOLD_FIRST)
			continue;
		print_bucket(ifname, peer, what);
		print_seconds(hist_most(i));
		printf("\"} %" PRIu64 "\n", sum);
	}
	print_end(ifname, peer, what, hist_total(bins, WG_REORDER_HOLD_BINS),
		  hist_sum(bins, WG_REORDER_HOLD_BINS) / 1e9);
}

static void print_info(void)
{
	struct loaded loaded;

	kernel_loaded(&loaded);
	print_head("module_info", "gauge", "The wireguard module that is loaded.");
	printf("wireguard_reorder_module_info{version=\"");
	print_escaped(loaded.id.version);
	printf("\",srcversion=\"");
	print_escaped(loaded.id.srcversion);
	printf("\"} 1\n");
}

static void print_settings(const struct all *all)
{
	size_t i;

	print_head("mode_info", "gauge", "What an interface does about order.");
	for (i = 0; i < all->count; i++) {
		printf("wireguard_reorder_mode_info{interface=\"");
		print_escaped(all->settings[i].ifname);
		printf("\",mode=\"%s\"} 1\n", parse_mode_name(all->settings[i].mode));
	}
	print_head("window_packets", "gauge", "How many packets may be held for each peer.");
	for (i = 0; i < all->count; i++) {
		printf("wireguard_reorder_window_packets{interface=\"");
		print_escaped(all->settings[i].ifname);
		printf("\"} %u\n", all->settings[i].window);
	}
}

static void print_all(const struct all *all)
{
	size_t i;

	print_info();
	print_settings(all);
	for (i = 0; i < ARRAY_SIZE(metrics); i++) {
		print_head(metrics[i].name, metrics[i].type, metrics[i].help);
		each_peer(all, &metrics[i], print_figure);
	}
	print_head("extent_packets", "histogram",
		   "By how many places packets were behind; the sum is an estimate.");
	each_peer(all, "extent_packets", print_extent);
	print_head("hold_seconds", "histogram",
		   "How long packets were held; the sum is an estimate.");
	each_peer(all, "hold_seconds", print_hold);
}

/* Those of which there is nothing to be read any more are left out. */
static int read_reports(struct order *order, struct all *all)
{
	size_t i, count = all->count;
	struct order_report *report;
	int err;

	all->count = 0;
	all->reports = say_alloc(NULL, (count + 1) * sizeof(*all->reports));
	for (i = 0; i < count; i++) {
		report = &all->reports[all->count];
		*report = (struct order_report){};
		err = order_read(order, all->settings[i].ifname, report);
		if (err)
			order_free(report);
		if (access_gone(NULL, err))
			continue;
		if (err)
			return access_failed(order, all->settings[i].ifname, err);
		all->settings[all->count++] = all->settings[i];
	}
	return CLI_OK;
}

int export_command(const struct cli *cli, int count, char **words)
{
	struct all all = {};
	struct order order;
	size_t i;
	int code;

	if (cli->json)
		return say_usage("export prints the text format of Prometheus: leave --json out");
	if (count)
		return say_usage("export takes nothing, not \"%s\"", words[0]);
	code = access_open(&order);
	if (code)
		return code;
	code = access_settings(&order, NULL, &all.settings, &all.count);
	if (!code)
		code = read_reports(&order, &all);
	if (!code)
		print_all(&all);
	for (i = 0; all.reports && i < all.count; i++)
		order_free(&all.reports[i]);
	free(all.reports);
	free(all.settings);
	order_close(&order);
	return code;
}
