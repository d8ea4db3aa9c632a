// SPDX-License-Identifier: GPL-2.0
// exported: kfree
/* Has to pass: an ordinary piece of kernel code. */
#include <linux/module.h>
#include <linux/slab.h>

static_assert(sizeof(u32) == 4);

static inline void probe(struct module *module)
{
	kfree(module);
}
