/* SPDX-License-Identifier: ISC */

/*
 * How echoc speaks: lines for people, one JSON object at the end (--json), or
 * one JSON object a line as things happen (--json-stream).  With JSON on
 * standard output all text goes to standard error.
 */

#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "client/results.h"
#include "client/target.h"

/* What can happen: for each there is one description of line and object. */
enum event_kind {
	EVENT_CONNECTED, /* to the only address: an object without a line */
	EVENT_TRIED,     /* the same after others were tried */
	EVENT_ANSWER,
	EVENT_ANSWER_CONNECTED, /* on a connection of its own */
	EVENT_LOST,
	EVENT_WRONG,
	EVENT_UNASKED,
	EVENT_OUTAGE_BEGIN,
	EVENT_OUTAGE_END,
	EVENT_RECONNECTED,
	EVENT_INTERVAL,
	EVENT_CASE,
};

/* Each kind uses some of these. */
struct event {
	const char *address, *reason;
	uint64_t seq, bytes, offset, lost;
	uint8_t got, expected;
	int64_t connect, rtt, span;
	/* interval */
	double seconds, megabytes;
	uint64_t messages, errors;
	int64_t p50, p99, max;
	/* case */
	uint64_t number;
	const char *name, *promise, *seen;
	bool passed;
};

/*
 * To be called before anything else here, with the whole run's results, in
 * which what was asked for is known.
 */
void output_open(struct results *, const struct target *);

void output_event(enum event_kind, const struct event *);

/* Tells how a connection came about. */
void output_connected(const struct race *);

/*
 * Connects to the first address that answers and tells how that came about;
 * or why none has, which is the results' error, and returns -1.
 */
int output_connect(const struct target *);

/* A line that has no object. */
void output_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Where summaries go; NULL = nowhere. */
FILE *output_summary(void);

/* Where complaints go; NULL = nowhere. */
FILE *output_complaints(void);

/*
 * Opens a file that is to be written; "-" is standard output, which all text
 * leaves to it then.  NULL gives NULL.
 */
FILE *output_file(const char *path);

/* Closes it, and is fatal() if not all could be written. */
void output_file_close(FILE *, const char *path);

/*
 * From here on INT and TERM end echoc at once, with its object; until
 * interrupts_init(), for what cannot be interrupted in another way.
 */
void output_end_by_signals(void);

/* The object that ends a run with this exit status, which is returned. */
int output_end(int status);

/*
 * Ends echoc, with an object where one is wanted; fatal() appends the
 * system's words for errno.
 */
_Noreturn void
fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void
fatalx(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
