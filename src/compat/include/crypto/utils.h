/* SPDX-License-Identifier: GPL-2.0 */
#ifdef WGR_HAVE_CRYPTO_MEMNEQ_UTILS
#include_next <crypto/utils.h>
#else
#include <crypto/algapi.h>
#endif
