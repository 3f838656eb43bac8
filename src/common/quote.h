/* SPDX-License-Identifier: ISC */

/* Quotes text from outside for a message of one line. */

#ifndef QUOTE_H
#define QUOTE_H

enum {
	QUOTE_MAX = 64, /* bytes of the text that are shown */
	QUOTE_SIZE = 4 * QUOTE_MAX + 1
};

/*
 * Copies the beginning of text to buf, with control characters as vis(3) writes
 * them.
 */
const char *quote(const char *text, char buf[QUOTE_SIZE]);

#endif
