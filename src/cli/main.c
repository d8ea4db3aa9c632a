// SPDX-License-Identifier: GPL-2.0
/* main.c - the command wireguard-reorder: options, and which command it is. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access.h"
#include "cli.h"
#include "netns.h"
#include "say.h"
#include "util.h"
#include "version.h"

/**
 * struct command - a command
 * @name: what it is called
 * @run: what does it
 * @words: what it takes
 * @help: what it is for
 */
struct command {
	const char *name;
	int (*run)(const struct cli *cli, int count, char **words);
	const char *words;
	const char *help;
};

static const struct command commands[] = {
	{ "status", status_command, "", "kernels, the module that runs, interfaces (the default)" },
	{ "show", show_command, "[IF|all]", "peers and their order, in the manner of \"wg show\"" },
	{ "stats", stats_command, "IF [FIGURE]", "all figures of an interface, or one" },
	{ "dump", dump_command, "[IF|all]", "all figures of each peer, with tabs between" },
	{ "watch", watch_command, "[IF] [--count N] [--interval S]",
	  "what happens, live; S: seconds, 0.01 to 4000" },
	{ "set", set_command,
	  "IF [peer KEY] [mode M] [hold T] [hold-max T] [window N] [scope S] [--save]",
	  "change settings, for a peer also to \"default\"; T such as 5ms, 800us; --save: for ever" },
	{ "apply", apply_command, "[IF|all] [--new-peers]",
	  "set what /etc/wireguard-reorder.conf says" },
	{ "reset", reset_command, "IF [peer KEY]", "set counters to zero" },
	{ "switch", switch_command, "ours|stock [--yes]",
	  "exchange the module that runs, and bring tunnels back" },
	{ "doctor", doctor_command, "", "look for what is wrong, and say what to do" },
	{ "test", test_command, "[IF] [--time T] [--pcap FILE]",
	  "does a path reorder, and would order help? With any module; T: seconds, 0.01 to 4000" },
	{ "export", export_command, "[--all-netns] [--output FILE]", "metrics for Prometheus" },
};

static void print_help(void)
{
	size_t i;

	printf("Usage: wireguard-reorder [OPTION...] [COMMAND [WORD...]]\n\n");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %s%s%s\n        %s\n", commands[i].name, *commands[i].words ? " " : "",
		       commands[i].words, commands[i].help);
	printf("\n"
	       "  -j, --json          JSON instead of text\n"
	       "  -n, --netns NETNS   in another network namespace\n"
	       "  -p, --plain         exact numbers in base units\n"
	       "  -h, --help          this text\n"
	       "  -V, --version       the version\n"
	       "\n"
	       "wireguard-reorder(8) has the rest.\n");
}

static const struct command *find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	}
	return NULL;
}

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, 'j' },
	{ "count", required_argument, NULL, 'c' },
	{ "interval", required_argument, NULL, 'i' },
	{ "netns", required_argument, NULL, 'n' },
	{ "pcap", required_argument, NULL, 'f' },
	{ "all-netns", no_argument, NULL, 'a' },
	{ "output", required_argument, NULL, 'o' },
	{ "save", no_argument, NULL, 's' },
	{ "new-peers", no_argument, NULL, 'w' },
	{ "plain", no_argument, NULL, 'p' },
	{ "time", required_argument, NULL, 't' },
	{ "version", no_argument, NULL, 'V' },
	{ "yes", no_argument, NULL, 'y' },
	{}
};

/* One letter of several in a word is named alone. */
static int no_option(const char *word)
{
	const char *value = strchr(word, '=');
	char letter[] = { '-', optopt, 0 };

	/* It knows which it is, and there is one. */
	if (optopt && value && !strncmp(word, "--", 2))
		return say_usage("%.*s takes no value: leave \"%s\" out", (int)(value - word), word,
				 value);
	return say_usage("there is no option \"%s\": \"wireguard-reorder --help\" lists all",
			 optopt && strchr("hjnpV", optopt) == NULL ? letter : word);
}

/*
 * No option is a number: it is a value below zero, and there is no such value
 * here. Options that take one say themselves what they want.
 *
 * Return: an exit code, after one line of text if it is not %CLI_OK.
 */
static int check_numbers(int count, char **words)
{
	int i;

	for (i = 2; i < count; i++) {
		if (words[i][0] == '-' && words[i - 1][0] != '-' &&
		    (isdigit((unsigned char)words[i][1]) || words[i][1] == '.'))
			return say_usage("%s \"%s\": there is nothing below zero: give a value from 0 on",
					 words[i - 1], words[i]);
	}
	return CLI_OK;
}

/* Whether an option belongs to another command than this one. */
static int check_options(const struct cli *cli, const struct command *command)
{
	if ((cli->count || cli->interval) && command->run != watch_command)
		return say_usage("%s takes neither --count nor --interval: that is for \"watch\"",
				 command->name);
	if ((cli->time || cli->pcap) && command->run != test_command)
		return say_usage("%s takes neither --time nor --pcap: that is for \"test\"",
				 command->name);
	if (cli->yes && command->run != switch_command)
		return say_usage("%s takes no --yes: that is for \"switch\"", command->name);
	if (cli->save && command->run != set_command)
		return say_usage("%s takes no --save: that is for \"set\"", command->name);
	if (cli->new_peers && command->run != apply_command)
		return say_usage("%s takes no --new-peers: that is for \"apply\"", command->name);
	if ((cli->all_netns || cli->output) && command->run != export_command)
		return say_usage("%s takes neither --all-netns nor --output: that is for \"export\"",
				 command->name);
	if (cli->netns && cli->all_netns)
		return say_usage("--netns is one network namespace and --all-netns are all: give one of them");
	if (cli->netns && command->run == switch_command)
		return say_usage("switch is for all network namespaces: leave --netns out");
	return CLI_OK;
}

/* Return: an exit code if that is all, -1 if a command follows. */
static int read_options(int count, char **words, struct cli *cli)
{
	int option;

	while ((option = getopt_long(count, words, ":hjn:pV", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			print_help();
			return CLI_OK;
		case 'V':
			printf("wireguard-reorder " WGR_VERSION "\n");
			return CLI_OK;
		case 'j':
			cli->json = true;
			break;
		case 'n':
			cli->netns = optarg;
			break;
		case 'p':
			cli->plain = true;
			break;
		case 'c':
			cli->count = optarg;
			break;
		case 'i':
			cli->interval = optarg;
			break;
		case 't':
			cli->time = optarg;
			break;
		case 'f':
			cli->pcap = optarg;
			break;
		case 'y':
			cli->yes = true;
			break;
		case 'a':
			cli->all_netns = true;
			break;
		case 'o':
			cli->output = optarg;
			break;
		case 's':
			cli->save = true;
			break;
		case 'w':
			cli->new_peers = true;
			break;
		case ':':
			return say_usage("%s needs a value behind it", words[optind - 1]);
		default:
			return no_option(words[optind - 1]);
		}
	}
	return -1;
}

static int enter(const char *netns)
{
	int err = netns_enter(netns);

	if (!err)
		return CLI_OK;
	if (access_code(err) == CLI_ROOT) {
		say("network namespace \"%s\": this needs root: try it with sudo", netns);
		return CLI_ROOT;
	}
	return say_usage("network namespace \"%s\": %s: \"ip netns list\" shows those with a name",
			 netns, strerror(-err));
}

/*
 * What was printed must have arrived: a full disk is an error like others. But
 * the code of "switch" says which module runs, whoever reads what it prints.
 */
static int finish(const struct command *command, int code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	say("the output could not be written: %s", strerror(errno));
	return code || command->run == switch_command ? code : CLI_FAILED;
}

/*
 * Whoever starts this may have closed these, and what is opened next would be
 * what is printed to. A folder can be neither read from nor written to, which
 * then is an error as it was before.
 */
static void fill_descriptors(void)
{
	int fd;

	do
		fd = open("/", O_RDONLY | O_DIRECTORY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* Some terminals know no colours and no places. */
static bool is_smart(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb");
}

int main(int count, char **words)
{
	const char *no_colour = getenv("NO_COLOR");
	const struct command *command = &commands[0];
	struct cli cli = {};
	int code;

	fill_descriptors();
	setlocale(LC_CTYPE, "");
	cli.smart = is_smart();
	cli.colour = cli.smart && !(no_colour && *no_colour);
	code = check_numbers(count, words);
	if (code)
		return code;
	code = read_options(count, words, &cli);
	if (code >= 0)
		return finish(command, code);
	if (optind < count) {
		command = find(words[optind]);
		if (!command)
			return say_usage("there is no command \"%s\": \"wireguard-reorder --help\" lists all",
					 words[optind]);
		optind++;
	}
	code = check_options(&cli, command);
	if (!code && cli.netns)
		code = enter(cli.netns);
	if (!code)
		code = command->run(&cli, count - optind, words + optind);
	return finish(command, code);
}
