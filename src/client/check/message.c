/* SPDX-License-Identifier: ISC */

#include "client/check/message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/connect.h"
#include "client/payload.h"

int
check_open(struct check *check)
{
	int fd = connect_wait(check->target, NULL);

	if (fd != -1 && connect_greet(check->target, fd) == 0)
		return fd;
	(void)snprintf(check->seen, sizeof check->seen, "no connection: %s",
	    strerror(errno));
	if (fd != -1)
		(void)close(fd);
	return -1;
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
check_message(struct check *check, int fd, uint64_t size)
{
	struct exchange x = {
	    .fd = fd, .stream = payload_stream(), .size = size};

	return check_converse(check, &x);
}
