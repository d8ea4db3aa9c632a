/* SPDX-License-Identifier: GPL-2.0 */
/* port.h - what src/protocol takes from outside, for plain programs: port.c has it. */
#ifndef SIM_PORT_H
#define SIM_PORT_H

#include "protocol/port.h"

/*
 * Chance, which is the same with the same seed. What port_next_random() is given
 * comes first: so a test knows the ephemeral keys, for one.
 */
void port_seed(u64 seed);
u64 port_random(void);
void port_next_random(const void *bytes, size_t len);

/* Blocks that memzero_explicit() has been given so far, and their bytes. */
extern unsigned long port_wiped, port_wiped_bytes;

/* Told of each key and nonce that something is sealed with, if it is set. */
extern void (*port_sealed)(const u8 key[32], u64 nonce);

#endif
