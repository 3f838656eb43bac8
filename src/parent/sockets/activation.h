/* SPDX-License-Identifier: ISC */

/*
 * Listening sockets that a service manager passes: it has opened them, or an
 * earlier process has stored them there.  sd_listen_fds(3) describes both.
 */

#ifndef ACTIVATION_H
#define ACTIVATION_H

#include "parent/settings/config.h"
#include "parent/sockets/listener.h"
#include "parent/sockets/systemd.h"

/* Takes over count descriptors from 3 on; ends the program if one is unfit. */
void activation_adopt(struct listeners *, int count);

/*
 * The same for sockets that an earlier process has stored; those that the
 * settings do not name are closed, and what is missing is opened.
 */
void activation_reuse(struct listeners *, const struct config *, int count);

/* Has the service manager keep them, in the place of those it has. */
void activation_store(struct listeners *, const struct notify *);

#endif
