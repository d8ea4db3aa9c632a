/* SPDX-License-Identifier: GPL-2.0 */
/* screen.h - the whole screen of a terminal, for what is drawn again and again. */
#ifndef SCREEN_H
#define SCREEN_H

/**
 * struct screen - how large it is
 * @rows: lines, at least 1
 * @columns: characters in a line, at least 1
 */
struct screen {
	unsigned int rows;
	unsigned int columns;
};

/* The terminal of standard output; 24 lines of 80 if it does not say. */
void screen_size(struct screen *screen);

/*
 * Goes to the terminal's other screen, so that what was there before comes back with
 * screen_leave(), which the end of the program calls, too.
 */
void screen_enter(void);
void screen_leave(void);

/* Draws lines of text, each cut where the screen ends; those that do not fit are left out. */
void screen_draw(const struct screen *screen, const char *text);

#endif
