/* SPDX-License-Identifier: GPL-2.0 */
/* kernel.h - installed kernels, and which wireguard module each would load or has loaded. */
#ifndef KERNEL_H
#define KERNEL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "build_id.h"

#define KERNEL_RELEASE 128
#define KERNEL_WORD 64

/**
 * struct identity - which module it is; each of these is "" if it cannot be told
 * @version: what it says of itself
 * @srcversion: checksum of its source, as the kernel's build sees it: newer kernels leave
 *	out headers
 * @build_id: checksum of what was linked, in hexadecimal
 */
struct identity {
	char version[KERNEL_WORD];
	char srcversion[KERNEL_WORD];
	char build_id[BUILD_ID_ROOM];
};

/**
 * struct module - a module's file
 * @path: where it is, "" if there is none
 * @id: which one it is
 * @vermagic: kernel that it is for, and how that was built
 * @signer: who signed it, "" if nobody
 * @depends: modules that it needs, with commas between
 * @ours: it is the one that keeps order
 */
struct module {
	char path[PATH_MAX];
	struct identity id;
	char vermagic[256];
	char signer[256];
	char depends[1024];
	bool ours;
};

/**
 * struct kernel - an installed kernel
 * @release: what uname -r says when it runs
 * @running: it runs
 * @dkms: what DKMS has of ours for it: "installed", "built", "added" or "none", or
 *	"prebuilt" if a package has brought a module of ours
 * @dkms_version: which version that is
 * @arch: for which machines
 * @named: the file that modprobe would load
 * @built: the file that DKMS has built, or that a package has brought
 * @backup: the copy of the kernel's own module that the package keeps
 */
struct kernel {
	char release[KERNEL_RELEASE];
	bool running;
	const char *dkms;
	char dkms_version[KERNEL_WORD];
	char arch[KERNEL_WORD];
	struct module named;
	struct module built;
	char backup[PATH_MAX];
};

/**
 * enum kernel_whose - which wireguard module is loaded
 * @KERNEL_NONE: none
 * @KERNEL_OURS: the one that keeps order
 * @KERNEL_STOCK: another one
 */
enum kernel_whose {
	KERNEL_NONE,
	KERNEL_OURS,
	KERNEL_STOCK,
};

/**
 * struct loaded - the module that runs
 * @whose: which one it is
 * @builtin: it is a part of the kernel
 * @id: its identity
 */
struct loaded {
	enum kernel_whose whose;
	bool builtin;
	struct identity id;
};

/* All installed kernels in the order of their names. To be freed. */
struct kernel *kernel_list(size_t *count);

/* One of them. Return: whether it is installed. */
bool kernel_read(const char *release, struct kernel *kernel);

/* The one that runs. */
bool kernel_running(struct kernel *kernel);

/* Reads what a module's file says of itself; all is empty if it cannot be read. */
void module_read(struct module *module, const char *path);

/* Whether a package has brought ours for it, and DKMS knows nothing of ours. */
bool kernel_is_prebuilt(const struct kernel *kernel);

/* Whether a package has brought ours for the kernel of that release. */
bool kernel_has_prebuilt(const char *release);

void kernel_loaded(struct loaded *loaded);

/*
 * Whether they are the same module: by version and build id, or by version and
 * srcversion where one of them hides its build id.
 */
bool kernel_same(const struct identity *one, const struct identity *other);

/* "ours", "stock" or "none". */
const char *kernel_whose_name(enum kernel_whose whose);

/* The kernel's own module: the file in its place, DKMS's archive, or the copy kept. */
bool kernel_stock(const struct kernel *kernel, struct module *module);

/* Room for what kernel_anomalies() says, and for how many. */
#define KERNEL_ANOMALY 160
#define KERNEL_ANOMALIES 6

/* What is not as it should be with an installed kernel. Return: how many things. */
unsigned int kernel_anomalies(const struct kernel *kernel, const struct loaded *loaded,
			      char what[KERNEL_ANOMALIES][KERNEL_ANOMALY]);

#endif
