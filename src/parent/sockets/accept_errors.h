/* SPDX-License-Identifier: ISC */

/* What the errors of accept(2) mean. */

#ifndef ACCEPT_ERRORS_H
#define ACCEPT_ERRORS_H

/* What became of an accept(2). */
enum accepted {
	ACCEPTED_PEER,      /* a client, its socket and address */
	ACCEPTED_NOBODY,    /* nobody waits */
	ACCEPTED_GONE,      /* a client gave up; perhaps another one waits */
	ACCEPTED_EXHAUSTED, /* not now, for lack of something; see errno */
	ACCEPTED_BROKEN     /* not a listening socket; errno */
};

enum accepted accept_errors_classify(int error);

#endif
