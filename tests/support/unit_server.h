/* SPDX-License-Identifier: ISC */

/* A server with a table of children and an inbox, for unit tests. */

#ifndef UNIT_SERVER_H
#define UNIT_SERVER_H

#include "parent/server.h"
#include "unit.h"

/* Returns what a cmocka fixture does, 0 = good. */
static inline int
unit_server_open(struct server *server)
{
	memset(server, 0, sizeof *server);
	return children_init(&server->children) && inbox_open(&server->inbox)
		   ? 0
		   : -1;
}

static inline int
unit_server_close(struct server *server)
{
	inbox_close(&server->inbox);
	return munmap(server->children.slots,
	    CONFIG_MAX_CHILDREN * sizeof *server->children.slots);
}

#endif
