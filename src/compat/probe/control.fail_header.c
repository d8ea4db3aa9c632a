// SPDX-License-Identifier: GPL-2.0
/* Has to fail: a header that does not exist. */
#include <linux/wireguard_probe_of_what_is_not_there.h>
