// SPDX-License-Identifier: GPL-2.0
// exported: chacha_crypt poly1305_init poly1305_update poly1305_final
/* The state is a structure, and one function chooses among the machine's. */
#include <crypto/chacha.h>
#include <crypto/poly1305.h>

static inline void probe(struct chacha_state *state, struct poly1305_desc_ctx *poly,
			 const u32 *key, const u8 *iv, u8 *data)
{
	chacha_init(state, key, iv);
	chacha20_crypt(state, data, data, 64);
	poly1305_init(poly, data);
	poly1305_update(poly, data, 64);
	poly1305_final(poly, data);
}
