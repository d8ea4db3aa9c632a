// SPDX-License-Identifier: GPL-2.0
/* home.c - the namespace in which an interface was made, where its sockets are. */
#include "home.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "say.h"

/**
 * struct line - a socket, as a line of /proc/net/udp has it
 * @port: its port
 * @inode: what tells it from others
 * @drops: datagrams that it dropped, if the line has that
 */
struct line {
	unsigned int port;
	uint64_t inode;
	uint64_t drops;
};

/* Return: where the next line begins, NULL behind the last one. */
static const char *next_line(const char *text, struct line *line)
{
	int fields;

	while (text && *text) {
		text += *text == '\n';
		*line = (struct line){};
		fields = sscanf(text, " %*u: %*[0-9A-Fa-f]:%x %*s %*s %*s %*s %*s %*s %*s %" SCNu64 " %*s %*s %" SCNu64,
				&line->port, &line->inode, &line->drops);
		text = strchr(text, '\n');
		if (fields >= 1)
			return text ? text : "";
	}
	return NULL;
}

unsigned int home_sockets(const char *text, unsigned int port, uint64_t *drops)
{
	unsigned int count = 0;
	struct line line;

	while ((text = next_line(text, &line))) {
		if (line.port != port)
			continue;
		count++;
		if (drops)
			*drops += line.drops;
	}
	return count;
}

/*
 * Sockets that processes have open.
 */

/**
 * struct inodes - sockets by what tells them apart, in the order of numbers
 * @all: array
 * @count: how many
 * @room: for how many there is memory
 */
struct inodes {
	uint64_t *all;
	size_t count;
	size_t room;
};

static void add_inode(struct inodes *inodes, uint64_t inode)
{
	if (inodes->count == inodes->room) {
		inodes->room = 2 * inodes->room + 256;
		inodes->all = say_alloc(inodes->all, inodes->room * sizeof(*inodes->all));
	}
	inodes->all[inodes->count++] = inode;
}

static void add_process(struct inodes *inodes, const char *process)
{
	char folder[PATH_MAX], path[PATH_MAX + 256], target[64];
	struct dirent *entry;
	uint64_t inode;
	ssize_t len;
	DIR *dir;

	file_path(folder, "/proc/%s/fd", process);
	dir = opendir(folder);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		len = readlink(path, target, sizeof(target) - 1);
		target[len > 0 ? len : 0] = 0;
		if (sscanf(target, "socket:[%" SCNu64, &inode) == 1)
			add_inode(inodes, inode);
	}
	if (dir)
		closedir(dir);
}

static int compare_inodes(const void *one, const void *other)
{
	uint64_t first = *(const uint64_t *)one, second = *(const uint64_t *)other;

	return (first > second) - (first < second);
}

static struct inodes read_inodes(void)
{
	struct inodes inodes = {};
	char folder[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	file_path(folder, "/proc");
	dir = opendir(folder);
	while (dir && (entry = readdir(dir))) {
		if (isdigit((unsigned char)*entry->d_name))
			add_process(&inodes, entry->d_name);
	}
	if (dir)
		closedir(dir);
	if (inodes.count)
		qsort(inodes.all, inodes.count, sizeof(*inodes.all), compare_inodes);
	return inodes;
}

static bool is_open(const struct inodes *inodes, uint64_t inode)
{
	return inodes->count && bsearch(&inode, inodes->all, inodes->count, sizeof(*inodes->all),
					compare_inodes);
}

/*
 * Sockets of the kernel's own.
 */

/**
 * struct port - a port that the kernel uses in a namespace
 * @netns: the namespace
 * @port: the port, -1 if nothing can be seen there
 */
struct port {
	const struct netns *netns;
	int port;
};

/**
 * struct ports - all such
 * @all: array
 * @count: how many
 */
struct ports {
	struct port *all;
	size_t count;
};

static void add_port(struct ports *ports, const struct netns *netns, int port)
{
	ports->all = say_alloc(ports->all, (ports->count + 1) * sizeof(*ports->all));
	ports->all[ports->count++] = (struct port){ netns, port };
}

static void add_ports(struct ports *ports, const struct netns *netns, const struct inodes *inodes,
		      const char *text)
{
	struct line line;

	while ((text = next_line(text, &line))) {
		if (!is_open(inodes, line.inode))
			add_port(ports, netns, line.port);
	}
}

static void add_space(struct ports *ports, const struct netns *netns, const struct inodes *inodes)
{
	char *v4 = NULL, *v6 = NULL;

	if (!netns_go(netns)) {
		v4 = file_text("/proc/self/net/udp");
		v6 = file_text("/proc/self/net/udp6");
	}
	if (!v4 && !v6)
		add_port(ports, netns, -1);
	add_ports(ports, netns, inodes, v4);
	add_ports(ports, netns, inodes, v6);
	free(v4);
	free(v6);
}

static bool is_used(const struct ports *ports, const struct netns *netns, int port)
{
	size_t i;

	for (i = 0; i < ports->count; i++) {
		if (ports->all[i].netns == netns && ports->all[i].port == port)
			return true;
	}
	return false;
}

/*
 * Which is whose.
 */

/* How many of the interfaces that are in a namespace have that port. */
static size_t count_of(const struct home *homes, size_t number, const struct netns *netns,
		       unsigned int port)
{
	size_t i, count = 0;

	for (i = 0; i < number; i++)
		count += homes[i].own == netns && homes[i].port == port;
	return count;
}

/*
 * Where else than in its own namespace its sockets could be: not where another
 * interface has the same port, which no two have in one namespace.
 */
static const struct netns *elsewhere(const struct ports *ports, const struct home *homes,
				     size_t number, const struct home *home, bool *several)
{
	const struct netns *found = NULL;
	const struct port *at;

	*several = false;
	for (at = ports->all; at < ports->all + ports->count; at++) {
		if (at->port != (int)home->port || at->netns == home->own || at->netns == found ||
		    count_of(homes, number, at->netns, home->port))
			continue;
		*several = *several || found;
		found = at->netns;
	}
	return found;
}

static void find_one(const struct ports *ports, const struct home *homes, size_t number,
		     struct home *home)
{
	const struct netns *other;

	home->several = false;
	home->made = home->own;
	if (is_used(ports, home->own, -1))
		return;
	other = elsewhere(ports, homes, number, home, &home->several);
	if (!is_used(ports, home->own, home->port))
		home->made = other;
	else if (other || count_of(homes, number, home->own, home->port) > 1)
		home->several = true;
	if (home->several)
		home->made = NULL;
}

void home_find(const struct netns *list, size_t count, struct home *homes, size_t number)
{
	struct inodes inodes = {};
	struct ports ports = {};
	size_t i;

	if (number)
		inodes = read_inodes();
	for (i = 0; i < count && number; i++)
		add_space(&ports, &list[i], &inodes);
	for (i = 0; i < number; i++)
		find_one(&ports, homes, number, &homes[i]);
	free(inodes.all);
	free(ports.all);
}
