/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The names that src/protocol takes from outside, so that the same text builds
 * in the kernel and in a plain C program. They are the kernel's: primitives, chance,
 * wiping, byte order. A plain program has a header plain.h that gives them.
 *
 * There are no locks. What several CPUs look at while one changes it is marked
 * with READ_ONCE() and its like, which is nothing much to a plain program.
 */
#ifndef WGR_PROTOCOL_PORT_H
#define WGR_PROTOCOL_PORT_H

#ifdef __KERNEL__
#include <aead.h>
#include <crypto/blake2s.h>
#include <crypto/chacha20poly1305.h>
#include <crypto/curve25519.h>
#include <crypto/utils.h>
#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <linux/types.h>
#else
#include <plain.h>
#endif

#endif
