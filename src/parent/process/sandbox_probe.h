/* SPDX-License-Identifier: ISC */

/*
 * The sandbox probe: a session at start-up that finds out if sessions can be
 * confined.
 */

#ifndef SANDBOX_PROBE_H
#define SANDBOX_PROBE_H

#include "child/sandbox.h"

/*
 * Returns SANDBOX_ON if a session can echo in it here, or else ends the
 * program.
 */
enum sandbox sandbox_probe(void);

#endif
