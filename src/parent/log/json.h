/* SPDX-License-Identifier: ISC */

/* JSON strings (RFC 8259). */

#ifndef JSON_H
#define JSON_H

#include "parent/log/text.h"

/*
 * Appends the string with JSON's escapes, at most max bytes.  Each byte that is
 * not UTF-8 becomes U+FFFD.
 */
void json_escape(struct text *, const char *string, size_t count, size_t max);

#endif
