/* SPDX-License-Identifier: ISC */

/* Whom the key user means: the user and group that root becomes. */

#ifndef IDENTITY_H
#define IDENTITY_H

#include <sys/types.h>

#include <stdbool.h>

/* The default user, and who takes its place where it does not exist. */
#define IDENTITY_OWN    "echod"
#define IDENTITY_COMMON "nobody"

struct identity {
	uid_t uid;
	gid_t gid;
	bool common; /* there is no user echod, so it is nobody */
};

/* The ids that a process can be given for good: neither root's nor -1. */
#define IDENTITY_MIN 1
#define IDENTITY_MAX 4294967294

/*
 * Reads "UID:GID"; returns NULL or what is wrong.
 */
const char *identity_parse(const char *text, struct identity *);

/*
 * A name or a uid is looked up in /etc/passwd, "UID:GID" is taken as it is.
 * Ends the program if there is no such user, or if it is root.
 */
struct identity identity_find(const char *user);

#endif
