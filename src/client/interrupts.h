/* SPDX-License-Identifier: ISC */

/*
 * Ctrl-C and Ctrl-\ for every subcommand: the signals are blocked and come as
 * input of a descriptor, which is among those that are waited for.  So none
 * comes between looking at a flag and going to sleep, and none is overlooked
 * while there is always something else to do.
 */

#ifndef INTERRUPTS_H
#define INTERRUPTS_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

struct epoll_event;

enum {
	INTERRUPTS_POLL_MAX = 16
};

/* Blocks INT, TERM and QUIT, and ignores PIPE. */
void interrupts_init(void);

/* Has a new epoll(7) wait for them, too. */
void interrupts_watch(int epoll);

/*
 * As poll(2), of INTERRUPTS_POLL_MAX at most, and epoll_wait(2), on which no
 * data.ptr is NULL, until that time at the latest (INT64_MAX = for ever); now
 * is a recent time.  They return how many are ready, which is 0 when the time
 * has come or a signal has; any other failure exits 2.
 */
int interrupts_poll(struct pollfd *, nfds_t count, int64_t until);
int interrupts_epoll(
    int epoll, struct epoll_event *, int count, int64_t now, int64_t until);

/* Has INT or TERM come? */
bool interrupts_stop(void);

/* Has QUIT come since the last take? */
bool interrupts_interim(void);
bool interrupts_take_interim(void);

#endif
