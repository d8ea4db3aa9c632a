// SPDX-License-Identifier: GPL-2.0
/*
 * hold.c is compiled with other names for what it gives (see Makefile), so that
 * the names of hold.h can lead here.
 */
#include "policy.h"

#define MS	1000000LL

void shipped_set_fixed(struct wgr_hold *hold, u64 wait_ns);
void shipped_set_adaptive(struct wgr_hold *hold, u64 start_ns, u64 max_ns);
void shipped_set_max(struct wgr_hold *hold, u64 max_ns);
void shipped_unknown(struct wgr_hold *hold);
void shipped_gap(struct wgr_hold *hold, s64 now_ns);
void shipped_came(struct wgr_hold *hold, s64 now_ns, s64 offset_ns, u64 pushed);
void shipped_lost(struct wgr_hold *hold, s64 now_ns, u64 pushed, u32 held, u64 gone);
void shipped_others(struct wgr_hold *hold, s64 now_ns, u64 pushed, u32 held);
void shipped_back(struct wgr_hold *hold);
void shipped_behind(struct wgr_hold *hold);
bool shipped_comes_back(const struct wgr_hold *hold);
bool shipped_passes(const struct wgr_hold *hold);
s64 shipped_until(const struct wgr_hold *hold, s64 arrival_ns);

/* What the first design and the decaying one keep. */
static struct {
	s64 from_ns;		/* waits in vain before this went on side by side */
	u32 in_vain;
} mine;

static void own_start(struct wgr_hold *hold)
{
	(void)hold;
	mine.from_ns = S64_MIN;
	mine.in_vain = 0;
}

static s64 within(const struct wgr_hold *hold, s64 ns)
{
	return ns > hold->max_ns ? hold->max_ns : ns < 0 ? 0 : ns;
}

/* What the first design of hold.c did with an offset before it took it for a wait. */
static s64 with_margin(s64 offset_ns)
{
	return offset_ns + offset_ns / 2 + 100000;
}

static void grow(struct wgr_hold *hold, s64 offset_ns)
{
	s64 need = within(hold, with_margin(offset_ns));

	if (need > hold->wait_ns)
		hold->wait_ns = need;
}

/*
 * The first design of hold.c: the longest offset seen; a wait in vain takes
 * 1/32, the next one 2/32 and so on, until an offset of half the wait comes.
 */
static void first_came(struct wgr_hold *hold, s64 offset_ns)
{
	grow(hold, offset_ns);
	if (with_margin(offset_ns) > hold->wait_ns / 2)
		mine.in_vain = 0;
}

static void first_lost(struct wgr_hold *hold, s64 now_ns)
{
	if (now_ns < mine.from_ns)
		return;
	if (mine.in_vain < 16)
		mine.in_vain++;
	hold->wait_ns -= hold->wait_ns / 32 * mine.in_vain;
	if (hold->wait_ns < 50000)
		hold->wait_ns = 0;
	mine.from_ns = shipped_until(hold, now_ns);
}

/* The longest offset seen, less 1/32 for each wait in vain, never in haste. */
static void decay_lost(struct wgr_hold *hold, s64 now_ns)
{
	if (now_ns < mine.from_ns)
		return;
	hold->wait_ns -= hold->wait_ns / 32;
	if (hold->wait_ns < 50000)
		hold->wait_ns = 0;
	mine.from_ns = shipped_until(hold, now_ns);
}

/*
 * Offsets in bins of a quarter octave.  The wait is the shortest that those
 * which take longer are at most one for each 32 waits in vain.  Everything is
 * halved when much has come together, so that what is old is forgotten.
 */
#define HIST_BINS	80
#define HIST_FIRST	16384	/* ns, lowest bin */
#define HIST_WORTH	32	/* waits in vain that a packet in time is worth */
#define HIST_VAIN_MOST	1024
#define HIST_CAME_MOST	(1 << 17)

static struct {
	u32 came[HIST_BINS];
	u32 sum;
	u32 vain;
} hist;

static u32 hist_bin(s64 ns)
{
	u64 x = ns < HIST_FIRST ? HIST_FIRST : ns;
	int top = fls64(x) - 1;
	u32 bin = (top - 14) * 4 + (x >> (top - 2) & 3);

	return bin < HIST_BINS ? bin : HIST_BINS - 1;
}

static s64 hist_end(u32 bin)
{
	return ((s64)HIST_FIRST << bin / 4) / 4 * (5 + bin % 4);
}

static void hist_choose(struct wgr_hold *hold)
{
	u32 over = 0;
	u32 bin = HIST_BINS;

	while (bin && over + hist.came[bin - 1] <= hist.vain)
		over += hist.came[--bin];
	hold->wait_ns = bin ? within(hold, hist_end(bin - 1) + hist_end(bin - 1) / 4 + 100000) : 0;
}

static void hist_halve(void)
{
	u32 i;

	hist.sum = 0;
	for (i = 0; i < HIST_BINS; i++)
		hist.sum += hist.came[i] /= 2;
	hist.vain /= 2;
}

static void hist_start(struct wgr_hold *hold)
{
	memset(&hist, 0, sizeof(hist));
	/* Some eight losses are enough to doubt the wait to begin with. */
	if (hold->wait_ns)
		hist.came[hist_bin(hold->wait_ns * 4 / 5)] = hist.sum = 8;
}

static void hist_came(struct wgr_hold *hold, s64 offset_ns)
{
	hist.came[hist_bin(offset_ns)] += HIST_WORTH;
	hist.sum += HIST_WORTH;
	if (hist.sum > HIST_CAME_MOST)
		hist_halve();
	hist_choose(hold);
}

static void hist_lost(struct wgr_hold *hold, s64 now_ns)
{
	(void)now_ns;
	if (++hist.vain > HIST_VAIN_MOST)
		hist_halve();
	hist_choose(hold);
}

/* As the retransmission timer of RFC 6298: mean offset and four deviations. */
static struct {
	s64 mean;
	s64 deviation;
	bool any;
} rto;

static void rto_start(struct wgr_hold *hold)
{
	(void)hold;
	memset(&rto, 0, sizeof(rto));
}

static void rto_came(struct wgr_hold *hold, s64 offset_ns)
{
	s64 error = offset_ns - rto.mean;

	if (!rto.any) {
		rto.mean = offset_ns;
		rto.deviation = offset_ns / 2;
		rto.any = true;
	} else {
		rto.deviation += ((error < 0 ? -error : error) - rto.deviation) / 4;
		rto.mean += error / 8;
	}
	hold->wait_ns = within(hold, rto.mean + 4 * rto.deviation);
}

static void keep_lost(struct wgr_hold *hold, s64 now_ns)
{
	(void)hold;
	(void)now_ns;
}

/*
 * As the reordering window of RACK (RFC 8985): a quarter of a round trip (here
 * 10 ms), one more for each packet that was late, back to one after 16 waits in
 * vain without a late one.
 */
#define RACK_STEP	(10 * MS / 4)

static u32 rack_vain;

static void rack_start(struct wgr_hold *hold)
{
	rack_vain = 0;
	hold->wait_ns = within(hold, RACK_STEP);
}

static void rack_came(struct wgr_hold *hold, s64 offset_ns)
{
	if (offset_ns <= hold->wait_ns)
		return;
	hold->wait_ns = within(hold, hold->wait_ns + RACK_STEP);
	rack_vain = 0;
}

static void rack_lost(struct wgr_hold *hold, s64 now_ns)
{
	(void)now_ns;
	if (++rack_vain < 16)
		return;
	rack_vain = 0;
	hold->wait_ns = within(hold, RACK_STEP);
}

/*
 * What hold.c was up to version 1.2: the second longest need of the current
 * period of 32 waits in vain and the one before; what is missing for longer than
 * 50 ms is not waited for.
 */
#define SECOND_PERIOD	32

static struct {
	s64 longest[2];
	s64 second[2];
	s64 from_ns;
	u32 in_vain;
	u32 to_come;
} second;

static void second_choose(struct wgr_hold *hold)
{
	s64 need = second.longest[0] < second.longest[1] ? second.longest[0] : second.longest[1];
	int i;

	for (i = 0; i < 2; i++)
		if (second.second[i] > need)
			need = second.second[i];
	hold->wait_ns = within(hold, need);
}

static void second_start(struct wgr_hold *hold)
{
	memset(&second, 0, sizeof(second));
	second.longest[1] = hold->wait_ns;
	second.second[1] = hold->wait_ns;
	second.from_ns = S64_MIN;
	second.in_vain = SECOND_PERIOD - 8;
	second.to_come = 1024;
}

static void second_came(struct wgr_hold *hold, s64 offset_ns)
{
	s64 need = within(hold, offset_ns + offset_ns / 4 + 100000);

	if (need > second.longest[0]) {
		second.second[0] = second.longest[0];
		second.longest[0] = need;
	} else if (need > second.second[0]) {
		second.second[0] = need;
	}
	if (second.to_come && !--second.to_come)
		second.longest[1] = second.second[1] = 0;
	second_choose(hold);
}

static void second_lost(struct wgr_hold *hold, s64 now_ns)
{
	if (now_ns < second.from_ns)
		return;
	if (++second.in_vain >= SECOND_PERIOD) {
		second.in_vain = 0;
		second.to_come = 0;
		second.longest[1] = second.longest[0];
		second.second[1] = second.second[0];
		second.longest[0] = second.second[0] = 0;
		second_choose(hold);
	}
	second.from_ns = shipped_until(hold, now_ns);
}

const struct policy policies[] = {
	{ .name = "hold.c" },
	{ "second", .start = second_start, .came = second_came, .lost = second_lost,
	  .max_ns = 50 * MS },
	{ "first", .start = own_start, .came = first_came, .lost = first_lost },
	{ "fixed-5", .fixed_ns = 5 * MS },
	{ "fixed-50", .fixed_ns = 50 * MS },
	{ "decay", .start = own_start, .came = grow, .lost = decay_lost },
	{ "histogram", .start = hist_start, .came = hist_came, .lost = hist_lost },
	{ "mean+4dev", .start = rto_start, .came = rto_came, .lost = keep_lost },
	{ "rack", .start = rack_start, .came = rack_came, .lost = rack_lost },
};

const int policy_count = sizeof(policies) / sizeof(policies[0]);

static const struct policy *chosen = policies;

const struct policy *policy_find(const char *name)
{
	int i;

	for (i = 0; i < policy_count; i++)
		if (!strcmp(policies[i].name, name))
			return &policies[i];
	return NULL;
}

void policy_choose(const struct policy *policy)
{
	chosen = policy;
}

void wgr_hold_set_fixed(struct wgr_hold *hold, u64 wait_ns)
{
	shipped_set_fixed(hold, wait_ns);
}

void wgr_hold_set_adaptive(struct wgr_hold *hold, u64 start_ns, u64 max_ns)
{
	shipped_set_adaptive(hold, start_ns, max_ns);
	own_start(hold);
	if (chosen->start)
		chosen->start(hold);
}

void wgr_hold_set_max(struct wgr_hold *hold, u64 max_ns)
{
	shipped_set_max(hold, max_ns);
}

void wgr_hold_unknown(struct wgr_hold *hold)
{
	shipped_unknown(hold);
}

void wgr_hold_gap(struct wgr_hold *hold, s64 now_ns)
{
	if (!chosen->came)
		shipped_gap(hold, now_ns);
}

void wgr_hold_came(struct wgr_hold *hold, s64 now_ns, s64 offset_ns, u64 pushed)
{
	if (!chosen->came)
		shipped_came(hold, now_ns, offset_ns, pushed);
	else if (hold->adaptive && offset_ns <= hold->max_ns)
		chosen->came(hold, offset_ns);
}

void wgr_hold_lost(struct wgr_hold *hold, s64 now_ns, u64 pushed, u32 held, u64 gone)
{
	if (!chosen->lost)
		shipped_lost(hold, now_ns, pushed, held, gone);
	else if (hold->adaptive)
		chosen->lost(hold, now_ns);
}

void wgr_hold_others(struct wgr_hold *hold, s64 now_ns, u64 pushed, u32 held)
{
	if (!chosen->lost)
		shipped_others(hold, now_ns, pushed, held);
	else if (hold->adaptive)
		chosen->lost(hold, now_ns);
}

void wgr_hold_back(struct wgr_hold *hold)
{
	if (!chosen->lost)
		shipped_back(hold);
}

void wgr_hold_behind(struct wgr_hold *hold)
{
	if (!chosen->lost)
		shipped_behind(hold);
}

bool wgr_hold_comes_back(const struct wgr_hold *hold)
{
	return shipped_comes_back(hold);
}

bool wgr_hold_passes(const struct wgr_hold *hold)
{
	return shipped_passes(hold);
}

s64 wgr_hold_until(const struct wgr_hold *hold, s64 arrival_ns)
{
	return shipped_until(hold, arrival_ns);
}
