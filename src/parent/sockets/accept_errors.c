/* SPDX-License-Identifier: ISC */

#include "parent/sockets/accept_errors.h"

#include <errno.h>
#include <stddef.h>

/*
 * accept(2) also returns errors of the connection that it would have accepted,
 * and of a firewall; these concern that client only.  Some errors are
 * permanent: the descriptor is no listening socket.  After any other error,
 * including those that accept(2) announces for future protocols, the parent
 * tries again after a pause.
 */
static const struct {
	int error;
	enum accepted outcome;
} outcomes[] = {
    {EAGAIN, ACCEPTED_NOBODY},
    {ECONNABORTED, ACCEPTED_GONE},
    {EINTR, ACCEPTED_GONE},
    {EPROTO, ACCEPTED_GONE},
    {EPERM, ACCEPTED_GONE},
    {ETIMEDOUT, ACCEPTED_GONE},
    {ENETDOWN, ACCEPTED_GONE},
    {ENETUNREACH, ACCEPTED_GONE},
    {ENOPROTOOPT, ACCEPTED_GONE},
    {EHOSTDOWN, ACCEPTED_GONE},
    {EHOSTUNREACH, ACCEPTED_GONE},
    {ENONET, ACCEPTED_GONE},
    {EMFILE, ACCEPTED_EXHAUSTED},
    {ENFILE, ACCEPTED_EXHAUSTED},
    {ENOBUFS, ACCEPTED_EXHAUSTED},
    {ENOMEM, ACCEPTED_EXHAUSTED},
    {EBADF, ACCEPTED_BROKEN},
    {EFAULT, ACCEPTED_BROKEN},
    {EINVAL, ACCEPTED_BROKEN},
    {ENOTSOCK, ACCEPTED_BROKEN},
};

enum accepted
accept_errors_classify(int error)
{
	for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
		if (outcomes[i].error == error)
			return outcomes[i].outcome;
	return ACCEPTED_EXHAUSTED;
}
