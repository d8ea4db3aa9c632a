/* SPDX-License-Identifier: GPL-2.0 */
/* setting.h - the settings of an interface as people write them. */
#ifndef SETTING_H
#define SETTING_H

#include "order.h"

/* Room for a value as text. */
#define SETTING_TEXT 32

/**
 * struct setting - a setting
 * @name: what it is called on the command line and in the file of settings
 * @bit: which it is
 * @offset: of its value, a u32, in struct order_settings
 * @parse: reads a value
 * @print: writes a value in a way that @parse reads, at most %SETTING_TEXT bytes
 * @rule: what values there are, for who gave another one
 */
struct setting {
	const char *name;
	enum order_setting bit;
	size_t offset;
	bool (*parse)(const char *text, uint32_t *value);
	void (*print)(char *to, uint32_t value);
	const char *rule;
};

/* All there are; behind the last one is one without a name. */
#define SETTING_COUNT 5
extern const struct setting setting_all[SETTING_COUNT + 1];

/*
 * One by its name, or NULL. Names are taken with "-" or "_", and with the unit that
 * JSON and sysfs have in them: "hold-max", "hold_max", "hold_max_us".
 */
const struct setting *setting_find(const char *name);

/*
 * Reads a value; with the unit in the name a bare number will do, as in sysfs. Return:
 * whether it is one.
 */
bool setting_read(const char *name, const char *text, uint32_t *value);

/* The value of a peer's setting that is the interface's. */
#define SETTING_INHERIT "default"

/* The same for a peer, which may have the interface's: %WG_REORDER_INHERIT. */
bool setting_read_peer(const char *name, const char *text, uint32_t *value);

/* Writes a value in a way that setting_read_peer() reads, at most %SETTING_TEXT bytes. */
void setting_print_peer(const struct setting *setting, char *to, uint32_t value);

/* What is wrong with a text that is none, and what to give instead. */
const char *setting_wrong(const struct setting *setting, const char *text);

/* Its name in JSON and sysfs, with "_" and the unit; until the next call. */
const char *setting_json_name(const struct setting *setting);

/* Where its value is. */
uint32_t *setting_place(struct order_settings *settings, const struct setting *setting);

uint32_t setting_value(const struct order_settings *settings, const struct setting *setting);

/* Whether all of them have the same values. */
bool setting_same(const struct order_settings *one, const struct order_settings *other);

/* Their names, as in "mode, hold, hold-max, window or scope". */
const char *setting_names(void);

/* Takes over the values of those settings that are @given, bits of enum order_setting. */
void setting_copy(struct order_settings *to, const struct order_settings *from,
		  unsigned int given);

#endif
