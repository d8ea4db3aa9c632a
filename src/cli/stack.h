/* SPDX-License-Identifier: GPL-2.0 */
/* stack.h - interfaces that stand on others, and go with them. */
#ifndef STACK_H
#define STACK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "netns.h"

/**
 * struct stack - an interface that stands on another one
 * @netns: namespace that it is in
 * @ifname: its name
 * @lower: index of the other one
 * @lower_id: number that @netns has for the namespace in which that index counts,
 *	negative if it is @netns itself
 */
struct stack {
	const struct netns *netns;
	char ifname[IFNAMSIZ];
	int lower;
	int lower_id;
};

/* Those of all namespaces. Goes to others. *list is to be freed. Return: 0 or -errno. */
int stack_list(const struct netns *spaces, size_t count, struct stack **list, size_t *number);

/* Whether it stands on this interface. Goes to other namespaces. */
bool stack_is_on(const struct stack *stack, const struct netns *netns, int ifindex);

#endif
