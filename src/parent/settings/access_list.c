/* SPDX-License-Identifier: ISC */

#include "parent/settings/access_list.h"

#include <string.h>

#include <bsd/stdlib.h>

#include "parent/process/memory.h"

enum {
	FIRST_ROOM = 128,         /* prefixes in a new list: less than a page */
	BYTES = 16,               /* of an address */
	DEPTH_MAX = 8 * BYTES + 1 /* nested prefixes, at most */
};

/*
 * ---- lists of prefixes -----------------------------------------------------
 */

bool
prefix_list_add(struct prefix_list *list, const struct prefix *prefix)
{
	if (list->count == list->room) {
		size_t room = list->room == 0 ? FIRST_ROOM : 2 * list->room;
		struct prefix *grown = memory_private_resize(list->items,
		    list->room * sizeof *grown, room * sizeof *grown);
		if (grown == NULL)
			return false;
		list->items = grown;
		list->room = room;
	}
	list->items[list->count++] = *prefix;
	return true;
}

void
prefix_list_inherit(const struct prefix_list *list, bool inherited)
{
	memory_private_inherit(
	    list->items, list->room * sizeof *list->items, inherited);
}

void
prefix_list_free(struct prefix_list *list)
{
	memory_private_free(list->items, list->room * sizeof *list->items);
	*list = (struct prefix_list){0};
}

/* ---- making the boundaries ------------------------------------------------
 */

struct rule {
	struct prefix prefix;
	bool allowed;
};

/*
 * Orders rules by family and first address.  A prefix comes before those within
 * it; of two equal ones deny comes second, so that it overrides.
 */
static int
compare_rules(const void *a, const void *b)
{
	const struct rule *one = a, *other = b;
	int order;

	if (one->prefix.family != other->prefix.family)
		return one->prefix.family == AF_INET ? -1 : 1;
	order = memcmp(one->prefix.bytes, other->prefix.bytes, BYTES);
	if (order == 0)
		order = one->prefix.length - other->prefix.length;
	return order != 0 ? order : other->allowed - one->allowed;
}

/* The first address after the prefix; false if there is none. */
static bool
next_address(const struct prefix *prefix, uint8_t next[BYTES])
{
	unsigned bit = prefix->length;

	memcpy(next, prefix->bytes, BYTES);
	while (bit-- > 0) { /* add 1 to the bits of the prefix */
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);
		next[bit / 8] ^= mask;
		if ((next[bit / 8] & mask) != 0)
			return true;
	}
	return false;
}

/* The boundaries of one family, and the rules that contain the next address. */
struct sweep {
	struct boundary *first, *end;
	const struct rule *open[DEPTH_MAX];
	size_t depth;
	bool others;
};

static void
put(struct sweep *sweep, const uint8_t start[BYTES], bool allowed)
{
	struct boundary *end = sweep->end;

	if (end > sweep->first && memcmp(end[-1].start, start, BYTES) == 0)
		end--; /* no address is between them */
	if (end == sweep->first || end[-1].allowed != allowed) {
		memcpy(end->start, start, BYTES);
		end++->allowed = allowed;
	}
	sweep->end = end;
}

/* Ends the innermost open rule; the rule around it continues after it. */
static void
close_innermost(struct sweep *sweep)
{
	const struct rule *rule = sweep->open[--sweep->depth];
	uint8_t next[BYTES];

	if (next_address(&rule->prefix, next))
		put(sweep, next,
		    sweep->depth > 0 ? sweep->open[sweep->depth - 1]->allowed
				     : sweep->others);
}

static bool
lies_within(const struct prefix *inner, const struct prefix *outer)
{
	struct addr addr = {.family = inner->family};

	memcpy(addr.bytes, inner->bytes, BYTES);
	return inner->length >= outer->length && prefix_contains(outer, &addr);
}

static void
add_rule(struct sweep *sweep, const struct rule *rule)
{
	while (sweep->depth > 0) {
		const struct prefix *open =
		    &sweep->open[sweep->depth - 1]->prefix;
		if (prefix_compare(open, &rule->prefix) == 0)
			sweep->depth--; /* an equal prefix, overridden */
		else if (lies_within(&rule->prefix, open))
			break;
		else
			close_innermost(sweep);
	}
	sweep->open[sweep->depth++] = rule;
	put(sweep, rule->prefix.bytes, rule->allowed);
}

/* Appends the boundaries of one family's rules; returns their end. */
static struct boundary *
sweep_family(const struct rule *rules, size_t count, uint8_t family,
    bool others, struct boundary *out)
{
	static const uint8_t lowest[BYTES];
	struct sweep sweep = {.first = out, .end = out, .others = others};

	put(&sweep, lowest, others);
	for (size_t i = 0; i < count; i++)
		if (rules[i].prefix.family == family)
			add_rule(&sweep, &rules[i]);
	while (sweep.depth > 0)
		close_innermost(&sweep);
	return sweep.end;
}

static void
collect(struct rule **rules, const struct prefix_list *list, bool allowed)
{
	for (size_t i = 0; i < list->count; i++)
		*(*rules)++ = (struct rule){list->items[i], allowed};
}

bool
access_list_make(struct access_list *list, const struct prefix_list *allow,
    const struct prefix_list *deny, bool others)
{
	size_t count = allow->count + deny->count;
	/*
	 * Two boundaries for each rule, and one for the start of each family.
	 */
	size_t size = (2 * count + 2) * sizeof(struct boundary);

	*list = (struct access_list){.others = others};
	if (count == 0)
		return true;
	struct rule *rules = memory_private(count * sizeof *rules), *end;
	struct boundary *first = memory_private(size), *v6;
	if (rules == NULL || first == NULL) {
		memory_private_free(rules, count * sizeof *rules);
		memory_private_free(first, size);
		return false;
	}
	end = rules;
	collect(&end, allow, true);
	collect(&end, deny, false);
	/*
	 * heapsort(3) works in place, unlike qsort(3), and has no slow worst
	 * case.
	 */
	(void)heapsort(rules, count, sizeof *rules, compare_rules);
	v6 = sweep_family(rules, count, AF_INET, others, first);
	list->v4 = (size_t)(v6 - first);
	list->v6 =
	    (size_t)(sweep_family(rules, count, AF_INET6, others, v6) - v6);
	list->boundaries = first;
	list->size = size;
	memory_private_free(rules, count * sizeof *rules);
	return true;
}

void
access_list_inherit(const struct access_list *list, bool inherited)
{
	memory_private_inherit(list->boundaries, list->size, inherited);
}

void
access_list_free(struct access_list *list)
{
	memory_private_free(list->boundaries, list->size);
	*list = (struct access_list){0};
}

/* ---- looking up ------------------------------------------------------------
 */

bool
access_list_allows(const struct access_list *list, const struct addr *addr)
{
	const struct boundary *low = list->boundaries;
	size_t count = list->v4;

	if (low == NULL)
		return list->others;
	if (addr->family == AF_INET6) {
		low += list->v4;
		count = list->v6;
	}
	/*
	 * Find the last boundary at or before the address; the first one is at
	 * zero.
	 */
	while (count > 1) {
		size_t half = count / 2;
		if (memcmp(low[half].start, addr->bytes, BYTES) <= 0) {
			low += half;
			count -= half;
		} else {
			count = half;
		}
	}
	return low->allowed;
}
