/* SPDX-License-Identifier: GPL-2.0 */
/* home.h - the namespace in which an interface was made, where its sockets are. */
#ifndef HOME_H
#define HOME_H

#include <stdbool.h>
#include <stdint.h>

#include "netns.h"

/* Whether a text as in /proc/net/udp has a socket on a port. */
bool home_text_has(const char *text, unsigned int port);

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
