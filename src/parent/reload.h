/* SPDX-License-Identifier: ISC */

/* SIGHUP: new settings, or the old ones if there is anything wrong. */

#ifndef RELOAD_H
#define RELOAD_H

#include <stdint.h>

#include "parent/settings/config.h"

struct server;

/* What the log does by these settings, at the start and after a reload. */
void apply_log_settings(const struct config *);

void reload(struct server *, int64_t now);

#endif
