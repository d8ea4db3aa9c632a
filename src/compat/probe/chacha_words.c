// SPDX-License-Identifier: GPL-2.0
// exported: chacha_init_arch chacha_crypt_arch poly1305_init_arch poly1305_update_arch poly1305_final_arch
/* The state is words; without functions of the machine's own there is nothing to gain. */
#include <crypto/chacha.h>
#include <crypto/poly1305.h>

static inline void probe(struct poly1305_desc_ctx *poly, const u32 *key, const u8 *iv, u8 *data)
{
	u32 state[CHACHA_STATE_WORDS];

	chacha_init(state, key, iv);
	chacha20_crypt(state, data, data, 64);
	poly1305_init(poly, data);
	poly1305_update(poly, data, 64);
	poly1305_final(poly, data);
}
