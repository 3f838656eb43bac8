/* SPDX-License-Identifier: ISC */

/*
 * The objects of the state that one program hands to the next, and their
 * fields: what a state looks like.  See state.h, which writes them, and
 * restore.h, which reads them.
 *
 * Runs in the parent.
 */

#ifndef OBJECTS_H
#define OBJECTS_H

#include <stdint.h>

#include "common/addr.h"
#include "parent/sessions/children.h"
#include "parent/upgrade/saved.h"

enum {
	MAJOR = 1, /* others are refused */
	MINOR = 0
};

#define LAST_LINE "end"

/* A session, or a client that waits for a process. */
struct saved_child {
	struct child child;
	uint64_t endpoint; /* which of them */
	struct prefix source;
	int64_t rate_clear; /* of the source */
	int pending;        /* the client's socket, -1 = it has a session */
};

/* In the order of their lines: each may refer to those before it. */
enum kind {
	KIND_HANDOVER,
	KIND_SERVER,
	KIND_DURATIONS,
	KIND_BYTES,
	KIND_ENDPOINT,
	KIND_LISTENER,
	KIND_SOURCE,
	KIND_CHILD,
	NKINDS
};

extern const struct saved_kind object_kinds[NKINDS];

#endif
