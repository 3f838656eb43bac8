/* SPDX-License-Identifier: ISC */

/*
 * Listening sockets that the service manager passes.  It has opened them itself
 * (socket activation), or an earlier daemon has stored them there.  See
 * sd_listen_fds(3).
 */

#ifndef ACTIVATION_H
#define ACTIVATION_H

#include "parent/settings/config.h"
#include "parent/sockets/listener.h"
#include "parent/sockets/systemd.h"

/* Takes over count descriptors from 3 on; ends the program if one is unfit. */
void activation_adopt(struct listeners *, int count);

/*
 * The same for sockets that an earlier daemon has stored.  Closes those that
 * the settings do not name, and opens missing ones.
 */
void activation_reuse(struct listeners *, const struct config *, int count);

/*
 * Stores the listening sockets at the service manager, instead of earlier ones.
 */
void activation_store(struct listeners *, const struct notify *);

#endif
