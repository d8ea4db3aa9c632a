// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - runs stories, and makes those short that end badly.
 *
 *   sim [-v] SCRIPT...          these: TAP
 *   sim -n COUNT [-s SEED]      so many that a seed makes
 *   sim -t SECONDS [-s SEED]    as many as fit into so much CPU time
 *   sim -p SEED                 print the story of a seed
 *
 * One that goes wrong is shrunk and printed, as a script; with -o FILE it is written
 * there, with -q it is not. SIGINT and SIGTERM end -n and -t after the story at hand.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "sim.h"

/* Return: just after what went wrong, or the end. */
static u64 run(const struct script *script)
{
	u64 begin;
	u32 i;

	world_begin(script->seed, script->ends);
	begin = w.now;
	for (i = 0; i < script->n; i++)
		happens(script->line[i].at, LINE, 0, 0, (size_t)&script->line[i], 0, NULL);
	happens(script->end, LINE, 0, 0, 0, 0, NULL);
	while (world_step())
		;
	w.tally.runs++;
	w.tally.ns += w.now - begin;
	w.tally.tunnel_ns += (w.now - begin) * (script->ends * (script->ends - 1) / 2);
	begin = w.now + MS;
	world_clear();
	return begin;
}

/* Leaves lines out as long as it goes wrong all the same. */
static void shrink(struct script *script)
{
	struct tally tally = w.tally;
	struct script shorter = *script;
	const char *rule = wrong_rule;
	u32 from, step;
	u64 end;

	shorter.line = malloc(script->n * sizeof(*script->line));
	if (!shorter.line)
		abort();
	script->end = run(script);
	for (step = (script->n + 1) / 2; step; step = step == 1 ? 0 : (step + 1) / 2) {
		for (from = 0; from < script->n; ) {
			u32 gone = script->n - from < step ? script->n - from : step;

			shorter.n = script->n - gone;
			if (!shorter.n) {
				from += step;
				continue;
			}
			shorter.end = script->end;
			memcpy(shorter.line, script->line, from * sizeof(*script->line));
			memcpy(shorter.line + from, script->line + from + gone, (shorter.n - from) * sizeof(*script->line));
			end = run(&shorter);
			if (wrong_text[0] && wrong_rule == rule) {
				memcpy(script->line, shorter.line, shorter.n * sizeof(*script->line));
				script->n = shorter.n;
				script->end = end;
			} else {
				from += step;
			}
		}
	}
	if (script->n && script->end < script->line[script->n - 1].at)
		script->end = script->line[script->n - 1].at;
	free(shorter.line);
	run(script);
	w.tally = tally;
}

static void show(const struct script *script, const char *name)
{
	FILE *file = name ? fopen(name, "w") : stdout;

	if (!file) {
		fprintf(stderr, "%s: %s\n", name, strerror(errno));
		file = stdout;
	}
	fprintf(file, "# %s\n", wrong_text);
	script_write(script, file);
	if (file != stdout)
		fclose(file);
}

static int run_file(const char *name, u32 number)
{
	FILE *file = strcmp(name, "-") ? fopen(name, "r") : stdin;
	struct script script;
	bool good;

	if (!file) {
		fprintf(stderr, "%s: %s\n", name, strerror(errno));
		return 2;
	}
	good = script_read(&script, file, name);
	fclose(file);
	if (!good) {
		script_free(&script);
		return 2;
	}
	run(&script);
	script_free(&script);
	printf("%sok %u - %s%s%s\n", wrong_text[0] ? "not " : "", number, name, wrong_text[0] ? ": " : "", wrong_text);
	return wrong_text[0] != 0;
}

static void tell(double seconds)
{
	const struct tally *t = &w.tally;

	printf("# %llu stories, %.0f hours, %.0f hours of tunnel, %llu handshakes, %llu packets, %llu delivered, %llu late, "
	       "%llu restarts, %llu times given up, %llu forged, %llu of them past mac1, %llu past mac2, %llu unproved answered, %llu replayed, "
	       "%llu reflected, %llu gone astray, %llu events, %.1f s\n",
	       t->runs, (double)t->ns / S / 3600, (double)t->tunnel_ns / S / 3600, t->handshakes, t->packets, t->delivered,
	       t->late, t->restarts, t->given_up, t->forged, t->past_mac1, t->past_mac2, t->unproved, t->replayed, t->reflected, t->strayed,
	       t->events, seconds);
}

/* What goes wrong is not shrunk. */
static bool quick;

static volatile sig_atomic_t enough;

static void stop(int number)
{
	(void)number;
	enough = 1;
}

static double cpu_seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static int run_seeds(u64 seed, u64 count, double seconds, const char *output)
{
	struct script script;
	double most = 0, began;
	u64 longest = seed, n;

	printf("# SEED=%llu\n", seed);
	fflush(stdout);
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	for (n = 0; n < count && (!seconds || cpu_seconds() < seconds) && !enough; n++) {
		began = cpu_seconds();
		script_make(&script, seed + n);
		run(&script);
		if (cpu_seconds() - began > most) {
			most = cpu_seconds() - began;
			longest = seed + n;
		}
		if (wrong_text[0]) {
			printf("# seed %llu: %s\n", seed + n, wrong_text);
			fflush(stdout);
			if (quick) {
				printf("not ok 1 - story of seed %llu: %s\n", seed + n, wrong_text);
				script_free(&script);
				return 1;
			}
			shrink(&script);
			printf("not ok 1 - story of seed %llu: %s\n", seed + n, wrong_text);
			show(&script, output);
			script_free(&script);
			return 1;
		}
		script_free(&script);
	}
	tell(cpu_seconds());
	printf("# longest: seed %llu, %.2f s\nok 1 - %llu stories\n1..1\n", longest, most, n);
	return 0;
}

static u64 number(const char *of, const char *word)
{
	u64 value;

	if (!number_read(word, &value)) {
		fprintf(stderr, "sim: %s is a number, 0 to %llu, not '%s'\n", of, U64_MAX, word);
		exit(2);
	}
	return value;
}

static int usage(void)
{
	fprintf(stderr, "usage: sim [-v] SCRIPT... | -n COUNT | -t SECONDS [-s SEED] [-o FILE] [-q] | -p SEED\n");
	return 2;
}

int main(int argc, char **argv)
{
	u64 seed = 0, count = 0;
	bool given = false;
	const char *output = NULL;
	double seconds = 0;
	int option, status = 0, i;
	struct script script;

	wgr_handshake_setup();
	seed = getenv("SEED") ? number("SEED", getenv("SEED")) : (u64)time(NULL) * 1000003 ^ (u64)getpid();
	while ((option = getopt(argc, argv, "vqn:s:t:p:o:")) != -1) {
		switch (option) {
		case 'v':
			w.verbose = true;
			break;
		case 'q':
			quick = true;
			break;
		case 'n':
			count = number("-n", optarg);
			break;
		case 's':
			seed = number("-s", optarg);
			given = true;
			break;
		case 't':
			seconds = number("-t", optarg);
			/* Without a time it would have no end. */
			count = seconds ? U64_MAX : 0;
			break;
		case 'o':
			output = optarg;
			break;
		case 'p':
			script_make(&script, number("-p", optarg));
			script_write(&script, stdout);
			script_free(&script);
			return 0;
		default:
			return usage();
		}
	}
	/* What is made up has a seed, what is written down has not. */
	if (count ? optind < argc : optind == argc || given || output)
		return usage();
	if (count)
		return run_seeds(seed, count, seconds, output);
	for (i = optind; i < argc; i++) {
		int found = run_file(argv[i], i - optind + 1);

		status = found > status ? found : status;
	}
	printf("1..%d\n", argc - optind);
	return status;
}
