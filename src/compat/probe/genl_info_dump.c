// SPDX-License-Identifier: GPL-2.0
#include <net/genetlink.h>

static inline const struct genl_info *probe(struct netlink_callback *cb)
{
	return genl_info_dump(cb);
}
