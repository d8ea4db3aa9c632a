// SPDX-License-Identifier: GPL-2.0
/* Has to fail: a function that no header declares. */
#include <linux/types.h>

static inline void probe(void)
{
	wireguard_probe_of_what_is_not_there();
}
