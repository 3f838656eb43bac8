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
	uint32_t number; /* of the latest census, from 1 */
	size_t missing;  /* answers still to come */
	struct walk asking;
	bool under_way;
	bool asked_all;
	int64_t since;
	struct timer turn; /* asks the next batch, or repeats the question */
};

void census_init(struct census *, struct children *);

/* Begins a census; none may be under way. */
void census_start(struct census *, int64_t now);

/*
 * Asks the next batch of sessions, or repeats the question.  Returns whether
 * the census is over.
 */
bool census_go_on(struct census *, int64_t now);

/* Whether the session had begun when the census did. */
bool census_covers(const struct census *, const struct child *);

/* The session has answered, or has ended. */
void census_settle(struct census *, struct child *, int64_t now);

#endif
