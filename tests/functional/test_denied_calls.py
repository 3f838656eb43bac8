# SPDX-License-Identifier: ISC
"""The daemon works without calls that a container or an old kernel lacks."""

import errno
import functools
import os

import pytest

import processes
import seccomp
from echoc_support import echoc
from streams import is_served


def without(call, error):
    seccomp.require()
    return functools.partial(seccomp.deny, call, error)


@pytest.mark.native
@pytest.mark.parametrize("error", [errno.EPERM, errno.ENOSYS])
def test_a_session_has_only_its_socket_without_close_range(echod, error):
    running = echod(sandbox="off",
                    preexec_fn=without(seccomp.CLOSE_RANGE, error))
    clients = [running.connect() for _ in range(3)]
    assert all(map(is_served, clients))
    for client in clients:
        assert len(running.client_descriptors(running.session_of(client))) == 1


@pytest.mark.native
def test_inherited_descriptors_are_closed_without_close_range(echod):
    with open("/dev/null", "rb") as extra:
        high = os.dup2(extra.fileno(), 99)
        running = echod(pass_fds=[high], preexec_fn=without(
            seccomp.CLOSE_RANGE, errno.EPERM))
        os.close(high)
    assert high not in processes.descriptors(running.pid)


def test_echoc_load_works_without_epoll_pwait2(echod):
    running = echod()
    done = echoc("load", "-c", "4", "-d", "300ms", f"127.0.0.1:{running.port}",
                 preexec_fn=without(seccomp.EPOLL_PWAIT2, errno.ENOSYS))
    assert " 0 messages" not in done.stdout, done.stdout
