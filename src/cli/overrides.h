/* SPDX-License-Identifier: GPL-2.0 */
/* overrides.h - what modprobe is told to do instead of loading the module. */
#ifndef OVERRIDES_H
#define OVERRIDES_H

typedef void (*overrides_take)(void *data, const char *path, const char *line);

/**
 * overrides_find() - what keeps the module from being loaded
 * @take: called with each line of modprobe.d, or word of the kernel's command line,
 *	and the file that it is in
 * @data: for @take
 *
 * Looks where modprobe does: of several files with one name in its folders it
 * reads the first.
 */
void overrides_find(overrides_take take, void *data);

#endif
