// SPDX-License-Identifier: GPL-2.0
/* Has to fail: a probe that includes what only shims know sees the shims. */
#include <compat/marker.h>
