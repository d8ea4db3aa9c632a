// SPDX-License-Identifier: GPL-2.0
/*
 * Put paths through the engine with each policy and print what comes of it.
 *
 *   sim [OPTION]... [TRACE]...      TRACE: captured arrivals, see trace.h
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "ideal.h"
#include "run.h"
#include "scene.h"
#include "wild.h"

#define SETTLED_LATE_NS		(5 * NS_PER_S)
#define SETTLED_STALL_NS	(10 * NS_PER_S)

static struct {
	u32 rate;
	double seconds;
	u64 seed;
	struct wgr_settings settings;
	const char *scene;
	const char *policy;
	u64 fixed_ns;
	bool tsv;
	bool table;
	bool wild;
	bool crowd;
	bool write;
} opt = {
	.rate = 4400,
	.seconds = 60,
	.seed = 1,
	.settings = { WGR_ADAPTIVE, 8192, 50 * NS_PER_MS, 250 * NS_PER_MS, WGR_SCOPE_PEER },
};

static const char usage[] =
"usage: sim [OPTION]... [TRACE]...\n"
"  --scene NAME     only this path\n"
"  --wild           only those that have their own rate and length (wild.c)\n"
"  --crowd          only those with several flows inside (crowd.c), in scope flow\n"
"  --policy NAME    only this policy\n"
"  --fixed-us N     only a wait of that length\n"
"  --rate N         packets a second (4400)\n"
"  --seconds N      length (60)\n"
"  --seed N         other random numbers (1)\n"
"  --start-us N     wait to begin with (50000)\n"
"  --max-us N       longest wait of adaptive policies (250000)\n"
"  --window N       packets held at most (8192)\n"
"  --tsv            for machines\n"
"  --table          late in 10,000 and mean delay only, a line for each path, as in README.md\n"
"  --write          print the arrivals of --scene instead\n"
"  --list           names of paths and policies\n";

static double per(double what, u64 of)
{
	return of ? what / of : 0;
}

static void print_table_head(void)
{
	int i;

	printf("| path | oracle |");
	for (i = 0; i < policy_count; i++)
		if (!opt.policy || !strcmp(opt.policy, policies[i].name))
			printf(" %s |", policies[i].name);
	printf("\n|---|---|");
	for (i = 0; i < policy_count; i++)
		if (!opt.policy || !strcmp(opt.policy, policies[i].name))
			printf("---|");
	puts("");
}

/* Late in 10,000, mean delay in ms. */
static void print_cell(u64 late, u64 arrived, s64 delay_ns)
{
	printf(" %.4g / %.3g |", per(late * 1e4, arrived), per(delay_ns / 1e6, arrived - late));
}

static void print_head(void)
{
	if (opt.table)
		print_table_head();
	else if (opt.tsv)
		puts("path\trate\tpolicy\tarrived\tlate\tlate_10k\tlate_10k_after_5s\t"
		     "mean_us\tmean_us_after_5s\tp99_us\tmax_us\tlosses_after_10s\t"
		     "stall_us_per_loss\tboundary_us_per_change\twait_end_us\tmax_held\t"
		     "passed\toverflowed\twrong");
	else
		printf("%-24s %-10s %8s %8s %8s %8s %8s %8s %8s %8s %8s %6s %8s %8s %8s %8s\n",
		       "path", "policy", "late", "/10k", "/10k>5s", "mean ms", "p99 ms", "max ms",
		       "ms/loss", "ms/key", "end ms", "held", "ahead", "behind", "outrun",
		       "unknown");
}

static void print_ideal(const char *path, const struct trace *trace, s64 from_ns)
{
	struct ideal best = ideal(trace, opt.settings.hold_max_ns, from_ns);

	if (opt.table) {
		printf("| %s |", path);
		print_cell(best.late, best.arrived, best.delay_ns);
	} else if (!opt.tsv) {
		printf("%-24s %-10s %8llu %8s %8.2f %8.3f\n", path, "oracle", best.late, "",
		       per(best.late * 1e4, best.arrived),
		       per(best.delay_ns / 1e6, best.arrived - best.late));
	}
}

static void print_row(const char *path, const struct policy *policy, const struct result *r,
		      s64 late_from, s64 stall_from)
{
	struct slice all = result_sum(r, 0, WGR_NEVER);
	struct slice late = result_sum(r, late_from, WGR_NEVER);
	struct slice stall = result_sum(r, stall_from, WGR_NEVER);
	double delay_us = per(late.delay_ns, late.arrived - late.late) / 1e3;
	double stall_us = per(stall.stall_ns, stall.losses) / 1e3;
	double key_us = per(late.boundary_ns, late.changes) / 1e3;

	if (opt.table)
		print_cell(late.late, late.arrived, late.delay_ns);
	else if (opt.tsv)
		printf("%s\t%u\t%s\t%llu\t%llu\t%.3f\t%.3f\t%.2f\t%.2f\t%.1f\t%.1f\t%llu\t%.2f\t"
		       "%.2f\t%.1f\t%u\t%llu\t%llu\t%s\n",
		       path, opt.rate, policy->name, all.arrived, all.late,
		       per(all.late * 1e4, all.arrived), per(late.late * 1e4, late.arrived),
		       per(all.delay_ns, all.arrived - all.late) / 1e3, delay_us,
		       r->p99_ns / 1e3, r->max_ns / 1e3, stall.losses, stall_us, key_us,
		       r->wait_ns / 1e3, r->max_held, r->passed, r->overflowed,
		       r->wrong ? r->wrong : "");
	else
		printf("%-24s %-10s %8llu %8.2f %8.2f %8.3f %8.2f %8.2f %8.3f %8.3f %8.2f %6u "
		       "%8llu %8llu %8llu %8llu %s\n",
		       path, policy->name, all.late, per(all.late * 1e4, all.arrived),
		       per(late.late * 1e4, late.arrived), delay_us / 1e3, r->p99_ns / 1e6,
		       r->max_ns / 1e6, stall_us / 1e3, key_us / 1e3, r->wait_ns / 1e6,
		       r->max_held, r->ahead, r->behind, r->late_ahead, r->late_unknown,
		       r->wrong ? r->wrong : "");
}

static void try_policy(const char *path, const struct trace *trace, const struct policy *policy)
{
	s64 half = trace_length(trace) / 2;
	s64 late_from = half < SETTLED_LATE_NS ? half : SETTLED_LATE_NS;
	s64 stall_from = half < SETTLED_STALL_NS ? half : SETTLED_STALL_NS;
	struct result result;

	run(trace, policy, &opt.settings, late_from, &result);
	print_row(path, policy, &result, late_from, stall_from);
	result_free(&result);
}

static void try_policies(const char *path, const struct trace *trace)
{
	s64 half = trace_length(trace) / 2;
	s64 late_from = half < SETTLED_LATE_NS ? half : SETTLED_LATE_NS;
	const struct policy fixed = { .name = "fixed", .fixed_ns = opt.fixed_ns };
	int i;

	print_ideal(path, trace, late_from);
	if (opt.fixed_ns)
		try_policy(path, trace, &fixed);
	for (i = 0; i < policy_count && !opt.fixed_ns; i++)
		if (!opt.policy || !strcmp(opt.policy, policies[i].name))
			try_policy(path, trace, &policies[i]);
	if (opt.table)
		puts("");
	fflush(stdout);
}

static void try_scene(const struct scene *scene)
{
	struct trace trace = { 0 };

	scene_play(scene, opt.rate, opt.seconds, opt.seed, &trace);
	if (opt.write)
		trace_write(&trace, stdout);
	else
		try_policies(scene->name, &trace);
	trace_free(&trace);
}

static void try_wild(const struct wild *wild)
{
	struct trace trace = { 0 };

	wild_play(wild, opt.seed, &trace);
	if (opt.write)
		trace_write(&trace, stdout);
	else
		try_policies(wild->name, &trace);
	trace_free(&trace);
}

static void try_wilds(const struct wild *all, int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (!opt.scene || !strcmp(opt.scene, all[i].name))
			try_wild(&all[i]);
}

static void list(void)
{
	int i;

	for (i = 0; i < scene_count; i++)
		printf("path %s\n", scenes[i].name);
	for (i = 0; i < wild_count; i++)
		printf("path %s\n", wilds[i].name);
	for (i = 0; i < crowd_count; i++)
		printf("path %s\n", crowds[i].name);
	for (i = 0; i < policy_count; i++)
		printf("policy %s\n", policies[i].name);
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "scene", required_argument, NULL, 'c' },
		{ "wild", no_argument, NULL, 'i' },
		{ "crowd", no_argument, NULL, 'C' },
		{ "policy", required_argument, NULL, 'p' },
		{ "fixed-us", required_argument, NULL, 'f' },
		{ "rate", required_argument, NULL, 'r' },
		{ "seconds", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'd' },
		{ "start-us", required_argument, NULL, 'b' },
		{ "max-us", required_argument, NULL, 'm' },
		{ "window", required_argument, NULL, 'w' },
		{ "tsv", no_argument, NULL, 't' },
		{ "table", no_argument, NULL, 'T' },
		{ "write", no_argument, NULL, 'W' },
		{ "list", no_argument, NULL, 'l' },
		{ }
	};
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (o) {
		case 'c':
			opt.scene = optarg;
			break;
		case 'p':
			opt.policy = optarg;
			break;
		case 'f':
			opt.fixed_ns = 1000 * strtoull(optarg, NULL, 0);
			break;
		case 'r':
			opt.rate = strtoul(optarg, NULL, 0);
			break;
		case 's':
			opt.seconds = strtod(optarg, NULL);
			break;
		case 'd':
			opt.seed = strtoull(optarg, NULL, 0);
			break;
		case 'b':
			opt.settings.hold_ns = 1000 * strtoull(optarg, NULL, 0);
			break;
		case 'm':
			opt.settings.hold_max_ns = 1000 * strtoull(optarg, NULL, 0);
			break;
		case 'w':
			opt.settings.window = strtoul(optarg, NULL, 0);
			break;
		case 't':
			opt.tsv = true;
			break;
		case 'T':
			opt.table = true;
			break;
		case 'i':
			opt.wild = true;
			break;
		case 'C':
			opt.crowd = true;
			break;
		case 'W':
			opt.write = true;
			break;
		case 'l':
			list();
			exit(0);
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}
	if (!opt.rate || (opt.scene && !scene_find(opt.scene) && !wild_find(opt.scene)) ||
	    (opt.policy && !policy_find(opt.policy))) {
		fputs("no such path, policy or rate\n", stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct trace trace = { 0 };
	int i;

	parse(argc, argv);
	if (!opt.write)
		print_head();
	for (i = optind; i < argc; i++) {
		trace_read(&trace, argv[i]);
		try_policies(argv[i], &trace);
		trace_free(&trace);
	}
	if (optind < argc)
		return 0;
	try_wilds(wilds, opt.crowd ? 0 : wild_count);
	try_wilds(crowds, opt.wild ? 0 : crowd_count);
	for (i = 0; !opt.wild && !opt.crowd && i < scene_count; i++)
		if (!opt.scene || !strcmp(opt.scene, scenes[i].name))
			try_scene(&scenes[i]);
	return 0;
}
