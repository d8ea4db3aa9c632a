/* SPDX-License-Identifier: GPL-2.0 */
/* home.h - the namespace in which an interface was made, where its sockets are. */
#ifndef HOME_H
#define HOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netns.h"

/**
 * home_sockets() - sockets of a port
 * @text: as in /proc/net/udp, or NULL
 * @port: the port
 * @drops: the datagrams that they dropped are added to it, unless it is NULL
 *
 * Return: how many there are.
 */
unsigned int home_sockets(const char *text, unsigned int port, uint64_t *drops);

/**
 * struct home - an interface that is up, and where it was made
 * @own: namespace that it is in
 * @port: its port
 * @made: namespace that it was made in, NULL if that cannot be told
 * @several: that is so as there are several that it could be
 */
struct home {
	const struct netns *own;
	unsigned int port;
	const struct netns *made;
	bool several;
};

/**
 * home_find() - where interfaces that are up have their sockets
 * @list: namespaces
 * @count: how many
 * @homes: all interfaces that are up; what is not known is set
 * @number: how many
 *
 * No interface says where it was made, but its sockets show there, as sockets of
 * that port that no process has open. If the sockets of its own namespace cannot
 * be seen, it is taken to be that one. Leaves the program in another namespace.
 */
void home_find(const struct netns *list, size_t count, struct home *homes, size_t number);

#endif
