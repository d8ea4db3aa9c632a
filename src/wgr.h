/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wgr.h - what every file of the module needs: limits of the protocol, and
 * the forward declarations of the objects.
 *
 * One object a file:
 *   protocol/  what is said and when: handshake, keys, macs, replay, alarms
 *   reorder/   puts packets into the order they were sent in
 *   interface  the network interface
 *   device     what all its peers share
 *   peer       one configured counterpart
 *   session    one set of transport keys, found by its receiver index
 *   noise      a peer's handshake and keys, under locks
 *   aead       ChaCha20-Poly1305 of data packets
 *   randomness no handshake before the random generator has its seed
 *   cookie     proof of address for handshakes under load
 *   ratelimit  how many handshakes an address may ask for
 *   handshakes handshake messages that came in
 *   allowedips which inner addresses belong to which peer
 *   endpoint   where a peer is reached
 *   sock       the UDP sockets
 *   run        datagrams that go down the network stack together
 *   line       packets in order that several CPUs encrypt or decrypt
 *   tx, rx     the way of a packet
 *   budget     how much memory the packets held for all peers may take
 *   timers     when something has to happen without a packet
 *   settings   what can be chosen about order, and its one setter
 *   books      what has become of packets
 *   stats      sums of the peers' books, and the figures made of them
 *   control/   netlink, sysfs, ethtool, trace points
 */
#ifndef WGR_H
#define WGR_H

#include <linux/jiffies.h>
#include <linux/skbuff.h>
#include <linux/timekeeping.h>
#include <linux/types.h>

#include "protocol/limits.h"

struct wgr_device;
struct wgr_peer;
struct wgr_session;
struct net;

/* Packets that wait for a session, a peer; the newest are kept. */
#define WGR_MAX_STAGED			128

/* Data packets on their way through a peer's receive or send line. */
#define WGR_MAX_LINE			4096

#define WGR_MAX_PEERS			(1U << 20)

/*
 * Room in front of an inner packet: our header, UDP, IPv6, and those of links and
 * tunnels below, which find no more room in a run of datagrams.
 */
#define WGR_HEADROOM	(16 + 8 + 40 + 128)

/* The time that the protocol goes by: boot time clock, which runs on in suspend. */
static inline u64 wgr_now_ns(void)
{
	return ktime_get_coarse_boottime_ns();
}

#endif
