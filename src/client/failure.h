/* SPDX-License-Identifier: ISC */

/*
 * The kinds of failure, from a refused connection to a wrong answer.  load
 * counts them, and every subcommand uses these names.
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

/* The kind of an errno of connect(2), read(2) or write(2). */
enum failure failure_from_errno(int);

/* One word, as in the report and in JSON. */
const char *failure_name(enum failure);

#endif
