// SPDX-License-Identifier: GPL-2.0
/* kernel.c - installed kernels, and which wireguard module each would load or has loaded. */
#include "kernel.h"

#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "file.h"
#include "nl.h"
#include "order.h"
#include "program.h"
#include "say.h"
#include "util.h"

/* How our module describes itself; the kernel's own does not. */
#define OUR_WORDS "keeps the order of packets"

#define NAME "wireguard-reorder"

/* The value of a line "field:   value" of modinfo, if this is that line. */
static bool field(const char *line, const char *name, char *to, size_t size)
{
	size_t len = strlen(name);

	if (strncmp(line, name, len) || line[len] != ':')
		return false;
	line += len + 1;
	line += strspn(line, " ");
	snprintf(to, size, "%s", line);
	return true;
}

static void read_line(struct module *module, const char *line)
{
	char words[256];

	if (field(line, "description", words, sizeof(words)))
		module->ours = strstr(words, OUR_WORDS);
	field(line, "version", module->id.version, sizeof(module->id.version));
	field(line, "srcversion", module->id.srcversion, sizeof(module->id.srcversion));
	field(line, "vermagic", module->vermagic, sizeof(module->vermagic));
	field(line, "depends", module->depends, sizeof(module->depends));
	field(line, "signer", module->signer, sizeof(module->signer));
}

void module_read(struct module *module, const char *path)
{
	const char *const words[] = { "modinfo", path, NULL };
	char text[16384];
	char *line, *rest;

	*module = (struct module){};
	if (program_run(text, sizeof(text), words))
		return;
	snprintf(module->path, sizeof(module->path), "%s", path);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		read_line(module, line);
	build_id_of_file(module->id.build_id, path);
}

/* The file that modprobe would take; nothing for a kernel that has it built in. */
static void read_named(struct kernel *kernel)
{
	const char *root = file_root();
	/* Not "-b /" either, which gives paths that begin with two slashes. */
	const char *const words[] = {
		"modinfo", "-k", kernel->release, "-n", "wireguard", *root ? "-b" : NULL, root, NULL
	};
	char path[PATH_MAX];

	if (!program_run(path, sizeof(path), words) && *path == '/') {
		path[strcspn(path, "\n")] = 0;
		module_read(&kernel->named, path);
	}
}

/* /var/lib/dkms/NAME/VERSION/RELEASE/ARCH/module/wireguard.ko... */
static void read_built(struct kernel *kernel)
{
	char path[PATH_MAX], version[64], arch[64], root[PATH_MAX];
	size_t skip;

	file_path(root, "/var/lib/dkms/" NAME "/");
	skip = strlen(root);
	if (!file_match(path, "/var/lib/dkms/" NAME "/[0-9]*/%s/*/module/wireguard.ko*",
			kernel->release))
		return;
	if (sscanf(path + skip, "%63[^/]/%*[^/]/%63[^/]/", version, arch) != 2)
		return;
	kernel->dkms = "built";
	snprintf(kernel->dkms_version, sizeof(kernel->dkms_version), "%s", version);
	snprintf(kernel->arch, sizeof(kernel->arch), "%s", arch);
	module_read(&kernel->built, path);
}

/*
 * What packages bring for one kernel has a folder of its own, where depmod finds it.
 * Other kernels may borrow it, by a link below weak-updates (RHEL and its relatives).
 */
static bool find_prebuilt(char path[PATH_MAX], const char *release)
{
	return file_match(path, "/lib/modules/%s/updates/" NAME "/wireguard.ko*", release) ||
	       file_match(path, "/lib/modules/%s/extra/" NAME "/wireguard.ko*", release) ||
	       file_match(path, "/lib/modules/%s/weak-updates/" NAME "/wireguard.ko*", release);
}

static void read_prebuilt(struct kernel *kernel)
{
	char path[PATH_MAX];

	if (!find_prebuilt(path, kernel->release))
		return;
	kernel->dkms = "prebuilt";
	module_read(&kernel->built, path);
	snprintf(kernel->dkms_version, sizeof(kernel->dkms_version), "%s",
		 kernel->built.id.version);
}

bool kernel_has_prebuilt(const char *release)
{
	char path[PATH_MAX];

	return find_prebuilt(path, release);
}

/* DKMS leaves a link for each kernel that it has installed a module for. */
static void read_dkms(struct kernel *kernel)
{
	char path[PATH_MAX];
	char *version;

	kernel->dkms = "none";
	if (file_match(path, "/var/lib/dkms/" NAME "/[0-9]*/source")) {
		kernel->dkms = "added";
		*strrchr(path, '/') = 0;
		version = strrchr(path, '/') + 1;
		snprintf(kernel->dkms_version, sizeof(kernel->dkms_version), "%.63s", version);
	}
	read_built(kernel);
	if (!strcmp(kernel->dkms, "built") &&
	    file_exists("/var/lib/dkms/" NAME "/kernel-%s-%s", kernel->release, kernel->arch))
		kernel->dkms = "installed";
	if (!strcmp(kernel->dkms, "none"))
		read_prebuilt(kernel);
}

bool kernel_is_prebuilt(const struct kernel *kernel)
{
	return !strcmp(kernel->dkms, "prebuilt");
}

/* What is left of a removed kernel is no kernel: DKMS may have left folders. */
static bool is_installed(const char *release)
{
	return file_exists("/lib/modules/%s/modules.order", release) ||
	       file_exists("/lib/modules/%s/kernel", release);
}

static const char *running_release(void)
{
	static struct utsname machine;
	const char *other = getenv("WGR_RELEASE");

	/* For tests, as the root is. */
	if (*file_root() && other)
		return other;
	uname(&machine);
	return machine.release;
}

bool kernel_read(const char *release, struct kernel *kernel)
{
	*kernel = (struct kernel){};
	snprintf(kernel->release, sizeof(kernel->release), "%s", release);
	kernel->running = !strcmp(release, running_release());
	read_dkms(kernel);
	read_named(kernel);
	if (!file_match(kernel->backup, "/var/lib/" NAME "/stock/%s/wireguard.ko*", release))
		*kernel->backup = 0;
	return is_installed(release);
}

bool kernel_running(struct kernel *kernel)
{
	return kernel_read(running_release(), kernel);
}

struct kernel *kernel_list(size_t *count)
{
	struct kernel *list = NULL;
	char pattern[PATH_MAX];
	const char *release;
	glob_t found;
	size_t i;

	*count = 0;
	file_path(pattern, "/lib/modules/*");
	if (!glob(pattern, 0, NULL, &found)) {
		list = say_alloc(NULL, found.gl_pathc * sizeof(*list));
		for (i = 0; i < found.gl_pathc; i++) {
			release = strrchr(found.gl_pathv[i], '/') + 1;
			*count += kernel_read(release, &list[*count]);
		}
	}
	globfree(&found);
	return list;
}

/* By the netlink family, which is there for everybody to look up. */
static bool ours_runs(void)
{
	struct order order;
	int err;

	err = order_open(&order);
	if (!err)
		order_close(&order);
	return !err;
}

void kernel_loaded(struct loaded *loaded)
{
	*loaded = (struct loaded){};
	if (!file_exists("/sys/module/wireguard"))
		return;
	loaded->builtin = !file_exists("/sys/module/wireguard/initstate");
	file_line(loaded->id.version, sizeof(loaded->id.version), "/sys/module/wireguard/version");
	file_line(loaded->id.srcversion, sizeof(loaded->id.srcversion),
		  "/sys/module/wireguard/srcversion");
	build_id_of_loaded(loaded->id.build_id, "wireguard");
	loaded->whose = ours_runs() ? KERNEL_OURS : KERNEL_STOCK;
}

bool kernel_same(const struct identity *one, const struct identity *other)
{
	if (strcmp(one->version, other->version))
		return false;
	if (*one->build_id && *other->build_id)
		return !strcmp(one->build_id, other->build_id);
	return (*one->version || *one->srcversion) &&
	       !strcmp(one->srcversion, other->srcversion);
}

const char *kernel_whose_name(enum kernel_whose whose)
{
	static const char *const names[] = {
		[KERNEL_NONE] = "none", [KERNEL_OURS] = "ours", [KERNEL_STOCK] = "stock",
	};

	return names[whose];
}

/* Whether there is a module at the first file that fits, and it is not ours. */
static bool is_stock(struct module *module, const char *path)
{
	if (!*path)
		return false;
	module_read(module, path);
	return *module->path && !module->ours;
}

bool kernel_stock(const struct kernel *kernel, struct module *module)
{
	const char *r = kernel->release;
	char path[PATH_MAX];

	if (file_match(path, "/lib/modules/%s/kernel/drivers/net/wireguard/wireguard.ko*", r) &&
	    is_stock(module, path))
		return true;
	if (is_stock(module, kernel->backup))
		return true;
	if (file_match(path, "/var/lib/dkms/" NAME "/original_module/%s/*/wireguard.ko", r) ||
	    file_match(path, "/var/lib/dkms/" NAME "/original_module/%s/*/wireguard.ko.?z*", r))
		return is_stock(module, path);
	*module = (struct module){};
	return false;
}

/**
 * struct notes - what is not as it should be
 * @what: texts
 * @count: how many
 */
struct notes {
	char (*what)[KERNEL_ANOMALY];
	unsigned int count;
};

__printf(2, 3)
static void note(struct notes *notes, const char *format, ...)
{
	va_list args;

	if (notes->count == KERNEL_ANOMALIES)
		return;
	va_start(args, format);
	vsnprintf(notes->what[notes->count++], KERNEL_ANOMALY, format, args);
	va_end(args);
}

static void note_files(struct notes *notes, const struct kernel *kernel)
{
	const struct module *named = &kernel->named;
	bool installed = !strcmp(kernel->dkms, "installed") || kernel_is_prebuilt(kernel);

	if (!*named->path)
		note(notes, "no wireguard module: built in, or missing");
	else if (installed && !named->ours)
		note(notes, "the stock module goes before ours");
	else if (installed && !kernel_same(&named->id, &kernel->built.id))
		note(notes, "the file installed is not the one built");
	else if (!installed && named->ours)
		note(notes, "ours is there and DKMS does not know it");
	if (named->ours && !*kernel->backup)
		note(notes, "no copy of the stock module is kept");
}

static void note_loaded(struct notes *notes, const struct kernel *kernel,
			const struct loaded *loaded)
{
	if (!kernel->running || loaded->whose == KERNEL_NONE)
		return;
	if (loaded->builtin)
		note(notes, "WireGuard is built into this kernel, no module can replace it");
	else if (*kernel->named.path && !kernel_same(&loaded->id, &kernel->named.id))
		note(notes, "another module is loaded than the one on disk");
}

unsigned int kernel_anomalies(const struct kernel *kernel, const struct loaded *loaded,
			      char what[KERNEL_ANOMALIES][KERNEL_ANOMALY])
{
	struct notes notes = { .what = what };

	note_files(&notes, kernel);
	note_loaded(&notes, kernel, loaded);
	return notes.count;
}
