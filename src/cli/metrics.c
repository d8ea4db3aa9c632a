// SPDX-License-Identifier: GPL-2.0
/*
 * metrics.c - the text format of Prometheus.
 *
 * All of a metric comes in one piece, as the format asks for. Each figure is there
 * twice: of each peer, and of the interface with "interface_" before its name, so
 * that no sum over peers counts anything twice. A machine may have thousands of
 * peers that hardly ever send. So one that nothing has come from has a single
 * series, and one whose packets all came in order has no histograms; what alerts go
 * by, the figures of interfaces, is always there.
 */
#include "metrics.h"

#include <inttypes.h>
#include <string.h>

#include "hist.h"
#include "parse.h"
#include "utf8.h"
#include "util.h"

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

static const struct metric figures[] = {
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
	COUNTER(RELEASED_AHEAD, "released_ahead_packets",
		"Reordered packets that went up ahead of what was missing, as their flow does not wait."),
	COUNTER(RELEASED_BEHIND, "released_behind_packets",
		"Reordered packets that went up behind what other flows sent later."),
	COUNTER(LATE_AHEAD, "late_ahead_packets",
		"Late packets of flows of which one had gone up ahead of them."),
	COUNTER(LATE_UNKNOWN, "late_unknown_packets",
		"Late packets of which it was not known any more whether their own flow had overtaken them."),
	COUNTER(EPOCHS, "epochs", "Session keys by which packets came."),
	GAUGE(HELD, "held_packets", "Packets held now."),
	GAUGE(MAX_HELD, "held_packets_max", "Most packets held at once."),
	GAUGE(GAPS_OPEN, "gaps_open", "Missing packets that are waited for now."),
	TIME(WAIT_NS, "wait_seconds", "How long a packet may be held now."),
	TIME(MAX_HOLD_NS, "hold_seconds_max", "Longest time for which a packet was held."),
};

/**
 * struct source - where a sample comes from
 * @metrics: what is exported
 * @interface: the interface
 * @peer: the peer, NULL for the interface itself
 */
struct source {
	const struct metrics *metrics;
	const struct metrics_interface *interface;
	const struct order_peer *peer;
};

static const struct order_stats *stats_of(const struct source *source)
{
	return source->peer ? &source->peer->stats : &source->interface->report.totals;
}

/* What comes before the name of a figure. */
static const char *prefix_of(bool peers)
{
	return peers ? "" : "interface_";
}

/*
 * A label's value: quotes, backslashes and line ends are written another way, and
 * a byte that is no UTF-8, for which readers refuse the whole file, as "\xff".
 */
static void print_escaped(FILE *to, const char *text)
{
	size_t len;

	for (; *text; text += len) {
		len = utf8_length(text);
		if (!len) {
			len = 1;
			fprintf(to, "\\\\x%02x", (unsigned char)*text);
		} else if (*text == '\n') {
			fputs("\\n", to);
		} else {
			if (*text == '"' || *text == '\\')
				putc('\\', to);
			fwrite(text, 1, len, to);
		}
	}
}

static void print_label(FILE *to, const char *name, const char *value)
{
	fprintf(to, "%s=\"", name);
	print_escaped(to, value);
	putc('"', to);
}

/* All but the brace at the end. */
static void print_labels(FILE *to, const struct source *source)
{
	char key[KEY_TEXT];

	putc('{', to);
	if (source->metrics->netns) {
		print_label(to, "netns", source->interface->netns);
		putc(',', to);
	}
	print_label(to, "interface", source->interface->settings.ifname);
	if (source->peer) {
		key_print(source->peer->key, key);
		fprintf(to, ",public_key=\"%s\"", key);
	}
}

static void print_head(FILE *to, const char *prefix, const char *name, const char *type,
		       const char *help)
{
	fprintf(to, "# HELP wireguard_reorder_%s%s %s\n# TYPE wireguard_reorder_%s%s %s\n", prefix,
		name, help, prefix, name, type);
}

typedef void (*print_sample)(FILE *to, const struct source *source, const void *what);

/* Calls @print for each interface, or for each peer. */
static void each(FILE *to, const struct metrics *metrics, bool peers, print_sample print,
		 const void *what)
{
	struct source source = { .metrics = metrics };
	size_t i, j;

	for (i = 0; i < metrics->count; i++) {
		source.interface = &metrics->all[i];
		source.peer = NULL;
		if (!peers)
			print(to, &source, what);
		for (j = 0; peers && j < source.interface->report.count; j++) {
			source.peer = &source.interface->report.peers[j];
			print(to, &source, what);
		}
	}
}

static void print_seconds(FILE *to, uint64_t ns)
{
	fprintf(to, "%" PRIu64 ".%09" PRIu64, ns / 1000000000, ns % 1000000000);
}

static bool is_idle(const struct source *source)
{
	return source->peer && !source->peer->stats.value[WG_REORDER_STAT_AUTHENTICATED];
}

static void print_figure(FILE *to, const struct source *source, const void *what)
{
	const struct metric *metric = what;
	uint64_t value = stats_of(source)->value[metric->figure];

	if (is_idle(source) && metric->figure != WG_REORDER_STAT_AUTHENTICATED)
		return;
	fprintf(to, "wireguard_reorder_%s%s", prefix_of(source->peer), metric->name);
	print_labels(to, source);
	fputs("} ", to);
	if (metric->seconds)
		print_seconds(to, value);
	else
		fprintf(to, "%" PRIu64, value);
	putc('\n', to);
}

static void print_bucket(FILE *to, const struct source *source, const char *name)
{
	fprintf(to, "wireguard_reorder_%s%s_bucket", prefix_of(source->peer), name);
	print_labels(to, source);
	fputs(",le=\"", to);
}

/* What ends a histogram: the last bin has no upper end, so +Inf stands for it. */
static void print_end(FILE *to, const struct source *source, const char *name, uint64_t count,
		      double sum)
{
	print_bucket(to, source, name);
	fprintf(to, "+Inf\"} %" PRIu64 "\nwireguard_reorder_%s%s_sum", count,
		prefix_of(source->peer), name);
	print_labels(to, source);
	fprintf(to, "} %.9g\nwireguard_reorder_%s%s_count", sum, prefix_of(source->peer), name);
	print_labels(to, source);
	fprintf(to, "} %" PRIu64 "\n", count);
}

static void print_extent(FILE *to, const struct source *source, const void *what)
{
	const uint64_t *bins = stats_of(source)->extent;
	uint64_t all = hist_total(bins, WG_REORDER_EXTENT_BINS), sum = 0;
	unsigned int i;

	if (source->peer && !all)
		return;
	for (i = 0; i + 1 < WG_REORDER_EXTENT_BINS; i++) {
		sum += bins[i];
		print_bucket(to, source, what);
		fprintf(to, "%" PRIu64 "\"} %" PRIu64 "\n", hist_most(i), sum);
	}
	print_end(to, source, what, all, hist_sum(bins, WG_REORDER_EXTENT_BINS));
}

static void print_hold(FILE *to, const struct source *source, const void *what)
{
	const uint64_t *bins = stats_of(source)->hold;
	uint64_t all = hist_total(bins, WG_REORDER_HOLD_BINS), sum = 0;
	unsigned int i;

	if (source->peer && !all)
		return;
	for (i = 0; i + 1 < WG_REORDER_HOLD_BINS; i++) {
		sum += bins[i];
		if (i < HOLD_FIRST)
			continue;
		print_bucket(to, source, what);
		print_seconds(to, hist_most(i));
		fprintf(to, "\"} %" PRIu64 "\n", sum);
	}
	print_end(to, source, what, all, hist_sum(bins, WG_REORDER_HOLD_BINS) / 1e9);
}

/* There with any module, so that it shows which one runs. */
static void print_info(FILE *to, const struct metrics *metrics)
{
	const struct loaded *loaded = &metrics->loaded;

	print_head(to, "", "module_info", "gauge", "The wireguard module that is loaded.");
	fputs("wireguard_reorder_module_info{", to);
	if (metrics->netns) {
		print_label(to, "netns", metrics->own);
		putc(',', to);
	}
	fprintf(to, "module=\"%s\",", kernel_whose_name(loaded->whose));
	print_label(to, "version", loaded->id.version);
	putc(',', to);
	print_label(to, "srcversion", loaded->id.srcversion);
	fputs("} 1\n", to);
}

/* The value of a setting, which is a u32 at that place in struct order_settings. */
static uint32_t value_of(const struct source *source, size_t offset)
{
	return *(const uint32_t *)((const char *)&source->interface->settings + offset);
}

/**
 * struct choice - a setting that is one of several words, as a metric
 * @name: of the metric, which is always 1, and left out of what the module does not have
 * @label: that has the word
 * @offset: of the value in struct order_settings
 * @word: the word for a value
 * @help: what it is
 */
struct choice {
	const char *name;
	const char *label;
	size_t offset;
	const char *(*word)(uint32_t value);
	const char *help;
};

static const struct choice choices[] = {
	{ "mode_info", "mode", offsetof(struct order_settings, mode), parse_mode_name,
	  "What an interface does about order." },
	{ "scope_info", "scope", offsetof(struct order_settings, scope), parse_scope_name,
	  "Whose order an interface keeps: that of each flow or of all packets of a peer." },
};

static void print_choice(FILE *to, const struct source *source, const void *what)
{
	const struct choice *choice = what;

	if (value_of(source, choice->offset) == ORDER_UNKNOWN)
		return;
	fprintf(to, "wireguard_reorder_%s", choice->name);
	print_labels(to, source);
	fprintf(to, ",%s=\"%s\"} 1\n", choice->label,
		choice->word(value_of(source, choice->offset)));
}

/**
 * struct number - a setting that is a number, as a metric
 * @name: of the metric
 * @offset: of the value in struct order_settings
 * @seconds: the value is in microseconds, the metric in seconds
 * @help: what it is
 */
struct number {
	const char *name;
	size_t offset;
	bool seconds;
	const char *help;
};

static const struct number numbers[] = {
	{ "setting_hold_seconds", offsetof(struct order_settings, hold_us), true,
	  "How long packets wait in the fixed mode." },
	{ "setting_hold_max_seconds", offsetof(struct order_settings, hold_max_us), true,
	  "How long packets may wait in the adaptive mode." },
	{ "window_packets", offsetof(struct order_settings, window), false,
	  "How many packets may be held for each peer." },
};

static void print_number(FILE *to, const struct source *source, const void *what)
{
	const struct number *number = what;
	uint32_t value = value_of(source, number->offset);

	fprintf(to, "wireguard_reorder_%s", number->name);
	print_labels(to, source);
	fputs("} ", to);
	if (number->seconds)
		print_seconds(to, value * (uint64_t)1000);
	else
		fprintf(to, "%" PRIu32, value);
	putc('\n', to);
}

static void print_settings(FILE *to, const struct metrics *metrics)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(choices); i++) {
		print_head(to, "", choices[i].name, "gauge", choices[i].help);
		each(to, metrics, false, print_choice, &choices[i]);
	}
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		print_head(to, "", numbers[i].name, "gauge", numbers[i].help);
		each(to, metrics, false, print_number, &numbers[i]);
	}
}

/* Of all interfaces, or of all peers. */
static void print_stats(FILE *to, const struct metrics *metrics, bool peers)
{
	const char *prefix = prefix_of(peers);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(figures); i++) {
		print_head(to, prefix, figures[i].name, figures[i].type, figures[i].help);
		each(to, metrics, peers, print_figure, &figures[i]);
	}
	print_head(to, prefix, "extent_packets", "histogram",
		   "By how many places packets were behind; the sum is an estimate.");
	each(to, metrics, peers, print_extent, "extent_packets");
	print_head(to, prefix, "hold_seconds", "histogram",
		   "How long packets were held; the sum is an estimate.");
	each(to, metrics, peers, print_hold, "hold_seconds");
}

void metrics_print(FILE *to, const struct metrics *metrics)
{
	print_info(to, metrics);
	print_settings(to, metrics);
	print_stats(to, metrics, false);
	print_stats(to, metrics, true);
}
