/* SPDX-License-Identifier: ISC */

/*
 * Runs in the parent.  A balanced tree stays fast even if an attacker chooses
 * the addresses, as a hash table would not.
 */

#include "parent/sessions/sources.h"

#include "parent/process/memory.h"
#include "parent/settings/config.h"

static int
compare(const struct source *a, const struct source *b)
{
	return prefix_compare(&a->prefix, &b->prefix);
}

/*
 * Not RB_GENERATE_STATIC(): it needs a macro __unused, a name that Linux uses.
 */
RB_GENERATE_INTERNAL(
    source_tree, source, by_prefix, compare, static __attribute__((__unused__)))

bool
sources_init(struct sources *sources)
{
	/* One more than can be in use, for the client that is being checked. */
	size_t most = CONFIG_MAX_CHILDREN + SOURCES_IDLE_MAX + 1;

	*sources = (struct sources){
	    .slots = memory_private(most * sizeof *sources->slots)};
	RB_INIT(&sources->tree);
	TAILQ_INIT(&sources->idle);
	TAILQ_INIT(&sources->free);
	return sources->slots != NULL;
}

static void
idle_append(struct sources *sources, struct source *source)
{
	TAILQ_INSERT_TAIL(&sources->idle, source, idle);
	sources->nidle++;
}

static void
idle_remove(struct sources *sources, struct source *source)
{
	TAILQ_REMOVE(&sources->idle, source, idle);
	sources->nidle--;
}

static void
forget(struct sources *sources, struct source *source)
{
	idle_remove(sources, source);
	(void)RB_REMOVE(source_tree, &sources->tree, source);
	TAILQ_INSERT_HEAD(&sources->free, source, idle);
}

/*
 * Before a source is added, frees up to two whose rate allowance is whole
 * again; and the least recently seen one if the table is full.
 */
static void
make_room(struct sources *sources, int64_t now)
{
	for (int i = 0; i < 2; i++) {
		struct source *oldest = TAILQ_FIRST(&sources->idle);
		if (oldest == NULL || (oldest->rate_clear > now &&
					  sources->nidle < SOURCES_IDLE_MAX))
			return;
		forget(sources, oldest);
	}
}

static struct source *
take_slot(struct sources *sources)
{
	struct source *source = TAILQ_FIRST(&sources->free);

	if (source == NULL)
		return &sources->slots[sources->used++];
	TAILQ_REMOVE(&sources->free, source, idle);
	return source;
}

struct source *
sources_get(struct sources *sources, const struct addr *peer, unsigned bits_v4,
    unsigned bits_v6, int64_t now)
{
	unsigned bits = peer->family == AF_INET ? bits_v4 : bits_v6;
	struct source key = {.prefix = prefix_of(peer, bits)};
	struct source *source = RB_FIND(source_tree, &sources->tree, &key);

	if (source != NULL) {
		if (source->sessions == 0) {
			idle_remove(sources, source);
			idle_append(sources, source);
		}
		return source;
	}
	make_room(sources, now);
	source = take_slot(sources);
	*source = key;
	(void)RB_INSERT(source_tree, &sources->tree, source);
	idle_append(sources, source);
	return source;
}

void
sources_hold(struct sources *sources, struct source *source)
{
	if (source->sessions++ == 0)
		idle_remove(sources, source);
}

void
sources_drop(struct sources *sources, struct source *source)
{
	if (source != NULL && --source->sessions == 0)
		idle_append(sources, source);
}
