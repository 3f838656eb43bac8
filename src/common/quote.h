/* SPDX-License-Identifier: ISC */

/* Text from outside, made fit for a message of one line. */

#ifndef QUOTE_H
#define QUOTE_H

enum {
	QUOTE_MAX = 64, /* bytes of a text worth showing */
	QUOTE_SIZE = 4 * QUOTE_MAX + 1
};

/* The beginning of text with control characters as vis(3) writes them. */
const char *quote(const char *text, char buf[QUOTE_SIZE]);

#endif
