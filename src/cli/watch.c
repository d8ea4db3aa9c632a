// SPDX-License-Identifier: GPL-2.0
/*
 * watch.c - the command "watch": what happens between two looks, again and again.
 *
 * On a terminal it is a picture that is drawn anew, as large as there is room for;
 * otherwise, and on terminals that know lines only, a line a look for each
 * interface, or an object a line with --json.
 */
#include <errno.h>
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
#include "screen.h"
#include "util.h"

/* Room for a row of bars. */
#define BARS (3 * WG_REORDER_HOLD_BINS + 1)
/* Holds are drawn from a microsecond on: what is shorter is no wait. */
#define HOLD_FIRST 10
/* Lines that an interface has with its bars. */
#define PICTURE 5

/**
 * struct look - what there was to see at one moment
 * @when: monotonic clock, seconds
 * @settings: of each interface
 * @totals: of each interface
 * @count: how many
 * @gone: what is not there now, or NULL
 */
struct look {
	double when;
	struct order_settings *settings;
	struct order_stats *totals;
	size_t count;
	const char *gone;
};

/**
 * struct watch - how to look, and what was seen
 * @cli: options
 * @ifname: one interface, or NULL for all
 * @count: looks, 0 for no end
 * @interval_us: time between two
 * @picture: draw pictures
 * @old: the look before the last one; empty if there was none
 * @new: the last look
 */
struct watch {
	const struct cli *cli;
	const char *ifname;
	uint32_t count;
	uint32_t interval_us;
	bool picture;
	struct look old;
	struct look new;
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

/* Return: 0 or -errno. */
static int list(struct order *order, const struct watch *watch, struct look *look, size_t *count)
{
	if (!watch->ifname)
		return order_list(order, &look->settings, count);
	look->settings = say_alloc(NULL, sizeof(*look->settings));
	*count = 1;
	return order_get(order, watch->ifname, look->settings);
}

/* One that has gone since it was listed is left out. Return: 0 or -errno. */
static int read_one(struct order *order, const struct order_settings *settings,
		    struct look *look)
{
	struct order_report report = {};
	int err = order_read(order, settings->ifname, &report);

	if (!err) {
		look->totals[look->count] = report.totals;
		look->settings[look->count++] = *settings;
	}
	order_free(&report);
	return err == -ENODEV ? 0 : err;
}

static int read_all(struct order *order, const struct watch *watch, struct look *look)
{
	size_t i, count = 0;
	int err = list(order, watch, look, &count);

	look->totals = say_alloc(NULL, (count + 1) * sizeof(*look->totals));
	for (i = 0; i < count && !err; i++)
		err = read_one(order, &look->settings[i], look);
	return err;
}

/*
 * The family is looked up each time: the module may have been exchanged. What was
 * there at first and is not now comes back with "wg-quick up", and is waited for.
 *
 * Return: an exit code, after one line of text if it is not %CLI_OK.
 */
static int take_look(const struct watch *watch, struct look *look)
{
	struct order order = {};
	int err;

	*look = (struct look){ .when = now() };
	err = order_open(&order);
	if (err == -ENOENT)
		look->gone = "the module that keeps order";
	else if (!err)
		err = read_all(&order, watch, look);
	if (watch->ifname && !look->gone && !look->count)
		look->gone = watch->ifname;
	if (!err || err == -ENOENT || err == -ENODEV) {
		order_close(&order);
		return CLI_OK;
	}
	screen_leave();
	err = access_failed(&order, watch->ifname ? watch->ifname : "interfaces", err);
	order_close(&order);
	return err;
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
	for (i = ORDER_FIRST; i <= ORDER_LAST; i = order_next(i))
		to->value[i] = new->value[i] < old->value[i] ? 0 : new->value[i] - old->value[i];
	hist_since(new->extent, old->extent, WG_REORDER_EXTENT_BINS, to->extent);
	hist_since(new->hold, old->hold, WG_REORDER_HOLD_BINS, to->hold);
}

static void print_rates(FILE *to, const struct order_stats *came, double seconds)
{
	static const unsigned int shown[] = {
		WG_REORDER_STAT_AUTHENTICATED, WG_REORDER_STAT_REORDERED, WG_REORDER_STAT_LATE,
		WG_REORDER_STAT_GAPS_FILLED, WG_REORDER_STAT_GAPS_TIMED_OUT,
	};
	static const char *const names[] = {
		"packets", "reordered", "late", "filled", "timed out",
	};
	size_t i;

	if (seconds <= 0) {
		fprintf(to, "what comes from now on is shown after the next look");
		return;
	}
	for (i = 0; i < ARRAY_SIZE(shown); i++)
		fprintf(to, "%s%.0f/s %s", i ? ", " : "", came->value[shown[i]] / seconds,
			names[i]);
}

/**
 * struct row - an interface as it is shown
 * @ifname: its name
 * @new: its figures
 * @came: what came since the look before
 */
struct row {
	const char *ifname;
	const struct order_stats *new;
	struct order_stats came;
};

static void print_line(FILE *to, const struct format *f, const struct row *row, double seconds)
{
	char wait[FORMAT_ROOM];

	fprintf(to, "%s%s%s: ", format_colour(f, FORMAT_GREEN), row->ifname,
		format_colour(f, FORMAT_RESET));
	print_rates(to, &row->came, seconds);
	fprintf(to, ", %" PRIu64 " held, hold %s\n", row->new->value[WG_REORDER_STAT_HELD],
		format_ns(f, wait, row->new->value[WG_REORDER_STAT_WAIT_NS]));
}

static void print_bars(FILE *to, const char *name, const uint64_t *bins, unsigned int count,
		       const char *from, const char *until)
{
	bool utf8 = format_utf8();
	char bars[BARS];

	hist_bars(bins, count, utf8, bars);
	fprintf(to, "  %-12s %8s %s%s%s %s\n", name, from, utf8 ? "\u2595" : "|", bars,
		utf8 ? "\u258f" : "|", until);
}

static void print_picture(FILE *to, const struct format *f, const struct row *row,
			  double seconds)
{
	char wait[FORMAT_ROOM];

	fprintf(to, "%s%s%s\n  ", format_colour(f, FORMAT_GREEN), row->ifname,
		format_colour(f, FORMAT_RESET));
	print_rates(to, &row->came, seconds);
	fprintf(to, "\n  %" PRIu64 " held, hold %s now\n", row->new->value[WG_REORDER_STAT_HELD],
		format_ns(f, wait, row->new->value[WG_REORDER_STAT_WAIT_NS]));
	print_bars(to, "displacement", row->came.extent, WG_REORDER_EXTENT_BINS, "1",
		   "32768 packets");
	print_bars(to, "hold", row->came.hold + HOLD_FIRST, WG_REORDER_HOLD_BINS - HOLD_FIRST,
		   "1 us", "2 s");
}

static void print_object(const struct row *row, double seconds)
{
	json_t *object = json_object();

	json_add_string(object, "interface", row->ifname);
	json_object_set_new(object, "seconds", json_real(seconds));
	json_object_set_new(object, "since", json_counts(&row->came));
	json_object_set_new(object, "now", json_stats(row->new));
	json_print(object, true);
}

static struct row *make_rows(const struct watch *watch)
{
	const struct look *new = &watch->new;
	struct row *rows = say_alloc(NULL, (new->count + 1) * sizeof(*rows));
	size_t i;

	for (i = 0; i < new->count; i++) {
		rows[i] = (struct row){ .ifname = new->settings[i].ifname,
					.new = &new->totals[i] };
		if (watch->old.when > 0)
			since(rows[i].new, totals_of(&watch->old, new->settings[i].ifindex),
			      &rows[i].came);
	}
	return rows;
}

static double seconds_of(const struct watch *watch)
{
	return watch->old.when > 0 ? watch->new.when - watch->old.when : 0;
}

/* The busiest first; where nothing tells them apart, by their places in memory as before. */
static int compare_rows(const void *one, const void *other)
{
	const struct row *a = one, *b = other;
	uint64_t came_a = a->came.value[WG_REORDER_STAT_AUTHENTICATED];
	uint64_t came_b = b->came.value[WG_REORDER_STAT_AUTHENTICATED];

	if (came_a != came_b)
		return came_a < came_b ? 1 : -1;
	return a->new < b->new ? -1 : 1;
}

/*
 * With bars as many as there is room for, the busiest of them, and the others
 * with a line each; of more interfaces than lines the rest is counted.
 */
static void print_screen(FILE *to, const struct watch *watch, unsigned int lines)
{
	const struct format f = { .plain = watch->cli->plain, .colour = watch->cli->colour };
	size_t i, count = watch->new.count, shown = count, pictures = 0;
	struct row *rows = make_rows(watch);

	if (count > lines)
		shown = lines - 1;
	else if (count)
		pictures = (lines - count) / (PICTURE - 1);
	if (pictures < count)
		qsort(rows, count, sizeof(*rows), compare_rows);
	for (i = 0; i < shown; i++)
		(i < pictures ? print_picture : print_line)(to, &f, &rows[i], seconds_of(watch));
	if (shown < count)
		fprintf(to, "and %zu with less to do\n", count - shown);
	if (watch->new.gone)
		fprintf(to, "%s is gone: waiting for it to come back\n", watch->new.gone);
	else if (!count)
		fprintf(to, "no WireGuard interface yet\n");
	free(rows);
}

/* On the screen, or if there is none any more as text that stays. */
static void draw(const struct watch *watch, bool stays)
{
	struct screen screen;
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	screen_size(&screen);
	if (!to)
		return;
	print_screen(to, watch, screen.rows);
	fclose(to);
	if (stays)
		fputs(text, stdout);
	else
		screen_draw(&screen, text);
	free(text);
}

static void print_lines(const struct watch *watch)
{
	const struct format f = { .plain = watch->cli->plain, .colour = watch->cli->colour };
	struct row *rows = make_rows(watch);
	size_t i;

	for (i = 0; i < watch->new.count; i++) {
		if (watch->cli->json)
			print_object(&rows[i], seconds_of(watch));
		else
			print_line(stdout, &f, &rows[i], seconds_of(watch));
	}
	/* Once, and not each time that it is still gone. */
	if (watch->new.gone && !watch->old.gone && !watch->cli->json)
		printf("%s is gone: waiting for it to come back\n", watch->new.gone);
	free(rows);
	fflush(stdout);
}

static void show(const struct watch *watch)
{
	if (watch->picture)
		draw(watch, false);
	else
		print_lines(watch);
}

/* As the shell's user sees it: the screen as it was, and on again. */
static void stop(const struct watch *watch)
{
	screen_leave();
	raise(SIGSTOP);
	screen_enter();
	draw(watch, false);
}

/*
 * Return: whether to look again, and not to end. Nothing but SIGWINCH comes often:
 * what is left of the time is not made shorter by it.
 */
static bool wait_until(const struct watch *watch, const sigset_t *signals, double when)
{
	struct timespec left;
	double seconds;
	int signal;

	for (;;) {
		seconds = when - now();
		if (seconds < 0)
			seconds = 0;
		left.tv_sec = seconds;
		left.tv_nsec = (seconds - left.tv_sec) * 1e9;
		signal = sigtimedwait(signals, NULL, &left);
		if (signal == SIGWINCH)
			draw(watch, false);
		else if (signal == SIGTSTP)
			stop(watch);
		else if (signal > 0)
			return false;
		else if (now() >= when)
			return true;
	}
}

/* They wait until this program does. */
static void block(sigset_t *signals, bool picture)
{
	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
	if (picture) {
		sigaddset(signals, SIGHUP);
		sigaddset(signals, SIGQUIT);
		sigaddset(signals, SIGTSTP);
		sigaddset(signals, SIGWINCH);
	}
	sigprocmask(SIG_BLOCK, signals, NULL);
}

static int look_on(struct watch *watch)
{
	sigset_t signals;
	uint32_t i;
	int code;

	block(&signals, watch->picture);
	code = take_look(watch, &watch->new);
	if (!code && watch->picture)
		draw(watch, false);
	for (i = 0; !code && (!watch->count || i < watch->count); i++) {
		if (!wait_until(watch, &signals, watch->new.when + watch->interval_us / 1e6))
			break;
		forget(&watch->old);
		watch->old = watch->new;
		code = take_look(watch, &watch->new);
		if (!code)
			show(watch);
		if (ferror(stdout))
			break;
	}
	return code;
}

/* What is wrong from the beginning is said, and not waited for. Return: an exit code. */
static int check(const struct watch *watch)
{
	struct order_settings *list = NULL;
	struct order order;
	size_t count;
	int code;

	code = access_open(&order);
	if (code)
		return code;
	code = access_settings(&order, watch->ifname, &list, &count);
	free(list);
	order_close(&order);
	return code;
}

static int watch(struct watch *watch)
{
	int code = check(watch);

	if (code)
		return code;
	if (watch->picture)
		screen_enter();
	code = look_on(watch);
	if (watch->picture) {
		screen_leave();
		draw(watch, true);
	}
	forget(&watch->old);
	forget(&watch->new);
	return code;
}

/* Return: an exit code, after one line of text if it is not %CLI_OK. */
static int read_options(const struct cli *cli, struct watch *watch)
{
	if (cli->count && !parse_number(cli->count, 1, UINT32_MAX, &watch->count))
		return say_usage("--count \"%s\": give a number from 1 on", cli->count);
	if (cli->interval && !parse_seconds(cli->interval, &watch->interval_us))
		return say_usage("--interval \"%s\": give seconds, from 0.01 to 4000",
				 cli->interval);
	return CLI_OK;
}

int watch_command(const struct cli *cli, int count, char **words)
{
	struct watch how = {
		.cli = cli,
		.interval_us = 1000000,
		.picture = cli->smart && !cli->json,
	};
	int code;

	if (count > 1)
		return say_usage("watch takes one interface, not \"%s\" as well", words[1]);
	how.ifname = count && strcmp(words[0], "all") ? words[0] : NULL;
	code = read_options(cli, &how);
	return code ? code : watch(&how);
}
