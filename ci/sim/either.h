/* SPDX-License-Identifier: GPL-2.0 */
/* either.h - what port.c and fake.c have in common: a program is made with one of them. */
#ifndef SIM_EITHER_H
#define SIM_EITHER_H

#include "port.h"

unsigned long port_hz = 250;
unsigned long port_wiped, port_wiped_bytes;
void (*port_sealed)(const u8 key[32], u64 nonce);

void blake2s(const u8 *key, size_t keylen, const u8 *in, size_t inlen, u8 *out, size_t outlen)
{
	struct blake2s_ctx ctx;

	if (keylen)
		blake2s_init_key(&ctx, outlen, key, keylen);
	else
		blake2s_init(&ctx, outlen);
	blake2s_update(&ctx, in, inlen);
	blake2s_final(&ctx, out);
}

void curve25519_clamp_secret(u8 secret[32])
{
	secret[0] &= 248;
	secret[31] = (secret[31] & 127) | 64;
}

void curve25519_generate_secret(u8 secret[32])
{
	get_random_bytes(secret, 32);
	curve25519_clamp_secret(secret);
}

void memzero_explicit(void *memory, size_t len)
{
	explicit_bzero(memory, len);
	port_wiped++;
	port_wiped_bytes += len;
}

#endif
