/* SPDX-License-Identifier: ISC */

/*
 * What the cases of check have in common: opening a connection and holding a
 * conversation on it, with what was seen noted for the report.
 */

#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "client/check/cases.h"

/* Opens a new connection for the exchange. */
bool check_open(struct check *, struct exchange *);

/* Holds one conversation; was all well? */
bool check_converse(struct check *, struct exchange *);

/* A message of that size on its connection, and the answer. */
bool check_message(struct check *, struct exchange *, uint64_t size);

#endif
