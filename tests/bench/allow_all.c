/* SPDX-License-Identifier: ISC */

/*
 * allow_all PROGRAM [ARGUMENT ...]: runs it under a seccomp filter that
 * allows everything, as service managers and container engines leave one in
 * force.  Strict mode is refused then, so echod's sessions use their filter.
 */

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <err.h>
#include <stdlib.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = {.len = 1, .filter = &allow};

	if (argc < 2)
		errx(2, "usage: allow_all PROGRAM [ARGUMENT ...]");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1)
		err(EXIT_FAILURE, "seccomp");
	(void)execvp(argv[1], argv + 1);
	err(EXIT_FAILURE, "%s", argv[1]);
}
