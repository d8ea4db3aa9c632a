// SPDX-License-Identifier: GPL-2.0
/*
 * clocks.c - what time it is to an end.
 *
 * Boot time goes on while the machine sleeps, ticks do not, and the wall clock is
 * what somebody has set it to. Ticks run over soon after the start. What the
 * core is given is the time of the last tick, or of a coarser one still.
 *
 * Timers are of one of the kernel's two kinds. Of high resolution, as in the module: they count whole ticks
 * from when they are armed, which is within one, and where the hardware has none better they ring at a tick. Or
 * of the wheel, which is coarser the farther off they are.
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

/*
 * The wheel has levels of 64 slots, each level eight times as coarse as the one before: a timer is in the
 * finest that reaches so far, in the slot behind its time.
 */
unsigned long wheel_tick(unsigned long tick, unsigned long now)
{
	long left = tick - now;
	int shift = 0;

	while (left >= 63L << shift)
		shift += 3;
	return ((tick >> shift) + 1) << shift;
}

/* By how much it is late at most with what is so far off. */
u64 wheel_late(const struct end *end, u64 ns)
{
	return end->wheel || end->was_wheel ? ns * 8 / 63 + 2 * S / HZ : 0;
}

u64 when_rings(const struct end *end, unsigned long tick)
{
	u64 left = time_after(tick, ticks(end)) ? tick - ticks(end) : 1, at = awake_ns(end) + left * (S / HZ);

	if (end->wheel || w.low_resolution)
		at -= at % (S / HZ);
	if (!end->wheel && w.low_resolution)
		at += S / HZ;
	return w.now + at - awake_ns(end);
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
