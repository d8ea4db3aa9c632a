/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trace_points.h - what happens to the order of packets, for whoever traces it
 * (events wg_reorder:*). Nothing is done while nobody does.
 */
#ifndef WGR_CONTROL_TRACE_POINTS_H
#define WGR_CONTROL_TRACE_POINTS_H

#include "reorder/engine.h"
#include "wgr.h"

/**
 * wgr_trace_event() - the order engine of a peer says that something happened
 * @peer: whose
 * @event: what
 *
 * Any context.
 */
void wgr_trace_event(const struct wgr_peer *peer, const struct wgr_event *event);

/* Whether somebody traces gaps that are filled: how long they were open is not for free. */
bool wgr_trace_fills(void);

/**
 * wgr_trace_timer() - a peer's timer has been set
 * @peer: whose
 * @deadline_ns: when it rings (CLOCK_MONOTONIC, ns)
 *
 * Any context.
 */
void wgr_trace_timer(const struct wgr_peer *peer, s64 deadline_ns);

#endif
