// SPDX-License-Identifier: GPL-2.0
#include <linux/notifier.h>
#include <linux/random.h>

static inline int probe(struct notifier_block *nb)
{
	unregister_random_vmfork_notifier(nb);
	return register_random_vmfork_notifier(nb);
}
