// SPDX-License-Identifier: GPL-2.0
/* format.c - numbers as people read them. */
#include "format.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <langinfo.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

static const char *const colours[] = {
	[FORMAT_RESET] = "\033[0m",
	[FORMAT_BOLD] = "\033[1m",
	[FORMAT_GREEN] = "\033[32m",
	[FORMAT_YELLOW] = "\033[33m",
	[FORMAT_RED] = "\033[31m",
	[FORMAT_CYAN] = "\033[36m",
};

bool format_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

const char *format_colour(const struct format *format, enum format_colour colour)
{
	return format->colour ? colours[colour] : "";
}

/* A number and its unit. */
static const char *with_unit(const struct format *format, char *to, const char *number,
			     const char *unit)
{
	snprintf(to, FORMAT_ROOM, "%s %s%s%s", number, format_colour(format, FORMAT_CYAN), unit,
		 format_colour(format, FORMAT_RESET));
	return to;
}

/* At least three digits that count, no more than two behind the point. */
static void round_number(char *to, size_t size, double number)
{
	snprintf(to, size, "%.*f", number < 9.995 ? 2 : number < 99.95 ? 1 : 0, number);
}

/* @number, which is @scale times what it is in the unit of @names[0]. */
static const char *scaled(const struct format *format, char *to, uint64_t number,
			  unsigned int scale, const char *const *names, unsigned int count)
{
	double value = number;
	unsigned int i = 0;
	char digits[32];

	while (i + 1 < count && value >= scale - 0.5) {
		value /= scale;
		i++;
	}
	if (i)
		round_number(digits, sizeof(digits), value);
	else
		snprintf(digits, sizeof(digits), "%" PRIu64, number);
	return with_unit(format, to, digits, names[i]);
}

const char *format_ns(const struct format *format, char *to, uint64_t ns)
{
	static const char *const names[] = { "ns", "us", "ms", "s" };

	if (format->plain)
		snprintf(to, FORMAT_ROOM, "%" PRIu64 " ns", ns);
	else if (!ns)
		with_unit(format, to, "0", "ms");
	else
		scaled(format, to, ns, 1000, names, ARRAY_SIZE(names));
	return to;
}

const char *format_us(const struct format *format, char *to, uint32_t us)
{
	if (!format->plain)
		return format_ns(format, to, us * (uint64_t)1000);
	snprintf(to, FORMAT_ROOM, "%" PRIu32 " us", us);
	return to;
}

const char *format_bytes(const struct format *format, char *to, uint64_t bytes)
{
	static const char *const names[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };

	if (format->plain)
		snprintf(to, FORMAT_ROOM, "%" PRIu64 " B", bytes);
	else
		scaled(format, to, bytes, 1024, names, ARRAY_SIZE(names));
	return to;
}

const char *format_period(const struct format *format, char *to, uint64_t seconds)
{
	static const struct {
		const char *name;
		uint32_t seconds;
	} units[] = {
		{ "year", 365 * 86400 }, { "day", 86400 }, { "hour", 3600 },
		{ "minute", 60 }, { "second", 1 },
	};
	size_t i, used = 0;
	uint64_t many;

	*to = 0;
	if (format->plain) {
		snprintf(to, FORMAT_ROOM, "%" PRIu64 " s", seconds);
		return to;
	}
	for (i = 0; i < ARRAY_SIZE(units) && used < FORMAT_ROOM; i++) {
		many = seconds / units[i].seconds;
		seconds %= units[i].seconds;
		if (many)
			used += snprintf(to + used, FORMAT_ROOM - used, "%s%" PRIu64 " %s%s%s%s",
					 used ? ", " : "", many,
					 format_colour(format, FORMAT_CYAN), units[i].name,
					 many == 1 ? "" : "s",
					 format_colour(format, FORMAT_RESET));
	}
	return to;
}

const char *format_ago(const struct format *format, char *to, int64_t when, int64_t now)
{
	char period[FORMAT_ROOM];

	if (format->plain)
		snprintf(to, FORMAT_ROOM, "%" PRId64, when);
	else if (when > now)
		snprintf(to, FORMAT_ROOM, "in the future (the clock was set back)");
	else if (when == now)
		snprintf(to, FORMAT_ROOM, "Now");
	else
		snprintf(to, FORMAT_ROOM, "%.*s ago", FORMAT_ROOM - 5,
			 format_period(format, period, now - when));
	return to;
}

const char *format_share(char *to, uint64_t part, uint64_t whole)
{
	double percent = whole ? 100.0 * part / whole : 0;

	if (part < whole && percent > 99.99)
		percent = 99.99;
	if (part && percent < 0.01)
		percent = 0.01;
	snprintf(to, FORMAT_ROOM, part && part == whole ? "%.0f %%" : "%.2f %%", percent);
	return to;
}

const char *format_endpoint(char *to, const struct sockaddr *address)
{
	const struct sockaddr_in6 *v6 = (const void *)address;
	const struct sockaddr_in *v4 = (const void *)address;
	char text[INET6_ADDRSTRLEN] = "";
	char scope[16] = "";

	if (address->sa_family == AF_INET) {
		inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
		snprintf(to, FORMAT_ROOM, "%s:%u", text, ntohs(v4->sin_port));
	} else {
		inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
		if (v6->sin6_scope_id)
			snprintf(scope, sizeof(scope), "%%%u", v6->sin6_scope_id);
		snprintf(to, FORMAT_ROOM, "[%s%s]:%u", text, scope, ntohs(v6->sin6_port));
	}
	return to;
}
