/* SPDX-License-Identifier: GPL-2.0 */
/* Headers of the C library come here too, so theirs first. */
#include_next <linux/types.h>
#include "../../kstub.h"
