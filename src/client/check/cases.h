/* SPDX-License-Identifier: ISC */

/*
 * The cases of check: each a name, the promise it puts to the test, and a
 * conversation or a function that holds several.
 */

#ifndef CHECK_CASES_H
#define CHECK_CASES_H

#include <stdbool.h>

#include "client/check/exchange.h"
#include "client/results.h"
#include "client/target.h"

enum {
	CHECK_SEEN_STRLEN = 256
};

/* Where a case talks to, and what it saw there. */
struct check {
	const struct target *target;
	struct results *results;
	char *seen; /* of CHECK_SEEN_STRLEN bytes, by each case anew */
};

struct check_case {
	const char *name;
	const char *promise;
	bool (*run)(struct check *, const struct check_case *);
	struct exchange shape; /* for run functions that use it */
	unsigned times;        /* ... and how often, each time anew */
	bool strict;           /* only on demand: widespread servers fail it */
};

/* Ends with one without a name. */
extern const struct check_case check_cases[];

#endif
