// SPDX-License-Identifier: GPL-2.0
/* distinct.c - entries that came twice, as their list changed while it was read. */
#include "distinct.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

/**
 * struct sort - what entries are sorted by
 * @entries: array
 * @size: bytes of an entry
 * @key: bytes that are compared
 */
struct sort {
	const char *entries;
	size_t size;
	size_t key;
};

static int compare_keys(const struct sort *sort, size_t one, size_t other)
{
	return memcmp(sort->entries + one * sort->size, sort->entries + other * sort->size,
		      sort->key);
}

/* By key, and by place where that is the same. */
static int compare(const void *one, const void *other, void *data)
{
	size_t first = *(const size_t *)one, second = *(const size_t *)other;
	int order = compare_keys(data, first, second);

	return order ? order : (first > second) - (first < second);
}

/* Marks all but the last of those with one key. */
static bool *find_old(struct sort *sort, size_t count)
{
	size_t *places = say_alloc(NULL, count * sizeof(*places)), i;
	bool *old = say_alloc(NULL, count * sizeof(*old));

	for (i = 0; i < count; i++) {
		places[i] = i;
		old[i] = false;
	}
	qsort_r(places, count, sizeof(*places), compare, sort);
	for (i = 0; i + 1 < count; i++)
		old[places[i]] = !compare_keys(sort, places[i], places[i + 1]);
	free(places);
	return old;
}

size_t distinct(void *entries, size_t count, size_t size, size_t key, void (*drop)(void *entry))
{
	struct sort sort = { .entries = entries, .size = size, .key = key };
	size_t i, left = 0;
	char *entry;
	bool *old;

	if (count < 2)
		return count;
	old = find_old(&sort, count);
	for (i = 0; i < count; i++) {
		entry = (char *)entries + i * size;
		if (!old[i])
			memmove((char *)entries + left++ * size, entry, size);
		else if (drop)
			drop(entry);
	}
	free(old);
	return left;
}
