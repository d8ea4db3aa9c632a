/* SPDX-License-Identifier: GPL-2.0 */
/* access.h - how commands get at the module, and what they say if they cannot. */
#ifndef ACCESS_H
#define ACCESS_H

#include "cli.h"
#include "order.h"

/* Opens the family. Return: %CLI_OK, or an exit code after one line of text. */
int access_open(struct order *order);

/**
 * access_failed() - say why the kernel refused
 * @order: access
 * @what: what was asked for, such as the name of an interface
 * @err: -errno
 *
 * Return: the exit code.
 */
int access_failed(const struct order *order, const char *what, int err);

/**
 * access_settings() - settings of the interfaces that a word names
 * @order: access
 * @word: an interface, "all" or NULL, which is the same
 * @list: to be freed in any case
 * @count: how many
 *
 * Return: an exit code, after one line of text if it is not %CLI_OK.
 */
int access_settings(struct order *order, const char *word, struct order_settings **list,
		    size_t *count);

/*
 * Whether an interface of a list that access_settings() gave is gone since, and
 * nobody has asked for it by name: then the others are shown without it.
 */
bool access_gone(const char *word, int err);

/* The exit code of what a file, a folder or a namespace refused with -errno: are rights missing? */
int access_code(int err);

/* Whether the word may name an interface. Says so if not. Return: an exit code. */
int access_check_name(const char *word);

#endif
