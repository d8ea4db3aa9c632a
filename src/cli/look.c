// SPDX-License-Identifier: GPL-2.0
/* look.c - what has been counted since an earlier look. */
#include "look.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "json.h"
#include "klog.h"
#include "replace.h"
#include "setting.h"

#define FOLDER "/run/wireguard-reorder"

/* What is judged: all of it counts up. */
static const unsigned int judged[] = {
	WG_REORDER_STAT_AUTHENTICATED, WG_REORDER_STAT_LATE, WG_REORDER_STAT_GAPS_OPENED,
	WG_REORDER_STAT_GAPS_FILLED, WG_REORDER_STAT_GAPS_OVERFLOWED, WG_REORDER_STAT_STARVED,
	WG_REORDER_STAT_LATE_AHEAD, WG_REORDER_STAT_LATE_UNKNOWN,
};

/**
 * struct look - a look at an interface
 * @count: figures, by the places of @judged
 * @log: number of the last line of the kernel's log
 */
struct look {
	uint64_t count[ARRAY_SIZE(judged)];
	uint64_t log;
};

/**
 * struct note - what is kept of an interface
 * @settings: as they were, and the index of the interface
 * @first: from when on is judged
 * @last: the latest look
 */
struct note {
	struct order_settings settings;
	struct look first;
	struct look last;
};

/* One for each name in each network namespace. */
static void note_path(char path[PATH_MAX], const char *ifname)
{
	struct stat netns;

	if (stat("/proc/self/ns/net", &netns))
		netns.st_ino = 0;
	file_path(path, FOLDER "/look-%ju-%s", (uintmax_t)netns.st_ino, ifname);
}

static json_t *look_json(const struct look *look)
{
	json_t *object = json_object();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(judged); i++)
		json_add_number(object, order_name(judged[i]), look->count[i]);
	json_add_number(object, "log", look->log);
	return object;
}

static void look_read(const json_t *object, struct look *look)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(judged); i++)
		look->count[i] = json_integer_value(json_object_get(object,
								    order_name(judged[i])));
	look->log = json_integer_value(json_object_get(object, "log"));
}

static json_t *note_json(const struct note *note)
{
	json_t *object = json_object();
	const struct setting *s;

	json_add_number(object, "ifindex", note->settings.ifindex);
	for (s = setting_all; s->name; s++)
		json_add_number(object, s->name, setting_value(&note->settings, s));
	json_object_set_new(object, "first", look_json(&note->first));
	json_object_set_new(object, "last", look_json(&note->last));
	return object;
}

static bool note_read(const char *path, struct note *note)
{
	json_t *object = json_load_file(path, 0, NULL);
	const struct setting *s;

	note->settings.ifindex = json_integer_value(json_object_get(object, "ifindex"));
	for (s = setting_all; s->name; s++)
		*setting_place(&note->settings, s) =
			json_integer_value(json_object_get(object, s->name));
	look_read(json_object_get(object, "first"), &note->first);
	look_read(json_object_get(object, "last"), &note->last);
	json_decref(object);
	return object;
}

/* Where it cannot be kept, the next look is like the first one. */
static void note_write(const char *path, const struct note *note)
{
	char folder[PATH_MAX];
	struct replace replace;
	json_t *object;

	file_path(folder, FOLDER);
	if ((mkdir(folder, 0755) && errno != EEXIST) || replace_begin(&replace, path))
		return;
	object = note_json(note);
	replace_end(&replace, !json_dumpf(object, replace.file, JSON_COMPACT));
	json_decref(object);
}

/* Whether counting has begun anew in between. */
static bool is_less(const struct look *now, const struct look *then)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(judged); i++) {
		if (now->count[i] < then->count[i])
			return true;
	}
	return false;
}

static void update(struct note *note, bool known, const struct order_settings *settings,
		   const struct look *now)
{
	if (!known || note->settings.ifindex != settings->ifindex || is_less(now, &note->last)) {
		note->first = (struct look){};
		note->last = *now;
	} else if (!setting_same(&note->settings, settings)) {
		/* Somebody has changed them, and when is not known. */
		note->first = *now;
		note->last = *now;
	} else if (now->count[0] - note->last.count[0] >= LOOK_ENOUGH) {
		note->first = note->last;
		note->last = *now;
	}
	note->settings = *settings;
}

static struct look take_look(const struct order_stats *totals)
{
	struct look look = { .log = klog_last() };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(judged); i++)
		look.count[i] = totals->value[judged[i]];
	return look;
}

uint64_t look_since(const struct order_settings *settings, const struct order_stats *totals,
		    struct order_stats *since)
{
	struct look now = take_look(totals);
	struct note note = {};
	char path[PATH_MAX];
	size_t i;

	note_path(path, settings->ifname);
	update(&note, note_read(path, &note), settings, &now);
	note_write(path, &note);
	*since = *totals;
	for (i = 0; i < ARRAY_SIZE(judged); i++)
		since->value[judged[i]] -= note.first.count[i];
	return klog_late(settings->ifname, note.first.log);
}

void look_begin(struct order *order, const char *ifname)
{
	struct order_report report = {};
	struct note note = {};
	char path[PATH_MAX];

	note_path(path, ifname);
	if (order_get(order, ifname, &note.settings) || order_read(order, ifname, &report))
		goto out;
	note.first = take_look(&report.totals);
	note.last = note.first;
	/* Without a note all that it has counted is judged, which is right if it has nothing. */
	if (note.first.count[0])
		note_write(path, &note);
	else
		unlink(path);
out:
	order_free(&report);
}
