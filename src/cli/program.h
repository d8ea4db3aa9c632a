/* SPDX-License-Identifier: GPL-2.0 */
/* program.h - other programs: modinfo, modprobe and the like. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stddef.h>

/**
 * program_run() - run a program to its end, without a shell
 * @to: receives what it prints, errors too, as far as there is room
 * @size: room
 * @words: its name, to be found in $PATH or where administrators have theirs, and
 *	its arguments; NULL at the end
 *
 * Return: its exit status, 127 if there is no such program, -1 if a signal ended it.
 */
int program_run(char *to, size_t size, const char *const *words);

/* The same for what is no text; @len receives how much there is of it in @to. */
int program_bytes(char *to, size_t size, size_t *len, const char *const *words);

/* The last line of what a program has printed: where most say what is wrong. */
const char *program_last_line(char *text);

#endif
