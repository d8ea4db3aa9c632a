// SPDX-License-Identifier: GPL-2.0
/* port.c - what src/protocol takes from outside, from libcrypto. */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "either.h"

#define TAG	16

/* What fails here fails for want of memory, or of the algorithm. */
static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "libcrypto: no %s\n", what);
	abort();
}

/* ---- BLAKE2s: with a key it is a MAC to libcrypto, and without one a hash ---- */

struct blake {
	EVP_MD_CTX *hash;
	EVP_MAC_CTX *mac;
};

static EVP_MD_CTX *hash_spare;
static EVP_MAC_CTX *mac_spare;

void blake2s_init(struct blake2s_ctx *ctx, size_t outlen)
{
	static EVP_MD *md;
	struct blake *blake = calloc(1, sizeof(*blake));

	if (!md)
		md = EVP_MD_fetch(NULL, "BLAKE2s-256", NULL);
	must(blake && md && outlen == 32, "BLAKE2s of this length without a key");
	blake->hash = hash_spare ? hash_spare : EVP_MD_CTX_new();
	hash_spare = NULL;
	must(EVP_DigestInit_ex2(blake->hash, md, NULL), "BLAKE2s");
	*ctx = (struct blake2s_ctx){ .state = blake, .outlen = outlen };
}

void blake2s_init_key(struct blake2s_ctx *ctx, size_t outlen, const u8 *key, size_t keylen)
{
	static EVP_MAC *algorithm;
	struct blake *blake = calloc(1, sizeof(*blake));
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &outlen),
		OSSL_PARAM_construct_end(),
	};

	if (!algorithm)
		algorithm = EVP_MAC_fetch(NULL, "BLAKE2SMAC", NULL);
	must(blake && algorithm, "BLAKE2s with a key");
	blake->mac = mac_spare ? mac_spare : EVP_MAC_CTX_new(algorithm);
	mac_spare = NULL;
	must(EVP_MAC_init(blake->mac, key, keylen, params), "BLAKE2s with a key");
	*ctx = (struct blake2s_ctx){ .state = blake, .outlen = outlen };
}

void blake2s_update(struct blake2s_ctx *ctx, const u8 *in, size_t inlen)
{
	struct blake *blake = ctx->state;

	if (!inlen)
		return;
	if (blake->mac)
		must(EVP_MAC_update(blake->mac, in, inlen), "more of BLAKE2s");
	else
		must(EVP_DigestUpdate(blake->hash, in, inlen), "more of BLAKE2s");
}

void blake2s_final(struct blake2s_ctx *ctx, u8 *out)
{
	struct blake *blake = ctx->state;
	size_t len = ctx->outlen;

	if (blake->mac) {
		must(EVP_MAC_final(blake->mac, out, &len, len) && len == ctx->outlen,
		     "end of BLAKE2s");
		mac_spare = blake->mac;
	} else {
		must(EVP_DigestFinal_ex(blake->hash, out, NULL), "end of BLAKE2s");
		hash_spare = blake->hash;
	}
	free(blake);
	ctx->state = NULL;
}

/* ---- ChaCha20-Poly1305 ---- */

static EVP_CIPHER_CTX *cipher(bool sealing, const u8 key[32], const u8 nonce[12])
{
	static EVP_CIPHER_CTX *ctx;

	if (!ctx)
		ctx = EVP_CIPHER_CTX_new();
	must(ctx && EVP_CipherInit_ex(ctx, EVP_chacha20_poly1305(), NULL, key, nonce, sealing),
	     "ChaCha20-Poly1305");
	return ctx;
}

static void process(EVP_CIPHER_CTX *ctx, u8 *out, const u8 *in, size_t len)
{
	int done;

	/* Without any byte libcrypto takes it for the end. */
	if (len)
		must(EVP_CipherUpdate(ctx, out, &done, in, (int)len) && done == (int)len,
		     "more of ChaCha20-Poly1305");
}

static void seal(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len,
		 const u8 nonce[12], const u8 key[32])
{
	EVP_CIPHER_CTX *ctx = cipher(true, key, nonce);
	u8 none[TAG];
	int done;

	process(ctx, NULL, ad, ad_len);
	process(ctx, dst, src, len);
	must(EVP_CipherFinal_ex(ctx, none, &done), "end of ChaCha20-Poly1305");
	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, dst + len), "tag");
}

static bool unseal(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len,
		   const u8 nonce[12], const u8 key[32])
{
	EVP_CIPHER_CTX *ctx;
	u8 tag[TAG], *plain;
	bool good;
	int done;

	if (len < TAG)
		return false;
	len -= TAG;
	memcpy(tag, src + len, TAG);
	/* The kernel leaves what it could not open as it was. */
	plain = malloc(len + 1);
	must(plain, "memory");
	ctx = cipher(false, key, nonce);
	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, tag), "tag");
	process(ctx, NULL, ad, ad_len);
	process(ctx, plain, src, len);
	good = EVP_CipherFinal_ex(ctx, tag, &done) > 0;
	if (good && len)
		memcpy(dst, plain, len);
	free(plain);
	return good;
}

/* Four bytes of zeros, and the number with its lowest byte first. */
static void make_nonce(u8 nonce[12], u64 number)
{
	u64 little = htole64(number);

	memset(nonce, 0, 4);
	memcpy(nonce + 4, &little, 8);
}

void chacha20poly1305_encrypt(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len,
			      u64 nonce, const u8 key[32])
{
	u8 bytes[12];

	if (port_sealed)
		port_sealed(key, nonce);
	make_nonce(bytes, nonce);
	seal(dst, src, len, ad, ad_len, bytes, key);
}

bool chacha20poly1305_decrypt(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len,
			      u64 nonce, const u8 key[32])
{
	u8 bytes[12];

	make_nonce(bytes, nonce);
	return unseal(dst, src, len, ad, ad_len, bytes, key);
}

/* ---- XChaCha20-Poly1305: a key of its own for the first 16 bytes of the nonce ---- */

/* What ChaCha20 adds in the end, which HChaCha20 leaves out. */
static void load_words(u32 words[16], const u8 key[32], const u8 nonce[16])
{
	memcpy(words, "expand 32-byte k", 16);
	memcpy(words + 4, key, 32);
	memcpy(words + 12, nonce, 16);
}

/*
 * The block that ChaCha20 gives for a nonce, from which what it added in the end is
 * taken away: rows one and four of that are the key.
 */
static void hchacha20(u8 out[32], const u8 key[32], const u8 nonce[16])
{
	static EVP_CIPHER_CTX *ctx;
	u32 block[16] = { 0 }, words[16];
	int i, done;

	if (!ctx)
		ctx = EVP_CIPHER_CTX_new();
	must(ctx && EVP_EncryptInit_ex(ctx, EVP_chacha20(), NULL, key, nonce) &&
	     EVP_EncryptUpdate(ctx, (u8 *)block, &done, (u8 *)block, sizeof(block)), "ChaCha20");
	load_words(words, key, nonce);
	for (i = 0; i < 16; i++)
		block[i] = htole32(le32toh(block[i]) - le32toh(words[i]));
	memcpy(out, block, 16);
	memcpy(out + 16, block + 12, 16);
}

void xchacha20poly1305_encrypt(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len,
			       const u8 nonce[24], const u8 key[32])
{
	u8 rest[12] = { 0 }, derived[32];

	hchacha20(derived, key, nonce);
	memcpy(rest + 4, nonce + 16, 8);
	seal(dst, src, len, ad, ad_len, rest, derived);
}

bool xchacha20poly1305_decrypt(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len,
			       const u8 nonce[24], const u8 key[32])
{
	u8 rest[12] = { 0 }, derived[32];

	hchacha20(derived, key, nonce);
	memcpy(rest + 4, nonce + 16, 8);
	return unseal(dst, src, len, ad, ad_len, rest, derived);
}

/* ---- X25519 ---- */

static EVP_PKEY *secret_key(const u8 secret[32])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, 32);

	must(key, "X25519");
	return key;
}

bool curve25519(u8 out[32], const u8 secret[32], const u8 base[32])
{
	EVP_PKEY *other = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, base, 32);
	EVP_PKEY *ours = secret_key(secret);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(ours, NULL);
	size_t len = 32;
	bool good;

	must(other && ctx && EVP_PKEY_derive_init(ctx) > 0, "X25519");
	/* It fails if all that comes out is zero, as the kernel's does. */
	good = EVP_PKEY_derive_set_peer(ctx, other) > 0 && EVP_PKEY_derive(ctx, out, &len) > 0;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(ours);
	EVP_PKEY_free(other);
	return good;
}

bool curve25519_generate_public(u8 out[32], const u8 secret[32])
{
	EVP_PKEY *ours = secret_key(secret);
	size_t len = 32;

	must(EVP_PKEY_get_raw_public_key(ours, out, &len), "X25519");
	EVP_PKEY_free(ours);
	return true;
}

/* ---- memory ---- */

unsigned long crypto_memneq(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) != 0;
}

/* ---- chance ---- */

static u64 state;
static u8 given[1024];
static size_t given_len;

void port_seed(u64 seed)
{
	state = seed;
	given_len = 0;
}

/* SplitMix64. */
u64 port_random(void)
{
	u64 z = state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

void port_next_random(const void *bytes, size_t len)
{
	must(given_len + len <= sizeof(given), "room for what is to be drawn");
	memcpy(given + given_len, bytes, len);
	given_len += len;
}

void get_random_bytes(void *out, size_t len)
{
	u8 *at = out;
	size_t i;

	if (given_len >= len) {
		memcpy(out, given, len);
		given_len -= len;
		memmove(given, given + len, given_len);
		return;
	}
	for (i = 0; i < len; i++)
		at[i] = port_random() >> 56;
}

u32 get_random_u32_below(u32 ceil)
{
	return ceil ? port_random() % ceil : 0;
}
