/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plain.h - the kernel's names that src/protocol/port.h asks for, for a plain program.
 *
 * What is a function is in port.c. No more than one thread works on anything.
 */
#ifndef SIM_PLAIN_H
#define SIM_PLAIN_H

#include <assert.h>
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <linux/types.h>

/* Types, and what else is the same there. */
#include "reorder/port.h"

/* An int, as a long is on 32 bits: what overflows there does so here. */
#define NSEC_PER_SEC	1000000000
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BIT(n)		(1UL << (n))
#define ALIGN(x, a)	(((x) + (a) - 1) & ~((__typeof__(x))(a) - 1))
#define __ro_after_init
#define __packed	__attribute__((__packed__))
#undef static_assert
#define static_assert(x)	_Static_assert(x, #x)

#define cpu_to_le32(x)	htole32(x)
#define le32_to_cpu(x)	le32toh(x)
#define cpu_to_le64(x)	htole64(x)
#define le64_to_cpu(x)	le64toh(x)

#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)

#define __rcu
#define rcu_access_pointer(p)		READ_ONCE(p)
#define rcu_dereference_raw(p)		READ_ONCE(p)
/* kstub.h looks at the condition, too. */
#ifndef rcu_dereference_protected
#define rcu_dereference_protected(p, c)	(p)
#endif
#define rcu_replace_pointer(p, v, c)	({ __typeof__(p) rcu_old = (p); (p) = (v); rcu_old; })

/* Value at @p becomes @next if it is @old. Return: what it was. */
#define cmpxchg(p, old, next)	({ __typeof__(*(p)) cmp_was = *(p); \
				   if (cmp_was == (old)) \
					*(p) = (next); \
				   cmp_was; })

typedef struct {
	int value;
} atomic_t;

typedef struct {
	s64 value;
} atomic64_t;

#define atomic_inc(v)		((void)__atomic_add_fetch(&(v)->value, 1, __ATOMIC_RELAXED))
#define atomic_dec(v)		((void)__atomic_sub_fetch(&(v)->value, 1, __ATOMIC_RELAXED))
#define atomic_read(v)		__atomic_load_n(&(v)->value, __ATOMIC_RELAXED)
#define atomic64_read(v)	__atomic_load_n(&(v)->value, __ATOMIC_RELAXED)
#define atomic64_set(v, i)	__atomic_store_n(&(v)->value, i, __ATOMIC_RELAXED)

/* True if tick @a comes after tick @b, or before: they may run over. */
#define time_after(a, b)	((long)((b) - (a)) < 0)
#define time_before(a, b)	time_after(b, a)

/* Ticks of the clock that alarms go by, a second. */
extern unsigned long port_hz;
#define HZ	port_hz

#define BLAKE2S_BLOCK_SIZE	64

struct blake2s_ctx {
	void *state;
	size_t outlen;
};

/* What the program gives; meanings as in the kernel. Each init has its final. */
void blake2s_init(struct blake2s_ctx *ctx, size_t outlen);
void blake2s_init_key(struct blake2s_ctx *ctx, size_t outlen, const u8 *key, size_t keylen);
void blake2s_update(struct blake2s_ctx *ctx, const u8 *in, size_t inlen);
void blake2s_final(struct blake2s_ctx *ctx, u8 *out);
void blake2s(const u8 *key, size_t keylen, const u8 *in, size_t inlen, u8 *out, size_t outlen);
void chacha20poly1305_encrypt(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len,
			      u64 nonce, const u8 key[32]);
bool chacha20poly1305_decrypt(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len,
			      u64 nonce, const u8 key[32]);

/* No room in front is needed here. */
#define WGR_AEAD_ROOM 0
static inline void wgr_aead_seal(u8 *data, size_t len, u64 nonce, const u8 *key)
{
	chacha20poly1305_encrypt(data, data, len, NULL, 0, nonce, key);
}

static inline bool wgr_aead_open(u8 *data, size_t len, u64 nonce, const u8 *key)
{
	return chacha20poly1305_decrypt(data, data, len, NULL, 0, nonce, key);
}

void xchacha20poly1305_encrypt(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len,
			       const u8 nonce[24], const u8 key[32]);
bool xchacha20poly1305_decrypt(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len,
			       const u8 nonce[24], const u8 key[32]);
/* False if the result is no secret: @base has a low order. */
bool curve25519(u8 out[32], const u8 secret[32], const u8 base[32]);
bool curve25519_generate_public(u8 out[32], const u8 secret[32]);
void curve25519_clamp_secret(u8 secret[32]);
void curve25519_generate_secret(u8 secret[32]);
unsigned long crypto_memneq(const void *a, const void *b, size_t len);
void memzero_explicit(void *memory, size_t len);
void get_random_bytes(void *out, size_t len);
u32 get_random_u32_below(u32 ceil);

#endif
