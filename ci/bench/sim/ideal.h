/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What nobody can do better: an oracle that waits for exactly those packets that still come
 * within the limit, and for nothing else.
 */
#ifndef SIM_IDEAL_H
#define SIM_IDEAL_H

#include "trace.h"

/**
 * struct ideal - what becomes of the packets then
 * @arrived: packets
 * @late: of these, longer missing than the limit
 * @delay_ns: from arrival to release, sum over the others
 */
struct ideal {
	u64 arrived;
	u64 late;
	s64 delay_ns;
};

/*
 * Packets that arrive from some time on; the limit is in nanoseconds.  Where the order of
 * flows counts each packet waits for those of its own only.
 */
struct ideal ideal(const struct trace *trace, s64 limit_ns, s64 from_ns);

#endif
