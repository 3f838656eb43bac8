/* SPDX-License-Identifier: ISC */

/* SIGHUP: reads the settings anew, and keeps the old ones on any error. */

#ifndef RELOAD_H
#define RELOAD_H

#include <stdint.h>

#include "parent/settings/config.h"

struct server;

/* Configures the log, at the start and after a reload. */
void apply_log_settings(const struct config *);

void reload(struct server *, int64_t now);

#endif
