/* SPDX-License-Identifier: ISC */

#include "client/check/message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/connect.h"

bool
check_open(struct check *check, struct exchange *x)
{
	int fd = connect_wait(check->target, NULL);

	stream_begin(&x->stream, fd);
	if (fd != -1 && connect_greet(check->target, fd) == 0)
		return true;
	(void)snprintf(check->seen, sizeof check->seen, "no connection: %s",
	    strerror(errno));
	stream_close(&x->stream);
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
