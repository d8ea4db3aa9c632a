// SPDX-License-Identifier: GPL-2.0
/*
 * screen.c - the whole screen of a terminal, for what is drawn again and again.
 *
 * The few words to the terminal are those that all but dumb ones have in common
 * (ECMA-48, and the other screen of xterm).
 */
#include "screen.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

static bool entered;

void screen_size(struct screen *screen)
{
	struct winsize size = {};

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	screen->rows = size.ws_row ? size.ws_row : 24;
	screen->columns = size.ws_col ? size.ws_col : 80;
}

void screen_enter(void)
{
	static bool registered;

	if (!registered)
		atexit(screen_leave);
	registered = true;
	entered = true;
	/* The other screen, and no cursor there. */
	fputs("\033[?1049h\033[?25l", stdout);
	fflush(stdout);
}

void screen_leave(void)
{
	if (!entered)
		return;
	entered = false;
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
}

/* Bytes of a colour: ESC [ ... m; 0 if there is none. */
static size_t colour_length(const char *text)
{
	return *text == '\033' ? strcspn(text, "m") + 1 : 0;
}

/* The next character: its bytes, and how many columns it takes. */
static size_t next_character(const char *text, size_t left, unsigned int *columns)
{
	mbstate_t state = {};
	wchar_t character;
	size_t len = mbrtowc(&character, text, left, &state);
	int width;

	*columns = 1;
	if (!len || len > left)
		return 1;
	width = wcwidth(character);
	*columns = width < 0 ? 1 : width;
	return len;
}

/* As much of a line as there are columns. Colours take none, and all are kept. */
static void draw_line(const char *text, size_t left, unsigned int columns)
{
	unsigned int used = 0, width;
	size_t len;

	for (; left; text += len, left -= len) {
		len = colour_length(text);
		if (!len) {
			len = next_character(text, left, &width);
			used += width;
		} else if (len > left) {
			len = left;
		}
		if (used <= columns || *text == '\033')
			fwrite(text, 1, len, stdout);
	}
}

void screen_draw(const struct screen *screen, const char *text)
{
	unsigned int row;
	size_t len;

	/* Over what is there and then the rest, so that nothing flickers. */
	fputs("\033[H", stdout);
	for (row = 0; row < screen->rows && *text; row++) {
		len = strcspn(text, "\n");
		if (row)
			fputs("\r\n", stdout);
		draw_line(text, len, screen->columns);
		fputs("\033[K", stdout);
		text += len + !!text[len];
	}
	fputs("\033[J", stdout);
	fflush(stdout);
}
