/* SPDX-License-Identifier: ISC */

/*
 * The child table: one slot per session.
 *
 * The acceptor reserves a slot before the fork, so that every child has one,
 * and commits it with the child's pid; the reaper releases it.  No other table
 * has the children.
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
	CHILD_DYING,  /* will be killed once it has reported its count */
	CHILD_EXITING /* killed, or has reported its end; to be reaped */
};

struct child {
	RB_ENTRY(child) by_pid;
	SLIST_ENTRY(child) free;
	TAILQ_ENTRY(child) exit_entry; /* while it is dying or exiting */
	TAILQ_ENTRY(child) unnamed;    /* see proxied.h */

	struct addr peer;
	struct addr client;        /* of the proxy that is the peer, if named */
	struct source *source;     /* whose count includes it, or NULL */
	struct endpoint *endpoint; /* that the client connected to */
	uint32_t serial;           /* of the session, in its reports */
	pid_t pid;                 /* 0 until committed */
	int64_t started;           /* ns */
	uint64_t bytes;            /* echoed, as last reported */
	enum child_phase phase;
	enum reason kill_reason; /* by the parent, or REASON_NONE */
	int64_t kill_decided;    /* ns */

	int64_t idle_timeout, write_timeout,
	    max_lifetime;   /* as configured when it began */
	int64_t heard;      /* when it last reported */
	int64_t progress;   /* when the reported count last grew */
	uint8_t unanswered; /* questions about its limits */
	bool disturbed; /* a question has restarted its read(2) or write(2) */

	uint32_t asked, answered; /* in the census of this number; 0 = none */
	uint16_t allowance;       /* how many more reports it may send */
	bool counted; /* bytes is final, or the answer to the latest question */
	bool proxied; /* its client comes through a trusted proxy */
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
	struct child_queue exiting; /* in the order in which to reap them */
};

enum {
	/* Sessions handled in one turn of the loop; see server.h. */
	CHILDREN_BATCH = 64,

	/*
	 * Reports that a session may send unasked: one when its header has
	 * come, one at its end, and some because others may send it SIGUSR1.
	 */
	CHILD_REPORTS = 16
};

/* False if there is no memory. */
bool children_init(struct children *);

/* Returns an empty slot; NULL if all CONFIG_MAX_CHILDREN are in use. */
struct child *
children_reserve(struct children *, const struct addr *peer, int64_t now);
void children_commit(struct children *, struct child *, pid_t);
void children_release(struct children *, struct child *);

/* NULL if the pid is not that of a session. */
struct child *children_find(struct children *, pid_t);

/* The live sessions, by pid: children_next(children, NULL) is the first. */
struct child *children_next(struct children *, struct child *);

/*
 * A walk over all sessions, one batch a turn.  It may miss sessions that begin
 * meanwhile.
 */
struct walk {
	pid_t next; /* 0 = it is over */
};

void walk_start(struct walk *);
bool walk_is_over(const struct walk *);

/*
 * Calls visit for each session of the next batch; visit must not release one.
 */
void children_walk(struct children *, struct walk *,
    void (*visit)(struct child *, void *context), void *context);

/* Asks the session for its count, and allows it one more report. */
void child_ask(struct child *);

/* Changes the phase: moves the child to the end of the phase's queue. */
void children_move(struct children *, struct child *, enum child_phase);

#endif
