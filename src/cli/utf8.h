/* SPDX-License-Identifier: GPL-2.0 */
/* utf8.h - whether text is UTF-8, as names of interfaces need not be. */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>

/* Bytes of the character that the text begins with, 0 if it begins with none. */
size_t utf8_length(const char *text);

#endif
