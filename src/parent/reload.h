/* SPDX-License-Identifier: ISC */

/* SIGHUP: new settings, or the old ones if there is anything wrong. */

#ifndef RELOAD_H
#define RELOAD_H

#include "parent/server.h"

void reload(struct server *, int64_t now);

#endif
