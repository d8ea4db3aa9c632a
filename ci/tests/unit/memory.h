/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory for an engine under test: counted, and refused on demand.  And a place
 * for the events that it tells.
 */
#ifndef TEST_MEMORY_H
#define TEST_MEMORY_H

#include <stdlib.h>

#include "reorder/engine.h"

/* More than any test allocates. */
#define NEVER_FAIL	(1u << 30)

/* Events that are kept; more are only counted. */
#define MEMORY_EVENTS	(WGR_WINDOW_MAX + 16)

/* Flows that tests tell apart; each has a set of the engine's table to itself. */
#define MEMORY_FLOWS	16
#define MEMORY_FLOW_TAG	(1u << 28)

struct memory {
	size_t live;		/* bytes given and not returned */
	u32 places;		/* blocks of an item's size, likewise */
	unsigned int calls;	/* allocations asked for */
	unsigned int fail_from;	/* refuse from this call on ... */
	unsigned int fail_count;	/* ... this many */
	unsigned int refused;
	size_t fail_size;	/* refuse nothing smaller */
	size_t never_fails;	/* nor of this size */
	u32 events;		/* since the caller last set it to 0 */
	struct wgr_event event[MEMORY_EVENTS];
};

static inline void *memory_alloc(void *ctx, size_t bytes)
{
	struct memory *memory = ctx;
	size_t *block;

	if (bytes >= memory->fail_size && bytes != memory->never_fails &&
	    memory->calls++ - memory->fail_from < memory->fail_count) {
		memory->refused++;
		return NULL;
	}
	/* The size stands in front, so that a wrong one given back is found. */
	block = calloc(1, 16 + bytes);
	if (!block)
		abort();
	block[0] = bytes;
	memory->live += bytes;
	memory->places += bytes == sizeof(struct wgr_item);
	return (char *)block + 16;
}

static inline void memory_free(void *ctx, void *freed, size_t bytes)
{
	struct memory *memory = ctx;
	size_t *block = (size_t *)((char *)freed - 16);

	if (block[0] != bytes)
		abort();
	memory->live -= bytes;
	memory->places -= bytes == sizeof(struct wgr_item);
	free(block);
}

static inline void memory_event(void *ctx, const struct wgr_event *event)
{
	struct memory *memory = ctx;

	if (memory->events < MEMORY_EVENTS)
		memory->event[memory->events] = *event;
	memory->events++;
}

static inline void memory_init(struct memory *memory)
{
	memset(memory, 0, offsetof(struct memory, event));
}

static inline bool same_event(const struct wgr_event *a, const struct wgr_event *b)
{
	return a->kind == b->kind && a->cause == b->cause && a->epoch == b->epoch &&
	       a->first == b->first && a->last == b->last && a->ns == b->ns;
}

static const struct wgr_reorder_ops memory_ops __attribute__((unused)) = {
	.alloc = memory_alloc,
	.free = memory_free,
	.event = memory_event,
};

#endif
