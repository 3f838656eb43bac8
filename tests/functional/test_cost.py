# SPDX-License-Identifier: ISC
"""What a connection costs: system calls and page faults, with bounds.

The bounds are half more than what was counted, so that another libc or another
architecture is within, and what grows with a connection's work is not.
"""

import collections
import re
import shutil

import pytest

import echod as driver
import processes
import streams

pytestmark = pytest.mark.plain

CONNECTIONS = 50

# Of the parent, for one connection and its line in the log: two of ppoll(2) and
# accept4(2), one each for the signal, the report, the child, its end and the
# log make 11.  Those that come with time are among the half more.
PARENT = 17

# Of the session that echoes one message: 9 that fork and confine, and 6.
SESSION = 22

# Page faults of the parent and of the session, by how echod is linked: 3 and 3
# were counted (glibc 2.36, 2.41 and 2.43), 5 and 7 to 7 and 11, or 4 and 12.
FAULTS = {"static": (5, 5), "LAYOUT=off": (8, 12), "dynamic": (6, 18)}

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
    processes.require("SYS_PTRACE", "to trace a process that forbids it")
    if shutil.which("strace") is None:
        pytest.skip("needs strace")
    trace = folder / "trace"
    running = echod(wrapper=["strace", "-D", "-f", "-qq", "-s", "100",
                             "-o", str(trace)])
    return running, trace


def test_system_calls_of_a_connection(traced):
    running, trace = traced
    serve(running, CONNECTIONS)
    running.stop()
    calls = read_trace(trace)
    parent = calls.pop(running.pid)
    assert sum(parent.values()) <= (CONNECTIONS - 1) * PARENT, parent
    assert len(calls) == CONNECTIONS - 1
    for session in calls.values():
        assert sum(session.values()) <= SESSION, session


def test_an_echo_is_two_system_calls(traced):
    running, trace = traced
    serve(running, 2)
    with running.connect() as client:
        for _ in range(101):
            assert streams.is_served(client)
    running.closed(3)
    running.stop()
    calls = read_trace(trace)
    calls.pop(running.pid)
    one, many = sorted(sum(session.values()) for session in calls.values())
    assert many - one == 200


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
    most_own, most_sessions = FAULTS[driver.linkage()]
    assert own <= CONNECTIONS * most_own
    assert sessions <= CONNECTIONS * most_sessions
