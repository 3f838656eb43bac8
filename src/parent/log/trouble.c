/* SPDX-License-Identifier: ISC */

/* Runs in the parent. */

#include "parent/log/trouble.h"

#include <inttypes.h>
#include <string.h>

#include "parent/log/log.h"

bool
trouble_note(struct trouble *trouble, int error)
{
	bool first = !trouble->active;

	trouble->error = error;
	if (first)
		log_errx("cannot %s: %s, trying again", trouble->what,
		    strerror(error));
	else
		trouble->count++;
	trouble->active = true;
	return first;
}

bool
trouble_period_over(struct trouble *trouble)
{
	if (trouble->count != 0)
		log_errx("cannot %s: %s count=%" PRIu64 " period=%ds",
		    trouble->what, strerror(trouble->error), trouble->count,
		    TROUBLE_PERIOD);
	else
		log_message(LOG_NOTICE, "can %s again", trouble->what);
	trouble->active = trouble->count != 0;
	trouble->count = 0;
	return trouble->active;
}
