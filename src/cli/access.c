// SPDX-License-Identifier: GPL-2.0
/* access.c - how commands get at the module, and what they say if they cannot. */
#include "access.h"

#include <errno.h>
#include <string.h>

#include "kernel.h"
#include "parse.h"
#include "say.h"

static int not_ours(void)
{
	struct loaded loaded;

	kernel_loaded(&loaded);
	if (loaded.whose == KERNEL_STOCK)
		say("stock module is running%s%s: it keeps no order; \"wireguard-reorder switch ours\" changes that",
		    *loaded.id.version ? ", version " : "", loaded.id.version);
	else
		say("no wireguard module is loaded: \"modprobe wireguard\" loads one, and so does making an interface");
	return CLI_STOCK;
}

int access_open(struct order *order)
{
	int err = order_open(order);

	if (!err)
		return CLI_OK;
	if (err == -ENOENT)
		return not_ours();
	say("the kernel cannot be asked by netlink: %s", strerror(-err));
	return access_code(err);
}

int access_failed(const struct order *order, const char *what, int err)
{
	if (err == -EPERM) {
		say("%s: this needs root (CAP_NET_ADMIN): try it with sudo", what);
		return CLI_ROOT;
	}
	say("%s: %s", what, *order->nl.why ? order->nl.why : strerror(-err));
	return err == -ERANGE || err == -EINVAL ? CLI_USAGE : CLI_FAILED;
}

int access_code(int err)
{
	return err == -EPERM || err == -EACCES ? CLI_ROOT : CLI_FAILED;
}

int access_check_name(const char *word)
{
	if (parse_ifname(word))
		return CLI_OK;
	return say_usage("\"%s\" is no name of an interface: give 1 to 15 characters without \"/\", \":\" and blanks",
			 word);
}

static bool is_all(const char *word)
{
	return !word || !strcmp(word, "all");
}

bool access_gone(const char *word, int err)
{
	return err == -ENODEV && is_all(word);
}

int access_settings(struct order *order, const char *word, struct order_settings **list,
		    size_t *count)
{
	int err;

	*list = NULL;
	*count = 0;
	if (is_all(word)) {
		err = order_list(order, list, count);
		return err ? access_failed(order, "interfaces", err) : CLI_OK;
	}
	if (access_check_name(word))
		return CLI_USAGE;
	*list = say_alloc(NULL, sizeof(**list));
	*count = 1;
	err = order_get(order, word, *list);
	return err ? access_failed(order, word, err) : CLI_OK;
}
