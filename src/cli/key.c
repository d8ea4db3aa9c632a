// SPDX-License-Identifier: GPL-2.0
/* key.c - public keys as text. */
#include "key.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* A key has 256 bits: 42 digits of six, one of four and a padding sign. */
#define KEY_DIGITS 43

/* Six bits of a key from bit @at on, counted from the front; zeros follow it. */
static unsigned int bits_at(const uint8_t key[KEY_LEN], unsigned int at)
{
	unsigned int byte = at / 8, pair = key[byte] << 8;

	if (byte + 1 < KEY_LEN)
		pair |= key[byte + 1];
	return pair >> (10 - at % 8) & 63;
}

void key_print(const uint8_t key[KEY_LEN], char text[KEY_TEXT])
{
	unsigned int i;

	for (i = 0; i < KEY_DIGITS; i++)
		text[i] = digits[bits_at(key, i * 6)];
	text[KEY_DIGITS] = '=';
	text[KEY_DIGITS + 1] = 0;
}

bool key_parse(const char *text, uint8_t key[KEY_LEN])
{
	unsigned int i, bits = 0, have = 0, filled = 0;
	const char *digit;

	if (strlen(text) != KEY_TEXT - 1 || text[KEY_DIGITS] != '=')
		return false;
	for (i = 0; i < KEY_DIGITS; i++) {
		digit = strchr(digits, text[i]);
		if (!digit)
			return false;
		bits = bits << 6 | (unsigned int)(digit - digits);
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		key[filled++] = bits >> have;
	}
	/* What is left belongs to no byte and is zero in a key's one spelling. */
	return !(bits & ((1u << have) - 1));
}
