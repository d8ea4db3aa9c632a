// SPDX-License-Identifier: GPL-2.0
#include <linux/netfilter.h>

static inline bool probe(const struct nf_hook_ops *hook)
{
	return hook->hook_ops_type != NF_HOOK_OP_UNDEFINED;
}
