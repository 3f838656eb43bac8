/* SPDX-License-Identifier: ISC */

/*
 * The pair of sockets that carries the reports of sessions.  The kernel tells
 * which process has sent each.
 */

#ifndef INBOX_H
#define INBOX_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "common/report.h"
#include "parent/timers.h"

struct messages;

/* The descriptors stay the same over an upgrade. */
struct inbox {
	int receiving;
	int sending; /* inherited by the sessions */
	struct messages *messages;
	struct timer rest; /* while it is set, the queue is not polled */
};

/* Opens a pair.  False with errno on failure. */
bool inbox_open(struct inbox *);

/* Closes the pair, before another replaces it. */
void inbox_close(struct inbox *);

/*
 * Receives up to CHILDREN_BATCH messages, which stay until the next call.
 * Returns their number; if it is lower, the queue is empty.
 */
int inbox_receive(struct inbox *, int64_t now);

/* The pid that sent a message, 0 if the kernel does not tell. */
pid_t inbox_sender(const struct inbox *, int index);

/* The report in a message; NULL if it has not the size of one. */
const struct report *inbox_report(const struct inbox *, int index);

#endif
