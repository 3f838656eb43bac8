/* SPDX-License-Identifier: ISC */

/*
 * Admission: may this client come in now? A pure decision; acceptor.c acts on
 * it and logs it.
 *
 * The limit of all sessions together, max-children, is not decided here,
 * because it makes clients wait and refuses none.
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
	REFUSED_HEADER,   /* no good PROXY header; found out by the session */
	NVERDICTS
};

/* What has been counted of the peer's source; see struct source. */
struct account {
	uint32_t sessions;
	int64_t rate_clear;
};

enum verdict admission_check(const struct config *, const struct addr *peer,
    struct account, int64_t now);

/* The source's rate_clear after one more session was admitted. */
int64_t admission_charge(const struct rate *, int64_t rate_clear, int64_t now);

/* The reason as the log tells it, NULL for ADMITTED. */
const char *admission_reason(enum verdict);

#endif
