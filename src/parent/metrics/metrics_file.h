/* SPDX-License-Identifier: ISC */

/*
 * The file of metrics, for a collector that reads it whenever it likes: each
 * time it is written anew under another name, and renamed when it is whole.
 */

#ifndef METRICS_FILE_H
#define METRICS_FILE_H

#include <stdbool.h>

#include "parent/metrics/exposition.h"

/* False with errno if that failed; the file is then as it was. */
bool metrics_file_write(const char *path, const struct figures *);

#endif
