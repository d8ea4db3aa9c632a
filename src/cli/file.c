// SPDX-License-Identifier: GPL-2.0
/* file.c - small files of the system. */
#include "file.h"

#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

#define TEXT_MAX (16 << 20)

const char *file_root(void)
{
	const char *root = getenv("WGR_ROOT");

	return root ? root : "";
}

static void path_list(char to[PATH_MAX], const char *format, va_list args)
{
	size_t used = snprintf(to, PATH_MAX, "%s", file_root());

	if (used < PATH_MAX)
		vsnprintf(to + used, PATH_MAX - used, format, args);
}

/* Sets path[] from the arguments behind @format. */
#define PATH_FROM(path, format) do { \
	va_list path_args; \
	va_start(path_args, format); \
	path_list(path, format, path_args); \
	va_end(path_args); \
} while (0)

void file_path(char to[PATH_MAX], const char *format, ...)
{
	PATH_FROM(to, format);
}

static char *read_text(const char *path, size_t most)
{
	FILE *file = fopen(path, "re");
	char *text;
	size_t len;

	if (!file)
		return NULL;
	text = say_alloc(NULL, most + 1);
	len = fread(text, 1, most, file);
	fclose(file);
	text[len] = 0;
	return text;
}

bool file_line(char *to, size_t size, const char *format, ...)
{
	char path[PATH_MAX];
	char *text;

	PATH_FROM(path, format);
	text = read_text(path, 4096);
	snprintf(to, size, "%.*s", text ? (int)strcspn(text, "\n") : 0, text ? text : "");
	free(text);
	return *to;
}

char *file_text(const char *format, ...)
{
	char path[PATH_MAX];

	PATH_FROM(path, format);
	return read_text(path, TEXT_MAX);
}

bool file_exists(const char *format, ...)
{
	char path[PATH_MAX];

	PATH_FROM(path, format);
	return !access(path, F_OK);
}

bool file_same(const char *one, const char *other)
{
	struct stat a, b;

	return !stat(one, &a) && !stat(other, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool file_match(char to[PATH_MAX], const char *format, ...)
{
	char pattern[PATH_MAX];
	glob_t found;

	PATH_FROM(pattern, format);
	*to = 0;
	if (!glob(pattern, 0, NULL, &found))
		snprintf(to, PATH_MAX, "%s", found.gl_pathv[found.gl_pathc - 1]);
	globfree(&found);
	return *to;
}
