/* SPDX-License-Identifier: ISC */

#include "client/check/message.h"

#include <stdio.h>

#include "client/race.h"

bool
check_open(struct check *check, struct exchange *x)
{
	char why[RACE_STRLEN];
	struct race race;

	stream_begin(&x->stream, race_run(&race, check->target));
	if (x->stream.fd != -1)
		return true;
	(void)snprintf(check->seen, sizeof check->seen, "no connection: %s",
	    race_describe(&race, why));
	return false;
}

bool
check_converse(struct check *check, struct exchange *x)
{
	x->timeout = check->target->timeout;
	bool good = exchange_run(x);
	exchange_describe(x, check->seen, sizeof check->seen);
	return good;
}

bool
check_message(struct check *check, struct exchange *x, uint64_t size)
{
	x->size = size;
	return check_converse(check, x);
}
