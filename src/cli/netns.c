// SPDX-License-Identifier: GPL-2.0
/* netns.c - network namespaces. */
#include "netns.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "parse.h"
#include "say.h"

static void path_of(char path[PATH_MAX], const char *name)
{
	uint32_t process;

	if (strchr(name, '/'))
		snprintf(path, PATH_MAX, "%s", name);
	else if (parse_number(name, 1, INT_MAX, &process) &&
		 !file_exists("/run/netns/%s", name))
		snprintf(path, PATH_MAX, "/proc/%u/ns/net", process);
	else
		snprintf(path, PATH_MAX, "/run/netns/%s", name);
}

int netns_enter(const char *name)
{
	char path[PATH_MAX];
	int fd, err = 0;

	path_of(path, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (setns(fd, CLONE_NEWNET))
		err = -errno;
	close(fd);
	return err;
}

int netns_go(const struct netns *netns)
{
	return setns(netns->fd, CLONE_NEWNET) ? -errno : 0;
}

/**
 * struct list - namespaces as they are found
 * @all: array
 * @count: how many
 */
struct list {
	struct netns *all;
	size_t count;
};

/* Return: whether it was not known yet. */
static bool add(struct list *list, const char *path, const char *name)
{
	struct stat about;
	size_t i;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	fstat(fd, &about);
	for (i = 0; i < list->count; i++) {
		if (list->all[i].id == about.st_ino) {
			close(fd);
			return false;
		}
	}
	list->all = say_alloc(list->all, (list->count + 1) * sizeof(*list->all));
	list->all[list->count] = (struct netns){ .id = about.st_ino, .fd = fd };
	snprintf(list->all[list->count++].name, NETNS_NAME, "%.*s", NETNS_NAME - 1, name);
	return true;
}

/* Those that "ip netns" knows, under their names. */
static void add_named(struct list *list)
{
	char path[PATH_MAX], folder[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	file_path(folder, "/run/netns");
	dir = opendir(folder);
	while (dir && (entry = readdir(dir))) {
		if (*entry->d_name == '.')
			continue;
		file_path(path, "/run/netns/%s", entry->d_name);
		if (add(list, path, entry->d_name))
			list->all[list->count - 1].named = true;
	}
	if (dir)
		closedir(dir);
}

/* Those that a process only holds open. */
static void add_open(struct list *list, const char *process)
{
	char folder[PATH_MAX], path[PATH_MAX + 256], target[32], name[NETNS_NAME];
	struct dirent *entry;
	ssize_t len;
	DIR *dir;

	file_path(folder, "/proc/%s/fd", process);
	snprintf(name, sizeof(name), "held by process %.32s", process);
	dir = opendir(folder);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		len = readlink(path, target, sizeof(target) - 1);
		if (len > 4 && !strncmp(target, "net:", 4))
			add(list, path, name);
	}
	if (dir)
		closedir(dir);
}

/* Those that a file is bound to where a process sees it; the 4th word is "net:[...]". */
static void add_bound(struct list *list, const char *process)
{
	char *text = file_text("/proc/%s/mountinfo", process);
	char path[PATH_MAX], name[NETNS_NAME], place[1024];
	char *line, *rest;

	for (line = text ? strtok_r(text, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (sscanf(line, "%*s %*s %*s net:%*s %1023s", place) != 1)
			continue;
		file_path(path, "/proc/%s/root%s", process, place);
		snprintf(name, sizeof(name), "%.*s", NETNS_NAME - 1, place);
		add(list, path, name);
	}
	free(text);
}

static void add_process(struct list *list, const char *process)
{
	char path[PATH_MAX], name[NETNS_NAME];

	file_path(path, "/proc/%s/ns/net", process);
	snprintf(name, sizeof(name), "of process %.32s", process);
	add(list, path, name);
	add_bound(list, process);
	add_open(list, process);
}

struct netns *netns_list(size_t *count)
{
	struct list list = {};
	struct dirent *entry;
	char folder[PATH_MAX];
	DIR *dir;

	add(&list, "/proc/self/ns/net", "");
	add_named(&list);
	file_path(folder, "/proc");
	dir = opendir(folder);
	while (dir && (entry = readdir(dir))) {
		if (isdigit((unsigned char)*entry->d_name))
			add_process(&list, entry->d_name);
	}
	if (dir)
		closedir(dir);
	*count = list.count;
	return list.all;
}

void netns_free(struct netns *list, size_t count)
{
	while (count--)
		close(list[count].fd);
	free(list);
}
