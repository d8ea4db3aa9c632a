/* SPDX-License-Identifier: GPL-2.0 */
/*
 * conf.h - the file of settings, /etc/wireguard-reorder.conf.
 *
 *   [*]                  all interfaces
 *   hold-max = 100ms     as with the command "set"
 *   [wg0]                this one: goes before [*], wherever it stands
 *   mode = fixed         # a comment
 *
 * Of a setting that is there twice in sections of one name the last one counts.
 */
#ifndef CONF_H
#define CONF_H

#include <limits.h>
#include <net/if.h>

#include "setting.h"
#include "util.h"

/* Below file_root(). */
#define CONF_PATH "/etc/wireguard-reorder.conf"

/* The section of all interfaces. */
#define CONF_ALL "*"

/**
 * struct conf_entry - a line that says something
 * @line: its number
 * @section: an interface, or %CONF_ALL
 * @setting: the setting, NULL for the head of a section
 * @value: its value
 */
struct conf_entry {
	unsigned int line;
	char section[IFNAMSIZ];
	const struct setting *setting;
	uint32_t value;
};

/**
 * struct conf - the file
 * @path: where it is
 * @all: entries in the order of their lines
 * @count: how many
 * @wrong: how many lines were not understood
 */
struct conf {
	char path[PATH_MAX];
	struct conf_entry *all;
	size_t count;
	unsigned int wrong;
};

/**
 * conf_read() - read the file
 * @conf: not in use; to be given to conf_free() in any case
 * @ifname: the interface that it is read for, NULL for all
 *
 * Says in a line of text what it does not understand of each line that concerns the
 * interface, and goes on behind it. No file is the same as an empty one.
 *
 * Return: 0 or -errno.
 */
int conf_read(struct conf *conf, const char *ifname);
void conf_free(struct conf *conf);

/* What the file says of a setting of an interface, or NULL. */
const struct conf_entry *conf_find(const struct conf *conf, const char *ifname,
				   const struct setting *setting);

/* Says what is wrong with a line, in the way of conf_read(). */
void conf_say(const struct conf *conf, unsigned int line, const char *format, ...)
	__printf(3, 4);

/**
 * conf_save() - change settings of an interface in the file
 * @ifname: the interface
 * @settings: their values
 * @given: which of them, bits of enum order_setting
 *
 * All else stays as it is, comments too.
 *
 * Return: 0 or -errno, and then the file is as it was.
 */
int conf_save(const char *ifname, const struct order_settings *settings, unsigned int given);

#endif
