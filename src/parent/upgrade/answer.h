/* SPDX-License-Identifier: ISC */

/*
 * The answer of the new program that is tested, which it writes to a memfd: a
 * line that says whether it can take over, followed by the settings that it has
 * read.  The line is a comment in the syntax of echod.conf(5).  An exit status
 * would not do, because any other program has one.
 */

#ifndef ANSWER_H
#define ANSWER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "parent/settings/config.h"

enum {
	VERSION_SIZE = 32,
	ANSWER_WHY_SIZE = sizeof((struct config_error *)0)->text
};

struct answer {
	char version[VERSION_SIZE]; /* of the new program */
	uint32_t sandbox;           /* enum sandbox: the result of its probe */
	char why[ANSWER_WHY_SIZE];  /* why it refuses, "" if it can take over */
};

void answer_write(FILE *, const struct answer *);

/* False if the file has no answer. */
bool answer_read(FILE *, struct answer *);

#endif
