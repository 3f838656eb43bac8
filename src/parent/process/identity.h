/* SPDX-License-Identifier: ISC */

/* The user and group that root becomes, by the key user. */

#ifndef IDENTITY_H
#define IDENTITY_H

#include <sys/types.h>

#include <stdbool.h>

/* The default user, and the one used where that does not exist. */
#define IDENTITY_OWN    "echod"
#define IDENTITY_COMMON "nobody"

struct identity {
	uid_t uid;
	gid_t gid;
	bool common; /* nobody is used because echod does not exist */
};

/* The valid ids: not root's, and not -1, which changes nothing. */
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
