// SPDX-License-Identifier: GPL-2.0
/* What kstub.h declares. */
#define _GNU_SOURCE
#include <pthread.h>

#include "kstub.h"

long kstub_live;
long kstub_at_once;
int kstub_fail_in;
bool kstub_failed;
_Thread_local int kstub_readers;
void (*kstub_stored)(void);
unsigned long kstub_pages;
u64 kstub_boottime_ns, kstub_real_ns;

/*
 * Readers share it; whoever gets it alone has waited for all of them, and is
 * not kept waiting by new ones.
 */
static pthread_rwlock_t sections =
	PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static struct rcu_head *unlinked;

void *kzalloc(size_t size, int flags)
{
	(void)flags;
	if (kstub_fail_in && !--kstub_fail_in) {
		kstub_failed = true;
		return NULL;
	}
	kstub_live++;
	return calloc(1, size);
}

static void release(void *memory)
{
	kstub_live--;
	free(memory);
}

void kfree(const void *memory)
{
	if (!memory)
		return;
	kstub_at_once++;
	release((void *)memory);
}

void rcu_read_lock(void)
{
	if (!kstub_readers++)
		pthread_rwlock_rdlock(&sections);
}

void rcu_read_unlock(void)
{
	assert(kstub_readers > 0);
	if (!--kstub_readers)
		pthread_rwlock_unlock(&sections);
}

void kstub_free_later(struct rcu_head *rcu, void *memory)
{
	rcu->memory = memory;
	rcu->next = unlinked;
	unlinked = rcu;
}

void kstub_grace(void)
{
	pthread_rwlock_wrlock(&sections);
	pthread_rwlock_unlock(&sections);
	while (unlinked) {
		void *memory = unlinked->memory;

		unlinked = unlinked->next;
		release(memory);
	}
}
