/* SPDX-License-Identifier: ISC */

/* Runs in the parent. */

#include "parent/sessions/children.h"

#include <signal.h>
#include <string.h>

#include "parent/process/memory.h"
#include "parent/settings/config.h"

enum {
	WORTH_KEEPING = 512 /* slots that stay in memory when none is in use */
};

static int
compare(const struct child *a, const struct child *b)
{
	return (a->pid > b->pid) - (a->pid < b->pid);
}

/* RB_GENERATE_STATIC() wants a macro __unused, which Linux cannot have. */
RB_GENERATE_INTERNAL(
    child_tree, child, by_pid, compare, static __attribute__((__unused__)))

bool
children_init(struct children *children)
{
	*children = (struct children){
	    .slots =
		memory_private(CONFIG_MAX_CHILDREN * sizeof *children->slots),
	    .board = memory_shared(
		sizeof *children->board +
		CONFIG_MAX_CHILDREN * sizeof *children->board->lines),
	};
	RB_INIT(&children->tree);
	SLIST_INIT(&children->free);
	TAILQ_INIT(&children->leaving);
	return children->slots != NULL && children->board != NULL;
}

/* From 1, as the board counts. */
uint32_t
children_number(const struct children *children, const struct child *child)
{
	return (uint32_t)(child - children->slots) + 1;
}

struct board_line *
children_line(const struct children *children, const struct child *child)
{
	return &children->board->lines[child - children->slots];
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
	*child = (struct child){.peer = *peer, .started = now};
	memset(children_line(children, child), 0, sizeof(struct board_line));
	children->count++;
	return child;
}

void
children_commit(struct children *children, struct child *child, pid_t pid)
{
	child->pid = pid;
	(void)RB_INSERT(child_tree, &children->tree, child);
}

/* After the last session of many, nothing is left of them. */
static void
trim(struct children *children)
{
	memory_private_trim(
	    children->slots, children->used * sizeof *children->slots);
	memory_shared_trim(children->board,
	    sizeof *children->board +
		children->used * sizeof *children->board->lines);
	SLIST_INIT(&children->free);
	children->used = 0;
}

void
children_release(struct children *children, struct child *child)
{
	if (child->pid != 0)
		(void)RB_REMOVE(child_tree, &children->tree, child);
	if (child->leaving)
		TAILQ_REMOVE(&children->leaving, child, departure);
	child->leaving = false;
	child->pid = 0;
	SLIST_INSERT_HEAD(&children->free, child, free);
	if (--children->count == 0 && children->used > WORTH_KEEPING)
		trim(children);
}

void
children_take_departures(struct children *children)
{
	uint32_t number = atomic_exchange_explicit(
	    &children->board->departures.last, 0, memory_order_acquire);

	/* No more than there are slots, should the list be made a circle. */
	for (size_t i = 0; i < children->used; i++) {
		if (number == 0 || number > children->used)
			return;
		struct child *child = &children->slots[number - 1];
		const struct board_line *line = children_line(children, child);
		number = line->before;
		if (child->pid == 0 || child->leaving ||
		    line->reason == REASON_NONE)
			continue;
		child->leaving = true;
		TAILQ_INSERT_TAIL(&children->leaving, child, departure);
	}
}

bool
board_client(const struct board_line *line, struct addr *client)
{
	struct addr raw;

	if (atomic_load_explicit(&line->header, memory_order_acquire) !=
	    HEADER_NAMED)
		return false;
	raw = line->client;
	atomic_signal_fence(memory_order_seq_cst); /* one copy, then look */
	raw.scope = 0;
	return addr_canonical(&raw, client);
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
children_signal(struct children *children, int signo)
{
	struct child *child = NULL;

	while ((child = children_next(children, child)) != NULL)
		(void)kill(child->pid, signo);
}

void
children_kill(struct children *children)
{
	struct child *child = NULL;

	while ((child = children_next(children, child)) != NULL)
		child_kill(child, REASON_KILLED);
}

void
child_kill(struct child *child, enum reason why)
{
	if (child->cut == REASON_NONE)
		child->cut = why;
	(void)kill(child->pid, SIGKILL);
}
