/* SPDX-License-Identifier: ISC */

#include "client/results.h"

#include <inttypes.h>
#include <stddef.h>

#include "client/commands.h"
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

static void
json_histogram(FILE *out, const struct histogram *h)
{
	if (h->count == 0) {
		(void)fprintf(out, "null");
		return;
	}
	(void)fprintf(out,
	    "{\"count\": %" PRIu64 ", \"min\": %.6f, \"avg\": %.6f"
	    ", \"stddev\": %.6f, \"max\": %.6f",
	    h->count, (double)h->min / MSEC, histogram_mean(h) / MSEC,
	    histogram_deviation(h) / MSEC, (double)h->max / MSEC);
	for (const struct histogram_percentile *p = histogram_percentiles;
	     p->name != NULL; p++)
		(void)fprintf(out, ", \"%s\": %.6f", p->name,
		    histogram_percentile(h, p->percent) / MSEC);
	(void)putc('}', out);
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

static const struct field tcp_fields[] = {
    {"rtt_ms", FIELD_MS, offsetof(struct tcp_view, rtt), 1, NULL, NULL},
    {"rttvar_ms", FIELD_MS, offsetof(struct tcp_view, rttvar), 1, NULL, NULL},
    {"retransmits", FIELD_COUNT, offsetof(struct tcp_view, retransmits), 1,
	NULL, NULL},
    {.name = NULL},
};

static void
json_tcp(FILE *out, const void *member)
{
	const struct tcp_view *view = member;

	if (view->known)
		fields_json(out, tcp_fields, 1, view);
	else
		(void)fprintf(out, "null");
}

static const struct field case_fields[] = {
    {"case", FIELD_TEXT, offsetof(struct case_result, name), 1, NULL, NULL},
    {"promise", FIELD_TEXT, offsetof(struct case_result, promise), 1, NULL,
	NULL},
    {"passed", FIELD_FLAG, offsetof(struct case_result, passed), 1, NULL, NULL},
    {"seen", FIELD_TEXT, offsetof(struct case_result, seen), 1, NULL, NULL},
    {"seconds", FIELD_SECONDS, offsetof(struct case_result, span), 1, NULL,
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
				(threshold_is_time(t) ? MSEC : 1));
		else
			(void)fprintf(out, "null");
		(void)fprintf(out, ", \"failed\": %s}",
		    threshold_failed(t, &measured) ? "true" : "false");
	}
	(void)putc(']', out);
}

#define AT(member) offsetof(struct results, member)
#define ALL        (USE_PING | USE_PIPE | USE_LOAD | USE_CHECK)
#define TIMED      (USE_PING | USE_LOAD)
#define START      USE_START

/* clang-format off */
const struct field results_fields[] = {
    {"echoc", FIELD_TEXT, AT(echoc), ALL | START, NULL, NULL},
    {"version", FIELD_COUNT, AT(version), ALL | START, NULL, NULL},
    {"subcommand", FIELD_TEXT, AT(subcommand), ALL | START, NULL, NULL},
    {"began", FIELD_REAL, AT(began), ALL | START, NULL, NULL},
    {"host", FIELD_TEXT, AT(host), ALL | START, NULL, NULL},
    {"address", FIELD_TEXT, AT(address), ALL, NULL, NULL},
    {"attempts", FIELD_OTHER, AT(race), ALL, json_attempts, NULL},
    {"connections", FIELD_COUNT, AT(connections), USE_LOAD | START, NULL, NULL},
    {"size", FIELD_COUNT, AT(size), TIMED | START, NULL, NULL},
    {"rate", FIELD_ASKED, AT(rate), USE_LOAD | START, NULL, NULL},
    {"churn", FIELD_FLAG, AT(churn), USE_LOAD | START, NULL, NULL},
    {"connect_each", FIELD_FLAG, AT(connect_each), USE_PING | START, NULL, NULL},
    {"seconds", FIELD_SECONDS, AT(elapsed), ALL, NULL, NULL},
    {"sent", FIELD_COUNT, AT(sent), USE_PING, NULL, NULL},
    {"messages", FIELD_COUNT, AT(messages), TIMED, NULL, NULL},
    {"messages_per_second", FIELD_REAL, AT(message_rate), TIMED, NULL, NULL},
    {"connects", FIELD_COUNT, AT(connects), TIMED, NULL, NULL},
    {"connects_per_second", FIELD_REAL, AT(connect_rate), TIMED, NULL, NULL},
    {"bytes_sent", FIELD_COUNT, AT(bytes_sent), USE_PIPE, NULL, NULL},
    {"bytes", FIELD_COUNT, AT(bytes), TIMED | USE_PIPE, NULL, NULL},
    {"megabytes_per_second", FIELD_REAL, AT(megabyte_rate), TIMED | USE_PIPE,
	NULL, NULL},
    {"answered", FIELD_COUNT, AT(answered), TIMED, NULL, NULL},
    {"lost", FIELD_COUNT, AT(lost), TIMED, NULL, NULL},
    {"loss_percent", FIELD_PERCENT, AT(loss), TIMED, NULL, NULL},
    {"in_flight", FIELD_COUNT, AT(in_flight), USE_LOAD, NULL, NULL},
    {"unsent", FIELD_COUNT, AT(unsent), USE_LOAD, NULL, NULL},
    {"reconnections", FIELD_COUNT, AT(reconnections), USE_PING, NULL, NULL},
    {"outages", FIELD_COUNT, AT(outages), USE_PING, NULL, NULL},
    {"outage_seconds", FIELD_SPAN, AT(outage_span), USE_PING, NULL, NULL},
    {"errors", FIELD_OTHER, AT(failures), TIMED, json_errors, NULL},
    {"wrong", FIELD_COUNT, AT(failures[FAILURE_WRONG]), 0, NULL, NULL},
    {"first_wrong", FIELD_TEXT, AT(first_wrong_text), TIMED | USE_PIPE, NULL,
	NULL},
    {"latency_ms", FIELD_OTHER, 0, TIMED, json_latency, NULL},
    {"tcp", FIELD_OTHER, AT(tcp), USE_PING, json_tcp, NULL},
    {"passed", FIELD_COUNT, AT(passed), USE_CHECK, NULL, NULL},
    {"failed", FIELD_COUNT, AT(failed), USE_CHECK, NULL, NULL},
    {"cases", FIELD_OTHER, 0, USE_CHECK, json_cases, NULL},
    {"thresholds", FIELD_OTHER, 0, TIMED, json_thresholds, NULL},
    {"error", FIELD_TEXT, AT(error), ALL, NULL, NULL},
    {"exit_status", FIELD_COUNT, AT(status), ALL, NULL, NULL},
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
		    (uintmax_t)(s->read % results->size), (uintmax_t)s->read,
		    s->got, s->expected);
}

const struct histogram *
results_latency(const struct results *results)
{
	return results->rate > 0 ? &results->corrected : &results->raw;
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
