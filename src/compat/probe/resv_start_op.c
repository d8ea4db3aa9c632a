// SPDX-License-Identifier: GPL-2.0
#include <net/genetlink.h>

static inline void probe(struct genl_family *family)
{
	family->resv_start_op = 1;
}
