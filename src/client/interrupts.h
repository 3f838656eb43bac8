/* SPDX-License-Identifier: ISC */

/*
 * Ctrl-C and Ctrl-\ for every subcommand: the handlers set flags, and the
 * signals are open only while it sleeps here, so that none comes between
 * looking at a flag and going to sleep.
 */

#ifndef INTERRUPTS_H
#define INTERRUPTS_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

struct epoll_event;

/* Blocks and catches INT, TERM and QUIT, and ignores PIPE. */
void interrupts_init(void);

/*
 * As poll(2) and epoll_wait(2), until that time at the latest (INT64_MAX =
 * for ever).  They return how many are ready, which is 0 when the time has
 * come or a signal has; any other failure exits 2.
 */
int interrupts_poll(struct pollfd *, nfds_t count, int64_t until);
int interrupts_epoll(int epoll, struct epoll_event *, int count, int64_t until);

/* Has INT or TERM come? */
bool interrupts_stop(void);

/* Has QUIT come since the last take? */
bool interrupts_interim(void);
bool interrupts_take_interim(void);

#endif
