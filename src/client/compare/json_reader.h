/* SPDX-License-Identifier: ISC */

/* Reads JSON and reports each number with its path, "latency_ms.raw.p99". */

#ifndef JSON_READER_H
#define JSON_READER_H

#include <stddef.h>

enum {
	JSON_PATH_STRLEN = 128
};

/* Called for each number. */
typedef void (*json_number)(void *context, const char *path, double value);

/*
 * Reads one value; array elements add nothing to the path.  Returns its end,
 * after blanks, or NULL if it is not JSON.
 */
const char *json_read(const char *text, json_number, void *context);

#endif
