// SPDX-License-Identifier: GPL-2.0
/* look.c - what has been counted since an earlier look. */
#include "look.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
 * struct look - a look at an interface or a peer
 * @count: figures, by the places of @judged
 * @log: number of the last line of the kernel's log
 */
struct look {
	uint64_t count[ARRAY_SIZE(judged)];
	uint64_t log;
};

/**
 * struct note - what is kept of an interface or a peer
 * @settings: as they were, and the index of the interface
 * @apart: how many peers of the interface were not in its figures
 * @first: from when on is judged
 * @last: the latest look
 */
struct note {
	struct order_settings settings;
	size_t apart;
	struct look first;
	struct look last;
};

/* Room for what names a peer's file. */
#define KEY_NAME (1 + 2 * KEY_LEN + 1)

static void key_name(char to[KEY_NAME], const uint8_t *key)
{
	size_t i;

	*to++ = '-';
	for (i = 0; i < KEY_LEN; i++)
		to += sprintf(to, "%02x", key[i]);
}

/* One for each name in each network namespace, and for each key, or NULL, of it. */
static void note_path(char path[PATH_MAX], const char *ifname, const uint8_t *key)
{
	char peer[KEY_NAME] = "";
	struct stat netns;

	if (stat("/proc/self/ns/net", &netns))
		netns.st_ino = 0;
	if (key)
		key_name(peer, key);
	file_path(path, FOLDER "/look-%ju-%s%s", (uintmax_t)netns.st_ino, ifname, peer);
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
	json_add_number(object, "apart", note->apart);
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
	note->apart = json_integer_value(json_object_get(object, "apart"));
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

/* Whether they are those of then, of an interface for as many peers. */
static bool is_same(const struct note *note, const struct look_at *at)
{
	return setting_same(&note->settings, &at->settings) && note->apart == at->apart;
}

static void update(struct note *note, bool known, const struct look_at *at,
		   const struct look *now)
{
	bool same = is_same(note, at), less = is_less(now, &note->last);

	/* A sum of some peers is less also when one of them is gone. */
	if (!known || note->settings.ifindex != at->settings.ifindex ||
	    (same && less && !at->apart)) {
		note->first = (struct look){};
		note->last = *now;
	} else if (!same || less) {
		/* Somebody has changed something, and when is not known. */
		note->first = *now;
		note->last = *now;
	} else if (now->count[0] - note->last.count[0] >= LOOK_ENOUGH) {
		note->first = note->last;
		note->last = *now;
	}
	note->settings = at->settings;
	note->apart = at->apart;
}

static struct look take_look(const struct order_stats *stats)
{
	struct look look = { .log = klog_last() };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(judged); i++)
		look.count[i] = stats->value[judged[i]];
	return look;
}

uint64_t look_since(const struct look_at *at, struct order_stats *since)
{
	struct look now = take_look(&at->stats);
	struct note note = {};
	char path[PATH_MAX];
	size_t i;

	note_path(path, at->settings.ifname, at->key);
	update(&note, note_read(path, &note), at, &now);
	note_write(path, &note);
	*since = at->stats;
	for (i = 0; i < ARRAY_SIZE(judged); i++)
		since->value[judged[i]] -= note.first.count[i];
	return klog_late(&at->whose, note.first.log);
}

struct look_at look_at_peer(const struct order_settings *interface, const struct order_peer *peer)
{
	struct look_at at = { .settings = peer->settings, .key = peer->key, .stats = peer->stats };

	at.settings.ifindex = interface->ifindex;
	memcpy(at.settings.ifname, interface->ifname, sizeof(at.settings.ifname));
	at.whose.ifname = interface->ifname;
	return at;
}

struct look_at look_at_interface(const struct order_settings *interface,
				 const struct order_report *report)
{
	struct look_at at = { .settings = *interface, .whose.ifname = interface->ifname };

	at.apart = order_shared(report, &at.stats);
	return at;
}

static void begin_note(const struct look_at *at)
{
	struct note note = { .settings = at->settings, .apart = at->apart };
	char path[PATH_MAX];

	note_path(path, at->settings.ifname, at->key);
	note.first = take_look(&at->stats);
	note.last = note.first;
	/* Without a note all that it has counted is judged, which is right if it has nothing. */
	if (note.first.count[0])
		note_write(path, &note);
	else
		unlink(path);
}

/* Whether what is kept of a peer goes on to be right. */
static bool goes_on(const struct look_at *at)
{
	struct look now = take_look(&at->stats);
	struct note note = {};
	char path[PATH_MAX];

	note_path(path, at->settings.ifname, at->key);
	return note_read(path, &note) && note.settings.ifindex == at->settings.ifindex &&
	       is_same(&note, at) && !is_less(&now, &note.last);
}

static void begin_peer(const struct order_settings *interface, const struct order_peer *peer)
{
	struct look_at at = look_at_peer(interface, peer);
	char path[PATH_MAX];

	if (!peer->own) {
		note_path(path, interface->ifname, peer->key);
		unlink(path);
	} else if (!goes_on(&at)) {
		begin_note(&at);
	}
}

void look_begin(struct order *order, const char *ifname)
{
	struct order_report report = {};
	struct order_settings settings;
	struct look_at at;
	size_t i;

	if (!order_get(order, ifname, &settings) && !order_read(order, ifname, &report)) {
		at = look_at_interface(&settings, &report);
		begin_note(&at);
		for (i = 0; i < report.count; i++)
			begin_peer(&settings, &report.peers[i]);
	}
	order_free(&report);
}
