/* SPDX-License-Identifier: ISC */

#include "client/results.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>

#include "client/fields.h"
#include "common/units.h"

void
race_json(FILE *out, const struct race *race)
{
	(void)putc('[', out);
	for (size_t i = 0; i < race->count; i++) {
		const struct attempt *a = &race->attempts[i];
		char address[ADDR_STRLEN];
		(void)fprintf(out,
		    "%s{\"address\": \"%s\", \"outcome\": \"%s\""
		    ", \"seconds\": %.9f}",
		    i == 0 ? "" : ", ", addr_format(a->address, address),
		    attempt_outcome(a), (double)(a->ended - a->began) / SEC);
	}
	(void)putc(']', out);
}

static void
json_attempts(FILE *out, const void *member)
{
	race_json(out, member);
}

static void
json_errors(FILE *out, const void *member)
{
	const uint64_t *failures = member;

	for (size_t i = 0; i < FAILURE_KINDS; i++)
		(void)fprintf(out, "%s\"%s\": %" PRIu64, i == 0 ? "{" : ", ",
		    failure_name((enum failure)i), failures[i]);
	(void)putc('}', out);
}

/* The figures of a histogram, in nanoseconds. */
struct digest {
	uint64_t count;
	int64_t min, mean, deviation, max;
	int64_t p50, p75, p90, p99, p99_9, p99_99;
};

/* clang-format off */
static const struct field digest_fields[] = {
#define DIGEST(name, type, member)                                             \
	{name, type, 0, offsetof(struct digest, member), NULL, NULL}
    DIGEST("count", FIELD_COUNT, count),
    DIGEST("min", FIELD_MS, min),
    DIGEST("avg", FIELD_MS, mean),
    DIGEST("stddev", FIELD_MS, deviation),
    DIGEST("max", FIELD_MS, max),
    DIGEST("p50", FIELD_MS, p50),
    DIGEST("p75", FIELD_MS, p75),
    DIGEST("p90", FIELD_MS, p90),
    DIGEST("p99", FIELD_MS, p99),
    DIGEST("p99.9", FIELD_MS, p99_9),
    DIGEST("p99.99", FIELD_MS, p99_99),
    {.name = NULL},
};
/* clang-format on */

static struct digest
digest(const struct histogram *h)
{
	return (struct digest){
	    .count = h->count,
	    .min = h->min,
	    .mean = llround(histogram_mean(h)),
	    .deviation = llround(histogram_deviation(h)),
	    .max = h->max,
	    .p50 = llround(histogram_percentile(h, 50)),
	    .p75 = llround(histogram_percentile(h, 75)),
	    .p90 = llround(histogram_percentile(h, 90)),
	    .p99 = llround(histogram_percentile(h, 99)),
	    .p99_9 = llround(histogram_percentile(h, 99.9)),
	    .p99_99 = llround(histogram_percentile(h, 99.99)),
	};
}

static void
json_histogram(FILE *out, const struct histogram *h)
{
	const struct digest d = digest(h);

	if (h->count == 0)
		(void)fputs("null", out);
	else
		fields_json(out, digest_fields, 0, &d);
}

static void
json_latency(FILE *out, const void *member)
{
	const struct results *results = member;

	(void)fprintf(out, "{\"corrected\": ");
	json_histogram(out, &results->corrected);
	(void)fprintf(out, ", \"raw\": ");
	json_histogram(out, &results->raw);
	(void)fprintf(out, ", \"connect\": ");
	json_histogram(out, &results->connect);
	(void)putc('}', out);
}

static void
json_tcp(FILE *out, const void *member)
{
	const struct results *results = member;

	if (results->tcp.known)
		fields_json(out, results_fields, USE_TCP, results);
	else
		(void)fputs("null", out);
}

static const struct field case_fields[] = {
    {"case", FIELD_TEXT, 1, offsetof(struct case_result, name), NULL, NULL},
    {"promise", FIELD_TEXT, 1, offsetof(struct case_result, promise), NULL,
	NULL},
    {"passed", FIELD_FLAG, 1, offsetof(struct case_result, passed), NULL, NULL},
    {"seen", FIELD_TEXT, 1, offsetof(struct case_result, seen), NULL, NULL},
    {"seconds", FIELD_SECONDS, 1, offsetof(struct case_result, span), NULL,
	NULL},
    {.name = NULL},
};

static void
json_cases(FILE *out, const void *member)
{
	const struct results *results = member;

	(void)putc('[', out);
	for (uint64_t i = 0; i < results->passed + results->failed; i++) {
		if (i > 0)
			(void)fprintf(out, ", ");
		fields_json(out, case_fields, 1, &results->cases[i]);
	}
	(void)putc(']', out);
}

void
results_measure(const struct results *results, struct measurements *measured)
{
	*measured = (struct measurements){
	    .latency = results_latency(results),
	    .loss = results->loss,
	    .errors = (double)results->lost,
	    .rate = results->message_rate,
	    .conns = results->connect_rate,
	};
}

static void
json_thresholds(FILE *out, const void *member)
{
	const struct results *results = member;
	struct measurements measured;

	results_measure(results, &measured);
	(void)putc('[', out);
	for (size_t i = 0; i < results->thresholds.count; i++) {
		const struct threshold *t = &results->thresholds.items[i];
		(void)fprintf(out, "%s{\"condition\": ", i == 0 ? "" : ", ");
		json_string(out, t->text);
		(void)fprintf(out, ", \"value\": ");
		if (threshold_is_known(t, &measured))
			(void)fprintf(out, "%.6f",
			    threshold_value(t, &measured) /
				(double)(threshold_is_time(t) ? MSEC : 1));
		else
			(void)fprintf(out, "null");
		(void)fprintf(out, ", \"failed\": %s}",
		    threshold_failed(t, &measured) ? "true" : "false");
	}
	(void)putc(']', out);
}

#define AT(member) offsetof(struct results, member)
#define ALL        (PING | PIPE | LOAD | CHECK)
#define TIMED      (PING | LOAD)
#define START      USE_START

/* clang-format off */
const struct field results_fields[] = {
    {"echoc", FIELD_TEXT, ALL | START, AT(echoc), NULL, NULL},
    {"version", FIELD_COUNT, ALL | START, AT(version), NULL, NULL},
    {"subcommand", FIELD_TEXT, ALL | START, AT(subcommand), NULL, NULL},
    {"began", FIELD_REAL, ALL | START, AT(began), NULL, NULL},
    {"host", FIELD_TEXT, ALL | START, AT(host), NULL, NULL},
    {"address", FIELD_TEXT, ALL, AT(address), NULL, NULL},
    {"attempts", FIELD_OTHER, ALL, AT(race), json_attempts, NULL},
    {"connections", FIELD_COUNT, LOAD | START, AT(asked.connections), NULL, NULL},
    {"size", FIELD_COUNT, TIMED | START, AT(asked.size), NULL, NULL},
    {"rate", FIELD_ASKED, LOAD | START, AT(asked.rate), NULL, NULL},
    {"churn", FIELD_FLAG, LOAD | START, AT(asked.churn), NULL, NULL},
    {"connect_each", FIELD_FLAG, PING | START, AT(asked.connect_each), NULL, NULL},
    {"seconds", FIELD_SECONDS, ALL, AT(elapsed), NULL, NULL},
    {"sent", FIELD_COUNT, PING, AT(sent), NULL, NULL},
    {"messages", FIELD_COUNT, TIMED, AT(messages), NULL, NULL},
    {"messages_per_second", FIELD_REAL, TIMED, AT(message_rate), NULL, NULL},
    {"connects", FIELD_COUNT, TIMED, AT(connects), NULL, NULL},
    {"connects_per_second", FIELD_REAL, TIMED, AT(connect_rate), NULL, NULL},
    {"bytes_sent", FIELD_COUNT, PIPE, AT(bytes_sent), NULL, NULL},
    {"bytes", FIELD_COUNT, TIMED | PIPE, AT(bytes), NULL, NULL},
    {"megabytes_per_second", FIELD_REAL, TIMED | PIPE, AT(megabyte_rate), NULL, NULL},
    {"answered", FIELD_COUNT, TIMED, AT(answered), NULL, NULL},
    {"lost", FIELD_COUNT, TIMED, AT(lost), NULL, NULL},
    {"loss_percent", FIELD_PERCENT, TIMED, AT(loss), NULL, NULL},
    {"in_flight", FIELD_COUNT, LOAD, AT(in_flight), NULL, NULL},
    {"unsent", FIELD_COUNT, LOAD, AT(unsent), NULL, NULL},
    {"reconnections", FIELD_COUNT, PING, AT(reconnections), NULL, NULL},
    {"outages", FIELD_COUNT, PING, AT(outages), NULL, NULL},
    {"outage_seconds", FIELD_SECONDS, PING, AT(outage_span), NULL, NULL},
    {"errors", FIELD_OTHER, TIMED, AT(failures), json_errors, NULL},
    {"wrong", FIELD_COUNT, 0, AT(failures[FAILURE_WRONG]), NULL, NULL},
    {"first_wrong", FIELD_TEXT, TIMED | PIPE, AT(first_wrong_text), NULL, NULL},
    {"latency_ms", FIELD_OTHER, TIMED, 0, json_latency, NULL},
    {"tcp", FIELD_OTHER, PING, 0, json_tcp, NULL},
    {"rtt_ms", FIELD_MS, USE_TCP, AT(tcp.rtt), NULL, NULL},
    {"rttvar_ms", FIELD_MS, USE_TCP, AT(tcp.rttvar), NULL, NULL},
    {"retransmits", FIELD_COUNT, USE_TCP, AT(tcp.retransmits), NULL, NULL},
    {"passed", FIELD_COUNT, CHECK, AT(passed), NULL, NULL},
    {"failed", FIELD_COUNT, CHECK, AT(failed), NULL, NULL},
    {"cases", FIELD_OTHER, CHECK, 0, json_cases, NULL},
    {"thresholds", FIELD_OTHER, TIMED, 0, json_thresholds, NULL},
    {"error", FIELD_TEXT, ALL, AT(error), NULL, NULL},
    {"exit_status", FIELD_COUNT, ALL, AT(status), NULL, NULL},
    {.name = NULL},
};
/* clang-format on */

void
results_note_wrong(struct results *results, const struct stream *s)
{
	char *text = results->first_wrong;

	if (text[0] != '\0')
		return;
	if (s->extra > 0)
		(void)snprintf(text, sizeof results->first_wrong,
		    "after byte %ju of a connection: more than was sent",
		    (uintmax_t)s->read);
	else
		(void)snprintf(text, sizeof results->first_wrong,
		    "at offset %ju of a message, byte %ju of its connection:"
		    " 0x%02x instead of 0x%02x",
		    (uintmax_t)(s->read % results->asked.size),
		    (uintmax_t)s->read, s->got, s->expected);
}

const struct histogram *
results_latency(const struct results *results)
{
	return results->asked.rate > 0 ? &results->corrected : &results->raw;
}

uint64_t
results_failures(const struct results *results)
{
	uint64_t count = 0;

	for (size_t i = 0; i < FAILURE_KINDS; i++)
		count += results->failures[i];
	return count;
}

static double
per_second(const struct results *results, uint64_t count)
{
	if (results->elapsed == 0)
		return 0;
	return (double)count * SEC / (double)results->elapsed;
}

void
results_derive(struct results *r)
{
	uint64_t all = r->answered + r->lost;

	r->message_rate = per_second(r, r->messages);
	r->connect_rate = per_second(r, r->connects);
	r->megabyte_rate = per_second(r, r->bytes) / 1e6;
	r->loss = all == 0 ? 0 : 100.0 * (double)r->lost / (double)all;
	r->first_wrong_text = r->first_wrong[0] != '\0' ? r->first_wrong : NULL;
}

bool
results_is_bad(const struct results *results, bool judged)
{
	return results->failures[FAILURE_WRONG] > 0 ||
	       (!judged && results_failures(results) > 0);
}

int
results_verdict(const struct results *results, FILE *tell)
{
	const struct threshold_list *list = &results->thresholds;
	int status = STATUS_GOOD;
	struct measurements measured;
	char value[UNITS_STRLEN];

	results_measure(results, &measured);
	if (results_is_bad(results, threshold_judges_loss(list)) ||
	    results->answered == 0)
		status = STATUS_BAD;
	for (size_t i = 0; i < list->count; i++) {
		if (!threshold_failed(&list->items[i], &measured))
			continue;
		status = STATUS_BAD;
		if (tell != NULL)
			(void)fprintf(tell, "echoc: %s: %s\n",
			    list->items[i].text,
			    threshold_format_value(
				&list->items[i], &measured, value));
	}
	return status;
}

void
results_text(FILE *out, const struct results *results, const char *template)
{
	fields_text(out, results_fields, template, results);
}

void
latency_text(FILE *out, const struct histogram *h, const char *template)
{
	const struct digest d = digest(h);

	fields_text(out, digest_fields, template, &d);
}
