/* SPDX-License-Identifier: ISC */

/*
 * The sandbox probe: a session at the start, which tests whether sessions can
 * be confined.
 */

#ifndef SANDBOX_PROBE_H
#define SANDBOX_PROBE_H

#include "child/sandbox.h"

/*
 * Enters the filter that sessions share, for sessions that begin from now on.
 * If it cannot be had or a probe fails in it, they enter their own.
 */
void sandbox_share(void);

/*
 * The same; returns SANDBOX_ON if a session can echo in the sandbox; otherwise
 * ends the program.
 */
enum sandbox sandbox_probe(void);

#endif
