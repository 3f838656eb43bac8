/* SPDX-License-Identifier: ISC */

/*
 * The child table: one slot per session, with its line on the board.
 *
 * A slot is reserved before the fork, so that a fork is never made that
 * cannot be accounted for, committed with the child's pid, and released when
 * the child has been reaped.  Nobody else keeps track of children.
 */

#ifndef CHILDREN_H
#define CHILDREN_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

#include "common/addr.h"
#include "common/board.h"

struct source;

struct child {
	RB_ENTRY(child) by_pid;
	SLIST_ENTRY(child) free;
	struct addr peer;
	struct source *source; /* NULL: none is charged */
	int64_t started;       /* ns */
	pid_t pid;             /* 0 until committed */
	enum reason cut; /* why the parent killed it; REASON_NONE if not */
	bool leaving;    /* it says so, and is not reaped yet */
	TAILQ_ENTRY(child) departure;
	TAILQ_ENTRY(child) unnamed; /* see proxied.h */
	bool proxied; /* it comes through a proxy that is believed */
	bool awaited; /* it is among the unnamed */
};

RB_HEAD(child_tree, child);
SLIST_HEAD(child_list, child);
TAILQ_HEAD(child_queue, child);

struct children {
	struct child *slots;
	struct board *board;
	size_t used;  /* slots ever taken */
	size_t count; /* reserved or live now */
	struct child_list free;
	struct child_tree tree;
	struct child_queue leaving; /* oldest first */
};

/* False if there is no memory. */
bool children_init(struct children *);

/* A slot with a clean board line; NULL if all CONFIG_MAX_CHILDREN are taken. */
struct child *
children_reserve(struct children *, const struct addr *peer, int64_t now);
void children_commit(struct children *, struct child *, pid_t);
void children_release(struct children *, struct child *);

uint32_t children_number(const struct children *, const struct child *);
struct board_line *children_line(const struct children *, const struct child *);

/*
 * The client that the session says is behind the peer, if any.  The address
 * is copied before it is checked: the line is the session's to write.
 */
bool board_client(const struct board_line *, struct addr *client);

/* NULL if pid is no session's. */
struct child *children_find(struct children *, pid_t);

/* The live sessions, by pid: children_next(children, NULL) is the first. */
struct child *children_next(struct children *, struct child *);

/*
 * Adds those to the leaving who have said so since the last call.  Sessions
 * can lie about it, and about each other.
 */
void children_take_departures(struct children *);

/* Sends the signal to every session. */
void children_signal(struct children *, int signo);

/* Kills one, or all of them as REASON_KILLED. */
void child_kill(struct child *, enum reason why);
void children_kill(struct children *);

#endif
