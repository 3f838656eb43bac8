/* SPDX-License-Identifier: ISC */

/*
 * The options and the results of a run.  One table describes the members; the
 * JSON object of every subcommand and most of the text are made from it.
 * etc/echoc.schema.json is the schema.
 */

#ifndef RESULTS_H
#define RESULTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "client/failure.h"
#include "client/fields.h"
#include "client/histogram.h"
#include "client/race.h"
#include "client/stream.h"
#include "client/threshold.h"

enum {
	RESULTS_VERSION = 1 /* of the JSON; members may be added to it */
};

/* Bits of a field's uses, above those of the subcommands. */
enum {
	USE_START = 1 << 8, /* known at the start */
	USE_TCP = 1 << 9,   /* the object "tcp" */
};

/* The kernel's view of the last connection (TCP_INFO), times in ns. */
struct tcp_view {
	bool known;
	int64_t rtt, rttvar;
	uint64_t retransmits; /* of all connections */
};

struct case_result {
	const char *name, *promise;
	bool passed;
	const char *seen;
	int64_t span;
};

struct results {
	struct options asked;
	unsigned use;      /* the subcommand's bit */
	const char *echoc; /* its version */
	uint64_t version;
	const char *subcommand, *host, *address;
	double began; /* seconds since 1970 */
	struct threshold_list thresholds;

	/* what happened while the clock ran, in that many nanoseconds */
	int64_t elapsed;
	uint64_t messages, connects, bytes;

	/* what happened in all, the answers after its end included */
	uint64_t sent, answered, lost, unsent, in_flight;
	uint64_t reconnections, outages;
	int64_t outage_span;
	uint64_t failures[FAILURE_KINDS];
	char first_wrong[96];       /* where the first wrong byte was */
	struct histogram raw;       /* from sending a message to its answer */
	struct histogram corrected; /* from its due time; with a rate only */
	struct histogram connect;
	struct tcp_view tcp;
	struct race race; /* of the last connection; load has one only */

	uint64_t bytes_sent, passed, failed;
	struct case_result *cases;

	/* by results_derive() */
	const char *first_wrong_text;
	double message_rate, connect_rate, megabyte_rate, loss;

	const char *error; /* why there is no result, or NULL */
	uint64_t status;
};

/* Ends with one without a name. */
extern const struct field results_fields[];

/* The figures that conditions compare; needs derived results. */
void results_measure(const struct results *, struct measurements *);

/*
 * Whether an answer was wrong, or, unless a condition judges losses (judged),
 * one was lost.
 */
bool results_is_bad(const struct results *, bool judged);

/* Notes the place of the first wrong byte of the run. */
void results_note_wrong(struct results *, const struct stream *);

/* The histogram that thresholds use: the corrected one if there is a rate. */
const struct histogram *results_latency(const struct results *);

/* The number of failures of all kinds. */
uint64_t results_failures(const struct results *);

/* Derives the remaining members. */
void results_derive(struct results *);

/*
 * The exit status: bad if there were failures that no condition judges, if a
 * condition is met, or if nothing was answered.  Prints conditions that are met
 * to tell unless it is NULL.
 */
int results_verdict(const struct results *, FILE *tell);

/* Writes the attempts to connect (race.h) as a JSON array. */
void race_json(FILE *, const struct race *);

/*
 * Replaces each {name} in the template by that member; results_fields has the
 * names.
 */
void results_text(FILE *, const struct results *, const char *template);

/*
 * Fills in a template with the figures of a histogram, by their names in JSON.
 */
void latency_text(FILE *, const struct histogram *, const char *template);

#endif
