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
	struct children *children;
	uint32_t number; /* of this one, from 1 */
	size_t missing;  /* answers */
	struct walk asking;
	bool under_way;
	bool asked_all;
	int64_t since;
	struct timer turn; /* to ask on, or again */
};

void census_init(struct census *, struct children *);

/* Begins one; none may be under way. */
void census_start(struct census *, int64_t now);

/* Asks on, or again.  Returns whether the census is over. */
bool census_go_on(struct census *, int64_t now);

/* Whether the session lived when the census began. */
bool census_covers(const struct census *, const struct child *);

/* The session has answered, or has ended. */
void census_settle(struct census *, struct child *, int64_t now);

#endif
