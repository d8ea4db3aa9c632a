/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The handful of kernel primitives that the units under test use, for a plain
 * program. The headers under kstub/ have the kernel's paths and lead here, so
 * that the units need no line for it.
 *
 * What the kernel only documents or checks with debugging on is always checked
 * here: the mutex is held, the reader is in a read section, nothing sleeps on a
 * failed allocation. Memory given to kfree_rcu() stays until kstub_grace().
 */
#ifndef KSTUB_H
#define KSTUB_H

#include <assert.h>
#include <endian.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/types.h>

/* Types, and what else is the same there. */
#include "reorder/port.h"

#define __rcu
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define min3(a, b, c)		({ \
	__auto_type min_ab = (a) < (b) ? (a) : (b); \
	min_ab < (c) ? min_ab : (c); })

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

#define be64_to_cpu(x)		((u64)be64toh(x))
#define hweight32(x)		((unsigned int)__builtin_popcount(x))

static inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

/* Lists. */

struct list_head {
	struct list_head *next, *prev;
};

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline void list_add_tail(struct list_head *item, struct list_head *head)
{
	item->next = head;
	item->prev = head->prev;
	head->prev->next = item;
	head->prev = item;
}

static inline void list_del(struct list_head *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	item->next = NULL;
	item->prev = NULL;
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

static inline bool list_is_last(const struct list_head *item,
				const struct list_head *head)
{
	return item->next == head;
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_for_each_entry(pos, head, member) \
	for (pos = list_entry((head)->next, __typeof__(*pos), member); \
	     &pos->member != (head); \
	     pos = list_entry(pos->member.next, __typeof__(*pos), member))
#define list_for_each_entry_safe(pos, n, head, member) \
	for (pos = list_entry((head)->next, __typeof__(*pos), member), \
	     n = list_entry(pos->member.next, __typeof__(*pos), member); \
	     &pos->member != (head); \
	     pos = n, n = list_entry(n->member.next, __typeof__(*n), member))

/* Locks: only whether they are held. */

struct mutex {
	bool held;
};

static inline void mutex_lock(struct mutex *lock)
{
	assert(!lock->held);
	lock->held = true;
}

static inline void mutex_unlock(struct mutex *lock)
{
	assert(lock->held);
	lock->held = false;
}

static inline void mutex_init(struct mutex *lock)
{
	lock->held = false;
}

typedef struct mutex spinlock_t;

#define spin_lock_init(lock)	mutex_init(lock)
#define spin_lock_bh(lock)	mutex_lock(lock)
#define spin_unlock_bh(lock)	mutex_unlock(lock)

#define lockdep_is_held(lock)		((lock)->held)
#define lockdep_assert_held(lock)	assert(lockdep_is_held(lock))

/* Memory, which can be made to fail. */

#define GFP_KERNEL_ACCOUNT	0
#define struct_size(ptr, member, count) \
	(sizeof(*(ptr)) + sizeof((ptr)->member[0]) * (count))

extern long kstub_live;		/* allocations that are not freed */
extern long kstub_at_once;	/* calls of kfree(), grace periods aside */
extern int kstub_fail_in;	/* this allocation fails, 1 being the next */
extern bool kstub_failed;	/* it has */

void *kzalloc(size_t size, int flags);
void kfree(const void *memory);

/* RCU. */

struct rcu_head {
	struct rcu_head *next;
	void *memory;
};

extern _Thread_local int kstub_readers;
extern void (*kstub_stored)(void);	/* called after each store for readers */

void rcu_read_lock(void);
void rcu_read_unlock(void);
void kstub_free_later(struct rcu_head *rcu, void *memory);
void kstub_grace(void);		/* waits for readers and frees */

#define rcu_read_lock_bh_held()		(kstub_readers > 0)
#define kfree_rcu(ptr, member)		kstub_free_later(&(ptr)->member, ptr)
#define rcu_assign_pointer(p, v)	kstub_store(&(p), v, __ATOMIC_RELEASE)
#define RCU_INIT_POINTER(p, v)		kstub_store(&(p), v, __ATOMIC_RELAXED)
#define kstub_store(p, v, order)	do { \
		__atomic_store_n(p, v, order); \
		if (kstub_stored) \
			kstub_stored(); \
	} while (0)
#define rcu_dereference_check(p, c) \
	({ assert(c); __atomic_load_n(&(p), __ATOMIC_ACQUIRE); })
#define rcu_dereference_protected(p, c) \
	({ assert(c); __atomic_load_n(&(p), __ATOMIC_RELAXED); })

/* Numbers that several CPUs change. */

typedef struct {
	long value;
} atomic_long_t;

#define ATOMIC_LONG_INIT(i)	{ (i) }
#define atomic_long_add_return(i, v) \
	__atomic_add_fetch(&(v)->value, (long)(i), __ATOMIC_RELAXED)
#define atomic_long_sub(i, v) \
	((void)__atomic_sub_fetch(&(v)->value, (long)(i), __ATOMIC_RELAXED))

/* Sizes, and how much memory there is: what the test says. */

#define PAGE_SIZE		4096UL
#define SZ_2K			0x800
#define SZ_64K			0x10000
#define SZ_4M			0x400000
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define round_up(x, to)		((((x) + (to) - 1) / (to)) * (to))
#define max(a, b)		({ __auto_type max_a = (a); __auto_type max_b = (b); \
				   max_a > max_b ? max_a : max_b; })
#define min_t(type, a, b)	({ type min_a = (a); type min_b = (b); \
				   min_a < min_b ? min_a : min_b; })

extern unsigned long kstub_pages;

static inline unsigned long totalram_pages(void)
{
	return kstub_pages;
}

/* Clocks: what the test says, both of them. */

struct timespec64 {
	s64 tv_sec;
	long tv_nsec;
};

extern u64 kstub_boottime_ns, kstub_real_ns;

static inline u64 ktime_get_boottime_ns(void)
{
	return kstub_boottime_ns;
}

static inline u64 ktime_get_coarse_boottime_ns(void)
{
	return kstub_boottime_ns;
}

static inline void ktime_get_real_ts64(struct timespec64 *now)
{
	*now = (struct timespec64){ .tv_sec = kstub_real_ns / 1000000000, .tv_nsec = kstub_real_ns % 1000000000 };
}

/* Parameters of the module can be set by the test. */
#define module_param(name, type, mode)	void *kstub_param_##name = &(name)
#define MODULE_PARM_DESC(name, text)	extern int kstub_described_##name

#endif
