/* SPDX-License-Identifier: GPL-2.0 */
/*
 * randomness.h - no handshake before the random generator has its seed.
 *
 * Early after boot it may have none, and waiting for one may take minutes. A
 * link that goes down waits for the workers of its handshakes, so they do not
 * wait: what comes is dropped and what is to be sent is tried again soon. (The
 * kernel's own waits, but nothing there waits for its workers in turn.)
 */
#ifndef WGR_RANDOMNESS_H
#define WGR_RANDOMNESS_H

#include <linux/types.h>

/**
 * wgr_random_ready() - may keys be drawn?
 *
 * Once true it stays so. Asking sees to it that the kernel gathers a seed, which
 * it does only for those that want one.
 */
bool wgr_random_ready(void);

/* Module unload; nobody asks any more. Waits for the seed, if it is gathered. */
void wgr_random_teardown(void);

#endif
