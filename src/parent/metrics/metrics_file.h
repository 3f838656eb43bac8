/* SPDX-License-Identifier: ISC */

/*
 * Writes metrics-file.  A collector may read it at any time, so it is written
 * under another name and renamed when complete.
 */

#ifndef METRICS_FILE_H
#define METRICS_FILE_H

#include <stdbool.h>

#include "parent/metrics/exposition.h"

/* False with errno on failure; the file is then unchanged. */
bool metrics_file_write(const char *path, const struct figures *);

#endif
