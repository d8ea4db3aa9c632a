// SPDX-License-Identifier: GPL-2.0
/* parse.c - words of the command line: times, numbers, modes, scopes. */
#include "parse.h"

#include <ctype.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "uapi/linux/wg_reorder.h"
#include "util.h"

static const char *const modes[] = {
	[WG_REORDER_MODE_ADAPTIVE] = "adaptive",
	[WG_REORDER_MODE_FIXED] = "fixed",
	[WG_REORDER_MODE_OFF] = "off",
};

static const char *const scopes[] = {
	[WG_REORDER_SCOPE_FLOW] = "flow",
	[WG_REORDER_SCOPE_PEER] = "peer",
	[WG_REORDER_SCOPE_AUTO] = "auto",
};

/**
 * struct unit - a unit of time
 * @name: what it is called
 * @ns: how long it is, nanoseconds
 */
struct unit {
	const char *name;
	uint64_t ns;
};

static const struct unit units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "\302\265s", 1000 },	/* the micro sign */
	{ "ms", 1000000 },
	{ "s", 1000000000 },
};

/**
 * struct decimal - a number as it was written
 * @value: its digits without the point
 * @scale: a power of ten that it is to be divided by
 */
struct decimal {
	uint64_t value;
	uint64_t scale;
};

/* Return: where the number ends, NULL if there is none or it is too long. */
static const char *read_decimal(const char *text, struct decimal *number)
{
	bool point = false;
	int digits = 0;

	*number = (struct decimal){ .scale = 1 };
	for (; isdigit((unsigned char)*text) || (*text == '.' && !point); text++) {
		if (*text == '.') {
			point = true;
			continue;
		}
		number->value = number->value * 10 + (*text - '0');
		number->scale *= point ? 10 : 1;
		if (++digits > 10)
			return NULL;
	}
	return digits && text[-1] != '.' ? text : NULL;
}

static uint64_t unit_length(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(units); i++) {
		if (!strcmp(name, units[i].name))
			return units[i].ns;
	}
	return 0;
}

bool parse_time(const char *text, uint32_t *us)
{
	struct decimal number;
	uint64_t unit, whole, ns;

	text = read_decimal(text, &number);
	if (!text)
		return false;
	unit = *text || number.value ? unit_length(text) : 1;
	/* Ten digits of seconds, the most there may be, are below 2^64 nanoseconds. */
	ns = number.value * unit;
	whole = 1000 * number.scale;
	if (!unit || ns % whole || ns / whole > UINT32_MAX)
		return false;
	*us = ns / whole;
	return true;
}

bool parse_seconds(const char *text, uint32_t *us)
{
	char with_unit[32];

	snprintf(with_unit, sizeof(with_unit), "%.29ss", text);
	return (parse_time(text, us) || parse_time(with_unit, us)) && *us >= 10000;
}

const char *parse_time_wrong(const char *text)
{
	struct decimal number;
	const char *unit = read_decimal(text, &number);

	if (!unit && strspn(text, "0123456789") > 10)
		return "give a shorter time";
	if (!unit || !unit_length(unit))
		return NULL;
	if (number.value / number.scale > UINT32_MAX * (uint64_t)1000 / unit_length(unit))
		return "give a shorter time";
	return "give a whole number of microseconds, such as 1us: nothing is shorter";
}

bool parse_number(const char *text, uint32_t min, uint32_t max, uint32_t *number)
{
	uint64_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (!isdigit((unsigned char)*text))
			return false;
		value = value * 10 + (*text - '0');
		if (value > max)
			return false;
	}
	*number = value;
	return value >= min;
}

bool parse_same_name(const char *one, const char *other)
{
	for (; *one && *other; one++, other++) {
		if (*one != *other && !(strchr("-_", *one) && strchr("-_", *other)))
			return false;
	}
	return *one == *other;
}

/* The place of a text among words. Return: whether it is there. */
static bool find_word(const char *const *words, size_t count, const char *text, uint32_t *place)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (!strcmp(text, words[i])) {
			*place = i;
			return true;
		}
	}
	return false;
}

bool parse_mode(const char *text, uint32_t *mode)
{
	return find_word(modes, ARRAY_SIZE(modes), text, mode);
}

const char *parse_mode_name(uint32_t mode)
{
	return mode < ARRAY_SIZE(modes) ? modes[mode] : "unknown";
}

bool parse_scope(const char *text, uint32_t *scope)
{
	return find_word(scopes, ARRAY_SIZE(scopes), text, scope);
}

const char *parse_scope_name(uint32_t scope)
{
	return scope < ARRAY_SIZE(scopes) ? scopes[scope] : "unknown";
}

bool parse_ifname(const char *text)
{
	const char *c;

	if (!*text || strlen(text) >= IFNAMSIZ || !strcmp(text, ".") || !strcmp(text, ".."))
		return false;
	for (c = text; *c; c++) {
		if (*c == '/' || *c == ':' || isspace((unsigned char)*c))
			return false;
	}
	return true;
}
