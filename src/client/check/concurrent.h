/* SPDX-License-Identifier: ISC */

/*
 * The cases of check that need several connections: what one client does must
 * not touch another.
 */

#ifndef CONCURRENT_H
#define CONCURRENT_H

#include <stdbool.h>

#include "client/check/cases.h"

/* Connections that talk at the same time keep their own bytes. */
bool check_concurrent(struct check *, const struct check_case *);

/* Clients that reset leave an older connection and a newer one alone. */
bool check_reset(struct check *, const struct check_case *);

#endif
