/* SPDX-License-Identifier: GPL-2.0 */
/* say.h - messages to whoever typed the command. */
#ifndef SAY_H
#define SAY_H

#include <stddef.h>

#include "util.h"

/* One line on standard error, with the program's name in front. */
void say(const char *format, ...) __printf(1, 2);

/* The same for a command line that is wrong. Return: %CLI_USAGE. */
int say_usage(const char *format, ...) __printf(1, 2);

/* Memory, or the end of the program with one line. */
void *say_alloc(void *old, size_t size);

#endif
