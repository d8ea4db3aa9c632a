/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which flow an inner packet is of: addresses, protocol and ports; of ICMP echo the
 * identifier instead, of fragments the identification, since only the first one has
 * ports.  Everything else goes by addresses and protocol, so what is tunnelled or
 * encrypted once more is one flow from end to end.
 *
 * What a packet says of itself may be a lie.  It is read within its bounds, and where
 * it does not fit, by what was read so far: the worst that comes of it is that
 * packets of the one who lied count as a flow that they are not.
 */
#ifndef WGR_REORDER_INNER_H
#define WGR_REORDER_INNER_H

#include "port.h"

/**
 * struct wgr_flow_key - what tells a flow from others, in no particular order
 * @bytes: as they stand in the packet, the rest zeros
 */
struct wgr_flow_key {
	u8 bytes[40];
};

/**
 * wgr_inner_key - the key of an inner packet's flow
 * @packet: begins with the IP header, may be anything
 * @len: bytes that are there, may be 0
 * @key: all of it is set
 */
void wgr_inner_key(const u8 *packet, size_t len, struct wgr_flow_key *key);

/* Whether a flow of that key sends all it has at once: TCP, in one piece. */
bool wgr_inner_bursts(const struct wgr_flow_key *key);

#endif
