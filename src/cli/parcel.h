/* SPDX-License-Identifier: GPL-2.0 */
/* parcel.h - netlink messages that are kept to be sent later, and may hold keys. */
#ifndef PARCEL_H
#define PARCEL_H

#include <linux/netlink.h>
#include <stddef.h>

/**
 * struct parcel - messages one behind the other
 * @data: the messages
 * @len: bytes used
 * @room: bytes there are
 */
struct parcel {
	char *data;
	size_t len;
	size_t room;
};

/* Adds a copy of a message. */
void parcel_add(struct parcel *parcel, const struct nlmsghdr *message);

/* The message after @last, the first one for NULL, NULL at the end. */
struct nlmsghdr *parcel_next(const struct parcel *parcel, const struct nlmsghdr *last);

/* Wipes all of it and releases the memory. */
void parcel_wipe(struct parcel *parcel);

#endif
