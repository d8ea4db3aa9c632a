// SPDX-License-Identifier: GPL-2.0
/*
 * In a guest whose emulator has the plugin: from here on it counts, or up to here.
 *
 *   mark begin|end
 */
#include <stdio.h>
#include <string.h>

#include "mark.h"

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "begin")) {
		MARK(BEGIN);
	} else if (argc == 2 && !strcmp(argv[1], "end")) {
		MARK(END);
	} else {
		fputs("mark begin|end\n", stderr);
		return 2;
	}
	return 0;
}
