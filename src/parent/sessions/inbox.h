/* SPDX-License-Identifier: ISC */

/*
 * The pair of sockets that carries the reports of the sessions.  The kernel
 * attests who has sent each.
 */

#ifndef INBOX_H
#define INBOX_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "common/report.h"
#include "parent/timers.h"

struct messages;

/* Plain descriptors, which can be handed on. */
struct inbox {
	int receiving;
	int sending; /* inherited by the sessions */
	struct messages *messages;
	struct timer rest; /* while it is set, the queue is not polled */
};

/* Opens a pair.  False with errno if that fails. */
bool inbox_open(struct inbox *);

/* Closes the pair, for another takes its place. */
void inbox_close(struct inbox *);

/*
 * Receives up to CHILDREN_BATCH messages, and returns how many; fewer than
 * that if no more are there.  They stay until the next call.
 */
int inbox_receive(struct inbox *, int64_t now);

/* The sender of a message, 0 if the kernel does not say. */
pid_t inbox_sender(const struct inbox *, int index);

/* What it says; NULL if it has not the size of a report. */
const struct report *inbox_report(const struct inbox *, int index);

#endif
