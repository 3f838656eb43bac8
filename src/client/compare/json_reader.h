/* SPDX-License-Identifier: ISC */

/*
 * Reads JSON and tells of each number in it by its path, "latency_ms.raw.p99".
 */

#ifndef JSON_READER_H
#define JSON_READER_H

#include <stddef.h>

enum {
	JSON_PATH_STRLEN = 128
};

/* Called for each number; context is the caller's. */
typedef void (*json_number)(void *context, const char *path, double value);

/*
 * Reads one value; elements of arrays have no part in the path.  Returns where
 * it ends, with blanks skipped, or NULL when it is not JSON.
 */
const char *json_read(const char *text, json_number, void *context);

#endif
