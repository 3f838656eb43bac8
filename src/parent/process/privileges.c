/* SPDX-License-Identifier: ISC */

/*
 * Runs in the parent.  The user is read from /etc/passwd itself: the name
 * service switch would load libraries into the daemon, and asks the network.
 */

#include "parent/process/privileges.h"

#include <sys/types.h>

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent/log/log.h"

static bool
is_named(const struct passwd *entry, const char *user)
{
	char uid[16];

	(void)snprintf(uid, sizeof uid, "%u", entry->pw_uid);
	return strcmp(entry->pw_name, user) == 0 || strcmp(uid, user) == 0;
}

static void
look_up(const char *user, uid_t *uid, gid_t *gid)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *entry;

	if (file == NULL)
		log_fatal("cannot read /etc/passwd");
	while ((entry = fgetpwent(file)) != NULL && !is_named(entry, user))
		continue;
	(void)fclose(file);
	if (entry == NULL)
		log_fatal_config("user %s is not in /etc/passwd", user);
	if (entry->pw_uid == 0)
		log_fatal_config(
		    "user %s is root, which echod does not run as", user);
	*uid = entry->pw_uid;
	*gid = entry->pw_gid;
}

/* The bounding set ends where the kernel knows no more capabilities. */
static bool
empty_bounding_set(void)
{
	for (unsigned long cap = 0;; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1)
			/* EPERM: only a process with CAP_SETPCAP may. */
			return errno == EINVAL || errno == EPERM;
}

bool
privileges_renounce_capabilities(void)
{
	struct __user_cap_header_struct header = {
	    .version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	return empty_bounding_set() &&
	       prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 &&
	       syscall(SYS_capset, &header, none) == 0 &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

void
privileges_check(const char *user)
{
	uid_t uid;
	gid_t gid;

	if (geteuid() == 0)
		look_up(user, &uid, &gid);
}

static void
become(const char *user)
{
	uid_t uid;
	gid_t gid;

	look_up(user, &uid, &gid);
	if (!empty_bounding_set())
		log_fatal("cannot empty the capability bounding set");
	if (setgroups(0, NULL) == -1 || setresgid(gid, gid, gid) == -1 ||
	    setresuid(uid, uid, uid) == -1)
		log_fatal("cannot become user %s", user);
}

/* It must fail in every way it could be done. */
static void
prove_root_is_gone(void)
{
	if (setuid(0) == 0 || seteuid(0) == 0 || setresuid(0, 0, 0) == 0 ||
	    getuid() == 0 || geteuid() == 0)
		log_fatalx("root privileges could be regained");
}

void
privileges_drop(const char *user)
{
	static const struct rlimit none = {0, 0};

	if (geteuid() == 0)
		become(user);
	if (!privileges_renounce_capabilities())
		log_fatal("cannot give up capabilities");
	prove_root_is_gone();
	if (setrlimit(RLIMIT_CORE, &none) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		log_fatal("cannot forbid core dumps");
}
