/* SPDX-License-Identifier: GPL-2.0 */
/* Memory for an engine under test: counted, and refused on demand. */
#ifndef TEST_MEMORY_H
#define TEST_MEMORY_H

#include <stdlib.h>

#include "reorder/engine.h"

/* More than any test allocates. */
#define NEVER_FAIL	(1u << 30)

struct memory {
	size_t live;		/* bytes given and not returned */
	unsigned int calls;	/* allocations asked for */
	unsigned int fail_from;	/* refuse from this call on ... */
	unsigned int fail_count;	/* ... this many */
	unsigned int refused;
};

static inline void *memory_alloc(void *ctx, size_t bytes)
{
	struct memory *memory = ctx;
	size_t *block;

	if (memory->calls++ - memory->fail_from < memory->fail_count) {
		memory->refused++;
		return NULL;
	}
	/* The size stands in front, so that a wrong one given back is found. */
	block = calloc(1, 16 + bytes);
	if (!block)
		abort();
	block[0] = bytes;
	memory->live += bytes;
	return (char *)block + 16;
}

static inline void memory_free(void *ctx, void *freed, size_t bytes)
{
	struct memory *memory = ctx;
	size_t *block = (size_t *)((char *)freed - 16);

	if (block[0] != bytes)
		abort();
	memory->live -= bytes;
	free(block);
}

static const struct wgr_reorder_ops memory_ops = {
	.alloc = memory_alloc,
	.free = memory_free,
};

#endif
