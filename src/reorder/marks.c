// SPDX-License-Identifier: GPL-2.0
#include "marks.h"

#define ANY_FLOW	(-1)

static bool is_above(const struct wgr_mark *mark, u32 epoch, u64 counter)
{
	return mark->epoch > epoch || (mark->epoch == epoch && mark->top > counter);
}

void wgr_marks_note(struct wgr_marks *marks, u32 epoch, u64 counter, u16 flow,
		    s64 now_ns, s64 reach_ns)
{
	struct wgr_mark *newest = &marks->mark[(marks->count - 1) % WGR_MARKS];
	struct wgr_mark *oldest = &marks->mark[marks->count % WGR_MARKS];
	/* The oldest once this one has a mark and the next one has another. */
	struct wgr_mark *third = &marks->mark[(marks->count + 2) % WGR_MARKS];

	if (marks->count && is_above(newest, epoch, counter))
		return;
	if (marks->count >= WGR_MARKS && newest->epoch == epoch &&
	    (u64)now_ns - (u64)third->ns < (u64)reach_ns &&
	    (u64)now_ns - (u64)newest->ns < div_u64(reach_ns, WGR_MARKS - 2)) {
		newest->top = counter;
		return;
	}
	*oldest = (struct wgr_mark){ .top = counter, .ns = now_ns, .epoch = epoch, .flow = flow };
	/* Stay above the size of the ring once there: that says it is full. */
	if (++marks->count == 2 * WGR_MARKS)
		marks->count = WGR_MARKS;
}

/*
 * When the first mark above a place was made, of one flow or of any; S64_MIN if none
 * was.  @reached: a mark that is not above it has been met, so no earlier one is lost.
 */
static s64 first_above(const struct wgr_marks *marks, u32 epoch, u64 counter, s32 flow,
		       bool *reached)
{
	u32 known = marks->count < WGR_MARKS ? marks->count : WGR_MARKS;
	const struct wgr_mark *mark;
	s64 since_ns = S64_MIN;
	u32 i;

	*reached = known < WGR_MARKS;
	for (i = 1; i <= known; i++) {
		mark = &marks->mark[(marks->count - i) % WGR_MARKS];
		if (!is_above(mark, epoch, counter)) {
			*reached = true;
			break;
		}
		if (flow == ANY_FLOW || mark->flow == flow)
			since_ns = mark->ns;
	}
	return since_ns;
}

s64 wgr_marks_since(const struct wgr_marks *marks, u32 epoch, u64 counter)
{
	bool reached;
	s64 since_ns = first_above(marks, epoch, counter, ANY_FLOW, &reached);

	return reached ? since_ns : S64_MIN;
}

s64 wgr_marks_flow_since(const struct wgr_marks *marks, u32 epoch, u64 counter, u16 flow)
{
	bool reached;

	return first_above(marks, epoch, counter, flow, &reached);
}
