/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ways to decide how long to wait.  The engine is the real one and asks through
 * hold.h; what it reaches here is the policy that was chosen last.
 */
#ifndef SIM_POLICY_H
#define SIM_POLICY_H

#include "reorder/engine.h"

/**
 * struct policy - one of them
 * @name: in tables
 * @fixed_ns: for the fixed mode, the others are NULL then
 * @max_ns: longest wait that it may choose, 0 for what the settings say
 * @start: the engine begins; @hold has the wait and the bound to begin with
 * @came: see wgr_hold_came()
 * @lost: see wgr_hold_lost()
 *
 * Without @came and @lost it is hold.c that is asked.
 */
struct policy {
	const char *name;
	u64 fixed_ns;
	u64 max_ns;
	void (*start)(struct wgr_hold *hold);
	void (*came)(struct wgr_hold *hold, s64 offset_ns);
	void (*lost)(struct wgr_hold *hold, s64 now_ns);
};

extern const struct policy policies[];
extern const int policy_count;

const struct policy *policy_find(const char *name);

/* One at a time: the state of those that are not hold.c lies outside of the engine. */
void policy_choose(const struct policy *policy);

#endif
