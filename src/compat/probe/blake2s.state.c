// SPDX-License-Identifier: GPL-2.0
// exported: blake2s_update blake2s_final
/* The state is called a state, and all lengths come last. */
#include <crypto/blake2s.h>

static inline void probe(struct blake2s_state *state, const u8 *in, size_t inlen, u8 *out)
{
	void (*one_shot)(u8 *out, const u8 *in, const u8 *key,
			 const size_t outlen, const size_t inlen,
			 const size_t keylen) = blake2s;

	blake2s_init(state, BLAKE2S_HASH_SIZE);
	blake2s_init_key(state, BLAKE2S_HASH_SIZE, in, inlen);
	blake2s_update(state, in, inlen);
	blake2s_final(state, out);
	one_shot(out, in, NULL, BLAKE2S_HASH_SIZE, inlen, 0);
}
