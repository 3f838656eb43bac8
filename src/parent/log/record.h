/* SPDX-License-Identifier: ISC */

/*
 * Formats one line of the log as text, as JSON, or as an entry of the journal,
 * all with the same values.
 */

#ifndef RECORD_H
#define RECORD_H

#include "parent/log/lines.h"
#include "parent/log/text.h"

enum {
	RECORD_TEXT_MAX = 800, /* syslog daemons cut lines at 1024 bytes */
	RECORD_STRING_MAX =
	    1200, /* bytes of one value, so that every value has room */
	RECORD_USUAL = 1024, /* enough for nearly all lines */
	RECORD_MAX = 4096    /* PIPE_BUF: a pipe takes this much in one piece */
};

/* "closed 192.0.2.1:51234 pid=4242 ..."; control characters become blanks */
void
record_text(struct text *, const struct line_kind *, const struct fields *);

/* A JSON object without a newline; the text is its last member. */
void record_json(
    struct text *, int level, const struct line_kind *, const struct fields *);

/*
 * The fields of an entry, one a line, by systemd.io/JOURNAL_NATIVE_PROTOCOL. No
 * value contains a newline, so none needs the binary form.
 */
void record_journal(
    struct text *, int level, const struct line_kind *, const struct fields *);

/* A number, which all three forms write the same way. */
void record_number(struct text *, const struct field *, const struct fields *);

#endif
