/* SPDX-License-Identifier: GPL-2.0 */
/* The few lines of the Test Anything Protocol that the unit tests print. */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static unsigned int tap_run, tap_failed;

/* One test point; returns what it was given. */
__attribute__((format(printf, 2, 3), unused))
static bool tap_ok(bool good, const char *name, ...)
{
	va_list args;

	tap_run++;
	if (!good)
		tap_failed++;
	printf("%sok %u - ", good ? "" : "not ", tap_run);
	va_start(args, name);
	vprintf(name, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	return good;
}

/* The plan, and what main() returns. */
__attribute__((unused))
static int tap_done(void)
{
	printf("1..%u\n", tap_run);
	return tap_failed || !tap_run;
}

#endif
