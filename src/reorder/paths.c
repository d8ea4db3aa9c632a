// SPDX-License-Identifier: GPL-2.0
#include "paths.h"

/* A path that brought nothing for so long is not waited for. */
#define SILENT_NS	250000000LL

/*
 * Packets without a verdict after one that was wrong or may have been. Where
 * packets pass through several CPUs, neighbours of one line may be swapped once
 * in some ten thousand of them, and the rule has to outlive that.
 */
#define DOUBT_PACKETS	16384

void wgr_paths_init(struct wgr_paths *paths)
{
	int i;

	memset(paths, 0, sizeof(*paths));
	for (i = 0; i < WGR_PATHS; i++)
		paths->path[i].seen_ns = S64_MIN;
}

static bool is_silent(const struct wgr_path *path, s64 now_ns)
{
	return path->seen_ns == S64_MIN ||
	       (u64)now_ns - (u64)path->seen_ns > SILENT_NS;
}

static u32 count_active(const struct wgr_paths *paths, s64 now_ns)
{
	const struct wgr_path *path;
	u32 active = 0;

	for (path = paths->path; path < paths->path + WGR_PATHS; path++)
		active += !is_silent(path, now_ns);
	return active;
}

void wgr_paths_note(struct wgr_paths *paths, u32 nr, u32 epoch, u64 counter, s64 now_ns)
{
	struct wgr_path *path = &paths->path[nr];

	if (paths->doubt)
		paths->doubt--;
	paths->several |= nr != 0;
	if (is_silent(path, now_ns)) {
		/* What it brings first was taken for lost while the others passed it. */
		if (count_active(paths, now_ns) > 1)
			paths->doubt = DOUBT_PACKETS;
		path->epoch = epoch;
		path->top = counter;
	} else if (epoch > path->epoch || (epoch == path->epoch && counter > path->top)) {
		path->epoch = epoch;
		path->top = counter;
	} else {
		paths->doubt = DOUBT_PACKETS;
	}
	path->seen_ns = now_ns;
}

u64 wgr_paths_passed(const struct wgr_paths *paths, u32 epoch, s64 now_ns)
{
	const struct wgr_path *path;
	u64 passed = U64_MAX;
	int active = 0;

	if (!paths->several || paths->doubt)
		return 0;
	for (path = paths->path; path < paths->path + WGR_PATHS; path++) {
		if (is_silent(path, now_ns))
			continue;
		active++;
		if (path->epoch < epoch)
			return 0;
		if (path->epoch == epoch && path->top < passed)
			passed = path->top;
	}
	return active > 1 ? passed : 0;
}
