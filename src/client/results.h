/* SPDX-License-Identifier: ISC */

/*
 * What a subcommand was asked for and what it found.  One table describes
 * the members; the JSON object of every subcommand and most of the text are
 * made from it (etc/echoc.schema.json says the same to programs).
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

/* Besides the subcommands, what a member belongs to. */
enum {
	USE_START = 1 << 8, /* it is known at the start */
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
	struct histogram raw;       /* message sent to answer */
	struct histogram corrected; /* message due to answer; rate > 0 only */
	struct histogram connect;
	struct tcp_view tcp;
	struct race race; /* the last, and all of load's */

	uint64_t bytes_sent, passed, failed;
	struct case_result *cases;

	/* by results_derive() */
	const char *first_wrong_text;
	double message_rate, connect_rate, megabyte_rate, loss;

	const char *error; /* why there is no result; NULL = there is one */
	uint64_t status;
};

/* Ends with one without a name. */
extern const struct field results_fields[];

/* What conditions look at, of results that are derived. */
void results_measure(const struct results *, struct measurements *);

/* Did something fail that no condition judges (judged), or is it wrong? */
bool results_is_bad(const struct results *, bool judged);

/* Keeps where the first wrong byte of all was. */
void results_note_wrong(struct results *, const struct stream *);

/* The histogram that thresholds look at: corrected where there is one. */
const struct histogram *results_latency(const struct results *);

/* How many failures of all kinds. */
uint64_t results_failures(const struct results *);

/* Works out what follows from the rest. */
void results_derive(struct results *);

/*
 * The exit status: bad when something failed and no condition judges that,
 * when a condition is met, which is said on tell unless that is NULL, or when
 * nothing was answered.
 */
int results_verdict(const struct results *, FILE *tell);

/* Writes the attempts of a race as a JSON array. */
void race_json(FILE *, const struct race *);

/* Text made from results_fields. */
void results_text(FILE *, const struct results *, const char *template);

/* Text of one histogram, by the names of its members in JSON. */
void latency_text(FILE *, const struct histogram *, const char *template);

#endif
