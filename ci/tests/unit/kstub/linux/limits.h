/* SPDX-License-Identifier: GPL-2.0 */
/* The C library takes its own from here. */
#include_next <linux/limits.h>
#include <limits.h>
