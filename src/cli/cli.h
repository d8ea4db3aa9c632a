/* SPDX-License-Identifier: GPL-2.0 */
/* cli.h - what all commands share: options, exit codes, their entry points. */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>

/**
 * struct cli - options of the command line
 * @netns: network namespace to work in, or NULL
 * @json: print JSON
 * @plain: print exact numbers in base units instead of rounded ones with units
 * @smart: standard output is a terminal that can do more than lines
 * @colour: use colours
 * @yes: do not ask; "switch" only
 * @all_netns: all network namespaces; "export" only
 * @output: file to write, or NULL; "export" only
 * @save: keep the settings in the file of settings; "set" only
 * @new_peers: only peers that have no settings of their own; "apply" only
 * @count: how often to look, or NULL; "watch" only
 * @interval: time between two looks, or NULL; "watch" only
 * @time: how long to listen, or NULL; "test" only
 * @pcap: capture to read, or NULL; "test" only
 */
struct cli {
	const char *netns;
	const char *count;
	const char *interval;
	const char *time;
	const char *pcap;
	const char *output;
	bool all_netns;
	bool save;
	bool new_peers;
	bool json;
	bool plain;
	bool smart;
	bool colour;
	bool yes;
};

/* Exit codes; the manual page has them too. */
enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1,		/* the kernel or the system refused */
	CLI_USAGE = 2,		/* the command line is wrong */
	CLI_STOCK = 3,		/* the module that keeps order is not running */
	CLI_ROOT = 4,		/* this needs root */
	CLI_BROKEN = 5,		/* a switch failed and could not be undone */
	CLI_WARNS = 6,		/* doctor: it works, and could be better */
	CLI_FAILS = 7,		/* doctor: something does not work */
};

/* The commands; words are those after the command's name. */
int status_command(const struct cli *cli, int count, char **words);
int show_command(const struct cli *cli, int count, char **words);
int stats_command(const struct cli *cli, int count, char **words);
int dump_command(const struct cli *cli, int count, char **words);
int watch_command(const struct cli *cli, int count, char **words);
int set_command(const struct cli *cli, int count, char **words);
int reset_command(const struct cli *cli, int count, char **words);
int switch_command(const struct cli *cli, int count, char **words);
int doctor_command(const struct cli *cli, int count, char **words);
int export_command(const struct cli *cli, int count, char **words);
int test_command(const struct cli *cli, int count, char **words);
int apply_command(const struct cli *cli, int count, char **words);

#endif
