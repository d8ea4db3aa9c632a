/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ChaCha20 by itself, with the vector units of the machine, where a kernel lets modules
 * have it: WGR_COMPAT_CHACHA says so.
 */
#ifndef WGR_COMPAT_CHACHA_H
#define WGR_COMPAT_CHACHA_H

#if defined(WGR_HAVE_CHACHA_STATE) || defined(WGR_HAVE_CHACHA_WORDS)
#define WGR_COMPAT_CHACHA

#include <crypto/chacha.h>
#include <linux/string.h>
#include <linux/unaligned.h>

struct wgr_compat_chacha {
#ifdef WGR_HAVE_CHACHA_STATE
	struct chacha_state state;
#else
	u32 state[CHACHA_STATE_WORDS];
#endif
};

#ifdef WGR_HAVE_CHACHA_STATE
#define WGR_COMPAT_CHACHA_STATE(chacha) (&(chacha)->state)
#else
#define WGR_COMPAT_CHACHA_STATE(chacha) ((chacha)->state)
#endif

/* From block 0 on, with the nonce of 64 bits that ChaCha20-Poly1305 has here. */
static inline void wgr_compat_chacha_begin(struct wgr_compat_chacha *chacha, u64 nonce,
					   const u8 *key)
{
	__le64 iv[2] = { 0, cpu_to_le64(nonce) };
	u32 words[CHACHA_KEY_SIZE / sizeof(u32)];
	int i;

	for (i = 0; i < CHACHA_KEY_SIZE / sizeof(u32); i++)
		words[i] = get_unaligned_le32(key + i * sizeof(u32));
	chacha_init(WGR_COMPAT_CHACHA_STATE(chacha), words, (const u8 *)iv);
	memzero_explicit(words, sizeof(words));
}

static inline void wgr_compat_chacha_crypt(struct wgr_compat_chacha *chacha, u8 *dst,
					   const u8 *src, unsigned int bytes)
{
	chacha20_crypt(WGR_COMPAT_CHACHA_STATE(chacha), dst, src, bytes);
}

#endif
#endif
