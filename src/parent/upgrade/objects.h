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

#include <limits.h>
#include <stdint.h>

#include "common/addr.h"
#include "parent/sessions/children.h"
#include "parent/sockets/systemd.h"
#include "parent/upgrade/answer.h"
#include "parent/upgrade/saved.h"

enum {
	MAJOR = 1, /* others are refused */
	MINOR = 0
};

#define LAST_LINE "end"

/* What is not in struct server, or not in the form in which it is written. */
struct handover {
	char version[VERSION_SIZE]; /* of the program that wrote it */
	int64_t began;              /* when it stopped serving */
	char file[PATH_MAX];        /* the configuration file */
	uint32_t sandbox;           /* enum sandbox: what the test found */
	uint64_t dropped;           /* messages of the log */
	uint64_t unreported;        /* such of which it has not told */
	char pidfile[PATH_MAX];     /* "" = none */
	int keeper;                 /* the socket to its keeper, -1 = none */
	char notify[NOTIFY_ADDRESS_SIZE];
};

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
