/* SPDX-License-Identifier: ISC */

/* Runs in the parent.  It writes in pieces from a buffer on the stack. */

#include "parent/metrics/exposition.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "parent/log/events.h"
#include "parent/log/text.h"

enum {
	BUFFER_SIZE = 4096,
	SAMPLE_MAX = 512 /* bytes; the longest is one with a listener's name */
};

struct sheet {
	int fd;
	int error;
	struct text text;
	const char *family; /* that is being written */
};

static void
flush(struct sheet *sheet)
{
	struct text *text = &sheet->text;
	size_t length = text_length(text);
	ssize_t written = write(sheet->fd, text->start, length);

	if (written != (ssize_t)length && sheet->error == 0)
		sheet->error = written == -1 ? errno : ENOSPC;
	text->at = text->start;
}

static void
make_room(struct sheet *sheet)
{
	if (text_room(&sheet->text) < SAMPLE_MAX)
		flush(sheet);
}

/* Begins a sample: the family's name and a suffix. */
static void
begin(struct sheet *sheet, const char *suffix)
{
	make_room(sheet);
	text_string(&sheet->text, sheet->family);
	text_string(&sheet->text, suffix);
}

static void
end(struct sheet *sheet, uint64_t value)
{
	text_string(&sheet->text, " ");
	text_number(&sheet->text, value);
	text_string(&sheet->text, "\n");
}

/*
 * The name of a listener can contain that of an interface, which may be any
 * bytes.
 */
static void
put_escaped(struct text *text, const char *value)
{
	for (; *value != '\0'; value++) {
		unsigned char byte = (unsigned char)*value;
		if (byte == '"' || byte == '\\')
			text_string(text, "\\");
		text_put(text, byte < ' ' || byte > '~' ? "?" : value, 1);
	}
}

/* reason may be NULL. */
static void
labelled(struct sheet *sheet, const struct endpoint *endpoint,
    const char *reason, uint64_t value)
{
	struct text *text = &sheet->text;

	begin(sheet, "{");
	if (reason != NULL) {
		text_string(text, "reason=\"");
		text_string(text, reason);
		text_string(text, "\",");
	}
	text_string(text, "listener=\"");
	put_escaped(text, endpoint->name);
	text_string(text, "\"}");
	end(sheet, value);
}

/* ---- families ----------------------------------------------------------- */

/* The families; a test checks echod(8) against their table. */
struct family {
	const char *name, *type, *help;
	void (*write)(
	    struct sheet *, const struct family *, const struct figures *);
	size_t offset; /* of the number in struct figures or endpoint */
};

static void
build_info(struct sheet *sheet, const struct family *family,
    const struct figures *figures)
{
	(void)family;
	(void)figures;
	begin(sheet, "{version=\"" VERSION "\"}");
	end(sheet, 1);
}

static const void *
member(const void *start, size_t offset)
{
	return (const char *)start + offset;
}

static void
single(struct sheet *sheet, const struct family *family,
    const struct figures *figures)
{
	begin(sheet, "");
	end(sheet, *(const uint64_t *)member(figures, family->offset));
}

static void
each_listener(struct sheet *sheet, const struct family *family,
    const struct figures *figures)
{
	for (size_t i = 0; i < figures->endpoints->count; i++) {
		const struct endpoint *e = &figures->endpoints->items[i];
		labelled(sheet, e, NULL,
		    *(const uint64_t *)member(e, family->offset));
	}
}

static void
each_reason(struct sheet *sheet, const struct family *family,
    const struct figures *figures)
{
	(void)family;
	for (size_t i = 0; i < figures->endpoints->count; i++) {
		const struct endpoint *e = &figures->endpoints->items[i];
		for (enum reason r = REASON_CLIENT; r <= REASON_CRASHED; r++)
			if (r != REASON_SANDBOX) /* counted as crashed */
				labelled(
				    sheet, e, reason_name(r), e->closed[r]);
	}
}

static void
each_verdict(struct sheet *sheet, const struct family *family,
    const struct figures *figures)
{
	(void)family;
	for (size_t i = 0; i < figures->endpoints->count; i++) {
		const struct endpoint *e = &figures->endpoints->items[i];
		for (enum verdict v = ADMITTED + 1; v < NVERDICTS; v++)
			labelled(sheet, e, admission_reason(v), e->refused[v]);
	}
}

static void
histogram(struct sheet *sheet, const struct distribution *d,
    const uint64_t bounds[METRICS_BUCKETS],
    void (*put)(struct text *, uint64_t))
{
	uint64_t count = 0;

	for (size_t i = 0; i < METRICS_BUCKETS; i++) {
		begin(sheet, "_bucket{le=\"");
		put(&sheet->text, bounds[i]);
		text_string(&sheet->text, "\"}");
		end(sheet, count += d->buckets[i]);
	}
	begin(sheet, "_bucket{le=\"+Inf\"}");
	end(sheet, count += d->buckets[METRICS_BUCKETS]);
	begin(sheet, "_sum ");
	put(&sheet->text, d->sum);
	text_string(&sheet->text, "\n");
	begin(sheet, "_count");
	end(sheet, count);
}

/* Without trailing zeroes: "0.001", "60" */
static void
put_seconds(struct text *text, uint64_t span)
{
	uint64_t rest = span % SEC / USEC;

	text_number(text, span / SEC);
	if (rest == 0)
		return;
	text_string(text, ".");
	text_digits(text, rest, 6);
	while (text->at[-1] == '0')
		text->at--;
}

static void
durations(struct sheet *sheet, const struct family *family,
    const struct figures *figures)
{
	(void)family;
	histogram(sheet, figures->duration, duration_bounds, put_seconds);
}

static void
sizes(struct sheet *sheet, const struct family *family,
    const struct figures *figures)
{
	(void)family;
	histogram(sheet, figures->bytes, bytes_bounds, text_number);
}

#define FIGURE(member)                                                         \
	.write = single, .offset = offsetof(struct figures, member)
#define LISTENER(member)                                                       \
	.write = each_listener, .offset = offsetof(struct endpoint, member)

static const struct family families[] = {
    {"echod_build_info", "gauge", "1, with the version as a label.",
	.write = build_info},
    {"echod_start_time_seconds", "gauge", "When the daemon started.",
	FIGURE(started)},
    {"echod_config_last_reload_successful", "gauge",
	"Whether the settings were good when last read.",
	FIGURE(reload_succeeded)},
    {"echod_config_last_reload_success_timestamp_seconds", "gauge",
	"When good settings were last read.", FIGURE(reloaded)},
    {"echod_max_children", "gauge", "The limit of sessions at once.",
	FIGURE(max_children)},
    {"echod_listeners", "gauge", "Listening sockets.", FIGURE(listeners)},
    {"echod_sessions", "gauge", "Live sessions.", LISTENER(sessions)},
    {"echod_sessions_accepted_total", "counter", "Sessions begun.",
	LISTENER(accepted)},
    {"echod_sessions_closed_total", "counter", "Sessions ended.",
	.write = each_reason},
    {"echod_clients_refused_total", "counter", "Clients refused.",
	.write = each_verdict},
    {"echod_bytes_total", "counter", "Bytes echoed by ended sessions.",
	LISTENER(bytes)},
    {"echod_accept_errors_total", "counter",
	"Times that a client could not be accepted for lack of something.",
	FIGURE(accept_errors)},
    {"echod_fork_errors_total", "counter",
	"Times that a session could not be forked.", FIGURE(fork_errors)},
    {"echod_log_messages_dropped_total", "counter",
	"Messages that the log was not ready for.", FIGURE(log_dropped)},
    {"echod_upgrades_total", "counter", "Upgrades of the running program.",
	FIGURE(upgrades)},
    {"echod_session_duration_seconds", "histogram",
	"How long ended sessions lasted.", .write = durations},
    {"echod_session_bytes", "histogram", "Bytes echoed by each ended session.",
	.write = sizes},
};

static void
write_family(struct sheet *sheet, const struct family *family,
    const struct figures *figures)
{
	struct text *text = &sheet->text;

	make_room(sheet);
	text_string(text, "# HELP ");
	text_string(text, family->name);
	text_string(text, " ");
	text_string(text, family->help);
	text_string(text, "\n# TYPE ");
	text_string(text, family->name);
	text_string(text, " ");
	text_string(text, family->type);
	text_string(text, "\n");
	sheet->family = family->name;
	family->write(sheet, family, figures);
}

bool
exposition_write(int fd, const struct figures *figures)
{
	char buffer[BUFFER_SIZE];
	struct sheet sheet = {.fd = fd, .text = text_in(buffer, sizeof buffer)};

	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		write_family(&sheet, &families[i], figures);
	text_string(&sheet.text, "# EOF\n");
	flush(&sheet);
	errno = sheet.error;
	return sheet.error == 0;
}
