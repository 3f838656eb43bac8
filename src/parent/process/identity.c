/* SPDX-License-Identifier: ISC */

/*
 * Runs in the parent.  It reads /etc/passwd directly: the name service switch
 * would load libraries into the daemon and ask the network.
 */

#include "parent/process/identity.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "common/units.h"
#include "parent/log/log.h"

const char *
identity_parse(const char *text, struct identity *out)
{
	char uid[UNITS_STRLEN];
	int64_t user, group;
	size_t length = strcspn(text, ":");

	if (text[length] == '\0' || length >= sizeof uid)
		return "not a UID:GID";
	memcpy(uid, text, length);
	uid[length] = '\0';
	const char *errstr =
	    units_parse_count(uid, IDENTITY_MIN, IDENTITY_MAX, &user);
	if (errstr == NULL)
		errstr = units_parse_count(
		    text + length + 1, IDENTITY_MIN, IDENTITY_MAX, &group);
	if (errstr == NULL)
		*out =
		    (struct identity){.uid = (uid_t)user, .gid = (gid_t)group};
	return errstr;
}

static bool
is_named(const struct passwd *entry, const char *user)
{
	char uid[16];

	(void)snprintf(uid, sizeof uid, "%u", entry->pw_uid);
	return strcmp(entry->pw_name, user) == 0 || strcmp(uid, user) == 0;
}

/* False if the user, or /etc/passwd, does not exist. */
static bool
look_up(const char *user, struct identity *identity)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *entry;

	if (file == NULL)
		return false;
	while ((entry = fgetpwent(file)) != NULL && !is_named(entry, user))
		continue;
	(void)fclose(file);
	if (entry == NULL)
		return false;
	identity->uid = entry->pw_uid;
	identity->gid = entry->pw_gid;
	return true;
}

static bool
is_usable(unsigned id)
{
	return id >= IDENTITY_MIN && id <= IDENTITY_MAX;
}

struct identity
identity_find(const char *user)
{
	struct identity identity = {.common = false};

	if (identity_parse(user, &identity) == NULL)
		return identity;
	bool known = look_up(user, &identity);
	if (!known && strcmp(user, IDENTITY_OWN) == 0) {
		identity.common = true;
		known = look_up(user = IDENTITY_COMMON, &identity);
	}
	if (!known)
		log_fatal_config("user %s is not in /etc/passwd", user);
	if (identity.uid == 0)
		log_fatal_config(
		    "user %s is root, which echod does not run as", user);
	if (!is_usable(identity.uid) || !is_usable(identity.gid))
		log_fatal_config("user %s has the ids %u:%u: both must be 1 to "
				 "4294967294",
		    user, identity.uid, identity.gid);
	return identity;
}
