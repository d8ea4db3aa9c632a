/* SPDX-License-Identifier: GPL-2.0 */
/*
 * conf.h - the file of settings, /etc/wireguard-reorder.conf.
 *
 *   [*]                  all interfaces
 *   hold-max = 100ms     as with the command "set"
 *   [wg0]                this one: goes before [*], wherever it stands
 *   mode = fixed         # a comment
 *   [wg0 peer KEY]       one of its peers, by its public key: goes before [wg0]
 *   mode = default       the interface's, as if nothing were said
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
 * struct conf_section - whose settings follow
 * @ifname: of an interface, or %CONF_ALL; "" before the first section
 * @is_peer: those of one of its peers
 * @key: the public key of that one, else zeros
 */
struct conf_section {
	char ifname[IFNAMSIZ];
	bool is_peer;
	uint8_t key[KEY_LEN];
};

/**
 * struct conf_entry - a line that says something
 * @line: its number
 * @section: that it is in
 * @setting: the setting, NULL for the head of a section
 * @value: its value; for a peer it may be %WG_REORDER_INHERIT
 */
struct conf_entry {
	unsigned int line;
	struct conf_section section;
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

/* What the file says of a setting of an interface, or NULL; its peers' are others. */
const struct conf_entry *conf_find(const struct conf *conf, const char *ifname,
				   const struct setting *setting);

/* Says what is wrong with a line, in the way of conf_read(). */
void conf_say(const struct conf *conf, unsigned int line, const char *format, ...)
	__printf(3, 4);

/**
 * conf_save() - change settings of an interface or a peer in the file
 * @settings: their values, and the name of the interface; what a peer is to
 *	inherit is taken out
 * @key: of the peer, or NULL
 * @given: which of them, bits of enum order_setting
 *
 * All else stays as it is, comments too.
 *
 * Return: 0 or -errno, and then the file is as it was.
 */
int conf_save(const struct order_settings *settings, const uint8_t *key, unsigned int given);

#endif
