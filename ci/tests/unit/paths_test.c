// SPDX-License-Identifier: GPL-2.0
/* What paths tell, alone. */
#include <string.h>

#include "reorder/paths.h"
#include "tap.h"

#define SILENT	250000000LL
#define DOUBT	16384

static struct wgr_paths paths;
static s64 now;

static void note(u32 path, u32 epoch, u64 counter)
{
	wgr_paths_note(&paths, path, epoch, counter, now);
}

static u64 passed(u32 epoch)
{
	return wgr_paths_passed(&paths, epoch, now);
}

static void begin(void)
{
	wgr_paths_init(&paths);
	now = 1000;
}

static bool nothing_seen(void)
{
	begin();
	return !passed(0) && !passed(1) && !paths.several && !paths.doubt;
}

static bool one_path(void)
{
	bool good = true;

	begin();
	note(0, 1, 5);
	good &= !passed(1) && !paths.several;
	note(3, 1, 6);
	good &= paths.several && passed(1) == 5;
	begin();
	/* One that is not the first shows that there are several, but tells nothing. */
	note(2, 1, 5);
	return good && paths.several && !passed(1);
}

static bool slowest_counts(void)
{
	bool good = true;
	u32 i;

	begin();
	for (i = 0; i < WGR_PATHS; i++)
		note(i, 1, 100 - i);
	/* They appeared while others were in use, see below. */
	paths.doubt = 0;
	good &= passed(1) == 100 - (WGR_PATHS - 1);
	note(WGR_PATHS - 1, 1, 1000);
	good &= passed(1) == 100 - (WGR_PATHS - 2);
	for (i = 0; i < WGR_PATHS; i++)
		note(i, 1, U64_MAX);
	return good && passed(1) == U64_MAX;
}

static bool epochs(void)
{
	bool good = true;

	begin();
	note(0, 1, 10);
	note(1, 2, 0);
	/* One may bring more of the old epoch, nothing is known of the new one. */
	good &= passed(1) == 10 && !passed(2);
	note(0, 2, 4);
	good &= passed(1) == U64_MAX && passed(0) == U64_MAX && !passed(2);
	note(1, 2, 3);
	good &= passed(2) == 3 && !passed(3) && !paths.doubt;
	return good;
}

/* The first of three are in use, and each has brought something. */
static void begin_three(void)
{
	begin();
	note(0, 1, 10);
	note(1, 1, 20);
	note(2, 1, 5);
	paths.doubt = 0;
}

static bool silent(void)
{
	bool good = true;

	begin_three();
	now += SILENT;
	good &= passed(1) == 5;
	note(0, 1, 11);
	note(1, 1, 21);
	good &= passed(1) == 5;
	now++;
	good &= passed(1) == 11;
	now += SILENT;
	good &= !passed(1);
	note(0, 1, 30);
	return good && !passed(1);
}

/* Back again, with what was sent before its silence: no swap, if nobody else was trusted. */
static bool silent_one_of_two_returns(void)
{
	bool good = true;

	begin();
	note(0, 1, 10);
	note(1, 1, 20);
	good &= !paths.doubt;
	now += SILENT + 1;
	note(0, 1, 30);
	good &= !passed(1);
	note(1, 1, 4);
	good &= !paths.doubt && passed(1) == 4;
	/* Nor if both were silent. */
	now += SILENT + 1;
	note(1, 1, 2);
	note(0, 1, 3);
	return good && !paths.doubt && passed(1) == 2;
}

/* Two went on without it, so what it brings may have been given up already. */
static bool silent_one_of_three_returns(void)
{
	bool good = true;
	u32 i;

	begin_three();
	now += SILENT;
	note(0, 1, 100);
	note(1, 1, 101);
	/* Not silent yet. */
	note(2, 1, 6);
	good &= !paths.doubt && passed(1) == 6;
	now += SILENT + 1;
	note(0, 1, 102);
	note(1, 1, 103);
	good &= !paths.doubt && passed(1) == 102;
	note(2, 1, 50);
	good &= paths.doubt == DOUBT && !passed(1);
	/* It has begun anew, and all that comes counts to the end of the doubt. */
	for (i = 1; i < DOUBT; i++)
		note(i % 3, 1, 103 + i);
	good &= paths.doubt == 1 && !passed(1);
	note(i % 3, 1, 103 + i);
	good &= !paths.doubt && passed(1) == 103 + i - 2;
	/* Two of three are back after all were silent: the first finds nobody, ... */
	now += SILENT + 1;
	note(2, 2, 0);
	note(1, 2, 1);
	good &= !paths.doubt;
	/* ... the third two of them. */
	note(0, 2, 2);
	good &= paths.doubt == DOUBT;
	/* As one does that was never seen before. */
	paths.doubt = 0;
	note(3, 2, 3);
	return good && paths.doubt == DOUBT;
}

static bool doubt(void)
{
	bool good = true;
	u32 i;

	begin();
	note(0, 1, 10);
	note(1, 1, 20);
	good &= passed(1) == 10;
	note(1, 1, 19);
	good &= paths.doubt == DOUBT && !passed(1);
	for (i = 1; i < DOUBT; i++)
		note(i & 1, 1, 20 + i);
	good &= paths.doubt == 1 && !passed(1);
	note(0, 1, 20 + i);
	good &= !paths.doubt && passed(1) == 20 + i - 1;
	/* The same packet twice, and an older epoch, are swaps too. */
	note(0, 1, 20 + i);
	good &= paths.doubt == DOUBT;
	paths.doubt = 0;
	note(0, 0, U64_MAX);
	return good && paths.doubt == DOUBT;
}

/* Times as far apart as there are. */
static bool ends_of_time(void)
{
	bool good = true;

	begin();
	now = S64_MIN + 1;
	note(0, 1, 1);
	note(1, 1, 2);
	good &= passed(1) == 1;
	now = S64_MAX;
	good &= !passed(1);
	note(0, 1, 3);
	note(1, 1, 2);
	return good && passed(1) == 2 && !paths.doubt;
}

int main(void)
{
	tap_ok(nothing_seen(), "nothing is known at first");
	tap_ok(one_path(), "one path tells nothing");
	tap_ok(slowest_counts(), "the one that is farthest behind counts");
	tap_ok(epochs(), "a following epoch has passed all of the one before");
	tap_ok(silent(), "a silent path is left out");
	tap_ok(silent_one_of_two_returns(), "one of two begins anew after its silence");
	tap_ok(silent_one_of_three_returns(), "one of three puts all in doubt after its silence");
	tap_ok(doubt(), "a swap within a path puts all in doubt for a while");
	tap_ok(ends_of_time(), "times may be far apart");
	return tap_done();
}
