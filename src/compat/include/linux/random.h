/* SPDX-License-Identifier: GPL-2.0 */
#ifndef WGR_COMPAT_LINUX_RANDOM_H
#define WGR_COMPAT_LINUX_RANDOM_H

#include_next <linux/random.h>

/* A multiplication in place of a division; uneven by less than ceil / 2^32. */
#ifndef WGR_HAVE_GET_RANDOM_U32_BELOW
static inline u32 get_random_u32_below(u32 ceil)
{
	return ((u64)get_random_u32() * ceil) >> 32;
}
#endif

#ifndef WGR_HAVE_GET_RANDOM_U32_INCLUSIVE
static inline u32 get_random_u32_inclusive(u32 floor, u32 ceil)
{
	return floor + (((u64)get_random_u32() * ((u64)ceil - floor + 1)) >> 32);
}
#endif

/* Nobody tells that a virtual machine was copied. */
#ifndef WGR_HAVE_RANDOM_VMFORK
struct notifier_block;

static inline int register_random_vmfork_notifier(struct notifier_block *nb)
{
	return 0;
}

static inline int unregister_random_vmfork_notifier(struct notifier_block *nb)
{
	return 0;
}
#endif

#endif
