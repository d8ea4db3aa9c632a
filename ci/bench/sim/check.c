// SPDX-License-Identifier: GPL-2.0
/*
 * What is asked of the time that packets wait, on paths that are made up and in
 * the captured traces that are named. Fast enough to run with the unit tests.
 */
#include <stdlib.h>

#include "run.h"
#include "scene.h"
#include "tap.h"

#define RATE		4400	/* 50 Mbit/s of full packets */
#define SECONDS		60

/* Late packets that are put up with: one in 10,000. */
#define LATE_SHARE	1e-4

static const struct wgr_settings usual = {
	WGR_ADAPTIVE, 8192, 50 * NS_PER_MS, 50 * NS_PER_MS, WGR_SCOPE_PEER
};

/* Skew is within hold_max: no more than the share is late once it is known. */
static const char * const within[] = {
	"uniform-0.5", "uniform-1", "uniform-3", "normal-0.5", "normal-1", "normal-3",
	"train-normal-1", "pause-30", "swap-5", "early-5%-3", "early-5%-10",
	"two", "two-3:1", "three", "two-ids", "two-3:1-ids", "three-ids",
	"two-outage-ids", "three-outage", "three-outage-ids",
	"two+loss-0.1", "two+loss-0.1-ids", "two+loss-1", "two+loss-1-ids",
	"two-fifo+loss-0.1", "two-fifo+loss-0.1-ids",
	"two-normal+loss-0.1", "two-normal+loss-0.1-ids", "two-rare+loss-0.1-ids",
	"route-10", "route-10+loss-0.1", "normal-1+loss-0.1", "normal-1+loss-1",
	"early-5%-10+loss-1", "some-10+loss-0.1", "some-late-10+loss-0.1",
	"often-late-10+loss-1", "rare-late-10+loss-1", "rekey-normal-1", "rekey-two",
	"rekey-two-ids",
};

static void play(const char *name, u32 rate, double seconds, const struct wgr_settings *settings,
		 struct result *result)
{
	const struct scene *scene = scene_find(name);
	struct trace trace = { 0 };

	if (!scene) {
		printf("Bail out! no path %s\n", name);
		exit(1);
	}
	scene_play(scene, rate, seconds, 1, &trace);
	run(&trace, policy_find("hold.c"), settings, 0, result);
	trace_free(&trace);
}

/* Seconds from, to: what happened in between, the engine's promises included. */
static struct slice part(const char *name, u32 rate, double seconds, double from, double to)
{
	struct result result;
	struct slice sum;

	play(name, rate, seconds, &usual, &result);
	sum = result_sum(&result, from * NS_PER_S, to * NS_PER_S);
	if (result.wrong)
		tap_ok(false, "%s: %s", name, result.wrong);
	result_free(&result);
	return sum;
}

static double late_share(const struct slice *sum)
{
	return sum->arrived ? (double)sum->late / sum->arrived : 1;
}

static double stall_ms(const struct slice *sum)
{
	return sum->losses ? sum->stall_ns / 1e6 / sum->losses : 0;
}

static double mean_ms(const struct slice *sum)
{
	return sum->arrived > sum->late ?
	       sum->delay_ns / 1e6 / (sum->arrived - sum->late) : 0;
}

static void check_late(void)
{
	struct slice sum;
	size_t i;

	for (i = 0; i < sizeof(within) / sizeof(within[0]); i++) {
		sum = part(within[i], RATE, SECONDS, 5, SECONDS + 1);
		tap_ok(late_share(&sum) <= LATE_SHARE,
		       "%s: %llu of %llu packets late, at most 1 in 10,000",
		       within[i], sum.late, sum.arrived);
	}
	sum = part("often-10+loss-1", RATE, SECONDS, 5, SECONDS + 1);
	tap_ok(sum.late * 32 <= sum.losses,
	       "where few swap and more are lost %llu are late, at most 1 for 32 of %llu lost",
	       sum.late, sum.losses);
	sum = part("normal-1+loss-1", 18000, 20, 5, 21);
	tap_ok(late_share(&sum) <= LATE_SHARE, "as good at 200 Mbit/s, jitter");
	sum = part("two", 18000, 15, 1, 16);
	tap_ok(!sum.late, "as good at 200 Mbit/s, two lines");
	sum = part("two", RATE, 15, 1, 16);
	tap_ok(!sum.late, "two lines: none late after the first second");
}

static void check_loss(void)
{
	static const struct {
		const char *scene;
		u32 rate;
		double seconds;
		double from;
	} runs[] = {
		{ "loss-0.1", 1300, 60, 10 },
		{ "loss-0.1", RATE, 60, 10 },
		{ "loss-1", RATE, 60, 10 },
		{ "loss-burst", RATE, 60, 10 },
		{ "loss-1", 18000, 20, 10 },
		{ "loss-1", 1000000, 0.5, 0.2 },
	};
	struct slice sum;
	size_t i;

	for (i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		sum = part(runs[i].scene, runs[i].rate, runs[i].seconds, runs[i].from, 99);
		tap_ok(sum.losses && stall_ms(&sum) <= 1,
		       "%s at %u/s: a loss costs %.3f ms, at most 1", runs[i].scene,
		       runs[i].rate, stall_ms(&sum));
	}
	sum = part("normal-1+loss-0.1", RATE, SECONDS, 10, SECONDS + 1);
	tap_ok(stall_ms(&sum) <= 8, "jitter of 1 ms: a loss costs %.2f ms, at most 8",
	       stall_ms(&sum));
	sum = part("rare-late-10+loss-1", RATE, SECONDS, 10, SECONDS + 1);
	tap_ok(stall_ms(&sum) <= 3, "one late in 100 lost: a loss costs %.2f ms, at most 3",
	       stall_ms(&sum));
	sum = part("clean", RATE, 10, 0, 11);
	tap_ok(!sum.delay_ns, "in order: no delay at all");
}

static void check_paths(void)
{
	struct slice with = part("two+loss-0.1-ids", RATE, SECONDS, 10, SECONDS + 1);
	struct slice without = part("two+loss-0.1", RATE, SECONDS, 10, SECONDS + 1);

	tap_ok(stall_ms(&with) <= 1 && stall_ms(&with) < stall_ms(&without),
	       "lines told apart: a loss costs %.2f ms instead of %.2f", stall_ms(&with),
	       stall_ms(&without));
	with = part("two-normal+loss-0.1-ids", RATE, SECONDS, 5, SECONDS + 1);
	without = part("two-normal+loss-0.1", RATE, SECONDS, 5, SECONDS + 1);
	tap_ok(with.late <= without.late, "lines that swap packets: telling them apart does no harm");
}

static void check_change(void)
{
	struct slice sum;

	sum = part("change", RATE, SECONDS, 21, 40);
	tap_ok(!sum.late, "clean, then two lines: none late after a second");
	sum = part("change", RATE, SECONDS, 56, SECONDS + 1);
	tap_ok(sum.losses && stall_ms(&sum) <= 1,
	       "two lines, then losses: some tens of these later one costs %.3f ms, at most 1",
	       stall_ms(&sum));
	sum = part("change-loss-first", RATE, SECONDS, 21, 40);
	tap_ok(!sum.late, "losses, then two lines: none late after a second");
	sum = part("change-skew-first", RATE, SECONDS, 21, SECONDS + 1);
	tap_ok(late_share(&sum) <= LATE_SHARE, "too much skew, then less: known within a second");
	sum = part("skew-10/100", RATE, SECONDS, 5, SECONDS + 1);
	tap_ok(mean_ms(&sum) <= 0.01, "too much skew: %.3f ms delay, at most 0.01", mean_ms(&sum));
	sum = part("skew-late-90+loss-1", RATE, SECONDS, 10, SECONDS + 1);
	tap_ok(stall_ms(&sum) <= 0.01, "some too late for any wait: a loss costs %.3f ms",
	       stall_ms(&sum));
	sum = part("skew-10/100+loss-1", RATE, SECONDS, 5, SECONDS + 1);
	tap_ok(mean_ms(&sum) <= 0.01, "too much skew and losses: %.3f ms delay", mean_ms(&sum));
}

static void check_keys(void)
{
	struct slice sum;

	sum = part("rekey", RATE, SECONDS, 0, SECONDS + 1);
	tap_ok(sum.changes && !sum.delay_ns, "%llu key changes in order: no delay", sum.changes);
	sum = part("rekey+loss-0.1", RATE, SECONDS, 10, SECONDS + 1);
	tap_ok(sum.changes && !sum.boundary_ns, "key changes and losses: no delay at the former");
	sum = part("rekey-normal-1", RATE, SECONDS, 5, SECONDS + 1);
	tap_ok(sum.changes && sum.boundary_ns <= (s64)sum.changes * 10 * NS_PER_MS,
	       "key changes and 1 ms of jitter: %.2f ms each, at most 10",
	       sum.boundary_ns / 1e6 / sum.changes);
}

/* Odd settings and rates: no promise broken and never longer than allowed. */
static void check_odd(void)
{
	static const char * const scene[] = {
		"normal-1+loss-1", "two+loss-1-ids", "change", "rekey-two",
	};
	static const u32 rate[] = { 10, RATE, 1000000 };
	static const u64 ms[][2] = { { 5, 0 }, { 0, 50 }, { 90, 50 }, { 0, 0 }, { 1000, 1000 } };
	struct wgr_settings settings = usual;
	struct result result;
	size_t s, r, m;
	bool good;

	for (m = 0; m < sizeof(ms) / sizeof(ms[0]); m++) {
		settings.hold_ns = ms[m][0] * NS_PER_MS;
		settings.hold_max_ns = ms[m][1] * NS_PER_MS;
		good = true;
		for (r = 0; r < sizeof(rate) / sizeof(rate[0]); r++) {
			for (s = 0; s < sizeof(scene) / sizeof(scene[0]); s++) {
				play(scene[s], rate[r], rate[r] == 10 ? 600 : 40000.0 / rate[r],
				     &settings, &result);
				good &= !result.wrong &&
					result.max_ns <= (s64)settings.hold_max_ns &&
					result.wait_ns <= (s64)settings.hold_max_ns;
				result_free(&result);
			}
		}
		tap_ok(good, "begin with %llu ms, at most %llu: keeps to it at 10 to 10^6/s",
		       ms[m][0], ms[m][1]);
	}
	settings.hold_ns = U64_MAX;
	settings.hold_max_ns = U64_MAX;
	play("normal-1+loss-1", RATE, 10, &settings, &result);
	tap_ok(!result.wrong, "the longest waits there are: no promise broken");
	result_free(&result);
}

/* Captures of a few seconds: what is late before anything is known counts, too. */
static void check_captured(const char *file)
{
	struct trace trace = { 0 };
	struct result result;
	struct slice sum;

	trace_read(&trace, file);
	run(&trace, policy_find("hold.c"), &usual, 0, &result);
	sum = result_sum(&result, 0, S64_MAX);
	tap_ok(!result.wrong && sum.arrived && !sum.late, "%s: %llu of %llu packets late, none%s%s",
	       file, sum.late, sum.arrived, result.wrong ? "; " : "",
	       result.wrong ? result.wrong : "");
	result_free(&result);
	trace_free(&trace);
}

int main(int argc __attribute__((unused)), char **argv)
{
	check_late();
	check_loss();
	check_paths();
	check_change();
	check_keys();
	check_odd();
	while (*++argv)
		check_captured(*argv);
	return tap_done();
}
