/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trace.h - the trace points themselves. Read several times by the kernel's own
 * headers, each time with other meanings of the macros; only trace.c includes it.
 *
 * The name of the interface is copied, since it may be renamed or gone when the
 * trace is read. Packets are named by epoch (number of the session, for this
 * peer; a new one when it takes the lead again, and then counters begin there,
 * see rank.h) and counter.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM wg_reorder

#if !defined(WGR_CONTROL_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define WGR_CONTROL_TRACE_H

#include <linux/if.h>
#include <linux/netdevice.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "device.h"
#include "peer.h"
#include "reorder/engine.h"

TRACE_DEFINE_ENUM(WGR_TIMED_OUT);
TRACE_DEFINE_ENUM(WGR_PASSED);
TRACE_DEFINE_ENUM(WGR_OVERFLOWED);
TRACE_DEFINE_ENUM(WGR_RESET);
TRACE_DEFINE_ENUM(WGR_SCOPE_FLOW);
TRACE_DEFINE_ENUM(WGR_SCOPE_PEER);

/* Packets @first to @last are missing. */
TRACE_EVENT(gap_opened,
	TP_PROTO(const struct wgr_peer *peer, const struct wgr_event *event),
	TP_ARGS(peer, event),
	TP_STRUCT__entry(
		__array(char, ifname, IFNAMSIZ)
		__field(u64, peer)
		__field(u32, epoch)
		__field(u64, first)
		__field(u64, last)
	),
	TP_fast_assign(
		strscpy(__entry->ifname, peer->wgr->dev->name, IFNAMSIZ);
		__entry->peer = peer->id;
		__entry->epoch = event->epoch;
		__entry->first = event->first;
		__entry->last = event->last;
	),
	TP_printk("%s peer=%llu epoch=%u first=%llu last=%llu",
		  __entry->ifname, __entry->peer, __entry->epoch, __entry->first, __entry->last)
);

/*
 * Packets @first to @last, as far as missing, are not waited for any more; what
 * came after them has waited @waited_ns.
 */
TRACE_EVENT(gap_given_up,
	TP_PROTO(const struct wgr_peer *peer, const struct wgr_event *event),
	TP_ARGS(peer, event),
	TP_STRUCT__entry(
		__array(char, ifname, IFNAMSIZ)
		__field(u64, peer)
		__field(u32, epoch)
		__field(u64, first)
		__field(u64, last)
		__field(s64, waited_ns)
		__field(u32, cause)
	),
	TP_fast_assign(
		strscpy(__entry->ifname, peer->wgr->dev->name, IFNAMSIZ);
		__entry->peer = peer->id;
		__entry->epoch = event->epoch;
		__entry->first = event->first;
		__entry->last = event->last;
		__entry->waited_ns = event->ns;
		__entry->cause = event->cause;
	),
	TP_printk("%s peer=%llu epoch=%u first=%llu last=%llu waited_ns=%lld cause=%s",
		  __entry->ifname, __entry->peer, __entry->epoch, __entry->first, __entry->last,
		  __entry->waited_ns,
		  __print_symbolic(__entry->cause,
				   { WGR_TIMED_OUT, "timed_out" },
				   { WGR_PASSED, "passed" },
				   { WGR_OVERFLOWED, "overflowed" },
				   { WGR_RESET, "reset" }))
);

/* A packet that was missing for @missing_ns, -1 if that is not known. */
DECLARE_EVENT_CLASS(missing_packet,
	TP_PROTO(const struct wgr_peer *peer, const struct wgr_event *event),
	TP_ARGS(peer, event),
	TP_STRUCT__entry(
		__array(char, ifname, IFNAMSIZ)
		__field(u64, peer)
		__field(u32, epoch)
		__field(u64, counter)
		__field(s64, missing_ns)
	),
	TP_fast_assign(
		strscpy(__entry->ifname, peer->wgr->dev->name, IFNAMSIZ);
		__entry->peer = peer->id;
		__entry->epoch = event->epoch;
		__entry->counter = event->first;
		__entry->missing_ns = event->ns;
	),
	TP_printk("%s peer=%llu epoch=%u counter=%llu missing_ns=%lld",
		  __entry->ifname, __entry->peer, __entry->epoch, __entry->counter,
		  __entry->missing_ns)
);

/* It has come. */
DEFINE_EVENT(missing_packet, gap_filled,
	TP_PROTO(const struct wgr_peer *peer, const struct wgr_event *event),
	TP_ARGS(peer, event)
);

/* It has come too late and is dropped. */
DEFINE_EVENT(missing_packet, packet_late,
	TP_PROTO(const struct wgr_peer *peer, const struct wgr_event *event),
	TP_ARGS(peer, event)
);

/*
 * A packet that does not go in the order of all; @flow: slot of its inner flow in the table
 * of the peer, 65535 if it has none; @waited_ns: since it came.
 */
DECLARE_EVENT_CLASS(packet_of_flow,
	TP_PROTO(const struct wgr_peer *peer, const struct wgr_event *event),
	TP_ARGS(peer, event),
	TP_STRUCT__entry(
		__array(char, ifname, IFNAMSIZ)
		__field(u64, peer)
		__field(u32, epoch)
		__field(u64, counter)
		__field(s64, waited_ns)
		__field(u32, scope)
		__field(u32, flow)
	),
	TP_fast_assign(
		strscpy(__entry->ifname, peer->wgr->dev->name, IFNAMSIZ);
		__entry->peer = peer->id;
		__entry->epoch = event->epoch;
		__entry->counter = event->first;
		__entry->waited_ns = event->ns;
		__entry->scope = peer->rx.order.settings.scope;
		__entry->flow = event->flow;
	),
	TP_printk("%s peer=%llu epoch=%u counter=%llu waited_ns=%lld scope=%s flow=%u",
		  __entry->ifname, __entry->peer, __entry->epoch, __entry->counter,
		  __entry->waited_ns,
		  __print_symbolic(__entry->scope,
				   { WGR_SCOPE_FLOW, "flow" },
				   { WGR_SCOPE_PEER, "peer" }),
		  __entry->flow)
);

/* It goes ahead of what is missing, for which its flow does not wait. */
DEFINE_EVENT(packet_of_flow, packet_ahead,
	TP_PROTO(const struct wgr_peer *peer, const struct wgr_event *event),
	TP_ARGS(peer, event)
);

/* It goes behind what other flows sent later. */
DEFINE_EVENT(packet_of_flow, packet_behind,
	TP_PROTO(const struct wgr_peer *peer, const struct wgr_event *event),
	TP_ARGS(peer, event)
);

/* From now on packets are held for this long at most. */
TRACE_EVENT(hold_changed,
	TP_PROTO(const struct wgr_peer *peer, s64 wait_ns),
	TP_ARGS(peer, wait_ns),
	TP_STRUCT__entry(
		__array(char, ifname, IFNAMSIZ)
		__field(u64, peer)
		__field(s64, wait_ns)
	),
	TP_fast_assign(
		strscpy(__entry->ifname, peer->wgr->dev->name, IFNAMSIZ);
		__entry->peer = peer->id;
		__entry->wait_ns = wait_ns;
	),
	TP_printk("%s peer=%llu wait_ns=%lld", __entry->ifname, __entry->peer, __entry->wait_ns)
);

/* Something is held, and at this time (CLOCK_MONOTONIC) the wait is over. */
TRACE_EVENT(timer_armed,
	TP_PROTO(const struct wgr_peer *peer, s64 deadline_ns),
	TP_ARGS(peer, deadline_ns),
	TP_STRUCT__entry(
		__array(char, ifname, IFNAMSIZ)
		__field(u64, peer)
		__field(s64, deadline_ns)
		__field(u32, held)
	),
	TP_fast_assign(
		strscpy(__entry->ifname, peer->wgr->dev->name, IFNAMSIZ);
		__entry->peer = peer->id;
		__entry->deadline_ns = deadline_ns;
		__entry->held = wgr_reorder_held(&peer->rx.order);
	),
	TP_printk("%s peer=%llu held=%u deadline_ns=%lld",
		  __entry->ifname, __entry->peer, __entry->held, __entry->deadline_ns)
);

#endif

/* Found through -I of the module's own folder. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH control
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
