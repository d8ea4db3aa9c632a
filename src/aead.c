// SPDX-License-Identifier: GPL-2.0
/* aead.c - ChaCha20-Poly1305 of data packets, where they lie. */
#include "aead.h"

#include <compat/chacha.h>
#include <crypto/chacha20poly1305.h>
#include <crypto/utils.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#define TAG_LEN CHACHA20POLY1305_AUTHTAG_SIZE

#ifdef WGR_COMPAT_CHACHA
#include <crypto/poly1305.h>

/* What a vector unit makes in one go, of which a packet's first bytes get the rest. */
#define AHEAD (8 * WGR_AEAD_ROOM)

static bool ours __ro_after_init;

static void authenticate(const u8 *data, size_t len, const u8 *key, u8 *tag)
{
	static const u8 zeros[16];
	struct poly1305_desc_ctx poly;
	__le64 lens[2] = { 0, cpu_to_le64(len) };

	poly1305_init(&poly, key);
	poly1305_update(&poly, data, len);
	if (len % sizeof(zeros))
		poly1305_update(&poly, zeros, sizeof(zeros) - len % sizeof(zeros));
	poly1305_update(&poly, (const u8 *)lens, sizeof(lens));
	poly1305_final(&poly, tag);
}

static void seal(u8 *data, size_t len, u64 nonce, const u8 *key)
{
	u8 *block = data - WGR_AEAD_ROOM;
	struct wgr_compat_chacha chacha;

	wgr_compat_chacha_begin(&chacha, nonce, key);
	memset(block, 0, WGR_AEAD_ROOM);
	wgr_compat_chacha_crypt(&chacha, block, block, WGR_AEAD_ROOM + len);
	authenticate(data, len, block, data + len);
	memzero_explicit(block, WGR_AEAD_ROOM);
	memzero_explicit(&chacha, sizeof(chacha));
}

/* The packet has to stay as it is until it has been checked. */
static bool open(u8 *data, size_t len, u64 nonce, const u8 *key)
{
	size_t first = min_t(size_t, len, AHEAD - WGR_AEAD_ROOM);
	struct wgr_compat_chacha chacha;
	u8 ahead[AHEAD], tag[TAG_LEN];
	bool good;

	wgr_compat_chacha_begin(&chacha, nonce, key);
	memset(ahead, 0, WGR_AEAD_ROOM);
	memcpy(ahead + WGR_AEAD_ROOM, data, first);
	wgr_compat_chacha_crypt(&chacha, ahead, ahead, WGR_AEAD_ROOM + first);
	authenticate(data, len, ahead, tag);
	good = !crypto_memneq(tag, data + len, TAG_LEN);
	if (likely(good)) {
		memcpy(data, ahead + WGR_AEAD_ROOM, first);
		if (len > first)
			wgr_compat_chacha_crypt(&chacha, data + first, data + first, len - first);
	}
	memzero_explicit(ahead, sizeof(ahead));
	memzero_explicit(tag, sizeof(tag));
	memzero_explicit(&chacha, sizeof(chacha));
	return good;
}

/* ---- is it the same? ---- */

#define TRY_MOST 4200

/* Lengths about every end of a block, of what is made ahead, and of a page. */
static const u16 tries[] __initconst = {
	0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 191, 192, 255, 256, 257, 447, 448, 449, 511, 512,
	513, 959, 960, 961, 1023, 1024, 1025, 1279, 1280, 1420, 1424, 1440, 1441, 2048, 4031, 4032,
	4033, 4095, 4096, 4097, TRY_MOST,
};

static bool __init same(u8 *room, u8 *wanted, size_t len)
{
	u8 key[CHACHA20POLY1305_KEY_SIZE], *data = room + WGR_AEAD_ROOM;
	u64 nonce = 0x0123456789abcdefULL * (len + 1);
	size_t i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = i * 7 + len;
	for (i = 0; i < len; i++)
		data[i] = i ^ i >> 8;
	chacha20poly1305_encrypt(wanted, data, len, NULL, 0, nonce, key);
	seal(data, len, nonce, key);
	if (memcmp(data, wanted, len + TAG_LEN))
		return false;
	/* What is not authentic stays as it is. */
	data[len / 2] ^= 1;
	wanted[len / 2] ^= 1;
	if (open(data, len, nonce, key) || memcmp(data, wanted, len + TAG_LEN))
		return false;
	data[len / 2] ^= 1;
	if (!open(data, len, nonce, key))
		return false;
	for (i = 0; i < len; i++)
		if (data[i] != (u8)(i ^ i >> 8))
			return false;
	return true;
}

static bool __init all_same(void)
{
	u8 *room = kmalloc(2 * (WGR_AEAD_ROOM + TRY_MOST + TAG_LEN), GFP_KERNEL);
	bool good = room;
	int i;

	for (i = 0; good && i < ARRAY_SIZE(tries); i++)
		good = same(room, room + WGR_AEAD_ROOM + TRY_MOST + TAG_LEN, tries[i]);
	kfree(room);
	return good;
}

void __init wgr_aead_setup(void)
{
	ours = all_same();
	if (!ours)
		pr_warn("wireguard: the kernel's ChaCha20 and Poly1305 differ from its ChaCha20-Poly1305, which is used instead\n");
}
#else
#define ours false

static void seal(u8 *data, size_t len, u64 nonce, const u8 *key)
{
}

static bool open(u8 *data, size_t len, u64 nonce, const u8 *key)
{
	return false;
}

void __init wgr_aead_setup(void)
{
}
#endif

void wgr_aead_seal(u8 *data, size_t len, u64 nonce, const u8 *key)
{
	if (likely(ours))
		seal(data, len, nonce, key);
	else
		chacha20poly1305_encrypt(data, data, len, NULL, 0, nonce, key);
}

bool wgr_aead_open(u8 *data, size_t len, u64 nonce, const u8 *key)
{
	if (likely(ours))
		return open(data, len - TAG_LEN, nonce, key);
	return chacha20poly1305_decrypt(data, data, len, NULL, 0, nonce, key);
}
