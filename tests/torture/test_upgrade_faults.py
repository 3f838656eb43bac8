# SPDX-License-Identifier: ISC
"""Every system call of an upgrade fails in turn.

Afterwards the old or the new program serves, and no session was lost.  strace
follows the parent and the process that tests the new program; each counts its
own calls.  Without TORTURE=all a slice is run.
"""

import collections
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import pytest

import upgrades
from errnos import ERRNOS, errnos
from streams import exchange, is_served
from waiting import wait_until

ALL = os.environ.get("TORTURE") == "all"
SLICE = 8
CLIENTS = 3
# What ends the process if it fails, for nothing in it can be done without it:
# the kernel's own start of a program, before main().
BEFORE_MAIN = {"brk", "arch_prctl", "set_tid_address", "set_robust_list",
               "rseq", "mprotect", "execve", "prlimit64", "readlink",
               "getrandom"}
# Not made by the upgrade, or by a process that has given up.
OTHERS = {"exit_group", "exit", "ppoll", "rt_sigreturn", "accept4"}
# No kernel fails it here, and posix_spawn(3) does not look whether it did.
NEVER = {"rt_sigprocmask"}
END = r"upgraded |upgrade failed, still "
# Calls whose failure can lose that line, of which another tells then.
TELLING = {"write", "poll"}
LOST = r"|\d+ messages dropped"
REFERENCES = 3  # upgrades, since no two are quite the same


def new_folder():
    """One that the daemon's user can search."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="echod-upgrade-"))
    path.chmod(0o755)
    return path


class Traced:
    """A daemon whose upgrades are traced one by one."""

    def __init__(self, folder):
        self.folder, self.trace = folder, folder / "trace"
        self.daemon = upgrades.Echod(folder)
        self.clients = [self.daemon.connect() for _ in range(CLIENTS)]
        self.check()

    def check(self):
        for client in self.clients:
            assert exchange(client, b"still") == b"still"
        with self.daemon.connect() as another:
            assert is_served(another)

    def upgrade(self, *options, end=END):
        """The trace of one upgrade, whatever comes of it."""
        before = len(self.daemon.lines())
        strace = subprocess.Popen(
            ["strace", "-f", "-o", self.trace, "-p", str(self.daemon.pid),
             *options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
        try:
            assert "attached" in strace.stderr.readline()
            self.daemon.send_signal(signal.SIGUSR2)
            wait_until(lambda: any(re.match(end, line) for line in
                                   self.daemon.lines()[before:]),
                       self.daemon.log)
        finally:
            strace.send_signal(signal.SIGINT)
            strace.communicate()
        self.check()
        return self.trace.read_text(errors="replace")

    def close(self):
        for client in self.clients:
            client.close()
        self.daemon.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def counts(trace):
    """How often each process made each call, at most."""
    by_process = collections.defaultdict(collections.Counter)
    for line in trace.splitlines():
        if match := re.match(r"(\d+) +([a-z]\w*)\(", line):
            by_process[match[1]][match[2]] += 1
    most = collections.Counter()
    for count in by_process.values():
        most |= count
    return most


def faults():
    folder = new_folder()
    traced = Traced(folder)
    try:
        made = counts(traced.upgrade())
        for _ in range(REFERENCES - 1):
            made &= counts(traced.upgrade())
    finally:
        traced.close()
    return [(call, error, when)
            for call, count in sorted(made.items())
            if call not in BEFORE_MAIN | OTHERS | NEVER and call in ERRNOS
            for error in errnos(call)[:3]
            for when in sorted({1, 2, 3, (count + 1) // 2, count})
            if when <= count]


def pytest_generate_tests(metafunc):
    if "call" not in metafunc.fixturenames:
        return
    if os.geteuid() != 0:
        metafunc.parametrize("call,error,when", [pytest.param(
            None, None, None, marks=pytest.mark.skip("tracing needs root"))])
        return
    chosen = faults()
    metafunc.parametrize(
        "call,error,when", chosen if ALL else chosen[::SLICE])


@pytest.fixture(scope="module")
def shared():
    """One daemon for all faults, unless one has to be started anew."""
    holder = {}

    def get():
        if "traced" not in holder:
            holder["traced"] = Traced(new_folder())
        return holder["traced"]
    yield get, holder
    if "traced" in holder:
        holder["traced"].close()


def test_no_session_is_lost_when_a_system_call_of_an_upgrade_fails(
        shared, call, error, when):
    get, holder = shared
    traced = get()
    try:
        trace = traced.upgrade(
            "-e", f"trace={call}",
            "-e", f"inject={call}:error={error}:when={when}",
            end=END + LOST if call in TELLING else END)
        assert "(INJECTED)" in trace
    except BaseException:
        print(traced.daemon.log()[-2000:])
        holder.pop("traced").close()
        raise
    if call in TELLING:  # the line may still come
        holder.pop("traced").close()
