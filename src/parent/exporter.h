/* SPDX-License-Identifier: ISC */

/* Writes the file of metrics at its times, if one is wanted. */

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

/* The directory to be written to, NULL if none is. */
const char *exporter_directory(const struct config *, char buf[PATH_MAX]);

void exporter_init(struct server *);

/* Writes it now, and again after metrics-interval. */
void exporter_write(struct server *, int64_t now);

#endif
