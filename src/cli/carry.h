/* SPDX-License-Identifier: GPL-2.0 */
/*
 * carry.h - an interface that is taken away and made again with all it had.
 *
 * What is carried: name, index, MTU, queue length, group, alias, other names,
 * master, flags and whether it is up; keys, port, mark and peers; addresses; routes that
 * lead to it; sysctls; settings of order, if the module keeps any. What is not
 * is told in carry.lost.
 */
#ifndef CARRY_H
#define CARRY_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "link.h"
#include "netns.h"
#include "nl.h"
#include "order.h"
#include "parcel.h"
#include "util.h"

/**
 * struct carry - an interface with all it has
 * @link: which one it is
 * @netns: namespace that it is in
 * @home: namespace that its sockets are in, where it was made
 * @create: message that makes it again
 * @device: messages with its keys and peers; the family's number is open
 * @after: messages that name its master, alias and other names
 * @addresses: messages with its addresses
 * @routes: messages with routes to what is reached at once
 * @far: messages with routes through others, who are reached by those
 * @sysctls: lines "FAMILY WHOSE NAME VALUE", with the interface or "all" as WHOSE
 * @settings: of order, if @ordered
 * @ordered: whether it has such
 * @own: peers that have such of their own
 * @own_count: how many
 * @made: carry_make() has made it
 * @port: its UDP port
 * @peers: how many
 * @address_count: how many
 * @route_count: how many
 * @lost: what cannot be brought back, "" if nothing
 * @why: what went wrong last
 */
struct carry {
	struct link link;
	const struct netns *netns;
	const struct netns *home;
	struct parcel create;
	struct parcel device;
	struct parcel after;
	struct parcel addresses;
	struct parcel routes;
	struct parcel far;
	char *sysctls;
	struct order_settings settings;
	bool ordered;
	struct order_peer *own;
	size_t own_count;
	bool made;
	uint16_t port;
	unsigned int peers;
	unsigned int address_count;
	unsigned int route_count;
	char lost[192];
	char why[320];
};

/**
 * carry_save() - read all that an interface has
 * @carry: link and netns are set, all else is zero; the program is in that namespace
 *
 * Return: whether all was read; if not, why is in carry->why.
 */
bool carry_save(struct carry *carry);

/*
 * Makes it again, with all but its routes, which may need other interfaces. Goes
 * to other namespaces. Return: as carry_save().
 */
bool carry_make(struct carry *carry);

/* Of 20 ms each: enough for the check that an address is nobody else's, which takes up to 2 s. */
#define CARRY_PAUSES 125

/**
 * carry_routes() - set routes again
 * @carry: carry_make() has made it
 * @far: those through others, and not those to what is reached at once
 * @pauses: how many may yet be made to wait for addresses; used up by it
 *
 * Goes to other namespaces.
 *
 * Return: as carry_save().
 */
bool carry_routes(struct carry *carry, bool far, unsigned int *pauses);

/* Whether it is there, in its namespace. Goes to other namespaces. */
bool carry_present(const struct carry *carry);

/* Say why it did not work, in carry->why. Return: false. */
bool carry_fail(struct carry *carry, const char *format, ...) __printf(2, 3);
bool carry_refused(struct carry *carry, const char *what, const struct nl *nl, int err);

/* Wipes all of it. */
void carry_wipe(struct carry *carry);

#endif
