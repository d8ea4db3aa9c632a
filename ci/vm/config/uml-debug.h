/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Read before arch/um/kernel/stacktrace.c, for kernels with checks.
 *
 * KASAN keeps the stack of every allocation. A user-mode kernel finds it by
 * asking of each word there whether it points into code, which takes an RCU read
 * lock for words that are not in the kernel's own, which lockdep wants to hear of:
 * together they were ten times as slow as each of them. Modules are in vmalloc's
 * part of memory, other words need not be asked about.
 */
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/mm.h>

#define __kernel_text_address(word)					\
	((core_kernel_text(word) || is_vmalloc_addr((void *)(word))) &&	\
	 (__kernel_text_address)(word))
