/* SPDX-License-Identifier: ISC */

#include "client/output.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/commands.h"
#include "client/fields.h"

enum {
	MESSAGE_STRLEN = RACE_STRLEN + 512
};

static struct {
	struct results *results;
	bool json, stream, quiet, timestamps, nagios;
	bool taken;  /* standard output is a file's */
	FILE *lines; /* NULL = nowhere */
} output;

static void
text_attempts(FILE *out, const void *member)
{
	const struct race *const *race = member;
	char buf[RACE_STRLEN];

	(void)fputs(race_describe(*race, buf), out);
}

static void
json_attempts(FILE *out, const void *member)
{
	race_json(out, *(const struct race *const *)member);
}

static void
text_passed(FILE *out, const void *member)
{
	(void)fputs(*(const bool *)member ? "ok" : "not ok", out);
}

static void
json_passed(FILE *out, const void *member)
{
	(void)fputs(*(const bool *)member ? "true" : "false", out);
}

#define AT(member) offsetof(struct event, member)

/* clang-format off */
static const struct field fields[] = {
    {"address", FIELD_TEXT, 0, AT(address), NULL, NULL},
    {"reason", FIELD_TEXT, 0, AT(reason), NULL, NULL},
    {"attempts", FIELD_OTHER, 0, AT(race), json_attempts, text_attempts},
    {"seq", FIELD_COUNT, 0, AT(seq), NULL, NULL},
    {"bytes", FIELD_COUNT, 0, AT(bytes), NULL, NULL},
    {"offset", FIELD_COUNT, 0, AT(offset), NULL, NULL},
    {"got", FIELD_BYTE, 0, AT(got), NULL, NULL},
    {"expected", FIELD_BYTE, 0, AT(expected), NULL, NULL},
    {"lost", FIELD_COUNT, 0, AT(lost), NULL, NULL},
    {"connect_ms", FIELD_MS, 0, AT(connect), NULL, NULL},
    {"rtt_ms", FIELD_MS, 0, AT(rtt), NULL, NULL},
    {"outage_seconds", FIELD_SPAN, 0, AT(span), NULL, NULL},
    {"lasted_seconds", FIELD_SPAN, 0, AT(span), NULL, NULL},
    {"seconds", FIELD_REAL, 0, AT(seconds), NULL, NULL},
    {"messages_per_second", FIELD_COUNT, 0, AT(messages), NULL, NULL},
    {"megabytes_per_second", FIELD_REAL, 0, AT(megabytes), NULL, NULL},
    {"p50_ms", FIELD_LATENCY, 0, AT(p50), NULL, NULL},
    {"p99_ms", FIELD_LATENCY, 0, AT(p99), NULL, NULL},
    {"max_ms", FIELD_LATENCY, 0, AT(max), NULL, NULL},
    {"failures", FIELD_COUNT, 0, AT(errors), NULL, NULL},
    {"number", FIELD_COUNT, 0, AT(number), NULL, NULL},
    {"case", FIELD_TEXT, 0, AT(name), NULL, NULL},
    {"promise", FIELD_TEXT, 0, AT(promise), NULL, NULL},
    {"passed", FIELD_OTHER, 0, AT(passed), json_passed, text_passed},
    {"seen", FIELD_TEXT, 0, AT(seen), NULL, NULL},
    {.name = NULL},
};

/* The object of a kind has the members that its line names. */
static const struct {
	const char *name, *line;
} kinds[] = {
    [EVENT_CONNECTED] = {"connected", "{address} {connect_ms} {attempts}"},
    [EVENT_TRIED] = {"connected",
	"connected to {address} in {connect_ms} ms, tried {attempts}"},
    [EVENT_ANSWER] = {"answer",
	"{bytes} bytes from {address}: seq={seq} time={rtt_ms} ms"},
    [EVENT_ANSWER_CONNECTED] = {"answer", "{bytes} bytes from {address}:"
	" seq={seq} connect={connect_ms} ms time={rtt_ms} ms"},
    [EVENT_LOST] = {"lost",
	"no answer from {address}: seq={seq} lost: {reason}"},
    [EVENT_WRONG] = {"wrong", "wrong answer from {address}: seq={seq} first"
	" difference at offset {offset}: {got} instead of {expected}"},
    [EVENT_UNASKED] = {"unasked", "wrong answer from {address}:"
	" before seq={seq} {bytes} bytes that were never sent"},
    [EVENT_OUTAGE_BEGIN] = {"outage_begin",
	"{address} does not answer from seq={seq} on: {reason}"},
    [EVENT_OUTAGE_END] = {"outage_end", "{address} answers again after an"
	" outage of {outage_seconds}, {lost} lost"},
    [EVENT_RECONNECTED] = {"reconnected", "reconnected to {address} in"
	" {connect_ms} ms, the last connection lasted {lasted_seconds}:"
	" {reason}"},
    [EVENT_INTERVAL] = {"interval", "{seconds:7} s {messages_per_second:9}"
	" msg/s {megabytes_per_second:9} MB/s  p50 {p50_ms}  p99 {p99_ms}"
	"  max {max_ms}  {failures} errors"},
    [EVENT_CASE] = {"case",
	"{passed} {number} - {case}: {promise}\n# {seen}"},
};
/* clang-format on */

static double
time_of_day(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / SEC;
}

static void
begin_object(FILE *out, const char *event)
{
	(void)fprintf(out,
	    "{\"event\": \"%s\", \"time\": %.6f, \"data\": ", event,
	    time_of_day());
}

static void
end_object(void)
{
	(void)printf("}\n");
	(void)fflush(stdout);
}

/* The object that begins a stream: what was asked for. */
static void
start_stream(const struct results *results)
{
	begin_object(stdout, "start");
	fields_json(stdout, results_fields, results->use | USE_START, results);
	end_object();
}

void
output_open(const struct target_options *options, struct results *results)
{
	output.results = results;
	output.json = options->json || options->json_stream;
	output.stream = options->json_stream;
	output.quiet = options->quiet;
	output.lines = output.json ? stderr : stdout;
	if ((results->use & (USE_LOAD | USE_PIPE)) != 0)
		output.lines = stderr;
	if (output.quiet)
		output.lines = NULL;
	else if (output.lines == stdout)
		(void)setvbuf(stdout, NULL, _IOLBF, 0);
	results->began = time_of_day();
	results->echoc = VERSION;
	results->version = RESULTS_VERSION;
	if (output.stream)
		start_stream(results);
}

void
output_add_time(void)
{
	output.timestamps = true;
}

void
output_use_nagios(void)
{
	output.nagios = true;
	output.lines = NULL;
}

static void
begin_line(void)
{
	struct timespec ts;

	if (!output.timestamps)
		return;
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	(void)fprintf(output.lines, "[%jd.%06ld] ", (intmax_t)ts.tv_sec,
	    ts.tv_nsec / 1000);
}

void
output_event(enum event_kind kind, const struct event *event)
{
	if (output.stream) {
		begin_object(stdout, kinds[kind].name);
		fields_json_named(stdout, fields, kinds[kind].line, event);
		end_object();
	}
	if (output.lines == NULL || kind == EVENT_CONNECTED)
		return;
	begin_line();
	if (kind == EVENT_TRIED && output.results->use == USE_CHECK)
		(void)fputs("# ", output.lines); /* a comment of TAP */
	fields_text(output.lines, fields, kinds[kind].line, event);
	(void)putc('\n', output.lines);
}

void
output_connected(const struct race *race)
{
	char address[ADDR_STRLEN];
	const struct event event = {
	    .address = addr_format(race->winner->address, address),
	    .connect = race_span(race),
	    .race = race,
	};

	output_event(race->count > 1 ? EVENT_TRIED : EVENT_CONNECTED, &event);
}

void
output_line(const char *format, ...)
{
	va_list arguments;

	if (output.lines == NULL)
		return;
	va_start(arguments, format);
	(void)vfprintf(output.lines, format, arguments);
	va_end(arguments);
}

FILE *
output_summary(void)
{
	if (output.json || output.taken)
		return output.quiet ? NULL : stderr;
	return output.nagios ? NULL : stdout;
}

FILE *
output_complaints(void)
{
	return output.nagios || (output.json && output.quiet) ? NULL : stderr;
}

FILE *
output_file(const char *path)
{
	FILE *out;

	if (path == NULL)
		return NULL;
	if (strcmp(path, "-") == 0) {
		if (output.json || output.nagios || output.taken)
			fatalx("standard output is wanted twice");
		output.taken = true;
		if (output.lines != NULL)
			output.lines = stderr;
		return stdout;
	}
	if ((out = fopen(path, "we")) == NULL)
		fatal("%s", path);
	return out;
}

void
output_file_close(FILE *out, const char *path)
{
	if (out == NULL || out == stdout)
		return;
	bool failed = ferror(out) != 0;
	if (fclose(out) == EOF || failed)
		fatal("%s", path);
}

static void
write_end(FILE *out)
{
	struct results *results = output.results;

	results_derive(results);
	if (output.stream)
		begin_object(out, "end");
	fields_json(out, results_fields, results->use, results);
	(void)fputs(output.stream ? "}\n" : "\n", out);
}

int
output_end(int status)
{
	output.results->status = (uint64_t)status;
	if (output.json)
		write_end(stdout);
	return status;
}

/* What is written at a signal, since then nothing can be formatted. */
static char *last_words;
static size_t last_length;

static void
end_at_once(int signal)
{
	(void)signal;
	if (last_length > 0 &&
	    write(STDOUT_FILENO, last_words, last_length) == -1)
		_exit(STATUS_ERROR);
	_exit(output.nagios ? STATUS_UNKNOWN : STATUS_ERROR);
}

void
output_end_by_signals(void)
{
	const struct sigaction handler = {.sa_handler = end_at_once};
	FILE *out = open_memstream(&last_words, &last_length);

	if (out == NULL)
		fatal("memory");
	output.results->error = "interrupted";
	output.results->status = STATUS_ERROR;
	if (output.json)
		write_end(out);
	else if (output.nagios)
		(void)fprintf(out, "ECHO UNKNOWN - interrupted\n");
	output.results->error = NULL;
	if (fclose(out) == EOF || sigaction(SIGINT, &handler, NULL) == -1 ||
	    sigaction(SIGTERM, &handler, NULL) == -1)
		fatal("signals");
}

static _Noreturn void
end_fatally(const char *text)
{
	FILE *out = output_complaints();

	if (output.nagios)
		(void)printf("ECHO UNKNOWN - %s\n", text);
	if (out != NULL)
		(void)fprintf(out, "echoc: %s\n", text);
	if (output.results == NULL)
		exit(STATUS_ERROR);
	output.results->error = text;
	exit(output_end(output.nagios ? STATUS_UNKNOWN : STATUS_ERROR));
}

void
fatalx(const char *format, ...)
{
	static char text[MESSAGE_STRLEN];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	end_fatally(text);
}

void
fatal(const char *format, ...)
{
	const char *why = strerror(errno);
	char text[MESSAGE_STRLEN];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	fatalx("%s: %s", text, why);
}
