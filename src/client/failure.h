/* SPDX-License-Identifier: ISC */

/*
 * The ways in which an answer can fail to come, or be wrong: the kinds that
 * load counts and that every subcommand names alike.
 */

#ifndef FAILURE_H
#define FAILURE_H

enum failure {
	FAILURE_REFUSED,     /* nobody listens */
	FAILURE_UNREACHABLE, /* no route, or filtered with an answer */
	FAILURE_TIMEOUT,     /* nothing came in time */
	FAILURE_RESET,       /* the connection was reset */
	FAILURE_CLOSED,      /* the connection ended before the answer did */
	FAILURE_WRONG,       /* the answer is not what was sent */
	FAILURE_LOCAL,       /* this machine ran out of ports, memory, ... */
	FAILURE_KINDS
};

/* The kind an errno of connect(2), read(2) or write(2) belongs to. */
enum failure failure_from_errno(int);

/* One word, as in the report and in JSON. */
const char *failure_name(enum failure);

#endif
