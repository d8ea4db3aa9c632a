// SPDX-License-Identifier: GPL-2.0
/* show.c - the command "show": interfaces and peers, in the manner of "wg show". */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "access.h"
#include "cli.h"
#include "format.h"
#include "hist.h"
#include "json.h"
#include "parse.h"
#include "say.h"
#include "setting.h"
#include "tunnel.h"
#include "util.h"

/* What is known of an interface: its tunnel, settings and statistics. */
struct view {
	const struct order_settings *settings;
	struct tunnel tunnel;
	struct order_report report;
};

static void heading(const struct format *f, enum format_colour colour, const char *what,
		    const char *name)
{
	printf("%s%s%s%s: %s%s%s\n", format_colour(f, colour), format_colour(f, FORMAT_BOLD), what,
	       format_colour(f, FORMAT_RESET), format_colour(f, colour), name,
	       format_colour(f, FORMAT_RESET));
}

__printf(3, 4)
static void line(const struct format *f, const char *name, const char *format, ...)
{
	va_list args;

	printf("  %s%s%s: ", format_colour(f, FORMAT_BOLD), name, format_colour(f, FORMAT_RESET));
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static void show_settings(const struct format *f, const struct order_settings *settings)
{
	char hold[FORMAT_ROOM];

	line(f, "mode", "%s", parse_mode_name(settings->mode));
	if (settings->mode == WG_REORDER_MODE_ADAPTIVE)
		line(f, "hold at most", "%s", format_us(f, hold, settings->hold_max_us));
	else if (settings->mode == WG_REORDER_MODE_FIXED)
		line(f, "hold", "%s", format_us(f, hold, settings->hold_us));
	line(f, "window", "%u packets", settings->window);
	if (settings->scope != ORDER_UNKNOWN)
		line(f, "scope", "%s", parse_scope_name(settings->scope));
}

static void show_interface(const struct format *f, const struct view *view)
{
	char key[KEY_TEXT];

	heading(f, FORMAT_GREEN, "interface", view->settings->ifname);
	if (view->tunnel.has_key) {
		key_print(view->tunnel.key, key);
		line(f, "public key", "%s", key);
	}
	if (view->tunnel.port)
		line(f, "listening port", "%u", view->tunnel.port);
	if (view->tunnel.fwmark)
		line(f, "fwmark", "0x%x", view->tunnel.fwmark);
	show_settings(f, view->settings);
}

/* Gaps, but for those that ended in ways that seldom happen and did not here. */
static void show_gaps(const struct format *f, const struct order_stats *stats)
{
	const uint64_t *v = stats->value;
	char more[FORMAT_ROOM] = "";
	size_t used = 0;

	if (v[WG_REORDER_STAT_GAPS_PASSED])
		used += snprintf(more, sizeof(more), ", %" PRIu64 " passed",
				 v[WG_REORDER_STAT_GAPS_PASSED]);
	if (v[WG_REORDER_STAT_GAPS_OVERFLOWED])
		snprintf(more + used, sizeof(more) - used, ", %" PRIu64 " overflowed",
			 v[WG_REORDER_STAT_GAPS_OVERFLOWED]);
	line(f, "gaps", "%" PRIu64 " filled, %" PRIu64 " timed out%s",
	     v[WG_REORDER_STAT_GAPS_FILLED], v[WG_REORDER_STAT_GAPS_TIMED_OUT], more);
}

/* What the scope "flow" did, if it did something: of those reordered, and of those late. */
static void show_flows(const struct format *f, const struct order_stats *stats)
{
	const uint64_t *v = stats->value;
	uint64_t ahead = v[WG_REORDER_STAT_LATE_AHEAD], unknown = v[WG_REORDER_STAT_LATE_UNKNOWN];

	if (v[WG_REORDER_STAT_RELEASED_AHEAD] || v[WG_REORDER_STAT_RELEASED_BEHIND])
		line(f, "past other flows", "%" PRIu64 " ahead of what was missing, %" PRIu64 " behind what others sent later",
		     v[WG_REORDER_STAT_RELEASED_AHEAD], v[WG_REORDER_STAT_RELEASED_BEHIND]);
	if (ahead || unknown)
		line(f, "late", "%" PRIu64 " behind their own flow, %" PRIu64 " behind one of it that went ahead, %" PRIu64 " of unknown flows",
		     order_late_own(stats), ahead, unknown);
}

/* How long packets were held: bins end above what there was, the longest is known. */
static uint64_t hold_percentile(const struct order_stats *stats, unsigned int percent)
{
	uint64_t ns = hist_percentile(stats->hold, WG_REORDER_HOLD_BINS, percent);
	uint64_t most = stats->value[WG_REORDER_STAT_MAX_HOLD_NS];

	return ns < most ? ns : most;
}

/* What order costs: how many packets waited, and how long. */
static void show_waited(const struct format *f, const struct order_stats *stats)
{
	uint64_t held = hist_total(stats->hold, WG_REORDER_HOLD_BINS);
	char share[FORMAT_ROOM], half[FORMAT_ROOM], all[FORMAT_ROOM], most[FORMAT_ROOM];

	if (held)
		line(f, "waited", "%s, p50 %s, p99 %s, %s at most",
		     format_share(share, held, stats->value[WG_REORDER_STAT_AUTHENTICATED]),
		     format_ns(f, half, hold_percentile(stats, 50)),
		     format_ns(f, all, hold_percentile(stats, 99)),
		     format_ns(f, most, stats->value[WG_REORDER_STAT_MAX_HOLD_NS]));
	else
		line(f, "waited", "no packet");
}

static void show_order(const struct format *f, const struct order_stats *stats)
{
	const uint64_t *v = stats->value;
	char share[FORMAT_ROOM], now[FORMAT_ROOM];

	if (!v[WG_REORDER_STAT_AUTHENTICATED])
		return;
	line(f, "arrived in order", "%s of %" PRIu64 " packets",
	     format_share(share, v[WG_REORDER_STAT_IN_ORDER], v[WG_REORDER_STAT_AUTHENTICATED]),
	     v[WG_REORDER_STAT_AUTHENTICATED]);
	line(f, "reordered", "%" PRIu64 ", late %" PRIu64, v[WG_REORDER_STAT_REORDERED],
	     v[WG_REORDER_STAT_LATE]);
	show_flows(f, stats);
	show_gaps(f, stats);
	line(f, "hold", "%s now", format_ns(f, now, v[WG_REORDER_STAT_WAIT_NS]));
	show_waited(f, stats);
	if (hist_total(stats->extent, WG_REORDER_EXTENT_BINS))
		line(f, "extent", "p50 %" PRIu64 ", p99 %" PRIu64 " packets",
		     hist_percentile(stats->extent, WG_REORDER_EXTENT_BINS, 50),
		     hist_percentile(stats->extent, WG_REORDER_EXTENT_BINS, 99));
}

static void show_own(const struct format *f, const struct order_peer *peer)
{
	char words[192] = "", value[SETTING_TEXT];
	const struct setting *s;
	size_t used = 0;

	for (s = setting_all; s->name && used < sizeof(words); s++) {
		if (!(peer->own & s->bit))
			continue;
		s->print(value, setting_value(&peer->settings, s));
		used += snprintf(words + used, sizeof(words) - used, "%s%s %s", used ? ", " : "",
				 s->name, value);
	}
	if (used)
		line(f, "settings of its own", "%s", words);
}

static void show_peer(const struct format *f, const struct tunnel_peer *peer,
		      const struct order_peer *order, int64_t now)
{
	char one[FORMAT_ROOM], other[FORMAT_ROOM], key[KEY_TEXT];

	key_print(peer->key, key);
	putchar('\n');
	heading(f, FORMAT_YELLOW, "peer", key);
	if (peer->preshared)
		line(f, "preshared key", "(hidden)");
	if (peer->endpoint.any.sa_family)
		line(f, "endpoint", "%s", format_endpoint(one, &peer->endpoint.any));
	line(f, "allowed ips", "%s", peer->allowed ? peer->allowed : "(none)");
	if (peer->handshake)
		line(f, "latest handshake", "%s", format_ago(f, one, peer->handshake, now));
	if (peer->rx_bytes || peer->tx_bytes)
		line(f, "transfer", "%s received, %s sent", format_bytes(f, one, peer->rx_bytes),
		     format_bytes(f, other, peer->tx_bytes));
	if (peer->keepalive_s)
		line(f, "persistent keepalive", "every %s",
		     format_period(f, one, peer->keepalive_s));
	if (!order)
		return;
	show_own(f, order);
	show_order(f, &order->stats);
}

static void show_view(const struct cli *cli, const struct view *view)
{
	const struct format f = { .plain = cli->plain, .colour = cli->colour };
	int64_t now = time(NULL);
	size_t i;

	show_interface(&f, view);
	for (i = 0; i < view->tunnel.count; i++)
		show_peer(&f, &view->tunnel.peers[i],
			  order_find(&view->report, view->tunnel.peers[i].key), now);
}

static json_t *allowed_array(const char *allowed)
{
	json_t *array = json_array();
	size_t len;

	while (allowed && *allowed) {
		len = strcspn(allowed, ",");
		json_array_append_new(array, json_stringn(allowed, len));
		allowed += len;
		allowed += strspn(allowed, ", ");
	}
	return array;
}

static json_t *own_array(unsigned int own)
{
	json_t *array = json_array();
	const struct setting *s;

	for (s = setting_all; s->name; s++) {
		if (own & s->bit)
			json_array_append_new(array, json_string(setting_json_name(s)));
	}
	return array;
}

/* What is in force for a peer: the interface's, where it has nothing of its own. */
static json_t *settings_json(const struct order_peer *peer, const struct order_settings *interface)
{
	json_t *object = json_object();

	json_add_settings(object, peer->own ? &peer->settings : interface);
	json_object_set_new(object, "own", own_array(peer->own));
	return object;
}

static json_t *peer_json(const struct tunnel_peer *peer, const struct order_peer *order,
			 const struct order_settings *settings)
{
	json_t *object = json_object();
	char text[FORMAT_ROOM] = "";

	json_add_key(object, "public_key", peer->key);
	if (peer->endpoint.any.sa_family)
		format_endpoint(text, &peer->endpoint.any);
	json_add_string(object, "endpoint", text);
	json_object_set_new(object, "allowed_ips", allowed_array(peer->allowed));
	json_add_bool(object, "preshared_key", peer->preshared);
	json_add_number(object, "latest_handshake", peer->handshake);
	json_add_number(object, "rx_bytes", peer->rx_bytes);
	json_add_number(object, "tx_bytes", peer->tx_bytes);
	json_add_number(object, "persistent_keepalive_s", peer->keepalive_s);
	if (!order)
		return object;
	json_object_set_new(object, "settings", settings_json(order, settings));
	json_object_set_new(object, "stats", json_stats(&order->stats));
	json_add_number(object, "extent_p50",
			hist_percentile(order->stats.extent, WG_REORDER_EXTENT_BINS, 50));
	json_add_number(object, "extent_p99",
			hist_percentile(order->stats.extent, WG_REORDER_EXTENT_BINS, 99));
	json_add_number(object, "hold_p50_ns", hold_percentile(&order->stats, 50));
	json_add_number(object, "hold_p99_ns", hold_percentile(&order->stats, 99));
	return object;
}

static json_t *view_json(const struct view *view)
{
	json_t *object = json_object(), *peers = json_array();
	size_t i;

	json_add_string(object, "interface", view->settings->ifname);
	if (view->tunnel.has_key)
		json_add_key(object, "public_key", view->tunnel.key);
	else
		json_add_string(object, "public_key", "");
	json_add_number(object, "listening_port", view->tunnel.port);
	json_add_number(object, "fwmark", view->tunnel.fwmark);
	json_add_settings(object, view->settings);
	json_object_set_new(object, "totals", json_stats(&view->report.totals));
	for (i = 0; i < view->tunnel.count; i++)
		json_array_append_new(peers, peer_json(&view->tunnel.peers[i],
						       order_find(&view->report,
								  view->tunnel.peers[i].key),
						       view->settings));
	json_object_set_new(object, "peers", peers);
	return object;
}

/**
 * struct show - what is to be shown, and what was
 * @cli: options
 * @word: which interface was asked for; "all" or NULL for all
 * @array: interfaces that are printed as JSON at the end, or NULL
 * @any: an interface was printed as text
 */
struct show {
	const struct cli *cli;
	const char *word;
	json_t *array;
	bool any;
};

/* *gone: set if there is nothing to be shown any more. Return: as access_failed(). */
static int read_view(struct order *order, const char *word, struct view *view, bool *gone)
{
	const char *name = view->settings->ifname;
	int err;

	err = order_read(order, name, &view->report);
	*gone = access_gone(word, err);
	if (err)
		return *gone ? CLI_OK : access_failed(order, name, err);
	order_sort(&view->report);
	err = tunnel_read(name, &view->tunnel);
	*gone = access_gone(word, err);
	if (err && !*gone) {
		say("%s: its peers cannot be read: %s", name, strerror(-err));
		return CLI_FAILED;
	}
	tunnel_sort(&view->tunnel);
	return CLI_OK;
}

static void print_one(struct show *show, const struct view *view)
{
	if (show->array) {
		json_array_append_new(show->array, view_json(view));
		return;
	}
	if (show->any)
		putchar('\n');
	show->any = true;
	show_view(show->cli, view);
}

static int show_one(struct show *show, struct order *order, const struct order_settings *settings)
{
	struct view view = { .settings = settings };
	bool gone;
	int code;

	code = read_view(order, show->word, &view, &gone);
	if (!code && !gone)
		print_one(show, &view);
	tunnel_free(&view.tunnel);
	order_free(&view.report);
	return code;
}

static int show_all(struct show *show, struct order *order, const struct order_settings *list,
		    size_t count)
{
	int code = CLI_OK;
	json_t *object;
	size_t i;

	show->array = show->cli->json ? json_array() : NULL;
	for (i = 0; i < count && !code; i++)
		code = show_one(show, order, &list[i]);
	if (show->array && !code) {
		object = json_object();
		json_object_set(object, "interfaces", show->array);
		json_print(object, false);
	}
	json_decref(show->array);
	return code;
}

int show_command(const struct cli *cli, int count, char **words)
{
	struct show show = { .cli = cli, .word = count ? words[0] : NULL };
	struct order_settings *list;
	struct order order;
	size_t found;
	int code;

	if (count > 1)
		return say_usage("show takes one interface or \"all\", not \"%s\" as well",
				 words[1]);
	code = access_open(&order);
	if (code)
		return code;
	code = access_settings(&order, show.word, &list, &found);
	if (!code)
		code = show_all(&show, &order, list, found);
	free(list);
	order_close(&order);
	return code;
}
