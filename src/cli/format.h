/* SPDX-License-Identifier: GPL-2.0 */
/* format.h - numbers as people read them. */
#ifndef FORMAT_H
#define FORMAT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Room for any of these, colours included. */
#define FORMAT_ROOM 128

/**
 * struct format - how to write
 * @plain: exact numbers, in the units that JSON has
 * @colour: colours on units
 */
struct format {
	bool plain;
	bool colour;
};

/* Colours; each is nothing if there are to be none. */
enum format_colour {
	FORMAT_RESET,
	FORMAT_BOLD,
	FORMAT_GREEN,
	FORMAT_YELLOW,
	FORMAT_RED,
	FORMAT_CYAN,
};

/* Whether the terminal's locale can show what is no ASCII. */
bool format_utf8(void);

const char *format_colour(const struct format *format, enum format_colour colour);

/* A length of time that was measured: "1.25 ms"; plain: "1250000 ns". */
const char *format_ns(const struct format *format, char *to, uint64_t ns);

/* One that was set, given in microseconds: "1.25 ms"; plain: "1250 us". */
const char *format_us(const struct format *format, char *to, uint32_t us);

/* A number of bytes: "1.50 KiB"; plain: "1536 B". */
const char *format_bytes(const struct format *format, char *to, uint64_t bytes);

/* How long ago: "1 minute, 5 seconds ago"; plain: the time itself. */
const char *format_ago(const struct format *format, char *to, int64_t when, int64_t now);

/* A period: "25 seconds"; plain: "25 s". */
const char *format_period(const struct format *format, char *to, uint64_t seconds);

/* A share of a whole: "99.12 %"; never 100.00 % or 0.00 % unless it is exactly that. */
const char *format_share(char *to, uint64_t part, uint64_t whole);

/* An address and port. */
const char *format_endpoint(char *to, const struct sockaddr *address);

#endif
