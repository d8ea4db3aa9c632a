/* SPDX-License-Identifier: GPL-2.0 */
/* distinct.h - entries that came twice, as their list changed while it was read. */
#ifndef DISTINCT_H
#define DISTINCT_H

#include <stddef.h>

/**
 * distinct() - leave one of all entries that are about the same thing, the last
 * @entries: array; each entry begins with what tells it from others
 * @count: how many
 * @size: bytes of an entry
 * @key: bytes of what it begins with
 * @drop: called with each that is dropped, or NULL
 *
 * The others stay in their order.
 *
 * Return: how many are left.
 */
size_t distinct(void *entries, size_t count, size_t size, size_t key, void (*drop)(void *entry));

#endif
