/* SPDX-License-Identifier: ISC */

/*
 * A census: the parent asks all live sessions for their byte counts.  A session
 * answers when it next returns from read(2) or write(2).  The census does not
 * wait longer than CENSUS_PATIENCE for a session that is stopped or
 * compromised; child->counted tells which have answered.
 */

#ifndef CENSUS_H
#define CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "parent/sessions/children.h"
#include "parent/timers.h"

#define CENSUS_PATIENCE SEC

struct census {
	uint32_t number; /* of this one, from 1 */
	size_t missing;  /* answers */
	struct walk asking;
	bool asked_all;
	int64_t since;
	struct timer turn;                         /* to ask on, or again */
	void (*use)(struct server *, int64_t now); /* NULL: none is taken */
};

void census_init(struct server *);

/*
 * Takes a census and calls use() when it is done.  False if one is being taken
 * already.
 */
bool census_take(
    struct server *, void (*use)(struct server *, int64_t now), int64_t now);

/* Whether the session lived when the census began. */
bool census_covers(const struct census *, const struct child *);

/* The session has answered, or has ended. */
void census_settle(struct server *, struct child *, int64_t now);

#endif
