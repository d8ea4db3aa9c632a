// SPDX-License-Identifier: GPL-2.0
/* No IPv6. */
#include <linux/kconfig.h>

#if IS_ENABLED(CONFIG_IPV6)
#error IPv6 is configured
#endif
