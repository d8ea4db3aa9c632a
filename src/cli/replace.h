/* SPDX-License-Identifier: GPL-2.0 */
/* replace.h - files that are there whole, as they were or as they are to be. */
#ifndef REPLACE_H
#define REPLACE_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

/**
 * struct replace - a file that is to take another one's place
 * @file: what is to be written goes here
 * @path: whose place
 * @next: its name until then, which begins with a dot
 */
struct replace {
	FILE *file;
	char path[PATH_MAX];
	char next[PATH_MAX + 16];
};

/**
 * replace_begin() - begin a file
 * @replace: not in use
 * @path: what it is to be called; where that is a link, the file that it leads to
 *	is replaced
 *
 * It gets owner and mode of the one it replaces; a new one may be read by all.
 *
 * Return: 0 or -errno; -EINVAL if what is there is no file, as /dev/null.
 */
int replace_begin(struct replace *replace, const char *path);

/**
 * replace_end() - let it take its place, or drop it
 * @replace: after replace_begin() that succeeded
 * @keep: false to drop it
 *
 * Return: 0 or -errno, and then what was there before still is.
 */
int replace_end(struct replace *replace, bool keep);

#endif
