// SPDX-License-Identifier: GPL-2.0
/*
 * clocks.c - what time it is to an end.
 *
 * Boot time goes on while the machine sleeps, ticks do not, and the wall clock is
 * what somebody has set it to. Ticks run over soon after the start. What the
 * core is given is the time of the last tick, or of a coarser one still.
 */
#include "sim.h"

static u64 since_start(const struct end *end)
{
	return w.now - end->born;
}

u64 boot_ns(const struct end *end)
{
	return end->boot + since_start(end);
}

u64 coarse_boot_ns(const struct end *end)
{
	u64 now = boot_ns(end);

	return now - now % end->coarse_ns;
}

static u64 awake_ns(const struct end *end)
{
	return since_start(end) - end->slept;
}

unsigned long ticks(const struct end *end)
{
	return end->tick0 + awake_ns(end) / (S / HZ);
}

u64 when_tick(const struct end *end, unsigned long tick)
{
	long left = tick - ticks(end);

	if (left <= 0)
		return w.now;
	/* The tick at hand has begun some time ago. */
	return w.now + left * (S / HZ) - awake_ns(end) % (S / HZ);
}

u64 wall_ns(const struct end *end)
{
	return 1700000000 * S + w.now + end->wall;
}

void wall_clock(const struct end *end, s64 *sec, u32 *nsec)
{
	u64 now = wall_ns(end);

	*sec = now / S;
	*nsec = now % S;
}

u64 runs_again(const struct end *end)
{
	return end->asleep > end->frozen ? end->asleep : end->frozen;
}

bool runs(const struct end *end)
{
	return runs_again(end) <= w.now;
}
