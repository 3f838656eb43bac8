/* SPDX-License-Identifier: ISC */

/*
 * Ctrl-C and Ctrl-\ for every subcommand.  The signals are blocked and read
 * from a descriptor that every wait includes, so none is missed between a test
 * and a wait, or while other descriptors are always ready.
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

/* Adds the signals to a new epoll(7). */
void interrupts_watch(int epoll);

/*
 * As poll(2), with at most INTERRUPTS_POLL_MAX descriptors, and epoll_wait(2),
 * in which no data.ptr may be NULL.  Both wait until that time at the latest
 * (INT64_MAX = for ever); now is a recent time.  They return the number of
 * ready descriptors, 0 at the time or after a signal; other failures exit 2.
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
