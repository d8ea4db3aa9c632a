/* SPDX-License-Identifier: GPL-2.0 */
#ifdef WGR_HAVE_ROUND_UP_MATH
#include_next <linux/math.h>
#else
#include <linux/kernel.h>
#endif
