// SPDX-License-Identifier: GPL-2.0
/* status.c - the command "status": kernels, the module that runs, interfaces. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "file.h"
#include "format.h"
#include "json.h"
#include "kernel.h"
#include "link.h"
#include "order.h"
#include "parse.h"
#include "say.h"
#include "version.h"

/**
 * struct interface - a WireGuard interface and what is known of its order
 * @link: from rtnetlink
 * @known: whether the settings are known
 * @settings: from the module
 * @why: if they are not known, why
 */
struct interface {
	const struct link *link;
	bool known;
	struct order_settings settings;
	const char *why;
};

/* A module before %ORDER_SCOPE_SINCE has no such file. */
static uint32_t read_scope(const char *ifname)
{
	char word[16];
	uint32_t scope;

	return file_line(word, sizeof(word), "/sys/class/net/%s/reorder/scope", ifname) &&
	       parse_scope(word, &scope) ? scope : ORDER_UNKNOWN;
}

/* What users without rights may read, if the namespace is the one of /sys. */
static bool read_files(const char *ifname, struct order_settings *settings)
{
	char mode[16], hold[16], hold_max[16], window[16];

	settings->scope = read_scope(ifname);
	return file_line(mode, sizeof(mode), "/sys/class/net/%s/reorder/mode", ifname) &&
	       file_line(hold, sizeof(hold), "/sys/class/net/%s/reorder/hold_us", ifname) &&
	       file_line(hold_max, sizeof(hold_max), "/sys/class/net/%s/reorder/hold_max_us",
			 ifname) &&
	       file_line(window, sizeof(window), "/sys/class/net/%s/reorder/window", ifname) &&
	       parse_mode(mode, &settings->mode) &&
	       parse_number(hold, 0, UINT32_MAX, &settings->hold_us) &&
	       parse_number(hold_max, 0, UINT32_MAX, &settings->hold_max_us) &&
	       parse_number(window, 0, UINT32_MAX, &settings->window);
}

static void read_interface(const struct cli *cli, struct interface *interface)
{
	struct order order;
	int err;

	err = order_open(&order);
	if (err) {
		interface->why = err == -ENOENT ? "the stock module keeps no order" :
						  "the module cannot be asked";
		return;
	}
	err = order_get(&order, interface->link->ifname, &interface->settings);
	order_close(&order);
	interface->known = !err ||
			   (err == -EPERM && !cli->netns &&
			    read_files(interface->link->ifname, &interface->settings));
	interface->why = err == -EPERM ? "root is needed to see its settings" :
					 "its settings cannot be read";
}

static void print_kernel(const struct kernel *kernel, const struct loaded *loaded)
{
	char what[KERNEL_ANOMALIES][KERNEL_ANOMALY];
	unsigned int i, count = kernel_anomalies(kernel, loaded, what);
	const struct module *named = &kernel->named;

	printf("wireguard-reorder%s%s, %s%s%s: %s%s", *kernel->dkms_version ? "/" : "",
	       kernel->dkms_version, kernel->release, *kernel->arch ? ", " : "", kernel->arch,
	       strcmp(kernel->dkms, "none") ? kernel->dkms : "not in DKMS",
	       kernel->running ? ", running" : "");
	if (*named->path)
		printf(", on disk: %s %s, srcversion %s", named->ours ? "ours" : "stock",
		       *named->id.version ? named->id.version : "without version",
		       *named->id.srcversion ? named->id.srcversion : "unknown");
	printf(", backup of stock: %s", *kernel->backup ? "yes" : "no");
	for (i = 0; i < count; i++)
		printf(" (%s)", what[i]);
	putchar('\n');
}

static void print_loaded(const struct loaded *loaded)
{
	if (loaded->whose == KERNEL_NONE) {
		printf("loaded: none\n");
		return;
	}
	printf("loaded: %s %s%s%s%s\n", kernel_whose_name(loaded->whose),
	       *loaded->id.version ? loaded->id.version : "without version",
	       *loaded->id.srcversion ? ", srcversion " : "", loaded->id.srcversion,
	       loaded->builtin ? ", built in" : "");
}

static void print_interface(const struct cli *cli, const struct interface *interface)
{
	const struct format f = { .plain = cli->plain, .colour = cli->colour };
	const struct order_settings *s = &interface->settings;
	char hold[FORMAT_ROOM], scope[32] = "";

	if (s->scope != ORDER_UNKNOWN)
		snprintf(scope, sizeof(scope), ", scope %s", parse_scope_name(s->scope));
	printf("%s%s%s%s: ", format_colour(&f, FORMAT_GREEN), interface->link->ifname,
	       format_colour(&f, FORMAT_RESET), interface->link->flags & IFF_UP ? "" : " (down)");
	if (!interface->known)
		printf("unknown (%s)\n", interface->why);
	else if (s->mode == WG_REORDER_MODE_ADAPTIVE)
		printf("adaptive, hold at most %s, window %u%s\n",
		       format_us(&f, hold, s->hold_max_us), s->window, scope);
	else if (s->mode == WG_REORDER_MODE_FIXED)
		printf("fixed, hold %s, window %u%s\n",
		       format_us(&f, hold, s->hold_us), s->window, scope);
	else
		printf("%s\n", parse_mode_name(s->mode));
}

static void json_add_identity(json_t *object, const struct identity *id)
{
	json_add_string(object, "version", id->version);
	json_add_string(object, "srcversion", id->srcversion);
	json_add_string(object, "build_id", id->build_id);
}

static json_t *module_json(const struct module *module)
{
	json_t *object = json_object();

	json_add_string(object, "path", module->path);
	json_add_bool(object, "ours", module->ours);
	json_add_identity(object, &module->id);
	json_add_string(object, "signer", module->signer);
	return object;
}

static json_t *kernel_json(const struct kernel *kernel, const struct loaded *loaded)
{
	char what[KERNEL_ANOMALIES][KERNEL_ANOMALY];
	unsigned int i, count = kernel_anomalies(kernel, loaded, what);
	json_t *object = json_object(), *notes = json_array();

	json_add_string(object, "release", kernel->release);
	json_add_bool(object, "running", kernel->running);
	json_add_string(object, "dkms", kernel->dkms);
	json_add_string(object, "dkms_version", kernel->dkms_version);
	json_object_set_new(object, "on_disk", module_json(&kernel->named));
	json_object_set_new(object, "built", module_json(&kernel->built));
	json_add_string(object, "backup", kernel->backup);
	for (i = 0; i < count; i++)
		json_array_append_new(notes, json_string(what[i]));
	json_object_set_new(object, "anomalies", notes);
	return object;
}

static json_t *loaded_json(const struct loaded *loaded)
{
	json_t *object = json_object();

	json_add_string(object, "module", kernel_whose_name(loaded->whose));
	json_add_identity(object, &loaded->id);
	json_add_bool(object, "builtin", loaded->builtin);
	return object;
}

static json_t *interface_json(const struct interface *interface)
{
	json_t *object = json_object();

	json_add_string(object, "interface", interface->link->ifname);
	json_add_bool(object, "up", interface->link->flags & IFF_UP);
	if (interface->known)
		json_add_settings(object, &interface->settings);
	return object;
}

/**
 * struct status - all that is shown
 * @kernels: installed ones
 * @kernel_count: how many
 * @loaded: the module that runs
 * @links: WireGuard interfaces
 * @link_count: how many
 */
struct status {
	struct kernel *kernels;
	size_t kernel_count;
	struct loaded loaded;
	struct link *links;
	size_t link_count;
};

static void print_text(const struct cli *cli, const struct status *status)
{
	size_t i;

	for (i = 0; i < status->kernel_count; i++)
		print_kernel(&status->kernels[i], &status->loaded);
	print_loaded(&status->loaded);
	for (i = 0; i < status->link_count; i++) {
		struct interface interface = { .link = &status->links[i] };

		read_interface(cli, &interface);
		print_interface(cli, &interface);
	}
}

static void print_json(const struct cli *cli, const struct status *status)
{
	json_t *object = json_object(), *kernels = json_array(), *interfaces = json_array();
	size_t i;

	json_add_string(object, "version", WGR_VERSION);
	for (i = 0; i < status->kernel_count; i++)
		json_array_append_new(kernels, kernel_json(&status->kernels[i], &status->loaded));
	json_object_set_new(object, "kernels", kernels);
	json_object_set_new(object, "loaded", loaded_json(&status->loaded));
	for (i = 0; i < status->link_count; i++) {
		struct interface interface = { .link = &status->links[i] };

		read_interface(cli, &interface);
		json_array_append_new(interfaces, interface_json(&interface));
	}
	json_object_set_new(object, "interfaces", interfaces);
	json_print(object, false);
}

int status_command(const struct cli *cli, int count, char **words)
{
	struct status status = {};
	int err;

	if (count)
		return say_usage("status takes nothing, not \"%s\"", words[0]);
	err = link_list(&status.links, &status.link_count);
	if (err)
		say("interfaces cannot be listed: %s", strerror(-err));
	status.kernels = kernel_list(&status.kernel_count);
	kernel_loaded(&status.loaded);
	if (cli->json)
		print_json(cli, &status);
	else
		print_text(cli, &status);
	free(status.kernels);
	free(status.links);
	return err ? CLI_FAILED : CLI_OK;
}
