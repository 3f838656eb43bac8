/* SPDX-License-Identifier: ISC */

/*
 * One line of the log in its three forms: text, JSON, and an entry of the
 * journal.  All have the same values.
 */

#ifndef RECORD_H
#define RECORD_H

#include "parent/log/lines.h"
#include "parent/log/text.h"

enum {
	RECORD_TEXT_MAX = 800,    /* syslog daemons cut lines at 1024 bytes */
	RECORD_STRING_MAX = 1200, /* of one value, so that all have room */
	RECORD_USUAL = 1024,      /* what nearly all have room in */
	RECORD_MAX = 4096         /* what a pipe takes whole: PIPE_BUF */
};

/* "closed 192.0.2.1:51234 pid=4242 ...", control characters made blanks */
void
record_text(struct text *, const struct line_kind *, const struct fields *);

/* An object, without a newline; the text is its last member. */
void record_json(
    struct text *, int level, const struct line_kind *, const struct fields *);

/*
 * The fields of an entry, a line each, as systemd.io/JOURNAL_NATIVE_PROTOCOL
 * has them.  No value has a newline, so none needs the binary form.
 */
void record_journal(
    struct text *, int level, const struct line_kind *, const struct fields *);

/* A number as all three have it. */
void record_number(struct text *, const struct field *, const struct fields *);

#endif
