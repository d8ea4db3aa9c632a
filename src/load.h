/* SPDX-License-Identifier: GPL-2.0 */
/*
 * load.h - whether more handshakes are asked for than can be answered on trust.
 *
 * The handshakes of all interfaces wait for the same CPUs, so what is under load
 * is the machine: those that wait are counted over all interfaces, and all ask for
 * proof of address while they are many and for a second after. The paper leaves
 * this to each implementation. The kernel's own module counts each interface's
 * alone, though its second after is for all: a flood spread over many
 * interfaces never is one there.
 */
#ifndef WGR_LOAD_H
#define WGR_LOAD_H

#include <linux/types.h>

/* One handshake message more waits, or one less. Any context. */
void wgr_load_more(void);
void wgr_load_less(void);

/* True while senders of handshake messages must prove their address. */
bool wgr_under_load(void);

#endif
