/* SPDX-License-Identifier: ISC */

/*
 * Admission: decides whether a client is admitted or refused.  The decision is
 * pure; acceptor.c acts on it and logs it.
 *
 * max-children is not checked here: at that limit clients wait in the backlog,
 * and none is refused.
 */

#ifndef ADMISSION_H
#define ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"
#include "parent/settings/config.h"

enum verdict {
	ADMITTED,
	REFUSED_DENIED,   /* by allow and deny */
	REFUSED_PROXY,    /* not a proxy in proxy-from */
	REFUSED_SESSIONS, /* max-per-source */
	REFUSED_RATE,     /* rate-per-source */
	REFUSED_HEADER,   /* no valid PROXY header, as the session found */
	NVERDICTS
};

/* The counts of the peer's source; see struct source. */
struct account {
	uint32_t sessions;
	int64_t rate_clear;
};

enum verdict admission_check(const struct config *, const struct addr *peer,
    struct account, int64_t now);

/* The source's rate_clear after one more session. */
int64_t admission_charge(const struct rate *, int64_t rate_clear, int64_t now);

/* The reason in the log, NULL for ADMITTED. */
const char *admission_reason(enum verdict);

#endif
