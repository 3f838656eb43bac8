# SPDX-License-Identifier: ISC
"""What a connection costs: system calls and page faults, counted.

The numbers are those of the program; a change that makes them grow has to
change them here, and to say why.
"""

import collections
import os
import re
import shutil

import pytest

import echod as driver
import processes
import streams

pytestmark = pytest.mark.plain

CONNECTIONS = 50

# Of the parent, for one connection and its line in the log.
PARENT = {
    "ppoll": 2,         # until a client comes, until a session ends
    "accept4": 2,       # the client, and that there is no other
    "clone": 1,
    "close": 1,
    "read": 1,          # SIGCHLD
    "recvmmsg": 1,      # its report
    "wait4": 1,
    "poll": 1,          # whether the log is ready
    "write": 1,
}

# Of the session that echoes one message.
SESSION = {
    "set_robust_list": 1,  # glibc's fork()
    "rt_sigprocmask": 1,
    "close_range": 2,
    "prctl": 1,            # PR_SET_PDEATHSIG
    "seccomp": 1,
    "getppid": 1,
    "prlimit64": 3,
    "read": 2,
    "write": 2,            # what it echoes, and its report
    "exit": 1,
}

# Page faults of the parent and of the session, by how echod is linked.
FAULTS = {"static": (4, 4), "dynamic": (4, 12)}

# They vary by two or three with where things happen to lie.
ALWAYS_THE_SAME = ["env", "-i", "setarch", "--addr-no-randomize"]


def serve(running, count, first=1):
    """One after the other, each at its end before the next begins."""
    for number in range(first, first + count):
        with running.connect() as client:
            assert streams.is_served(client, bytes(64))
        running.closed(number)


def read_trace(path):
    """Calls by process, {pid: Counter of names}.

    From the end of the first session, which the start is mixed with, to that
    of the last.
    """
    calls = collections.defaultdict(collections.Counter)
    text = path.read_text(errors="replace")
    begin = text.index("reason=client")
    end = text.rindex("reason=client")
    for line in text[begin:end].splitlines()[1:]:
        match = re.match(r"(\d+) +(\w+)\(", line)
        if match:
            calls[int(match.group(1))][match.group(2)] += 1
    return calls


@pytest.fixture
def traced(echod, folder):
    if os.geteuid() != 0:
        pytest.skip("needs root, to trace a process that forbids it")
    if shutil.which("strace") is None:
        pytest.skip("needs strace")
    trace = folder / "trace"
    running = echod(wrapper=["strace", "-D", "-f", "-qq", "-s", "100",
                             "-o", str(trace)])
    return running, trace


# Some come with the time it takes, when the parent looks for sessions that
# have died silently, and for reports: fewer than would make one more for each
# connection.
WITH_TIME = dict.fromkeys(("ppoll", "recvmmsg", "wait4"), CONNECTIONS // 2)


def test_system_calls_of_a_connection(traced):
    running, trace = traced
    serve(running, CONNECTIONS)
    running.stop()
    calls = read_trace(trace)
    parent = calls.pop(running.pid)
    for name in set(parent) | set(PARENT):
        beside = parent[name] - (CONNECTIONS - 1) * PARENT.get(name, 0)
        assert 0 <= beside <= WITH_TIME.get(name, 0), (name, parent)
    assert len(calls) == CONNECTIONS - 1
    for session in calls.values():
        assert session == SESSION


def test_an_echo_is_two_system_calls(traced):
    running, trace = traced
    serve(running, 1)
    with running.connect() as client:
        for _ in range(100):
            assert streams.is_served(client)
    running.closed(2)
    running.stop()
    calls = read_trace(trace)
    calls.pop(running.pid)
    [session] = calls.values()
    assert session == {**SESSION, "read": 101, "write": 101}


def linkage():
    """A program that needs a loader names it early in its file."""
    with open(driver.ECHOD, "rb") as program:
        return "dynamic" if b"/ld-linux" in program.read(4096) else "static"


def faults(pid):
    fields = processes.fields(pid)
    return int(fields[7]), int(fields[8])


def test_page_faults_of_a_connection(echod):
    running = echod(wrapper=ALWAYS_THE_SAME)
    serve(running, 20)
    own, sessions = faults(running.pid)
    serve(running, CONNECTIONS, first=21)
    own, sessions = (
        now - before for now, before in
        zip(faults(running.pid), (own, sessions)))
    most_own, most_sessions = FAULTS[linkage()]
    assert own <= CONNECTIONS * most_own
    assert sessions <= CONNECTIONS * most_sessions
