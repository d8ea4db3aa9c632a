// SPDX-License-Identifier: GPL-2.0
/*
 * watch.c - the command "watch": what happens between two looks, again and again.
 *
 * On a terminal it is a picture that is drawn anew; otherwise a line a look for
 * each interface, or an object a line with --json.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "access.h"
#include "cli.h"
#include "format.h"
#include "hist.h"
#include "json.h"
#include "parse.h"
#include "say.h"
#include "util.h"

/* Room for a row of bars. */
#define BARS (3 * WG_REORDER_HOLD_BINS + 1)
/* Holds are drawn from a microsecond on: what is shorter is no wait. */
#define HOLD_FIRST 10

/**
 * struct watch - how to look
 * @ifname: one interface, or NULL for all
 * @count: looks, 0 for no end
 * @interval_us: time between two
 */
struct watch {
	const char *ifname;
	uint32_t count;
	uint32_t interval_us;
};

/**
 * struct look - what there was to see at one moment
 * @when: monotonic clock, seconds
 * @settings: of each interface
 * @totals: of each interface
 * @count: how many
 */
struct look {
	double when;
	struct order_settings *settings;
	struct order_stats *totals;
	size_t count;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void forget(struct look *look)
{
	free(look->settings);
	free(look->totals);
	*look = (struct look){};
}

/* One that is gone is left out, unless it is the one to be watched. Return: an exit code. */
static int look_at(struct order *order, const struct watch *watch, struct look *look,
		   const struct order_settings *settings)
{
	struct order_report report = {};
	int err = order_read(order, settings->ifname, &report);

	if (!err) {
		look->totals[look->count] = report.totals;
		look->settings[look->count++] = *settings;
	}
	order_free(&report);
	if (!err || access_gone(watch->ifname, err))
		return CLI_OK;
	return access_failed(order, settings->ifname, err);
}

/* Return: an exit code, after one line of text if it is not %CLI_OK. */
static int take_look(struct order *order, const struct watch *watch, struct look *look)
{
	size_t i, count;
	int code;

	*look = (struct look){};
	code = access_settings(order, watch->ifname, &look->settings, &count);
	if (code)
		return code;
	look->when = now();
	look->totals = say_alloc(NULL, (count + 1) * sizeof(*look->totals));
	for (i = 0; i < count && !code; i++)
		code = look_at(order, watch, look, &look->settings[i]);
	return code;
}

static const struct order_stats *totals_of(const struct look *look, uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < look->count; i++) {
		if (look->settings[i].ifindex == ifindex)
			return &look->totals[i];
	}
	return NULL;
}

/* What came since; all of it if the interface is new or was reset. */
static void since(const struct order_stats *new, const struct order_stats *old,
		  struct order_stats *to)
{
	static const struct order_stats none;
	unsigned int i;

	if (!old || new->value[WG_REORDER_STAT_AUTHENTICATED] <
			    old->value[WG_REORDER_STAT_AUTHENTICATED])
		old = &none;
	for (i = ORDER_FIRST; i <= ORDER_LAST; i++)
		to->value[i] = new->value[i] < old->value[i] ? 0 : new->value[i] - old->value[i];
	hist_since(new->extent, old->extent, WG_REORDER_EXTENT_BINS, to->extent);
	hist_since(new->hold, old->hold, WG_REORDER_HOLD_BINS, to->hold);
}

static void print_rates(const struct order_stats *came, double seconds)
{
	static const unsigned int shown[] = {
		WG_REORDER_STAT_AUTHENTICATED, WG_REORDER_STAT_REORDERED, WG_REORDER_STAT_LATE,
		WG_REORDER_STAT_GAPS_FILLED, WG_REORDER_STAT_GAPS_TIMED_OUT,
	};
	static const char *const names[] = {
		"packets", "reordered", "late", "filled", "timed out",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(shown); i++)
		printf("%s%.0f/s %s", i ? ", " : "", came->value[shown[i]] / seconds, names[i]);
}

static void print_line(const struct format *f, const char *ifname, const struct order_stats *new,
		       const struct order_stats *came, double seconds)
{
	char wait[FORMAT_ROOM];

	printf("%s: ", ifname);
	print_rates(came, seconds);
	printf(", %" PRIu64 " held, hold %s\n", new->value[WG_REORDER_STAT_HELD],
	       format_ns(f, wait, new->value[WG_REORDER_STAT_WAIT_NS]));
}

static void print_bars(const char *name, const uint64_t *bins, unsigned int count,
		       const char *from, const char *to)
{
	char bars[BARS];

	hist_bars(bins, count, bars);
	printf("  %-12s %8s \u2595%s\u258f %s\n", name, from, bars, to);
}

static void print_picture(const struct format *f, const char *ifname,
			  const struct order_stats *new, const struct order_stats *came,
			  double seconds)
{
	char wait[FORMAT_ROOM];

	printf("%s%s%s\n  ", format_colour(f, FORMAT_GREEN), ifname,
	       format_colour(f, FORMAT_RESET));
	print_rates(came, seconds);
	printf("\n  %" PRIu64 " held, hold %s now\n", new->value[WG_REORDER_STAT_HELD],
	       format_ns(f, wait, new->value[WG_REORDER_STAT_WAIT_NS]));
	print_bars("displacement", came->extent, WG_REORDER_EXTENT_BINS, "1", "32768 packets");
	print_bars("hold", came->hold + HOLD_FIRST, WG_REORDER_HOLD_BINS - HOLD_FIRST, "1 us",
		   "2 s");
}

static void print_object(const char *ifname, const struct order_stats *new,
			 const struct order_stats *came, double seconds)
{
	json_t *object = json_object();

	json_add_string(object, "interface", ifname);
	json_object_set_new(object, "seconds", json_real(seconds));
	json_object_set_new(object, "since", json_stats(came));
	json_object_set_new(object, "now", json_stats(new));
	json_print(object, true);
}

static void print_looks(const struct cli *cli, const struct look *old, const struct look *new)
{
	const struct format f = { .plain = cli->plain, .colour = cli->colour };
	bool picture = isatty(STDOUT_FILENO) && !cli->json;
	double seconds = new->when - old->when;
	struct order_stats came;
	const char *name;
	size_t i;

	if (picture)
		printf("\033[H\033[J");
	for (i = 0; i < new->count; i++) {
		name = new->settings[i].ifname;
		since(&new->totals[i], totals_of(old, new->settings[i].ifindex), &came);
		if (cli->json)
			print_object(name, &new->totals[i], &came, seconds);
		else if (picture)
			print_picture(&f, name, &new->totals[i], &came, seconds);
		else
			print_line(&f, name, &new->totals[i], &came, seconds);
	}
	fflush(stdout);
}

static int watch(const struct cli *cli, const struct watch *watch, struct order *order)
{
	const struct timespec pause = {
		.tv_sec = watch->interval_us / 1000000,
		.tv_nsec = watch->interval_us % 1000000 * 1000,
	};
	struct look old, new;
	sigset_t ending;
	uint32_t i;
	int code;

	/* They wait until this program does. */
	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	sigprocmask(SIG_BLOCK, &ending, NULL);
	code = take_look(order, watch, &old);
	for (i = 0; !code && (!watch->count || i < watch->count); i++) {
		if (sigtimedwait(&ending, NULL, &pause) > 0)
			break;
		code = take_look(order, watch, &new);
		if (!code)
			print_looks(cli, &old, &new);
		forget(&old);
		old = new;
		if (ferror(stdout))
			break;
	}
	forget(&old);
	return code;
}

/* Seconds such as "0.5", or a time with a unit. */
static bool parse_interval(const char *text, uint32_t *us)
{
	char with_unit[32];

	snprintf(with_unit, sizeof(with_unit), "%.29ss", text);
	return (parse_time(text, us) || parse_time(with_unit, us)) && *us >= 10000;
}

/* Return: an exit code, after one line of text if it is not %CLI_OK. */
static int read_options(const struct cli *cli, struct watch *watch)
{
	if (cli->count && !parse_number(cli->count, 1, UINT32_MAX, &watch->count))
		return say_usage("--count \"%s\": give a number from 1 on", cli->count);
	if (cli->interval && !parse_interval(cli->interval, &watch->interval_us))
		return say_usage("--interval \"%s\": give seconds, from 0.01 to 4000",
				 cli->interval);
	return CLI_OK;
}

int watch_command(const struct cli *cli, int count, char **words)
{
	struct watch how = { .interval_us = 1000000 };
	struct order order;
	int code;

	if (count > 1)
		return say_usage("watch takes one interface, not \"%s\" as well", words[1]);
	how.ifname = count ? words[0] : NULL;
	code = read_options(cli, &how);
	if (code)
		return code;
	code = access_open(&order);
	if (code)
		return code;
	code = watch(cli, &how, &order);
	order_close(&order);
	return code;
}
