/* SPDX-License-Identifier: GPL-2.0 */
#ifndef WGR_COMPAT_NET_GENETLINK_H
#define WGR_COMPAT_NET_GENETLINK_H

#include_next <net/genetlink.h>

/* Another structure, of which only attrs is the same. */
#ifndef WGR_HAVE_GENL_INFO_DUMP
#define genl_info_dump(cb) genl_dumpit_info(cb)
#endif

#endif
