/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mark.h - instructions of x86-64 that do nothing, and that no compiler writes: a long nop
 * with a word for the plugin in place of its displacement.
 */
#ifndef MARK_H
#define MARK_H

#define BEGIN 1
#define END 2

#define MARK_SIZE 7
#define MARK_BYTES(which) { 0x0f, 0x1f, 0x80, which, 'w', 'g', 'r' }
#define MARK(which) \
	__asm__ volatile(".byte 0x0f, 0x1f, 0x80, %c0, 'w', 'g', 'r'" : : "i"(which))

#endif
