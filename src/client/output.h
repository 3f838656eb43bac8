/* SPDX-License-Identifier: ISC */

/*
 * The output of echoc: lines of text, one JSON object at the end (--json), or
 * one JSON object a line for each event (--json-stream).  With JSON on standard
 * output all text goes to standard error.
 */

#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "client/results.h"
#include "client/target.h"

/* The events; a table in output.c has the line and the object of each. */
enum event_kind {
	EVENT_CONNECTED, /* to the only address; has no line */
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
 * Call this first, with the results of the whole run, in which the options are
 * filled in.
 */
void output_open(struct results *, const struct target *);

void output_event(enum event_kind, const struct event *);

/* Prints the addresses that were tried, with their outcomes. */
void output_connected(const struct race *);

/*
 * Connects to the first address that answers, and prints the addresses that
 * were tried.  If none answers, returns -1 and notes the error in the results.
 */
int output_connect(const struct target *);

/* Prints a line that has no object. */
void output_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The stream for summaries; NULL = none. */
FILE *output_summary(void);

/* The stream for errors; NULL = none. */
FILE *output_complaints(void);

/*
 * Opens a file for writing.  "-" is standard output; text then goes to standard
 * error.  NULL gives NULL.
 */
FILE *output_file(const char *path);

/* Closes it, and is fatal() if not all could be written. */
void output_file_close(FILE *, const char *path);

/*
 * From now on, until interrupts_init(), INT and TERM end echoc at once, with
 * its JSON object: for calls that cannot be interrupted in another way.
 */
void output_end_by_signals(void);

/* Writes the JSON object of the run.  Returns the exit status. */
int output_end(int status);

/*
 * Print an error, write the JSON object if one is wanted, and exit; fatal()
 * appends the text of errno.
 */
_Noreturn void
fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void
fatalx(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
