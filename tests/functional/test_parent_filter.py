# SPDX-License-Identifier: ISC
"""What the parent is, and is not, able to do.

The tables are tried row by row in tests/unit/test_syscall_filter.c and
test_landlock.c; here is whether the parent is under them.
"""

import errno
import os
import platform
import signal
import socket

import pytest

import echod as driver
import processes
import seccomp
import streams
from injection import CALLS, call, error_of, inject
from waiting import DEADLINE, wait_until

AT_FDCWD, O_WRONLY, O_CREAT = -100, 1, 0o100
AF_INET, SOCK_STREAM, IPPROTO_MPTCP = 2, 1, 262
TIOCSTI = 0x5412

pytestmark = [pytest.mark.native]
confined = pytest.mark.sandbox


def filters(pid):
    return int(processes.status(pid).get("Seccomp_filters", "0"))


@confined
@pytest.mark.parametrize("proxy_protocol", ["off", "required"])
def test_who_is_under_how_many_filters(echod, proxy_protocol):
    """The parent's, the shared one, and where it does not do, a session's."""
    running = echod(proxy_protocol=proxy_protocol, proxy_from="127.0.0.1")
    client = running.connect()
    if proxy_protocol == "required":
        client.sendall(b"PROXY UNKNOWN\r\n")
    assert streams.is_served(client)
    session = running.session_of(client)
    for pid in (running.pid, session):
        assert processes.status(pid)["Seccomp"] == "2"
    if platform.release().startswith(("4.", "5.")):
        pytest.skip("the kernel does not tell the number of filters")
    of_parent = filters(running.pid) - filters(os.getpid())
    of_session = filters(session) - filters(running.pid)
    assert of_parent == 1 + driver.shares_filter()
    assert of_session == int(proxy_protocol == "required"
                             or not driver.shares_filter())


def test_sandbox_off_confines_nobody(echod):
    running = echod(sandbox="off")
    assert processes.status(running.pid)["Seccomp"] == \
        processes.status(os.getpid())["Seccomp"]


@confined
def test_the_log_tells_of_the_version_of_landlock(echod):
    running = echod()
    with open("/proc/kallsyms", encoding="ascii") as symbols:
        if "landlock_restrict_self" not in symbols.read():
            pytest.skip("the kernel has no Landlock")
    assert running.matches(r"sandbox filter landlock=\d+$"), running.log()


@confined
def test_the_parent_serves_without_landlock(echod):
    without = 444  # landlock_create_ruleset(2), everywhere
    running = echod(preexec_fn=lambda: seccomp.deny(without, errno.ENOSYS))
    assert running.matches("sandbox filter$")
    assert streams.is_served(running.connect())


@confined
def test_a_hijacked_parent_writes_no_file_it_may_not(echod, folder, gdb):
    running = echod()
    if running.matches("sandbox filter$"):
        pytest.skip("the kernel has no Landlock")
    (folder / "open").mkdir()
    (folder / "open").chmod(0o777)
    path = folder / "open" / "new"
    assert error_of(running.pid, CALLS["openat"], AT_FDCWD, f'"{path}"',
                    O_WRONLY | O_CREAT, 0o644) == errno.EACCES
    assert not path.exists()
    assert streams.is_served(running.connect())


@confined
def test_a_hijacked_parent_makes_no_socket_to_the_outside(echod, gdb):
    running = echod()
    assert error_of(running.pid, CALLS["socket"], AF_INET, SOCK_STREAM,
                    IPPROTO_MPTCP) == errno.EPERM
    assert error_of(running.pid, CALLS["socket"], socket.AF_NETLINK,
                    socket.SOCK_RAW, 0) == errno.EPERM
    assert streams.is_served(running.connect())


@confined
def test_a_hijacked_parent_types_at_no_terminal(echod, gdb):
    main, terminal = os.openpty()
    try:
        running = echod(stderr=terminal, wait=False)
        text = b""
        while b"ready" not in text:
            text += os.read(main, 1000)
        assert error_of(running.pid, CALLS["ioctl"], 2, TIOCSTI,
                        '"x"') == errno.EPERM
    finally:
        os.close(terminal)
        os.close(main)


@confined
def test_a_call_that_only_an_attacker_makes_ends_the_parent(echod, gdb):
    running = echod(crashes=True)
    client = running.connect()
    assert streams.is_served(client)
    inject(running.pid, call(CALLS["ptrace"]))
    assert running.process.wait(DEADLINE) == -signal.SIGSYS
    wait_until(lambda: not processes.group(running.pgid), "end of sessions")
    running.ended = True
