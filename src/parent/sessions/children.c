/* SPDX-License-Identifier: ISC */

#include "parent/sessions/children.h"

#include <signal.h>

#include "parent/process/memory.h"
#include "parent/settings/config.h"

enum {
	WORTH_KEEPING = 512 /* slots whose memory is kept when none is in use */
};

static int
compare(const struct child *a, const struct child *b)
{
	return (a->pid > b->pid) - (a->pid < b->pid);
}

/*
 * Not RB_GENERATE_STATIC(): it needs a macro __unused, a name that Linux uses.
 */
RB_GENERATE_INTERNAL(
    child_tree, child, by_pid, compare, static __attribute__((__unused__)))

bool
children_init(struct children *children)
{
	*children = (struct children){
	    .slots =
		memory_private(CONFIG_MAX_CHILDREN * sizeof *children->slots),
	};
	RB_INIT(&children->tree);
	SLIST_INIT(&children->free);
	TAILQ_INIT(&children->dying);
	TAILQ_INIT(&children->exiting);
	return children->slots != NULL;
}

struct child *
children_reserve(
    struct children *children, const struct addr *peer, int64_t now)
{
	struct child *child = SLIST_FIRST(&children->free);

	if (child != NULL)
		SLIST_REMOVE_HEAD(&children->free, free);
	else if (children->used < CONFIG_MAX_CHILDREN)
		child = &children->slots[children->used++];
	else
		return NULL;
	*child = (struct child){
	    .peer = *peer, .started = now, .allowance = CHILD_REPORTS};
	children->count++;
	return child;
}

void
children_commit(struct children *children, struct child *child, pid_t pid)
{
	child->pid = pid;
	(void)RB_INSERT(child_tree, &children->tree, child);
}

/* Returns the memory of many slots once no session is left. */
static void
trim(struct children *children)
{
	memory_private_trim(
	    children->slots, children->used * sizeof *children->slots);
	SLIST_INIT(&children->free);
	children->used = 0;
}

/* The queue of a phase, NULL if it has none. */
static struct child_queue *
queue_of(struct children *children, enum child_phase phase)
{
	switch (phase) {
	case CHILD_DYING:
		return &children->dying;
	case CHILD_EXITING:
		return &children->exiting;
	case CHILD_SERVING:
		break;
	}
	return NULL;
}

void
children_move(
    struct children *children, struct child *child, enum child_phase phase)
{
	struct child_queue *from = queue_of(children, child->phase);
	struct child_queue *to = queue_of(children, phase);

	if (from != NULL)
		TAILQ_REMOVE(from, child, exit_entry);
	if (to != NULL)
		TAILQ_INSERT_TAIL(to, child, exit_entry);
	child->phase = phase;
}

void
children_release(struct children *children, struct child *child)
{
	if (child->pid != 0)
		(void)RB_REMOVE(child_tree, &children->tree, child);
	children_move(children, child, CHILD_SERVING);
	child->pid = 0;
	SLIST_INSERT_HEAD(&children->free, child, free);
	if (--children->count == 0 && children->used > WORTH_KEEPING)
		trim(children);
}

struct child *
children_find(struct children *children, pid_t pid)
{
	struct child key = {.pid = pid};

	return RB_FIND(child_tree, &children->tree, &key);
}

struct child *
children_next(struct children *children, struct child *child)
{
	if (child == NULL)
		return RB_MIN(child_tree, &children->tree);
	return RB_NEXT(child_tree, &children->tree, child);
}

void
walk_start(struct walk *walk)
{
	walk->next = 1;
}

bool
walk_is_over(const struct walk *walk)
{
	return walk->next == 0;
}

void
children_walk(struct children *children, struct walk *walk,
    void (*visit)(struct child *, void *context), void *context)
{
	struct child key = {.pid = walk->next};
	struct child *child = NULL;

	if (!walk_is_over(walk))
		child = RB_NFIND(child_tree, &children->tree, &key);
	for (int i = 0; child != NULL && i < CHILDREN_BATCH; i++) {
		visit(child, context);
		child = children_next(children, child);
	}
	walk->next = child != NULL ? child->pid : 0;
}

void
child_ask(struct child *child)
{
	child->disturbed = true;
	if (kill(child->pid, SIGUSR1) == 0 && child->allowance < UINT16_MAX)
		child->allowance++;
}
