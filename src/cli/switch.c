// SPDX-License-Identifier: GPL-2.0
/*
 * switch.c - the command "switch": another module under live tunnels.
 *
 * Unloading a WireGuard module takes all its interfaces along, in all network
 * namespaces. So everything is read before, and nothing is touched unless all of
 * it could be read; then it is made again. Keys stay in this program's memory,
 * which is wiped and goes into no core file.
 */
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "carry.h"
#include "cli.h"
#include "file.h"
#include "home.h"
#include "kernel.h"
#include "loader.h"
#include "netns.h"
#include "parse.h"
#include "say.h"
#include "setting.h"
#include "stack.h"
#include "util.h"

/**
 * struct change - what is to be done
 * @kernel: the one that runs
 * @loaded: the module that runs
 * @to: the file to be loaded
 * @back: the file to go back to: mostly that of the module that runs, if it does
 * @spaces: network namespaces
 * @space_count: how many
 * @carries: interfaces
 * @count: how many
 */
struct change {
	struct kernel kernel;
	struct loaded loaded;
	struct module to;
	struct module back;
	struct netns *spaces;
	size_t space_count;
	struct carry *carries;
	size_t count;
};

static bool is_loaded(const struct change *change, const struct module *module)
{
	return *module->path && kernel_same(&module->id, &change->loaded.id);
}

/*
 * Choosing the files.
 */

/* Return: an exit code, after one line of text if it is not %CLI_OK. */
static int find_ours(struct change *change)
{
	if (change->kernel.named.ours)
		change->to = change->kernel.named;
	else
		change->to = change->kernel.built;
	if (*change->to.path)
		return CLI_OK;
	say("no module of ours is built for kernel %s: \"wireguard-reorder doctor\" says why",
	    change->kernel.release);
	return CLI_FAILED;
}

static int find_stock(struct change *change)
{
	if (kernel_stock(&change->kernel, &change->to))
		return CLI_OK;
	say("the stock module of kernel %s is not to be found: reinstall the kernel's package",
	    change->kernel.release);
	return CLI_FAILED;
}

/*
 * The file of the module that runs, to go back to. An upgrade may have replaced
 * it: then the other one of ours and stock has to do.
 */
static int find_back(struct change *change)
{
	struct module stock;

	if (change->loaded.whose == KERNEL_NONE)
		return CLI_OK;
	kernel_stock(&change->kernel, &stock);
	if (is_loaded(change, &change->kernel.named))
		change->back = change->kernel.named;
	else if (is_loaded(change, &change->kernel.built))
		change->back = change->kernel.built;
	else if (is_loaded(change, &stock) || change->to.ours)
		change->back = stock;
	else if (change->kernel.named.ours)
		change->back = change->kernel.named;
	if (*change->back.path)
		return CLI_OK;
	say("neither the file of the module that runs (srcversion %s) nor another one is there to go back to if this fails: restart instead",
	    change->loaded.id.srcversion);
	return CLI_FAILED;
}

static int find_files(struct change *change, bool ours)
{
	int code;

	if (!kernel_running(&change->kernel)) {
		say("the running kernel %s has no folder in /lib/modules: restart into one that is installed",
		    change->kernel.release);
		return CLI_FAILED;
	}
	kernel_loaded(&change->loaded);
	if (change->loaded.builtin) {
		say("kernel %s has WireGuard built in, and a module cannot replace that",
		    change->kernel.release);
		return CLI_FAILED;
	}
	code = ours ? find_ours(change) : find_stock(change);
	if (code || is_loaded(change, &change->to))
		return code;
	return find_back(change);
}

/*
 * Reading the interfaces.
 */

static void name_with(const char *ifname, const struct netns *netns, char *to, size_t size)
{
	if (*netns->name)
		snprintf(to, size, "%s (namespace %s)", ifname, netns->name);
	else
		snprintf(to, size, "%s", ifname);
}

static void name_of(const struct carry *carry, char *to, size_t size)
{
	name_with(carry->link.ifname, carry->netns, to, size);
}

static int save_failed(const struct carry *carry)
{
	char name[128];

	name_of(carry, name, sizeof(name));
	say("%s: %s; nothing has been changed", name, carry->why);
	return CLI_FAILED;
}

/* Before 5.13 an interface that is moved cannot be given an index. */
static bool is_movable(const struct change *change, const struct carry *carry)
{
	unsigned int major, minor;
	char name[IF_NAMESIZE];
	bool old;

	old = sscanf(change->kernel.release, "%u.%u", &major, &minor) == 2 &&
	      (major < 5 || (major == 5 && minor < 13));
	return carry->home == carry->netns || !old || netns_go(carry->home) ||
	       !if_indextoname(carry->link.ifindex, name);
}

static int save_one(struct change *change, const struct netns *space, const struct link *link)
{
	struct carry *carry;

	change->carries = say_alloc(change->carries,
				    (change->count + 1) * sizeof(*change->carries));
	carry = &change->carries[change->count++];
	*carry = (struct carry){ .link = *link, .netns = space };
	return carry_save(carry) ? CLI_OK : save_failed(carry);
}

static int save_space(struct change *change, const struct netns *space)
{
	struct link *links;
	size_t i, count;
	int err, code = CLI_OK;

	err = netns_go(space);
	if (!err)
		err = link_list(&links, &count);
	if (err) {
		say("the interfaces of network namespace %s cannot be listed: %s; nothing has been changed",
		    space->name, strerror(-err));
		return CLI_FAILED;
	}
	for (i = 0; i < count && !code; i++)
		code = save_one(change, space, &links[i]);
	free(links);
	return code;
}

/* Whether it is known where it was made, and it can be made there again. */
static bool check_home(const struct change *change, struct carry *carry, const struct home *home)
{
	carry->home = home->made;
	if (home->several)
		return carry_fail(carry, "its port %u is in use in several network namespaces, and so it cannot be told in which one it was made: give it another port first",
				  home->port);
	if (!home->made)
		return carry_fail(carry, "the network namespace in which it was made cannot be found");
	return is_movable(change, carry) || carry_fail(carry, "its index %d has another interface where it was made, and so it cannot be made there again",
						       carry->link.ifindex);
}

/* One that is down has no sockets, and is taken to have been made where it is. */
static int find_homes(struct change *change)
{
	struct home *homes = say_alloc(NULL, (change->count + 1) * sizeof(*homes)), *home = homes;
	struct carry *carry, *end = change->carries + change->count;
	int code = CLI_OK;

	for (carry = change->carries; carry < end; carry++) {
		if (carry->link.flags & IFF_UP)
			*home++ = (struct home){ .own = carry->netns, .port = carry->port };
	}
	home_find(change->spaces, change->space_count, homes, home - homes);
	home = homes;
	for (carry = change->carries; carry < end && !code; carry++) {
		if (carry->link.flags & IFF_UP && !check_home(change, carry, home++))
			code = save_failed(carry);
	}
	free(homes);
	return code;
}

/* Names those that stand on it. Return: whether there is none. */
static bool stands_free(struct carry *carry, const struct stack *list, size_t count)
{
	char names[192] = "", name[128];
	size_t i, used;

	for (i = 0; i < count; i++) {
		if (!stack_is_on(&list[i], carry->netns, carry->link.ifindex))
			continue;
		name_with(list[i].ifname, list[i].netns, name, sizeof(name));
		used = strlen(names);
		snprintf(names + used, sizeof(names) - used, "%s%s", used ? ", " : "", name);
	}
	return !*names || carry_fail(carry, "on top of it, and gone with it, would be: %s: remove what is there first",
				     names);
}

static int check_stacks(struct change *change)
{
	struct stack *list = NULL;
	size_t i, count = 0;
	int err, code = CLI_OK;

	err = stack_list(change->spaces, change->space_count, &list, &count);
	if (err) {
		say("the interfaces on top of others cannot be listed: %s; nothing has been changed",
		    strerror(-err));
		code = CLI_FAILED;
	}
	for (i = 0; i < change->count && !code; i++) {
		if (!stands_free(&change->carries[i], list, count))
			code = save_failed(&change->carries[i]);
	}
	free(list);
	return code;
}

/* Whether this is the thread that each interface has, of our module or the stock one. */
static bool is_thread(const char *name)
{
	/* Newer kernels put a word in front, and names end after 15 characters. */
	static const char *const ways[] = {
		"wg-crypt-", "wgr-crypt-", "kworker/R-wg-cr", "kworker/R-wgr-c",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		if (!strncmp(name, ways[i], strlen(ways[i])))
			return true;
	}
	return false;
}

static size_t count_threads(void)
{
	char folder[PATH_MAX], name[32];
	struct dirent *entry;
	size_t count = 0;
	DIR *dir;

	file_path(folder, "/proc");
	dir = opendir(folder);
	while (dir && (entry = readdir(dir))) {
		if (file_line(name, sizeof(name), "/proc/%s/comm", entry->d_name))
			count += is_thread(name);
	}
	if (dir)
		closedir(dir);
	return count;
}

static void forget_all(struct change *change)
{
	size_t i;

	for (i = 0; i < change->count; i++)
		carry_wipe(&change->carries[i]);
	free(change->carries);
	netns_free(change->spaces, change->space_count);
	change->carries = NULL;
	change->count = 0;
	change->spaces = NULL;
	change->space_count = 0;
}

static int save_all(struct change *change)
{
	size_t i, threads;
	int code = CLI_OK;

	change->spaces = netns_list(&change->space_count);
	if (!change->space_count) {
		say("the network namespaces cannot be listed: is /proc mounted?");
		return CLI_FAILED;
	}
	for (i = 0; i < change->space_count && !code; i++)
		code = save_space(change, &change->spaces[i]);
	if (!code)
		code = check_stacks(change);
	if (!code)
		code = find_homes(change);
	netns_go(&change->spaces[0]);
	threads = count_threads();
	if (code || threads <= change->count)
		return code;
	say("WireGuard interfaces: %zu, of which %zu can be found: the others are in network namespaces that no way leads to; restart instead",
	    threads, change->count);
	return CLI_FAILED;
}

/*
 * Asking.
 */

/* Whether new interfaces begin with this value anyway. */
static bool is_default(const struct setting *setting, const struct order_settings *settings)
{
	uint32_t value = setting_value(settings, setting);
	const char *parameter = setting_json_name(setting);
	char text[32];
	uint32_t first;

	return file_line(text, sizeof(text), "/sys/module/wireguard/parameters/%s", parameter) &&
	       setting_read(parameter, text, &first) &&
	       (setting->bit == ORDER_SCOPE ? order_scope_in(first, settings->mode) : first) == value;
}

/* Words of a command for those settings that are @given. */
static void print_words(char *to, size_t size, const struct order_settings *settings,
			unsigned int given)
{
	const struct setting *s;
	char value[SETTING_TEXT];
	size_t used = 0;

	*to = 0;
	for (s = setting_all; s->name && used < size; s++) {
		if (!(given & s->bit))
			continue;
		s->print(value, setting_value(settings, s));
		used += snprintf(to + used, size - used, " %s %s", s->name, value);
	}
}

static void print_command(const struct carry *carry, const char *peer, const char *words)
{
	printf("    not kept by the stock module; with ours again: wireguard-reorder %s%s%sset %s%s%s%s\n",
	       *carry->netns->name ? "-n " : "", carry->netns->name,
	       *carry->netns->name ? " " : "", carry->link.ifname, *peer ? " peer " : "", peer,
	       words);
}

/* The stock module has no settings of order, so they would be gone on the way back, too. */
static void describe_settings(const struct carry *carry)
{
	const struct setting *s;
	unsigned int given = 0;
	char words[192], key[KEY_TEXT];
	size_t i;

	for (s = setting_all; s->name; s++) {
		if (setting_value(&carry->settings, s) != ORDER_UNKNOWN &&
		    !is_default(s, &carry->settings))
			given |= s->bit;
	}
	print_words(words, sizeof(words), &carry->settings, given);
	if (given)
		print_command(carry, "", words);
	for (i = 0; i < carry->own_count; i++) {
		key_print(carry->own[i].key, key);
		print_words(words, sizeof(words), &carry->own[i].settings, carry->own[i].own);
		print_command(carry, key, words);
	}
}

static void describe(const struct carry *carry, bool to_ours)
{
	char name[128];

	name_of(carry, name, sizeof(name));
	printf("  %s: %s, peers: %u, addresses: %u, routes: %u\n", name,
	       carry->link.flags & IFF_UP ? "up" : "down", carry->peers, carry->address_count,
	       carry->route_count);
	if (*carry->lost)
		printf("    not brought back: %s\n", carry->lost);
	if (carry->ordered && !to_ours)
		describe_settings(carry);
}

static bool answered_yes(void)
{
	char answer[16];

	printf("Go on? [y/N] ");
	fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) && (*answer == 'y' || *answer == 'Y');
}

/**
 * struct place - which interface it was
 * @netns: number of its namespace
 * @ifindex: its index there
 */
struct place {
	ino_t netns;
	int ifindex;
};

static bool is_among(const struct place *places, size_t count, const struct carry *carry)
{
	while (count--) {
		if (places[count].netns == carry->netns->id &&
		    places[count].ifindex == carry->link.ifindex)
			return true;
	}
	return false;
}

/*
 * Reads all of it anew: while somebody thinks about the answer, peers come and
 * go, and change their addresses.
 */
static int save_again(struct change *change)
{
	size_t i, count = change->count;
	struct place *places = say_alloc(NULL, (count + 1) * sizeof(*places));
	bool same;
	int code;

	for (i = 0; i < count; i++)
		places[i] = (struct place){ change->carries[i].netns->id,
					    change->carries[i].link.ifindex };
	forget_all(change);
	code = save_all(change);
	same = count == change->count;
	for (i = 0; i < change->count; i++)
		same = same && is_among(places, count, &change->carries[i]);
	free(places);
	if (code || same)
		return code;
	say("interfaces have come or gone meanwhile; nothing has been changed");
	return CLI_FAILED;
}

/* Return: an exit code, after one line of text if it is not %CLI_OK. */
static int ask(const struct cli *cli, struct change *change)
{
	size_t i;

	printf("%s is running; to be loaded: %s %s, %s\n",
	       kernel_whose_name(change->loaded.whose), change->to.ours ? "ours" : "stock",
	       change->to.id.version, change->to.path);
	if (change->count)
		printf("These interfaces are taken down and brought back:\n");
	else
		printf("There is no WireGuard interface to be taken down.\n");
	for (i = 0; i < change->count; i++)
		describe(&change->carries[i], change->to.ours);
	if (cli->yes)
		return CLI_OK;
	if (!isatty(STDIN_FILENO))
		return say_usage("nobody is there to be asked: give --yes to go on without");
	if (answered_yes())
		return save_again(change);
	say("nothing has been changed");
	return CLI_FAILED;
}

/*
 * Doing.
 */

/* A lost connection or an impatient hand must not end this half way. */
static void be_deaf(void)
{
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTSTP, SIG_IGN);
}

static bool restore_failed(const struct carry *carry)
{
	char name[128];

	name_of(carry, name, sizeof(name));
	say("%s: %s", name, carry->why);
	return false;
}

static bool restore_routes(struct change *change, bool far, unsigned int *pauses)
{
	struct carry *carry;
	bool good = true;
	size_t i;

	for (i = 0; i < change->count; i++) {
		carry = &change->carries[i];
		if (carry->made && !carry_routes(carry, far, pauses))
			good = restore_failed(carry);
	}
	return good;
}

/*
 * All are tried, also when one fails. A route may lead over several interfaces,
 * or name an address of another one, and so all of them come first.
 *
 * Return: whether all are back.
 */
static bool restore_all(struct change *change)
{
	unsigned int pauses = CARRY_PAUSES;
	bool good = true;
	size_t i;

	for (i = 0; i < change->count; i++) {
		if (!carry_make(&change->carries[i]))
			good = restore_failed(&change->carries[i]);
	}
	good = restore_routes(change, false, &pauses) && good;
	good = restore_routes(change, true, &pauses) && good;
	netns_go(&change->spaces[0]);
	return good;
}

static int undo(struct change *change)
{
	char why[LOADER_WHY];

	if (!*change->back.path)
		return CLI_FAILED;
	say("going back to %s", change->back.path);
	if (!loader_exchange(&change->kernel, &change->back, why)) {
		say("that failed, and NO module may be loaded now: %s: restart, or try \"modprobe wireguard\"",
		    why);
		return CLI_BROKEN;
	}
	if (!restore_all(change)) {
		say("not all interfaces are back: start them anew (wg-quick up, systemctl restart systemd-networkd)");
		return CLI_BROKEN;
	}
	say("all interfaces are as they were before");
	return CLI_FAILED;
}

/* Whether nothing was lost by a module that would not be unloaded. */
static bool all_present(const struct change *change)
{
	struct loaded loaded;
	bool all = true;
	size_t i;

	kernel_loaded(&loaded);
	if (loaded.whose == KERNEL_NONE || !kernel_same(&loaded.id, &change->loaded.id))
		return false;
	for (i = 0; i < change->count; i++)
		all = all && carry_present(&change->carries[i]);
	netns_go(&change->spaces[0]);
	return all;
}

static int exchange(struct change *change)
{
	char why[LOADER_WHY];
	struct loaded loaded;

	be_deaf();
	if (!loader_exchange(&change->kernel, &change->to, why)) {
		say("%s: %s", change->to.path, why);
		if (!all_present(change))
			return undo(change);
		say("nothing has been changed");
		return CLI_FAILED;
	}
	if (!restore_all(change))
		return undo(change);
	kernel_loaded(&loaded);
	printf("%s %s is running, srcversion %s; interfaces brought back: %zu\n",
	       kernel_whose_name(loaded.whose), loaded.id.version, loaded.id.srcversion, change->count);
	if (!kernel_same(&change->to.id, &change->kernel.named.id))
		printf("This lasts until the next restart, when %s is loaded again.\n",
		       change->kernel.named.ours ? "ours" : "stock");
	return CLI_OK;
}

static int change_to(const struct cli *cli, struct change *change, bool ours)
{
	int code = find_files(change, ours);

	if (code)
		return code;
	if (is_loaded(change, &change->to)) {
		printf("%s %s is running already\n", ours ? "ours" : "stock", change->to.id.version);
		return CLI_OK;
	}
	code = save_all(change);
	if (!code)
		code = ask(cli, change);
	if (!code)
		code = exchange(change);
	return code;
}

int switch_command(const struct cli *cli, int count, char **words)
{
	struct change change = {};
	int code;

	if (cli->json)
		return say_usage("switch has nothing to say in JSON: leave --json out");
	if (!count)
		return say_usage("switch needs to know to which module: give ours or stock");
	if (strcmp(words[0], "ours") && strcmp(words[0], "stock"))
		return say_usage("switch takes ours or stock, not \"%s\"", words[0]);
	if (count > 1)
		return say_usage("switch takes one of ours and stock, not \"%s\" as well", words[1]);
	if (geteuid()) {
		say("switch needs root: try it with sudo");
		return CLI_ROOT;
	}
	/* No core file and no debugger gets to see keys. */
	prctl(PR_SET_DUMPABLE, 0);
	/* Nor does the swap, neither through what is kept nor on the way there. */
	mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
	code = change_to(cli, &change, !strcmp(words[0], "ours"));
	forget_all(&change);
	return code;
}
