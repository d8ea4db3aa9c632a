// SPDX-License-Identifier: GPL-2.0
/*
 * fake.c - a stand-in for port.c that costs next to nothing and protects nothing.
 *
 * It has the algebra of the real thing: what was sealed opens with the same key,
 * nonce and text beside it and with no others, hashes differ where their input
 * does, and both halves of a key exchange come to the same. So what the ends do is
 * the same, and years of it can be lived through.
 */
#include <stdlib.h>

#include "either.h"

static u64 stir(u64 a, u64 b)
{
	u64 z = (a ^ b) * 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 29) * 0xbf58476d1ce4e5b9ULL;
	return z ^ z >> 32;
}

/* ---- hashing: two lanes, as contexts may lie in each other ---- */

struct lanes {
	u64 a, b;
	u64 len;
	u64 rest;
	bool used;
};

static struct lanes lanes[8];

static void take_word(struct lanes *l, u64 word)
{
	l->a = stir(l->a, word);
	l->b = stir(l->b + word, l->a);
}

static void take_bytes(struct lanes *l, const u8 *in, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (!(l->len % 8) && len - i >= 8) {
			u64 word;

			memcpy(&word, in + i, 8);
			take_word(l, word);
			l->len += 8;
			i += 7;
			continue;
		}
		l->rest = l->rest << 8 | in[i];
		if (!(++l->len % 8)) {
			/* The same as in one piece. */
			take_word(l, __builtin_bswap64(l->rest));
			l->rest = 0;
		}
	}
}

static void finish(struct lanes *l, u8 *out, size_t outlen)
{
	u64 word;
	size_t i;

	take_word(l, l->rest);
	take_word(l, l->len);
	for (i = 0; i < outlen; i += 8) {
		word = stir(l->a + i, l->b);
		l->b = stir(l->b, word + 1);
		memcpy(out + i, &word, outlen - i < 8 ? outlen - i : 8);
	}
}

void blake2s_init_key(struct blake2s_ctx *ctx, size_t outlen, const u8 *key, size_t keylen)
{
	struct lanes *l = lanes;

	while (l->used)
		l++;
	*l = (struct lanes){ .a = 0x6a09e667 + outlen, .b = 0xbb67ae85 + keylen, .used = true };
	*ctx = (struct blake2s_ctx){ .state = l, .outlen = outlen };
	if (keylen)
		take_bytes(l, key, keylen);
}

void blake2s_init(struct blake2s_ctx *ctx, size_t outlen)
{
	blake2s_init_key(ctx, outlen, NULL, 0);
}

void blake2s_update(struct blake2s_ctx *ctx, const u8 *in, size_t inlen)
{
	take_bytes(ctx->state, in, inlen);
}

void blake2s_final(struct blake2s_ctx *ctx, u8 *out)
{
	struct lanes *l = ctx->state;

	finish(l, out, ctx->outlen);
	l->used = false;
}

/* ---- sealing ---- */

#define TAG	16

static void cover(u8 *dst, const u8 *src, size_t len, u64 seed)
{
	u64 pad = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (!(i % 8))
			pad = stir(seed, i);
		dst[i] = src[i] ^ (u8)(pad >> i % 8 * 8);
	}
}

static u64 key_of(const u8 key[32], const u8 *nonce, size_t len)
{
	struct lanes l = { .a = 1, .b = 2 };
	u64 seed;

	take_bytes(&l, key, 32);
	take_bytes(&l, nonce, len);
	finish(&l, (u8 *)&seed, 8);
	return seed;
}

/* Of what is covered. */
static void make_tag(u8 tag[TAG], u64 seed, const u8 *covered, size_t len, const u8 *ad, size_t ad_len)
{
	struct lanes l = { .a = seed, .b = 3 + ad_len };

	take_bytes(&l, ad, ad_len);
	take_bytes(&l, covered, len);
	finish(&l, tag, TAG);
}

static void seal(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len, u64 seed)
{
	cover(dst, src, len, seed);
	make_tag(dst + len, seed, dst, len, ad, ad_len);
}

static bool unseal(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len, u64 seed)
{
	u8 tag[TAG];

	if (len < TAG)
		return false;
	len -= TAG;
	make_tag(tag, seed, src, len, ad, ad_len);
	if (memcmp(tag, src + len, TAG))
		return false;
	cover(dst, src, len, seed);
	return true;
}

void chacha20poly1305_encrypt(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len,
			      u64 nonce, const u8 key[32])
{
	if (port_sealed)
		port_sealed(key, nonce);
	seal(dst, src, len, ad, ad_len, key_of(key, (u8 *)&nonce, 8));
}

bool chacha20poly1305_decrypt(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len,
			      u64 nonce, const u8 key[32])
{
	return unseal(dst, src, len, ad, ad_len, key_of(key, (u8 *)&nonce, 8));
}

void xchacha20poly1305_encrypt(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len,
			       const u8 nonce[24], const u8 key[32])
{
	seal(dst, src, len, ad, ad_len, key_of(key, nonce, 24));
}

bool xchacha20poly1305_decrypt(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len,
			       const u8 nonce[24], const u8 key[32])
{
	return unseal(dst, src, len, ad, ad_len, key_of(key, nonce, 24));
}

/* ---- exchange: products in four fields of 2^61 - 1, which commute as the real ones do ---- */

#define PRIME	((1ULL << 61) - 1)

static void multiply(u8 out[32], const u8 a[32], const u8 b[32])
{
	u64 x, y;
	int i;

	for (i = 0; i < 4; i++) {
		memcpy(&x, a + 8 * i, 8);
		memcpy(&y, b + 8 * i, 8);
		x = (u64)((unsigned __int128)(x % PRIME) * (y % PRIME) % PRIME);
		memcpy(out + 8 * i, &x, 8);
	}
}

static bool is_zero(const u8 key[32])
{
	static const u8 zero[32];

	return !memcmp(key, zero, 32);
}

bool curve25519(u8 out[32], const u8 secret[32], const u8 base[32])
{
	multiply(out, secret, base);
	return !is_zero(out);
}

bool curve25519_generate_public(u8 out[32], const u8 secret[32])
{
	static const u8 nine[32] = { 9, [8] = 9, [16] = 9, [24] = 9 };

	if (is_zero(secret))
		return false;
	multiply(out, secret, nine);
	return true;
}

/* ---- memory ---- */

unsigned long crypto_memneq(const void *a, const void *b, size_t len)
{
	return memcmp(a, b, len) != 0;
}

/* ---- chance ---- */

static u64 state;

void port_seed(u64 seed)
{
	state = seed;
}

u64 port_random(void)
{
	state += 0x9e3779b97f4a7c15ULL;
	return stir(state, 0x94d049bb133111ebULL);
}

void get_random_bytes(void *out, size_t len)
{
	u64 word;
	size_t i;

	for (i = 0; i < len; i += 8) {
		word = port_random();
		memcpy((u8 *)out + i, &word, len - i < 8 ? len - i : 8);
	}
}

u32 get_random_u32_below(u32 ceil)
{
	return ceil ? (port_random() >> 33) % ceil : 0;
}
