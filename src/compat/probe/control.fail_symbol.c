// SPDX-License-Identifier: GPL-2.0
// exported: kfree wireguard_probe_of_what_is_not_there
/* Has to fail: compiles, but one of the symbols above is never exported. */
#include <linux/types.h>
