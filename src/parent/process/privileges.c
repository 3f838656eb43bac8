/* SPDX-License-Identifier: ISC */

#include "parent/process/privileges.h"

#include <sys/types.h>

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <errno.h>
#include <grp.h>
#include <unistd.h>

#include "parent/log/log.h"
#include "parent/process/identity.h"

enum {
	STACK_MAX = 512 * 1024
};

/* Drops one capability after the other, until the kernel knows no more. */
static bool
empty_bounding_set(void)
{
	for (unsigned long cap = 0;; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1)
			/* EPERM: only a process with CAP_SETPCAP can. */
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
	if (geteuid() == 0)
		(void)identity_find(user);
}

static void
become(const char *user)
{
	struct identity id = identity_find(user);

	if (id.common)
		log_warnx("no user " IDENTITY_OWN
			  " in /etc/passwd: running as " IDENTITY_COMMON
			  ", whose other processes can signal "
			  "this one");
	if (!empty_bounding_set())
		log_fatal("cannot empty the capability bounding set");
	if (setgroups(0, NULL) == -1 ||
	    setresgid(id.gid, id.gid, id.gid) == -1 ||
	    setresuid(id.uid, id.uid, id.uid) == -1)
		log_fatal("cannot become user %s", user);
}

/* Tries to become root again in every way; ends the program if one succeeds. */
static void
prove_root_is_gone(void)
{
	if (setuid(0) == 0 || seteuid(0) == 0 || setresuid(0, 0, 0) == 0 ||
	    getuid() == 0 || geteuid() == 0)
		log_fatalx("root privileges could be regained");
}

/*
 * Limits the stack of this process and of its sessions.  A session cannot map
 * memory, so only its stack can grow; it inherits the limit without a call.
 */
static void
bound_stack(void)
{
	struct rlimit stack;

	if (getrlimit(RLIMIT_STACK, &stack) == -1)
		log_fatal("cannot bound the stack");
	if (stack.rlim_max == RLIM_INFINITY || stack.rlim_max > STACK_MAX)
		stack.rlim_max = STACK_MAX;
	if (stack.rlim_cur == RLIM_INFINITY || stack.rlim_cur > stack.rlim_max)
		stack.rlim_cur = stack.rlim_max;
	if (setrlimit(RLIMIT_STACK, &stack) == -1)
		log_fatal("cannot bound the stack");
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
	bound_stack();
}
