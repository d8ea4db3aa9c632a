// SPDX-License-Identifier: GPL-2.0
#include <linux/unaligned.h>

static inline u32 probe(const __le32 *p)
{
	return get_unaligned_le32(p);
}
