/* SPDX-License-Identifier: ISC */

#include "client/failure.h"

#include <errno.h>
#include <stddef.h>

static const struct {
	int number;
	enum failure kind;
} kinds[] = {
    {ECONNREFUSED, FAILURE_REFUSED},
    {ENETUNREACH, FAILURE_UNREACHABLE},
    {EHOSTUNREACH, FAILURE_UNREACHABLE},
    {ENETDOWN, FAILURE_UNREACHABLE},
    {EHOSTDOWN, FAILURE_UNREACHABLE},
    {EACCES, FAILURE_UNREACHABLE},
    {EPERM, FAILURE_UNREACHABLE},
    {ETIMEDOUT, FAILURE_TIMEOUT},
    {ECONNRESET, FAILURE_RESET},
    {ECONNABORTED, FAILURE_RESET},
    {EPIPE, FAILURE_RESET},
};

enum failure
failure_from_errno(int number)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].number == number)
			return kinds[i].kind;
	return FAILURE_LOCAL;
}

const char *
failure_name(enum failure kind)
{
	static const char *const names[FAILURE_KINDS] = {
	    [FAILURE_REFUSED] = "refused",
	    [FAILURE_UNREACHABLE] = "unreachable",
	    [FAILURE_TIMEOUT] = "timeout",
	    [FAILURE_RESET] = "reset",
	    [FAILURE_CLOSED] = "closed",
	    [FAILURE_WRONG] = "wrong",
	    [FAILURE_LOCAL] = "local",
	};

	return names[kind];
}
