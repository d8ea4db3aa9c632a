/* SPDX-License-Identifier: GPL-2.0 */
/*
 * aead.h - ChaCha20-Poly1305 of data packets, where they lie.
 *
 * The kernel's own functions make a ChaCha20 block for the key of Poly1305 alone,
 * without vector units, before they turn to the packet. Here it is made together with
 * the packet's first blocks. It is the same as chacha20poly1305_encrypt() and
 * chacha20poly1305_decrypt() without associated data.
 */
#ifndef WGR_AEAD_H
#define WGR_AEAD_H

#include <linux/types.h>

/* Bytes in front of a packet that wgr_aead_seal() overwrites. */
#define WGR_AEAD_ROOM 64

/* Compares with the kernel's functions, and stays with those if anything differs; once. */
void wgr_aead_setup(void);

/**
 * wgr_aead_seal() - encrypt
 * @data: in place, with %WGR_AEAD_ROOM bytes in front, and 16 behind for the tag
 * @len: of it, without either
 * @nonce: never used with this key before
 * @key: 32 bytes
 */
void wgr_aead_seal(u8 *data, size_t len, u64 nonce, const u8 *key);

/**
 * wgr_aead_open() - check and decrypt
 * @data: in place
 * @len: with the tag, 16 bytes at least
 * @nonce: that it was sealed with
 * @key: 32 bytes
 *
 * Return: false if it is not authentic; @data is as it was then.
 */
bool wgr_aead_open(u8 *data, size_t len, u64 nonce, const u8 *key);

#endif
