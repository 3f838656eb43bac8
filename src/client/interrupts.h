/* SPDX-License-Identifier: ISC */

/*
 * Ctrl-C and Ctrl-\ for every subcommand: the handlers set flags, and the
 * signals are open only while ppoll(2) or epoll_pwait2(2) sleeps, so that none
 * comes between looking at a flag and going to sleep.
 */

#ifndef INTERRUPTS_H
#define INTERRUPTS_H

#include <signal.h>
#include <stdbool.h>

/* Blocks and catches INT, TERM and QUIT, and ignores PIPE. */
void interrupts_init(void);

/* The mask to sleep with. */
const sigset_t *interrupts_mask(void);

/* Has INT or TERM come? */
bool interrupts_stop(void);

/* Has QUIT come since the last take? */
bool interrupts_interim(void);
bool interrupts_take_interim(void);

#endif
