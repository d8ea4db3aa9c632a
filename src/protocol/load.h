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

#include "port.h"

/**
 * struct wgr_load - handshake messages of a machine
 * @waiting: how many wait
 * @until_ns: until when it counts as load all the same, boot time clock. A time
 *	that an idle machine compares with months later has to be of 64 bits
 *
 * All zeros is a machine at rest. Any number of contexts at a time.
 */
struct wgr_load {
	atomic_t waiting;
	atomic64_t until_ns;
};

/* One handshake message more waits, or one less. */
void wgr_load_more(struct wgr_load *load);
void wgr_load_less(struct wgr_load *load);

/* True while senders of handshake messages must prove their address. */
bool wgr_under_load(struct wgr_load *load, u64 now_ns);

#endif
