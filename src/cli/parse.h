/* SPDX-License-Identifier: GPL-2.0 */
/* parse.h - words of the command line: times, numbers, modes. */
#ifndef PARSE_H
#define PARSE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * parse_time() - read a time such as "5ms", "800us", "0.5s"
 * @text: number, then ns, us, ms or s; only 0 needs no unit
 * @us: set to the time in microseconds
 *
 * Return: whether it is one, a whole number of microseconds and below 2^32.
 */
bool parse_time(const char *text, uint32_t *us);

/* Seconds such as "0.5", or a time with its unit; from 0.01 s on. @us: microseconds. */
bool parse_seconds(const char *text, uint32_t *us);

/* What to give instead of a time that parse_time() refuses; NULL if it is no time at all. */
const char *parse_time_wrong(const char *text);

/* A decimal number without sign, from @min to @max. */
bool parse_number(const char *text, uint32_t min, uint32_t max, uint32_t *number);

/* Whether two names are the same but for "-" and "_", which everybody mixes up. */
bool parse_same_name(const char *one, const char *other);

/* One of enum wg_reorder_mode, by its name. */
bool parse_mode(const char *text, uint32_t *mode);

/* The name of a mode, "unknown" for one that came after this program. */
const char *parse_mode_name(uint32_t mode);

/* The same of scopes, one of enum wg_reorder_scope. */
bool parse_scope(const char *text, uint32_t *scope);
const char *parse_scope_name(uint32_t scope);

/* Whether the kernel would take this for the name of an interface. */
bool parse_ifname(const char *text);

#endif
