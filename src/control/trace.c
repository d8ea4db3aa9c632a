// SPDX-License-Identifier: GPL-2.0
/* trace.c - what happens to the order of packets, as trace points. */
#include "control/trace_points.h"

#include "device.h"
#include "peer.h"

#define CREATE_TRACE_POINTS
#include "control/trace.h"

void wgr_trace_event(const struct wgr_peer *peer, const struct wgr_event *event)
{
	switch (event->kind) {
	case WGR_GAP_OPENED:
		trace_gap_opened(peer, event);
		break;
	case WGR_GAP_FILLED:
		trace_gap_filled(peer, event);
		break;
	case WGR_GAP_GIVEN_UP:
		trace_gap_given_up(peer, event);
		break;
	case WGR_ITEM_LATE:
		trace_packet_late(peer, event);
		break;
	case WGR_HOLD_CHANGED:
		trace_hold_changed(peer, event->ns);
		break;
	case WGR_ITEM_AHEAD:
		trace_packet_ahead(peer, event);
		break;
	case WGR_ITEM_BEHIND:
		trace_packet_behind(peer, event);
		break;
	}
}

bool wgr_trace_fills(void)
{
	return trace_gap_filled_enabled();
}

void wgr_trace_timer(const struct wgr_peer *peer, s64 deadline_ns)
{
	trace_timer_armed(peer, deadline_ns);
}
