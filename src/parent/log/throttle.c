/* SPDX-License-Identifier: ISC */

#include "parent/log/throttle.h"

#include <string.h>

#include "common/clock.h"
#include "parent/log/client_names.h"
#include "parent/log/log.h"

#define PERIOD (THROTTLE_PERIOD * SEC)

/*
 * Failures with different errors share one count; the line names the last
 * error.
 */
static bool
is_same(const struct occasion *a, const struct occasion *b)
{
	return a->reason == b->reason && a->listener == b->listener &&
	       prefix_compare(&a->source, &b->source) == 0;
}

static uint64_t
count(struct throttle *throttle, const struct occasion *occasion, int64_t now)
{
	struct throttled *item = throttle->items;

	if (throttle->due == 0)
		throttle->due = now + PERIOD;
	for (size_t i = 0; i < throttle->used; i++, item++)
		if (is_same(&item->occasion, occasion)) {
			item->occasion.error = occasion->error;
			return ++item->count;
		}
	if (throttle->used == THROTTLE_MAX) {
		throttle->others++;
		return 0;
	}
	throttle->used++;
	*item = (struct throttled){.occasion = *occasion, .count = 1};
	return 1;
}

uint64_t
throttle_refused(struct throttle *throttle, const struct prefix *source,
    const char *reason, const char *listener, int64_t now)
{
	const struct occasion occasion = {.source = client_source(source),
	    .reason = reason,
	    .listener = listener};

	return count(throttle, &occasion, now);
}

void
throttle_failed(struct throttle *throttle, int error, int64_t now)
{
	const struct occasion occasion = {.error = error};

	if (throttle->due != 0) {
		(void)count(throttle, &occasion, now);
		return;
	}
	throttle->due = now + PERIOD;
	log_line(
	    LINE_FAILING, &(struct fields){.operation = throttle->operation,
			      .error = strerror(error)});
}

static void
tell(const struct throttle *throttle, const struct throttled *item)
{
	const struct occasion *occasion = &item->occasion;
	char source[ADDR_STRLEN];
	struct fields fields = {.operation = throttle->operation,
	    .reason = occasion->reason,
	    .listener = occasion->listener,
	    .count = item->count,
	    .period = PERIOD};

	if (throttle->operation != NULL) {
		fields.error = strerror(occasion->error);
		log_line(LINE_FAILED, &fields);
	} else {
		fields.source = client_source_name(&occasion->source, source);
		log_line(LINE_REFUSED, &fields);
	}
}

void
throttle_flush(struct throttle *throttle, int64_t now)
{
	bool fails = throttle->operation != NULL;

	for (size_t i = 0; i < throttle->used; i++)
		tell(throttle, &throttle->items[i]);
	if (throttle->others != 0)
		log_line(LINE_REFUSED_OTHERS,
		    &(struct fields){
			.count = throttle->others, .period = PERIOD});
	if (fails && throttle->used == 0)
		log_line(LINE_RECOVERED,
		    &(struct fields){.operation = throttle->operation});
	throttle->due = fails && throttle->used != 0 ? now + PERIOD : 0;
	throttle->used = 0;
	throttle->others = 0;
}
