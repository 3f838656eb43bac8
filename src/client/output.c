/* SPDX-License-Identifier: ISC */

#include "client/output.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/fields.h"

enum {
	MESSAGE_STRLEN = RACE_STRLEN + 512
};

static struct results *results;
static bool taken;  /* standard output is a file's */
static FILE *lines; /* NULL = nowhere */

static void
text_attempts(FILE *out, const void *member)
{
	char buf[RACE_STRLEN];

	(void)member;
	(void)fputs(race_describe(&results->race, buf), out);
}

static void
json_attempts(FILE *out, const void *member)
{
	(void)member;
	race_json(out, &results->race);
}

#define AT(member) offsetof(struct event, member)

/* clang-format off */
static const struct field fields[] = {
    {"address", FIELD_TEXT, 0, AT(address), NULL, NULL},
    {"reason", FIELD_TEXT, 0, AT(reason), NULL, NULL},
    {"attempts", FIELD_OTHER, 0, 0, json_attempts, text_attempts},
    {"seq", FIELD_COUNT, 0, AT(seq), NULL, NULL},
    {"bytes", FIELD_COUNT, 0, AT(bytes), NULL, NULL},
    {"offset", FIELD_COUNT, 0, AT(offset), NULL, NULL},
    {"got", FIELD_BYTE, 0, AT(got), NULL, NULL},
    {"expected", FIELD_BYTE, 0, AT(expected), NULL, NULL},
    {"lost", FIELD_COUNT, 0, AT(lost), NULL, NULL},
    {"connect_ms", FIELD_MS, 0, AT(connect), NULL, NULL},
    {"rtt_ms", FIELD_MS, 0, AT(rtt), NULL, NULL},
    {"outage_seconds", FIELD_SECONDS, 0, AT(span), NULL, NULL},
    {"lasted_seconds", FIELD_SECONDS, 0, AT(span), NULL, NULL},
    {"seconds", FIELD_REAL, 0, AT(seconds), NULL, NULL},
    {"messages_per_second", FIELD_COUNT, 0, AT(messages), NULL, NULL},
    {"megabytes_per_second", FIELD_REAL, 0, AT(megabytes), NULL, NULL},
    {"p50_ms", FIELD_MS, 0, AT(p50), NULL, NULL},
    {"p99_ms", FIELD_MS, 0, AT(p99), NULL, NULL},
    {"max_ms", FIELD_MS, 0, AT(max), NULL, NULL},
    {"failures", FIELD_COUNT, 0, AT(errors), NULL, NULL},
    {"number", FIELD_COUNT, 0, AT(number), NULL, NULL},
    {"case", FIELD_TEXT, 0, AT(name), NULL, NULL},
    {"promise", FIELD_TEXT, 0, AT(promise), NULL, NULL},
    {"passed", FIELD_FLAG, 0, AT(passed), NULL, NULL},
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
	" outage of {outage_seconds~}, {lost} lost"},
    [EVENT_RECONNECTED] = {"reconnected", "reconnected to {address} in"
	" {connect_ms} ms, the last connection lasted {lasted_seconds~}:"
	" {reason}"},
    [EVENT_INTERVAL] = {"interval", "{seconds:7} s {messages_per_second:9}"
	" msg/s {megabytes_per_second:9} MB/s  p50 {p50_ms~}  p99 {p99_ms~}"
	"  max {max_ms~}  {failures} errors"},
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

static bool
wants_json(void)
{
	return results->asked.json || results->asked.json_stream;
}

void
output_open(struct results *given, const struct target *target)
{
	const struct options *asked = &given->asked;

	results = given;
	lines = stdout;
	if (wants_json() || (results->use & (LOAD | PIPE)) != 0)
		lines = stderr;
	if (asked->quiet || asked->nagios)
		lines = NULL;
	if (lines == stdout)
		(void)setvbuf(stdout, NULL, _IOLBF, 0);
	results->host = target->name.host;
	results->began = time_of_day();
	results->echoc = VERSION;
	results->version = RESULTS_VERSION;
	if (!asked->json_stream)
		return;
	begin_object(stdout, "start");
	fields_json(stdout, results_fields, results->use | USE_START, results);
	end_object();
}

void
output_event(enum event_kind kind, const struct event *event)
{
	if (results->asked.json_stream) {
		begin_object(stdout, kinds[kind].name);
		fields_json_named(stdout, fields, kinds[kind].line, event);
		end_object();
	}
	if (lines == NULL || kind == EVENT_CONNECTED)
		return;
	if (results->asked.timestamps)
		(void)fprintf(lines, "[%.6f] ", time_of_day());
	if (kind == EVENT_TRIED && results->use == CHECK)
		(void)fputs("# ", lines); /* a comment of TAP */
	fields_text(lines, fields, kinds[kind].line, event);
	(void)putc('\n', lines);
}

void
output_connected(const struct race *race)
{
	char address[ADDR_STRLEN];
	const struct event event = {
	    .address = addr_format(race->winner->address, address),
	    .connect = race_span(race),
	};

	output_event(race->count > 1 ? EVENT_TRIED : EVENT_CONNECTED, &event);
}

int
output_connect(const struct target *target)
{
	static char text[RACE_STRLEN];
	int fd = race_run(&results->race, target);

	if (fd != -1) {
		results->address =
		    addr_format(results->race.winner->address, text);
		output_connected(&results->race);
		return fd;
	}
	results->error = race_describe(&results->race, text);
	if (results->use == CHECK)
		output_line("Bail out! %s:%s: %s\n", target->name.host,
		    target->name.port, text);
	else if (output_complaints() != NULL)
		warnx("%s:%s: %s", target->name.host, target->name.port, text);
	return -1;
}

void
output_line(const char *format, ...)
{
	va_list arguments;

	if (lines == NULL)
		return;
	va_start(arguments, format);
	(void)vfprintf(lines, format, arguments);
	va_end(arguments);
}

FILE *
output_summary(void)
{
	if (wants_json() || taken)
		return results->asked.quiet ? NULL : stderr;
	return results->asked.nagios ? NULL : stdout;
}

FILE *
output_complaints(void)
{
	return results->asked.nagios || (wants_json() && results->asked.quiet)
		   ? NULL
		   : stderr;
}

FILE *
output_file(const char *path)
{
	FILE *out;

	if (path == NULL)
		return NULL;
	if (strcmp(path, "-") == 0) {
		if (wants_json() || results->asked.nagios || taken)
			fatalx("standard output is wanted twice");
		taken = true;
		if (lines != NULL)
			lines = stderr;
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
	results_derive(results);
	if (results->asked.json_stream)
		begin_object(out, "end");
	fields_json(out, results_fields, results->use, results);
	(void)fputs(results->asked.json_stream ? "}\n" : "\n", out);
}

int
output_end(int status)
{
	results->status = (uint64_t)status;
	if (wants_json())
		write_end(stdout);
	return status;
}

/* The output at a signal, formatted before, since a handler cannot do it. */
static char *last_words;
static size_t last_length;

static void
end_at_once(int signal)
{
	(void)signal;
	if (last_length > 0 &&
	    write(STDOUT_FILENO, last_words, last_length) == -1)
		_exit(STATUS_ERROR);
	_exit(results->asked.nagios ? STATUS_UNKNOWN : STATUS_ERROR);
}

void
output_end_by_signals(void)
{
	const struct sigaction handler = {.sa_handler = end_at_once};
	FILE *out = open_memstream(&last_words, &last_length);

	if (out == NULL)
		fatal("memory");
	results->error = "interrupted";
	results->status = STATUS_ERROR;
	if (wants_json())
		write_end(out);
	else if (results->asked.nagios)
		(void)fprintf(out, "ECHO UNKNOWN - interrupted\n");
	results->error = NULL;
	if (fclose(out) == EOF || sigaction(SIGINT, &handler, NULL) == -1 ||
	    sigaction(SIGTERM, &handler, NULL) == -1)
		fatal("signals");
}

static _Noreturn void
end_fatally(const char *text)
{
	FILE *out = output_complaints();

	if (results->asked.nagios)
		(void)printf("ECHO UNKNOWN - %s\n", text);
	if (out != NULL)
		(void)fprintf(out, "echoc: %s\n", text);
	results->error = text;
	exit(output_end(results->asked.nagios ? STATUS_UNKNOWN : STATUS_ERROR));
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
