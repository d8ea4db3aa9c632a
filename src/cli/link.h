/* SPDX-License-Identifier: GPL-2.0 */
/* link.h - the WireGuard interfaces of a network namespace, by rtnetlink. */
#ifndef LINK_H
#define LINK_H

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

/* What rtnetlink calls their kind; tests use another one as a stand-in. */
#ifndef LINK_KIND
#define LINK_KIND "wireguard"
#endif

/**
 * struct link - an interface
 * @ifindex: its index
 * @flags: IFF_...
 * @mtu: bytes
 * @ifname: its name
 */
struct link {
	int ifindex;
	unsigned int flags;
	uint32_t mtu;
	char ifname[IFNAMSIZ];
};

/* All of the namespace that the program is in. Needs no rights. *list is to be freed. */
int link_list(struct link **list, size_t *count);

#endif
