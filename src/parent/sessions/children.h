/* SPDX-License-Identifier: ISC */

/*
 * The child table: one slot per session.
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
#include "common/report.h"

struct endpoint;
struct source;

enum child_phase {
	CHILD_SERVING,
	CHILD_DYING,  /* to be killed when it has reported its count */
	CHILD_LEAVING /* killed, or has said it ends; to be reaped */
};

struct child {
	RB_ENTRY(child) by_pid;
	SLIST_ENTRY(child) free;
	TAILQ_ENTRY(child) exit_entry; /* while it is dying or leaving */
	TAILQ_ENTRY(child) unnamed;    /* see proxied.h */

	struct addr peer;
	struct addr client;        /* behind the peer, if named */
	struct source *source;     /* NULL: none is charged */
	struct endpoint *endpoint; /* that it connected to */
	uint32_t serial;           /* of the session, in its reports */
	pid_t pid;                 /* 0 until committed */
	int64_t started;           /* ns */
	uint64_t bytes;            /* echoed, as last reported */
	enum child_phase phase;
	enum reason kill_reason; /* by the parent, or REASON_NONE */
	int64_t kill_decided;    /* ns */

	int64_t idle_timeout, write_timeout, max_lifetime; /* when it began */
	int64_t heard;      /* when it last reported its count */
	int64_t progress;   /* when that was last known to have grown */
	uint8_t unanswered; /* questions because of its limits */
	bool disturbed;     /* it was asked, and so waits anew */

	uint32_t asked, answered; /* in which census last; 0 = in none */
	uint16_t allowance;       /* how many reports it may send yet */
	bool counted; /* the bytes are those at the end, or as just asked */
	bool proxied; /* it comes through a proxy that is believed */
	bool header_pending; /* its PROXY header has not been reported */
	bool named;          /* the client is valid */
};

RB_HEAD(child_tree, child);
SLIST_HEAD(child_list, child);
TAILQ_HEAD(child_queue, child);

struct children {
	struct child *slots;
	size_t used;  /* slots ever taken */
	size_t count; /* reserved or live now */
	struct child_list free;
	struct child_tree tree;
	struct child_queue dying;   /* oldest first */
	struct child_queue leaving; /* in the order to look for them */
};

enum {
	/* What is done for sessions in one turn of the loop; see server.h. */
	CHILDREN_BATCH = 64,

	/*
	 * Reports of a session that has not been asked: one at the beginning,
	 * one at the end, and what others cause who may send it signals.
	 */
	CHILD_REPORTS = 16
};

/* False if there is no memory. */
bool children_init(struct children *);

/* A clean slot; NULL if all CONFIG_MAX_CHILDREN are taken. */
struct child *
children_reserve(struct children *, const struct addr *peer, int64_t now);
void children_commit(struct children *, struct child *, pid_t);
void children_release(struct children *, struct child *);

/* NULL if pid is no session's. */
struct child *children_find(struct children *, pid_t);

/* The live sessions, by pid: children_next(children, NULL) is the first. */
struct child *children_next(struct children *, struct child *);

/*
 * A walk over all sessions, a batch a turn.  Those that begin or end meanwhile
 * are met or not.
 */
struct walk {
	pid_t next; /* 0 = it is over */
};

void walk_start(struct walk *);
bool walk_is_over(const struct walk *);

/* Calls visit for the next batch; it must not release a child. */
void children_walk(struct children *, struct walk *,
    void (*visit)(struct child *, void *context), void *context);

/* Asks the session for its count, which allows it one report more. */
void child_ask(struct child *);

/* Moves it to the end of that phase's queue. */
void children_move(struct children *, struct child *, enum child_phase);

#endif
