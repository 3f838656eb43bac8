/* SPDX-License-Identifier: ISC */

/*
 * The cases of check: each has a name, the promise that it tests, and an
 * exchange or a function that runs several.
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

/* What a case gets, and what it has seen. */
struct check {
	const struct target *target;
	struct results *results;
	char *seen; /* of CHECK_SEEN_STRLEN bytes, overwritten by each case */
};

struct check_case {
	const char *name;
	const char *promise;
	bool (*run)(struct check *, const struct check_case *);
	struct exchange shape; /* for functions that run one */
	unsigned times;        /* how often */
	bool
	    strict; /* only with --strict, because widespread servers fail it */
};

/* The last one has no name. */
extern const struct check_case check_cases[];

#endif
