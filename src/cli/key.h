/* SPDX-License-Identifier: GPL-2.0 */
/* key.h - public keys as text. */
#ifndef KEY_H
#define KEY_H

#include <stdbool.h>
#include <stdint.h>

#define KEY_LEN 32
/* Characters of a key in base64, with the NUL at its end. */
#define KEY_TEXT 45

void key_print(const uint8_t key[KEY_LEN], char text[KEY_TEXT]);

/* Whether @text is the base64 of a key, written as key_print() does. */
bool key_parse(const char *text, uint8_t key[KEY_LEN]);

#endif
