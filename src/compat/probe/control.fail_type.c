// SPDX-License-Identifier: GPL-2.0
/* Has to fail: a pointer to something else than the function takes. */
#include <linux/types.h>

static inline void wanted(u32 *number)
{
}

static inline void
probe(u64 *number)
{
	wanted(number);
}
