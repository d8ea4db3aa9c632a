/* SPDX-License-Identifier: GPL-2.0 */
#ifdef WGR_HAVE_UNALIGNED_LINUX
#include_next <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif
