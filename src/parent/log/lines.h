/* SPDX-License-Identifier: ISC */

/*
 * The kinds of log lines, one table row each, and their fields, one row each.
 * Text, JSON and the journal's entries are made from these tables, and a test
 * checks echod(8) against them.  Programs read the lines: a line may gain
 * fields at its end, but its fields never move or disappear.
 */

#ifndef LINES_H
#define LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parent/log/client_names.h"

enum line {
	LINE_MESSAGE, /* free text without fields */
	LINE_LISTENING,
	LINE_SANDBOX,
	LINE_READY,
	LINE_ACCEPTED,
	LINE_CLOSED,
	LINE_UNCONFINED,
	LINE_REFUSED,
	LINE_REFUSED_OTHERS,
	LINE_STATUS,
	LINE_SESSION,
	LINE_RELOADED,
	LINE_RELOAD_FAILED,
	LINE_NEEDS_RESTART,
	LINE_UPGRADING,
	LINE_UPGRADED,
	LINE_UPGRADE_FAILED,
	LINE_FAILING,
	LINE_FAILED,
	LINE_RECOVERED,
	LINE_DROPPED,
	LINE_STOPPING,
	LINE_STOPPED,
	NLINES
};

#define BYTES_UNKNOWN UINT64_MAX

/*
 * The values for one line.  Values of fields that it does not have are ignored.
 */
struct fields {
	int level; /* 0: that of the table */
	const char *message;
	const struct client_name
	    *client; /* the peer, or the client behind a proxy */
	const struct client_name *proxy;
	const char *address, *error, *file, *key, *listener, *operation,
	    *program, *old_version, *new_version, *reason, *sandbox, *source;
	uint64_t bytes; /* of a session, or BYTES_UNKNOWN */
	uint64_t children, count, landlock, pid, refused, served, signal,
	    total_bytes;
	int64_t duration, period; /* ns */
};

enum field_type {
	FIELD_CLIENT,
	FIELD_STRING,
	FIELD_NUMBER,
	FIELD_BYTES,   /* a number, or unknown */
	FIELD_SECONDS, /* with milliseconds */
	FIELD_PERIOD   /* in whole seconds */
};

struct field {
	const char *json, *json_port; /* the names of the members */
	const char *journal, *journal_port;
	enum field_type type;
	size_t offset; /* in struct fields */
};

struct line_kind {
	const char *name; /* in JSON */
	int level;        /* syslog(3) priority */
	const char *id;   /* the journal's MESSAGE_ID, NULL = none */

	/*
	 * The text.  %x stands for the field with the letter x; text between [x
	 * and ] is omitted if that field is NULL or 0.
	 */
	const char *text;
};

extern const struct line_kind line_kinds[NLINES];

/* The field with that letter; without a name if there is none. */
const struct field *field_of_letter(char);

/*
 * The next field in the text at *form that has a value, NULL at its end;
 * advances *form.
 */
const struct field *field_next(const char **form, const struct fields *);

/* Whether the field is NULL or 0. */
bool field_is_empty(const struct field *, const struct fields *);

/* Fields that are numbers; text has "unknown", JSON null for an unknown one. */
bool field_is_number(const struct field *);
uint64_t field_number(const struct field *, const struct fields *);
bool field_is_unknown(const struct field *, const struct fields *);

/*
 * The value of a field that is no number, "-" if it is NULL.  With whole, the
 * name of a client includes its port.
 */
const char *
field_string(const struct field *, const struct fields *, bool whole);

/*
 * The port of a client or proxy, which JSON and the journal have as a field; 0
 * = none.
 */
uint64_t field_port(const struct field *, const struct fields *);

#endif
