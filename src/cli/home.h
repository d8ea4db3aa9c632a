/* SPDX-License-Identifier: GPL-2.0 */
/* home.h - the namespace in which an interface was made, where its sockets are. */
#ifndef HOME_H
#define HOME_H

#include <stdbool.h>
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
 * home_find() - where an interface that is up has its sockets
 * @list: namespaces
 * @count: how many
 * @own: the one that the interface is in
 * @port: its port
 *
 * No interface says where it was made, but its sockets show there, as sockets of
 * that port. If that cannot be seen, it is taken to be @own. Leaves the program in another namespace.
 *
 * Return: the namespace, or NULL if it cannot be told.
 */
const struct netns *home_find(const struct netns *list, size_t count, const struct netns *own,
			      unsigned int port);

#endif
