/* SPDX-License-Identifier: ISC */

/* Runs in the parent. */

#include "parent/log/refusals.h"

#include <inttypes.h>

#include "parent/log/log.h"

static struct refusal *
place(
    struct refusals *refusals, const struct prefix *source, const char *reason)
{
	for (size_t i = 0; i < refusals->used; i++) {
		struct refusal *r = &refusals->first[i];
		if (r->reason == reason &&
		    prefix_compare(&r->source, source) == 0)
			return r;
	}
	if (refusals->used == REFUSALS_MAX)
		return NULL;
	struct refusal *r = &refusals->first[refusals->used++];
	*r = (struct refusal){.source = *source, .reason = reason};
	return r;
}

uint64_t
refusals_add(
    struct refusals *refusals, const struct prefix *source, const char *reason)
{
	struct refusal *refusal = place(refusals, source, reason);

	refusals->total++;
	if (refusal != NULL)
		return ++refusal->count;
	refusals->others++;
	return 0;
}

void
refusals_flush(struct refusals *refusals)
{
	char buf[PREFIX_STRLEN];

	for (size_t i = 0; i < refusals->used; i++) {
		const struct refusal *r = &refusals->first[i];
		log_message(LOG_NOTICE,
		    "refused %s reason=%s count=%" PRIu64 " period=%ds",
		    prefix_format(&r->source, buf), r->reason, r->count,
		    REFUSALS_PERIOD);
	}
	if (refusals->others != 0)
		log_message(LOG_NOTICE,
		    "refused others count=%" PRIu64 " period=%ds",
		    refusals->others, REFUSALS_PERIOD);
	refusals->used = 0;
	refusals->others = 0;
}
