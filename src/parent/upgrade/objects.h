/* SPDX-License-Identifier: ISC */

/*
 * The objects that make up a saved state, and their fields.  state.h writes
 * them, restore.h reads them.
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
	MAJOR = 1, /* states of others are refused */
	MINOR = 0
};

#define LAST_LINE "end"

/* Values that are not in struct server, or are there in another form. */
struct handover {
	char version[VERSION_SIZE]; /* of the program that wrote it */
	int64_t began;              /* when it stopped serving */
	char file[PATH_MAX];        /* the configuration file */
	uint32_t sandbox;           /* enum sandbox: what the test found */
	uint64_t dropped;           /* messages of the log */
	uint64_t unreported;        /* such that no line has reported */
	char pidfile[PATH_MAX];     /* "" = none */
	int keeper;                 /* the socket to its keeper, -1 = none */
	char notify[NOTIFY_ADDRESS_SIZE];
};

/* A session, or a client that waits for a process. */
struct saved_child {
	struct child child;
	uint64_t endpoint; /* its index */
	struct prefix source;
	int64_t rate_clear; /* of the source */
	int pending;        /* the client's socket, -1 = it has a session */
};

/* In the order of their lines, since a line may refer to earlier ones. */
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
