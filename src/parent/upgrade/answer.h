/* SPDX-License-Identifier: ISC */

/*
 * What the test of a new program leaves in the memory that it was given: a
 * line that tells whether it can take over, and below it the settings that it
 * has read, as echod.conf(5) has them; the line is a comment there.  An exit
 * status is no answer: any program has one.
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
	char version[VERSION_SIZE]; /* of the new program; "" if it refuses */
	uint32_t sandbox;           /* enum sandbox: what works for it */
	char why[ANSWER_WHY_SIZE];  /* it refuses, "" if it does not */
};

void answer_write(FILE *, const struct answer *);

/* False if there is none. */
bool answer_read(FILE *, struct answer *);

#endif
