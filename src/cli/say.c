// SPDX-License-Identifier: GPL-2.0
/* say.c - messages to whoever typed the command. */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"

static void say_list(const char *format, va_list args)
{
	/* What was printed so far comes first where both go to one place. */
	fflush(stdout);
	fputs("wireguard-reorder: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_list(format, args);
	va_end(args);
}

int say_usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_list(format, args);
	va_end(args);
	return CLI_USAGE;
}

void *say_alloc(void *old, size_t size)
{
	void *memory = realloc(old, size);

	if (!memory) {
		say("out of memory: %zu bytes are not to be had", size);
		exit(CLI_FAILED);
	}
	return memory;
}
