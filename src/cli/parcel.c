// SPDX-License-Identifier: GPL-2.0
/* parcel.c - netlink messages that are kept to be sent later, and may hold keys. */
#include "parcel.h"

#include <stdlib.h>
#include <string.h>

#include "say.h"

/* No realloc(), which leaves a copy behind where it moves things. */
static void grow(struct parcel *parcel, size_t more)
{
	size_t room = 2 * parcel->room + more;
	char *data;

	if (parcel->len + more <= parcel->room)
		return;
	data = say_alloc(NULL, room);
	if (parcel->data) {
		memcpy(data, parcel->data, parcel->len);
		explicit_bzero(parcel->data, parcel->room);
		free(parcel->data);
	}
	parcel->data = data;
	parcel->room = room;
}

void parcel_add(struct parcel *parcel, const struct nlmsghdr *message)
{
	size_t len = NLMSG_ALIGN(message->nlmsg_len);

	grow(parcel, len);
	memset(parcel->data + parcel->len, 0, len);
	memcpy(parcel->data + parcel->len, message, message->nlmsg_len);
	parcel->len += len;
}

struct nlmsghdr *parcel_next(const struct parcel *parcel, const struct nlmsghdr *last)
{
	size_t at = 0;

	if (last)
		at = (const char *)last - parcel->data + NLMSG_ALIGN(last->nlmsg_len);
	return at < parcel->len ? (struct nlmsghdr *)(parcel->data + at) : NULL;
}

void parcel_wipe(struct parcel *parcel)
{
	if (parcel->data)
		explicit_bzero(parcel->data, parcel->room);
	free(parcel->data);
	*parcel = (struct parcel){};
}
