// SPDX-License-Identifier: GPL-2.0
#include <linux/security.h>
#include <net/flow.h>

static inline void probe(struct sock *sk, struct flowi4 *fl4, struct flowi6 *fl6)
{
	security_sk_classify_flow(sk, flowi4_to_flowi_common(fl4));
	security_sk_classify_flow(sk, flowi6_to_flowi_common(fl6));
}
