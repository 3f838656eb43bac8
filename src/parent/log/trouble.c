/* SPDX-License-Identifier: ISC */

/* Runs in the parent. */

#include "parent/log/trouble.h"

#include <string.h>

#include "common/clock.h"
#include "parent/log/log.h"

bool
trouble_note(struct trouble *trouble, int error)
{
	bool first = !trouble->active;

	trouble->error = error;
	if (first)
		log_line(
		    LINE_FAILING, &(struct fields){.operation = trouble->what,
				      .error = strerror(error)});
	else
		trouble->count++;
	trouble->active = true;
	return first;
}

bool
trouble_period_over(struct trouble *trouble)
{
	struct fields fields = {.operation = trouble->what,
	    .count = trouble->count,
	    .period = TROUBLE_PERIOD * SEC};

	if (trouble->count != 0) {
		fields.error = strerror(trouble->error);
		log_line(LINE_FAILED, &fields);
	} else {
		log_line(LINE_RECOVERED, &fields);
	}
	trouble->active = trouble->count != 0;
	trouble->count = 0;
	return trouble->active;
}
