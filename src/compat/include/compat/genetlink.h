/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parts of struct genl_family that no function hides.
 */
#ifndef WGR_COMPAT_GENETLINK_H
#define WGR_COMPAT_GENETLINK_H

#include <net/genetlink.h>

/*
 * The first command whose reserved header bytes have to be zero. Kernels that
 * cannot be told look at those of no command.
 */
static inline void wgr_compat_set_resv_start_op(struct genl_family *family,
						unsigned int command)
{
#ifdef WGR_HAVE_RESV_START_OP
	family->resv_start_op = command;
#endif
}

#endif
