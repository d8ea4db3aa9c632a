// SPDX-License-Identifier: GPL-2.0
/* json.c - JSON that several commands print. */
#include "json.h"

#include <stdio.h>

#include "key.h"
#include "parse.h"

void json_print(json_t *value, bool line)
{
	json_dumpf(value, stdout, line ? JSON_COMPACT : JSON_INDENT(2));
	putchar('\n');
	json_decref(value);
}

void json_add_string(json_t *object, const char *name, const char *text)
{
	/* What is no UTF-8, as a name may be, is null as well. */
	json_t *string = *text ? json_string(text) : NULL;

	json_object_set_new(object, name, string ? string : json_null());
}

void json_add_number(json_t *object, const char *name, uint64_t number)
{
	json_object_set_new(object, name, json_integer(number));
}

void json_add_bool(json_t *object, const char *name, bool is)
{
	json_object_set_new(object, name, json_boolean(is));
}

void json_add_key(json_t *object, const char *name, const uint8_t *key)
{
	char text[KEY_TEXT];

	key_print(key, text);
	json_add_string(object, name, text);
}

json_t *json_numbers(const uint64_t *numbers, unsigned int count)
{
	json_t *array = json_array();
	unsigned int i;

	for (i = 0; i < count; i++)
		json_array_append_new(array, json_integer(numbers[i]));
	return array;
}

static json_t *figures(const struct order_stats *stats, bool states)
{
	json_t *object = json_object();
	unsigned int i;

	for (i = ORDER_FIRST; i <= ORDER_LAST; i = order_next(i)) {
		if (states || order_counts_up(i))
			json_add_number(object, order_name(i), stats->value[i]);
	}
	json_object_set_new(object, "extent", json_numbers(stats->extent, WG_REORDER_EXTENT_BINS));
	json_object_set_new(object, "hold", json_numbers(stats->hold, WG_REORDER_HOLD_BINS));
	return object;
}

json_t *json_stats(const struct order_stats *stats)
{
	return figures(stats, true);
}

json_t *json_counts(const struct order_stats *stats)
{
	return figures(stats, false);
}

void json_add_settings(json_t *object, const struct order_settings *settings)
{
	json_add_string(object, "mode", parse_mode_name(settings->mode));
	json_add_number(object, "hold_us", settings->hold_us);
	json_add_number(object, "hold_max_us", settings->hold_max_us);
	json_add_number(object, "window", settings->window);
	json_add_string(object, "scope",
			settings->scope == ORDER_UNKNOWN ? "" : parse_scope_name(settings->scope));
}
