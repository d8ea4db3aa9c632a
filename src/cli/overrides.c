// SPDX-License-Identifier: GPL-2.0
/* overrides.c - what modprobe is told to do instead of loading the module. */
#include "overrides.h"

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "util.h"

#define NAME "wireguard"

/* As modprobe.d(5) has them; a link from /lib to /usr/lib does no harm. */
static const char *const folders[] = {
	"/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d",
	"/lib/modprobe.d",
};

/* Whether one of the folders before has a file of that name. */
static bool is_hidden(size_t folder, const char *name)
{
	while (folder--) {
		if (file_exists("%s/%s", folders[folder], name))
			return true;
	}
	return false;
}

/* Words are apart by any number of blanks. */
static bool forbids(const char *line)
{
	char command[16], module[16];

	return sscanf(line, "%15s %15s", command, module) == 2 && !strcmp(module, NAME) &&
	       (!strcmp(command, "install") || !strcmp(command, "blacklist"));
}

/* A backslash at a line's end goes on with the next line. */
static void join_lines(char *text)
{
	char *at = text;

	while ((at = strstr(at, "\\\n")))
		memcpy(at, "  ", 2);
}

static void read_file(const char *path, overrides_take take, void *data)
{
	char *text = file_text("%s", path + strlen(file_root()));
	char *line, *rest;

	if (!text)
		return;
	join_lines(text);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (forbids(line))
			take(data, path, line);
	}
	free(text);
}

static void read_folder(size_t folder, overrides_take take, void *data)
{
	char pattern[PATH_MAX];
	glob_t found;
	size_t i;

	file_path(pattern, "%s/*.conf", folders[folder]);
	if (!glob(pattern, 0, NULL, &found)) {
		for (i = 0; i < found.gl_pathc; i++) {
			if (!is_hidden(folder, strrchr(found.gl_pathv[i], '/') + 1))
				read_file(found.gl_pathv[i], take, data);
		}
	}
	globfree(&found);
}

/* "modprobe.blacklist=" is read by modprobe, "module_blacklist=" by the kernel itself. */
static bool is_list(const char *word)
{
	static const char *const names[] = { "modprobe.blacklist=", "module_blacklist=" };
	const char *list, *at;
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strncmp(word, names[i], strlen(names[i])))
			continue;
		list = word + strlen(names[i]);
		for (at = list; *at; at += len + !!at[len]) {
			len = strcspn(at, ",");
			if (len == strlen(NAME) && !strncmp(at, NAME, len))
				return true;
		}
	}
	return false;
}

static void read_command_line(overrides_take take, void *data)
{
	char *text = file_text("/proc/cmdline"), *word, *rest;

	for (word = text ? strtok_r(text, "\n ", &rest) : NULL; word;
	     word = strtok_r(NULL, "\n ", &rest)) {
		if (is_list(word))
			take(data, "the kernel's command line", word);
	}
	free(text);
}

void overrides_find(overrides_take take, void *data)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(folders); i++)
		read_folder(i, take, data);
	read_command_line(take, data);
}
