/* SPDX-License-Identifier: GPL-2.0 */
/* verdict.h - what order would be worth to a stream, in words. */
#ifndef VERDICT_H
#define VERDICT_H

#include "format.h"
#include "stream.h"

#define VERDICT_ROOM 320

/* Fewer packets than this say nothing. */
#define VERDICT_ENOUGH 1000

const char *verdict_print(const struct format *format, const struct stream *stream,
			  char to[VERDICT_ROOM]);

#endif
