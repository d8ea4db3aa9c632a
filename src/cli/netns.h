/* SPDX-License-Identifier: GPL-2.0 */
/* netns.h - network namespaces. */
#ifndef NETNS_H
#define NETNS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Room for what a namespace is called. */
#define NETNS_NAME 64

/**
 * struct netns - a network namespace that can be reached
 * @id: what tells it from others
 * @fd: open, to go there; the path may be gone by then
 * @name: what people call it: "" for the one that the program runs in
 * @named: that is a name that "ip netns" knows
 */
struct netns {
	ino_t id;
	int fd;
	char name[NETNS_NAME];
	bool named;
};

/* Goes to a namespace by its name (ip netns), a path or the number of a process. */
int netns_enter(const char *name);

/* Goes to one of those listed. Return: 0 or -errno. */
int netns_go(const struct netns *netns);

/*
 * All that files, processes or open descriptors lead to, the program's own
 * first. To be given to netns_free().
 */
struct netns *netns_list(size_t *count);
void netns_free(struct netns *list, size_t count);

#endif
