/* SPDX-License-Identifier: ISC */

/*
 * The sandbox probe: a session at the start, which tests whether sessions can
 * be confined.
 */

#ifndef SANDBOX_PROBE_H
#define SANDBOX_PROBE_H

#include "child/sandbox.h"

/*
 * Returns SANDBOX_ON if a session can echo in the sandbox; otherwise ends the
 * program.
 */
enum sandbox sandbox_probe(void);

#endif
