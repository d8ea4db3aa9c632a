// SPDX-License-Identifier: GPL-2.0
/* utf8.c - whether text is UTF-8, as names of interfaces need not be. */
#include "utf8.h"

#include <stdint.h>

/* Behind the first byte of a character come 0 to 3 of the form 10xxxxxx. */
static int count_more(unsigned char first)
{
	if (first < 0x80)
		return 0;
	if (first >= 0xc2 && first <= 0xdf)
		return 1;
	if (first >= 0xe0 && first <= 0xef)
		return 2;
	return first >= 0xf0 && first <= 0xf4 ? 3 : -1;
}

size_t utf8_length(const char *text)
{
	/* What can be written shorter is no UTF-8, by the number of bytes that follow. */
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	const unsigned char *bytes = (const unsigned char *)text;
	int i, more = count_more(*bytes);
	uint32_t value;

	if (more < 0)
		return 0;
	value = more ? *bytes & (0x3f >> more) : *bytes;
	for (i = 1; i <= more; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (bytes[i] & 0x3f);
	}
	/* Halves of UTF-16's pairs are no characters. */
	if (value < least[more] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	return more + 1;
}
