/* SPDX-License-Identifier: ISC */

/* What a JSON string is made of (RFC 8259). */

#ifndef JSON_H
#define JSON_H

#include "parent/log/text.h"

/*
 * Puts at most max bytes that stand for the given ones within a string.
 * Bytes that are not UTF-8 become U+FFFD, one each.
 */
void json_escape(struct text *, const char *string, size_t count, size_t max);

#endif
