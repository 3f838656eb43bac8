/* SPDX-License-Identifier: ISC */

/* Classifies the errors of accept(2). */

#ifndef ACCEPT_ERRORS_H
#define ACCEPT_ERRORS_H

/* The outcome of an accept(2). */
enum accepted {
	ACCEPTED_PEER,      /* a client, its socket and address */
	ACCEPTED_NOBODY,    /* the queue is empty */
	ACCEPTED_GONE,      /* the client has gone; others may be queued */
	ACCEPTED_EXHAUSTED, /* resources are lacking, see errno; try later */
	ACCEPTED_BROKEN     /* not a listening socket, see errno */
};

enum accepted accept_errors_classify(int error);

#endif
