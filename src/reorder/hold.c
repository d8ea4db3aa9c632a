// SPDX-License-Identifier: GPL-2.0
#include "hold.h"

void wgr_hold_set_fixed(struct wgr_hold *hold, u64 wait_ns)
{
	hold->wait_ns = wait_ns > S64_MAX ? S64_MAX : (s64)wait_ns;
}

s64 wgr_hold_until(const struct wgr_hold *hold, s64 arrival_ns)
{
	if (arrival_ns > S64_MAX - hold->wait_ns)
		return WGR_NEVER;
	return arrival_ns + hold->wait_ns;
}
