/* SPDX-License-Identifier: ISC */

/* A trial session at start-up, which finds out if sessions can be confined. */

#ifndef SANDBOX_PROBE_H
#define SANDBOX_PROBE_H

#include "child/sandbox.h"

/*
 * Returns SANDBOX_ON if a session can echo in it here, or else ends the
 * program.
 */
enum sandbox sandbox_probe(void);

#endif
