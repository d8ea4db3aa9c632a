/* SPDX-License-Identifier: GPL-2.0 */
/*
 * file.h - small files of the system.
 *
 * All paths are below $WGR_ROOT, which is for tests and otherwise not set.
 */
#ifndef FILE_H
#define FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "util.h"

/* The folder that stands for /, without a slash at its end: mostly "". */
const char *file_root(void);

/* The path that is made from @format, below the root. */
void file_path(char to[PATH_MAX], const char *format, ...) __printf(2, 3);

/* Reads the first line. Return: whether there is one; if not, *to is empty. */
bool file_line(char *to, size_t size, const char *format, ...)
	__printf(3, 4);

/* Reads a whole file, up to 16 MiB; NULL if it cannot be read. To be freed. */
char *file_text(const char *format, ...) __printf(1, 2);

bool file_exists(const char *format, ...) __printf(1, 2);

/* Whether two paths lead to one file: /lib may be a link to /usr/lib. */
bool file_same(const char *one, const char *other);

/*
 * The last file, in the order of names, that fits a pattern with * and the like:
 * of several versions mostly the newest. Return: whether there is one; if not,
 * *to is empty.
 */
bool file_match(char to[PATH_MAX], const char *format, ...) __printf(2, 3);

#endif
