/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The generic netlink family "wg-reorder": how WireGuard interfaces put the
 * packets of their peers into order, and what came of it.
 *
 * The family is there while a WireGuard module that keeps order is loaded, and
 * only then. Looking it up needs no rights; everything else needs CAP_NET_ADMIN
 * in the user namespace that owns the network namespace of the socket.
 *
 * An interface is named by WG_REORDER_A_IFINDEX or WG_REORDER_A_IFNAME, by
 * exactly one of them. For all commands:
 *
 *   EBADR       neither of the two, or both
 *   ENODEV      no such interface in this network namespace
 *   EOPNOTSUPP  it is not a WireGuard interface, or there is no such command
 *   EPERM       no CAP_NET_ADMIN
 *   EINVAL      a malformed attribute, or one that the command does not take
 *
 * Numbers are in the byte order of the machine.
 */
#ifndef _UAPI_LINUX_WG_REORDER_H
#define _UAPI_LINUX_WG_REORDER_H

#define WG_REORDER_GENL_NAME	"wg-reorder"
#define WG_REORDER_GENL_VERSION	1

/* Length of a public key, bytes. */
#define WG_REORDER_KEY_LEN	32

/* For a peer, as the value of a setting: that of the interface again. */
#define WG_REORDER_INHERIT	0xffffffffU

/* Number of bins of the histograms. */
#define WG_REORDER_EXTENT_BINS	16
#define WG_REORDER_HOLD_BINS	32

/**
 * enum wg_reorder_cmd - commands
 *
 * @WG_REORDER_CMD_GET: settings of one interface, or with NLM_F_DUMP of all
 *	WireGuard interfaces in the network namespace, a message each. Takes what
 *	names the interface, the dump takes nothing. Answers with
 *	WG_REORDER_A_IFINDEX, _IFNAME, _MODE, _HOLD_US, _HOLD_MAX_US, _WINDOW and
 *	_SCOPE. With WG_REORDER_A_PUBLIC_KEY, not in a dump, those in force for that
 *	peer; the answer then has _PUBLIC_KEY and _OWN as well.
 *	ENOENT: the interface has no peer with this key.
 * @WG_REORDER_CMD_SET: change those settings that are given, all of them or, if
 *	one is refused, none. Packets that have waited too long or have no place
 *	under the new settings go up at once, in order. With WG_REORDER_A_PUBLIC_KEY
 *	they are that peer's own and go before the interface's, until they are set to
 *	WG_REORDER_INHERIT or the peer is removed. One that is added has none of its
 *	own; that some were added a uevent tells: "change" of the interface, with
 *	WIREGUARD_PEERS=added.
 *	ERANGE: a number out of its range. EINVAL: no such mode or scope, or a window
 *	that is no power of two. ENOENT: the interface has no peer with this key.
 * @WG_REORDER_CMD_GET_STATS: statistics of one interface, with NLM_F_DUMP only.
 *	The first message has WG_REORDER_A_IFINDEX, _IFNAME and the totals of the
 *	interface in WG_REORDER_A_STATS, each one after it WG_REORDER_A_IFINDEX,
 *	_PUBLIC_KEY and _STATS of one peer, and, if it has settings of its own, _OWN
 *	and all settings in force for it. Peers come in the order in which they
 *	were added. NLM_F_DUMP_INTR is set if some were added, changed or removed
 *	meanwhile: the dump goes on with those that are left, and one that was
 *	removed and added again may come twice.
 * @WG_REORDER_CMD_RESET_STATS: set counters and histograms to zero, of all peers
 *	of an interface and in its totals, or, with WG_REORDER_A_PUBLIC_KEY, of one
 *	peer. Packets held at this moment count as arriving after it.
 *	ENOENT: the interface has no peer with this key.
 */
enum wg_reorder_cmd {
	WG_REORDER_CMD_GET,
	WG_REORDER_CMD_SET,
	WG_REORDER_CMD_GET_STATS,
	WG_REORDER_CMD_RESET_STATS,
};

#define WG_REORDER_CMD_MAX WG_REORDER_CMD_RESET_STATS

/**
 * enum wg_reorder_mode - what an interface does about order
 *
 * @WG_REORDER_MODE_ADAPTIVE: wait for missing packets as long as the path of the
 *	peer has shown to be of use, at most hold_max_us
 * @WG_REORDER_MODE_FIXED: wait for hold_us
 * @WG_REORDER_MODE_OFF: hand packets up in the order of their arrival
 */
enum wg_reorder_mode {
	WG_REORDER_MODE_ADAPTIVE,
	WG_REORDER_MODE_FIXED,
	WG_REORDER_MODE_OFF,
};

/**
 * enum wg_reorder_scope - whose order an interface keeps
 *
 * @WG_REORDER_SCOPE_FLOW: that of each inner flow: what only packets of other flows
 *	have overtaken goes up all the same
 * @WG_REORDER_SCOPE_PEER: that of all packets of a peer: what has been overtaken is
 *	dropped
 * @WG_REORDER_SCOPE_AUTO: to be set, never shown: peer in the fixed mode, else flow
 */
enum wg_reorder_scope {
	WG_REORDER_SCOPE_FLOW,
	WG_REORDER_SCOPE_PEER,
	WG_REORDER_SCOPE_AUTO,
};

/**
 * enum wg_reorder_own - which settings a peer has of its own, as bits
 *
 * @WG_REORDER_OWN_MODE: WG_REORDER_A_MODE
 * @WG_REORDER_OWN_HOLD_US: WG_REORDER_A_HOLD_US
 * @WG_REORDER_OWN_HOLD_MAX_US: WG_REORDER_A_HOLD_MAX_US
 * @WG_REORDER_OWN_WINDOW: WG_REORDER_A_WINDOW
 * @WG_REORDER_OWN_SCOPE: WG_REORDER_A_SCOPE
 */
enum wg_reorder_own {
	WG_REORDER_OWN_MODE = 1,
	WG_REORDER_OWN_HOLD_US = 2,
	WG_REORDER_OWN_HOLD_MAX_US = 4,
	WG_REORDER_OWN_WINDOW = 8,
	WG_REORDER_OWN_SCOPE = 16,
};

/**
 * enum wg_reorder_attr - attributes of all messages
 *
 * @WG_REORDER_A_UNSPEC: not used
 * @WG_REORDER_A_PAD: padding, to be passed over
 * @WG_REORDER_A_IFINDEX: u32, index of the interface
 * @WG_REORDER_A_IFNAME: string with a NUL at its end, name of the interface, 1 to
 *	15 characters
 * @WG_REORDER_A_PUBLIC_KEY: 32 bytes, a peer's public key
 * @WG_REORDER_A_MODE: u32, one of enum wg_reorder_mode
 * @WG_REORDER_A_HOLD_US: u32, the wait in the fixed mode, microseconds, 0 to
 *	1000000
 * @WG_REORDER_A_HOLD_MAX_US: u32, what the wait may reach in the adaptive mode,
 *	which begins with 50000 or that, microseconds, 0 to 5000000; a change of what
 *	it begins with begins anew
 * @WG_REORDER_A_WINDOW: u32, packets that may be held for each peer, a power of
 *	two, 64 to 32768
 * @WG_REORDER_A_STATS: nest of enum wg_reorder_stat
 * @WG_REORDER_A_SCOPE: u32, one of enum wg_reorder_scope
 * @WG_REORDER_A_OWN: u32, bits of enum wg_reorder_own; never taken, only given
 */
enum wg_reorder_attr {
	WG_REORDER_A_UNSPEC,
	WG_REORDER_A_PAD,
	WG_REORDER_A_IFINDEX,
	WG_REORDER_A_IFNAME,
	WG_REORDER_A_PUBLIC_KEY,
	WG_REORDER_A_MODE,
	WG_REORDER_A_HOLD_US,
	WG_REORDER_A_HOLD_MAX_US,
	WG_REORDER_A_WINDOW,
	WG_REORDER_A_STATS,
	WG_REORDER_A_SCOPE,
	WG_REORDER_A_OWN,
};

#define WG_REORDER_A_MAX WG_REORDER_A_OWN

/**
 * enum wg_reorder_stat - attributes of WG_REORDER_A_STATS
 *
 * Each is a u64 and counts packets unless it says something else. Those marked
 * "now" are a state, not a count: a reset does not change them. In the totals of
 * an interface, which include peers that have been removed, a count or state is
 * the sum of the peers', a largest one or a wait the largest of them.
 *
 * A sum that holds at any moment, also after a reset:
 *
 *   AUTHENTICATED = IN_ORDER + REORDERED + HELD + LATE + DUPLICATE + DISCARDED
 *   REORDERED = the sum of all RELEASED_...
 *   GAPS_OPENED = GAPS_OPEN + GAPS_FILLED + GAPS_TIMED_OUT + GAPS_PASSED
 *                 + GAPS_OVERFLOWED + GAPS_RESET
 *
 * @WG_REORDER_STAT_UNSPEC: not used
 * @WG_REORDER_STAT_PAD: padding, to be passed over
 * @WG_REORDER_STAT_AUTHENTICATED: received and authentic, keepalives included
 * @WG_REORDER_STAT_IN_ORDER: went up at once, with nothing missing before them
 * @WG_REORDER_STAT_REORDERED: were held and have gone up, or were missing and came
 *	while others waited for them
 * @WG_REORDER_STAT_RELEASED_FILLED: of these, went up because what was missing
 *	came, and what came; with the mode off, those that came after one sent
 *	later
 * @WG_REORDER_STAT_RELEASED_TIMED_OUT: of these, went up because the wait was over
 * @WG_REORDER_STAT_RELEASED_PASSED: of these, went up because each path had brought
 *	something sent later than what was missing
 * @WG_REORDER_STAT_RELEASED_OVERFLOWED: of these, went up because the window or the
 *	memory was full
 * @WG_REORDER_STAT_RELEASED_FLUSHED: of these, went up because the settings were
 *	changed
 * @WG_REORDER_STAT_LATE: dropped, as something sent later, in scope flow by the same
 *	flow, had gone up
 * @WG_REORDER_STAT_DUPLICATE: dropped, as they had come before or were too old to
 *	tell
 * @WG_REORDER_STAT_DISCARDED: dropped while held, as the peer was removed or the
 *	interface went down
 * @WG_REORDER_STAT_HELD: held, now
 * @WG_REORDER_STAT_MAX_HELD: most held at once, for one peer
 * @WG_REORDER_STAT_GAPS_OPENED: were missing when one sent later came
 * @WG_REORDER_STAT_GAPS_FILLED: of these, came in time
 * @WG_REORDER_STAT_GAPS_TIMED_OUT: of these, given up as the wait was over
 * @WG_REORDER_STAT_GAPS_PASSED: of these, given up as each path had brought
 *	something sent later
 * @WG_REORDER_STAT_GAPS_OVERFLOWED: of these, given up as the window or the memory
 *	was full
 * @WG_REORDER_STAT_GAPS_RESET: of these, given up as the settings were changed, the
 *	peer was removed or the interface went down
 * @WG_REORDER_STAT_GAPS_OPEN: of these, waited for, now
 * @WG_REORDER_STAT_WAIT_NS: how long a packet may be held, now, nanoseconds
 * @WG_REORDER_STAT_MAX_HOLD_NS: longest time for which one was held, nanoseconds
 * @WG_REORDER_STAT_EPOCHS: session keys by which packets came; a reset does not
 *	change it
 * @WG_REORDER_STAT_EPOCH_CHANGES: times that a key followed on another one
 * @WG_REORDER_STAT_EPOCH_HELD: were held as some of an older key might still come
 * @WG_REORDER_STAT_STARVED: went up early as there was no memory to hold them, or the
 *	module held as many as it may for all peers together
 * @WG_REORDER_STAT_EXTENT: WG_REORDER_EXTENT_BINS numbers of type u64 side by side:
 *	packets that came after one sent later, late ones included, by how many
 *	places they were behind (the reordering extent of RFC 4737). Bin n counts
 *	2^n to 2^(n+1) - 1, the last one all from 2^15 on, and packets of a key
 *	whose successor was in use already
 * @WG_REORDER_STAT_HOLD: WG_REORDER_HOLD_BINS numbers of type u64 side by side:
 *	packets that were held, by how long, in nanoseconds. Bin n counts 2^n to
 *	2^(n+1) - 1, bin 0 also 0, the last one all from 2^31 on
 * @WG_REORDER_STAT_RELEASED_AHEAD: of REORDERED, went up at once, ahead of what was
 *	missing, as their flow has nothing to wait for
 * @WG_REORDER_STAT_RELEASED_BEHIND: of REORDERED, went up behind what had been sent
 *	after them, all of it by other flows
 * @WG_REORDER_STAT_LATE_AHEAD: of LATE, those of a flow of which one had gone up
 *	ahead of them
 * @WG_REORDER_STAT_LATE_UNKNOWN: of LATE, those of which it was not known any more
 *	whether their own flow had overtaken them; too many flows make this go up
 */
enum wg_reorder_stat {
	WG_REORDER_STAT_UNSPEC,
	WG_REORDER_STAT_PAD,
	WG_REORDER_STAT_AUTHENTICATED,
	WG_REORDER_STAT_IN_ORDER,
	WG_REORDER_STAT_REORDERED,
	WG_REORDER_STAT_RELEASED_FILLED,
	WG_REORDER_STAT_RELEASED_TIMED_OUT,
	WG_REORDER_STAT_RELEASED_PASSED,
	WG_REORDER_STAT_RELEASED_OVERFLOWED,
	WG_REORDER_STAT_RELEASED_FLUSHED,
	WG_REORDER_STAT_LATE,
	WG_REORDER_STAT_DUPLICATE,
	WG_REORDER_STAT_DISCARDED,
	WG_REORDER_STAT_HELD,
	WG_REORDER_STAT_MAX_HELD,
	WG_REORDER_STAT_GAPS_OPENED,
	WG_REORDER_STAT_GAPS_FILLED,
	WG_REORDER_STAT_GAPS_TIMED_OUT,
	WG_REORDER_STAT_GAPS_PASSED,
	WG_REORDER_STAT_GAPS_OVERFLOWED,
	WG_REORDER_STAT_GAPS_RESET,
	WG_REORDER_STAT_GAPS_OPEN,
	WG_REORDER_STAT_WAIT_NS,
	WG_REORDER_STAT_MAX_HOLD_NS,
	WG_REORDER_STAT_EPOCHS,
	WG_REORDER_STAT_EPOCH_CHANGES,
	WG_REORDER_STAT_EPOCH_HELD,
	WG_REORDER_STAT_STARVED,
	WG_REORDER_STAT_EXTENT,
	WG_REORDER_STAT_HOLD,
	WG_REORDER_STAT_RELEASED_AHEAD,
	WG_REORDER_STAT_RELEASED_BEHIND,
	WG_REORDER_STAT_LATE_AHEAD,
	WG_REORDER_STAT_LATE_UNKNOWN,
};

#define WG_REORDER_STAT_MAX WG_REORDER_STAT_LATE_UNKNOWN

#endif
