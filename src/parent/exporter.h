/* SPDX-License-Identifier: ISC */

/* Writes metrics-file every metrics-interval, if one is configured. */

#ifndef EXPORTER_H
#define EXPORTER_H

#include <limits.h>
#include <stdint.h>

#include "parent/timers.h"

struct config;
struct server;

struct exporter {
	struct timer next;
};

/* The directory of metrics-file, NULL if the path has none. */
const char *exporter_directory(const struct config *, char buf[PATH_MAX]);

void exporter_init(struct server *);

/* Writes the file now, and again after metrics-interval. */
void exporter_write(struct server *, int64_t now);

#endif
