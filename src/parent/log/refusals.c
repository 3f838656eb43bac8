/* SPDX-License-Identifier: ISC */

/* Runs in the parent. */

#include "parent/log/refusals.h"

#include "parent/log/client_names.h"
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
	struct prefix named = client_source(source);
	struct refusal *refusal = place(refusals, &named, reason);

	refusals->total++;
	if (refusal != NULL)
		return ++refusal->count;
	refusals->others++;
	return 0;
}

void
refusals_flush(struct refusals *refusals)
{
	struct fields fields = {.period = REFUSALS_PERIOD * SEC};
	char source[ADDR_STRLEN];

	for (size_t i = 0; i < refusals->used; i++) {
		const struct refusal *r = &refusals->first[i];
		fields.source = client_source_name(&r->source, source);
		fields.reason = r->reason;
		fields.count = r->count;
		log_line(LINE_REFUSED, &fields);
	}
	fields.count = refusals->others;
	if (fields.count != 0)
		log_line(LINE_REFUSED_OTHERS, &fields);
	refusals->used = 0;
	refusals->others = 0;
}
