// SPDX-License-Identifier: GPL-2.0
/* home.c - the namespace in which an interface was made, where its sockets are. */
#include "home.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

/* What a socket dropped is the last word of its line. */
unsigned int home_sockets(const char *text, unsigned int port, uint64_t *drops)
{
	unsigned int found, count = 0;
	uint64_t dropped;
	int fields;

	for (; text && *text; text = strchr(text, '\n')) {
		text += *text == '\n';
		fields = sscanf(text, " %*u: %*[0-9A-Fa-f]:%x %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64,
				&found, &dropped);
		if (fields < 1 || found != port)
			continue;
		count++;
		if (fields == 2 && drops)
			*drops += dropped;
	}
	return count;
}

/* Return: 1 if it is there, 0 if not, -1 if that cannot be seen. */
static int has(const struct netns *netns, unsigned int port)
{
	char *v4, *v6;
	int result;

	if (netns_go(netns))
		return -1;
	v4 = file_text("/proc/self/net/udp");
	v6 = file_text("/proc/self/net/udp6");
	if (!v4 && !v6)
		result = -1;
	else
		result = home_sockets(v4, port, NULL) || home_sockets(v6, port, NULL);
	free(v4);
	free(v6);
	return result;
}

const struct netns *home_find(const struct netns *list, size_t count, const struct netns *own,
			      unsigned int port)
{
	const struct netns *found = NULL;
	size_t i;

	if (has(own, port))
		return own;
	for (i = 0; i < count; i++) {
		if (&list[i] == own || has(&list[i], port) != 1)
			continue;
		if (found)
			return NULL;
		found = &list[i];
	}
	return found;
}
