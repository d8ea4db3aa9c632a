// SPDX-License-Identifier: GPL-2.0
/* loader.c - unloading and loading the module by hand. */
#include "loader.h"

#include <stdio.h>
#include <string.h>

#include "file.h"
#include "program.h"

#define DEPENDENCIES 32

/* Runs a program. Return: whether it went well; if not, @why has its last words. */
static bool run(char why[LOADER_WHY], const char *const *words)
{
	char text[4096];
	int status = program_run(text, sizeof(text), words);

	if (!status)
		return true;
	if (status == 127)
		snprintf(why, LOADER_WHY, "%s is not installed: install kmod", words[0]);
	else
		snprintf(why, LOADER_WHY, "%.200s", program_last_line(text));
	return false;
}

/* insmod takes any file and loads nothing else, so what it needs comes first. */
static bool load_needed(const struct module *module, char why[LOADER_WHY])
{
	const char *words[DEPENDENCIES + 3] = { "modprobe", "-a" };
	char names[sizeof(module->depends)];
	char *name, *rest;
	size_t count = 2;

	memcpy(names, module->depends, sizeof(names));
	for (name = strtok_r(names, ",", &rest); name && count < DEPENDENCIES + 2;
	     name = strtok_r(NULL, ",", &rest))
		words[count++] = name;
	return count == 2 || run(why, words);
}

/* modprobe where it takes the same file: it knows the options of modprobe.d. */
static bool load(const struct kernel *kernel, const struct module *module, char why[LOADER_WHY])
{
	const char *const modprobe[] = { "modprobe", "wireguard", NULL };
	const char *const insmod[] = { "insmod", module->path, NULL };

	if (file_same(module->path, kernel->named.path))
		return run(why, modprobe);
	return load_needed(module, why) && run(why, insmod);
}

bool loader_exchange(const struct kernel *kernel, const struct module *module,
		     char why[LOADER_WHY])
{
	const char *const rmmod[] = { "rmmod", "wireguard", NULL };
	struct loaded loaded;

	if (file_exists("/sys/module/wireguard") && !run(why, rmmod))
		return false;
	if (!load(kernel, module, why))
		return false;
	kernel_loaded(&loaded);
	if (kernel_same(&loaded.id, &module->id))
		return true;
	snprintf(why, LOADER_WHY, "another module was loaded than %.110s: version %.20s, srcversion %.40s",
		 module->path, *loaded.id.version ? loaded.id.version : "unknown",
		 *loaded.id.srcversion ? loaded.id.srcversion : "unknown");
	return false;
}
