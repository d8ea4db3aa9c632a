/* SPDX-License-Identifier: GPL-2.0 */
/* json.h - JSON that several commands print; schema.json describes all of it. */
#ifndef JSON_H
#define JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "order.h"

/* Prints one value and a line's end, and releases it. In one line if @line. */
void json_print(json_t *value, bool line);

/* An object of all figures by name, with "extent" and "hold" as arrays. */
json_t *json_stats(const struct order_stats *stats);

/* The same of those that count up. */
json_t *json_counts(const struct order_stats *stats);

/* Adds mode, hold_us, hold_max_us, window and scope to an object. */
void json_add_settings(json_t *object, const struct order_settings *settings);

/* Each of these adds one member. An empty string becomes null. */
void json_add_string(json_t *object, const char *name, const char *text);
void json_add_number(json_t *object, const char *name, uint64_t number);
void json_add_bool(json_t *object, const char *name, bool is);
void json_add_key(json_t *object, const char *name, const uint8_t *key);

/* An array of numbers. */
json_t *json_numbers(const uint64_t *numbers, unsigned int count);

#endif
