/* SPDX-License-Identifier: ISC */

/* A trial session at start-up, which finds out how sessions can be confined. */

#ifndef SANDBOX_PROBE_H
#define SANDBOX_PROBE_H

#include "child/sandbox.h"

/*
 * The tightest sandbox in which a session can echo here: strict mode, or the
 * filter where another filter is in force already.  Ends the program if
 * neither works.
 */
enum sandbox sandbox_probe(void);

#endif
