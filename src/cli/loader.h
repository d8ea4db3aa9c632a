/* SPDX-License-Identifier: GPL-2.0 */
/* loader.h - unloading and loading the module by hand. */
#ifndef LOADER_H
#define LOADER_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel.h"

/* Room for what went wrong. */
#define LOADER_WHY 256

/**
 * loader_exchange() - unload what is loaded and load a file
 * @kernel: the one that runs
 * @module: the file
 * @why: set to what went wrong, if something did
 *
 * Return: whether the module of that file is loaded now.
 */
bool loader_exchange(const struct kernel *kernel, const struct module *module,
		     char why[LOADER_WHY]);

#endif
