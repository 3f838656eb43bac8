# SPDX-License-Identifier: ISC
"""A session that its client has taken over can lie about itself only, cannot
stay, and cannot keep the parent from its work."""

import contextlib
import os
import re
import resource
import signal
import socket
import time

import pytest

import hijack
import streams
from hijack import CLIENT, COUNT, END, Hijacked, exits, report
from waiting import wait_until

pytestmark = hijack.needed

IDLE, PROXY, KILLED, REFUSED = 2, 7, 9, 10  # enum reason


def header(port=4711, host="203.0.113.9"):
    return f"PROXY TCP4 {host} 192.0.2.1 {port} 7\r\n".encode()


def hijacked(running):
    """A client and its session, which is ours; the first of the daemon."""
    client = running.connect()
    assert streams.is_served(client)
    return client, Hijacked(running, running.session_of(client))


def honest(running, count=20, size=100):
    """Clients that come and go.  Returns their names."""
    names = []
    for _ in range(count):
        with running.connect() as client:
            names.append("%s:%d" % client.getsockname())
            assert streams.is_served(client, b"x" * size)
    return names


def honest_are_told_right(running, names, size=100):
    for name in names:
        running.wait_log(rf"closed {name} pid=\d+ bytes={size} "
                         r"duration=\S+ reason=client\b")


# ---- lies -------------------------------------------------------------------

@pytest.mark.parametrize("status", [0, PROXY, KILLED, REFUSED, 11, 77, 255])
def test_an_exit_status_that_is_not_for_a_session_is_a_crash(echod, status):
    running = echod(crashes=True)
    _, session = hijacked(running)
    session.run(session.sends(report(END, 0, 5)), exits(status))
    closed = running.closed()
    assert closed["reason"] == "crashed"
    assert closed["bytes"] == 5
    assert not running.matches("refused")


def test_a_lie_about_itself_is_about_itself_only(echod):
    running = echod()
    _, session = hijacked(running)
    names = honest(running)
    session.run(session.sends(report(END, 0, 2**30)), exits(IDLE))
    running.wait_log(rf"closed \S+ pid={session.pid} bytes={2**30} "
                     r"duration=\S+ reason=idle\b")
    names += honest(running)
    honest_are_told_right(running, names)


def test_a_count_that_no_session_can_reach_is_not_believed(echod):
    running = echod()
    _, session = hijacked(running)
    session.run(session.sends(report(END, 0, 2**63)), exits(IDLE))
    assert running.closed()["bytes"] < 2**30


def test_a_client_is_believed_only_of_a_proxied_session(echod):
    running = echod()
    _, session = hijacked(running)
    session.run(session.sends(
        report(CLIENT, 0, client=("203.0.113.9", 4711)), report(END, 0)),
        exits(IDLE))
    running.closed()
    assert " via " not in running.log()


def test_a_client_is_believed_only_once(echod):
    running = echod(proxy_protocol="required", proxy_from="127.0.0.1",
                    max_per_source="1")
    client = running.connect()
    client.sendall(header())
    assert streams.is_served(client)
    session = Hijacked(running, running.session_of(client))
    other = running.connect()
    other.sendall(header(host="203.0.113.10"))
    assert streams.is_served(other)
    session.run(session.sends(
        report(CLIENT, 0, client=("203.0.113.10", 1)), report(END, 0)),
        exits(IDLE))
    running.wait_log(rf"closed 203\.0\.113\.9:4711 via .*pid={session.pid} ")
    assert streams.is_served(other)
    assert not running.matches("refused")


def test_a_report_with_anothers_serial_or_size_is_ignored(echod):
    running = echod()
    _, session = hijacked(running)
    session.run(session.sends(
        report(END, 1, 4711), report(END, 0, 4711)[:-1],
        report(77, 0, 0), report(END, 0, 42)), exits(IDLE))
    assert running.closed()["bytes"] == 42


def test_what_a_session_writes_to_its_memory_concerns_nobody_else(echod):
    running = echod(crashes=True)
    _, session = hijacked(running)
    names = honest(running, 100)
    session.scribble()
    names += honest(running, 100)
    honest_are_told_right(running, names)
    running.send_signal(signal.SIGUSR1)
    running.wait_log(r"status children=[01] served=201 refused=0 ")
    with contextlib.suppress(ProcessLookupError):
        os.kill(session.pid, signal.SIGKILL)
    running.closed(201)


# ---- floods -----------------------------------------------------------------

def test_a_session_that_floods_is_killed_and_delays_nobody(echod):
    running = echod()
    _, session = hijacked(running)
    session.run(session.sends(report(COUNT, 0)), without_end=True)
    names = honest(running)
    running.wait_log(rf"closed \S+ pid={session.pid} .* reason=killed\b")
    honest_are_told_right(running, names)


def test_a_session_asked_again_and_again_may_answer_each_time(echod):
    running = echod()
    client = running.connect()
    assert streams.is_served(client, b"x" * 10)
    for number in range(1, 41):
        running.send_signal(signal.SIGUSR1)
        running.wait_log(r"session \S+ pid=\d+ bytes=10 ", number)
    assert streams.is_served(client)


# ---- sessions that stay -----------------------------------------------------

def gone(running, session, reason="killed"):
    running.wait_log(
        rf"closed \S+ pid={session.pid} .* reason={reason}\b")


def reads(session):
    """Code that waits for input, which there is not, nor room for it."""
    return hijack.system_call(0, session.client, session.place(), 1)


@pytest.mark.slow(4, "the parent allows 3 s more")
def test_a_session_that_ignores_its_lifetime_is_killed(echod):
    running = echod(max_lifetime="1s")
    client, session = hijacked(running)
    session.run(reads(session), without_end=True)
    gone(running, session)


@pytest.mark.slow(8, "the parent allows 3 s more, then asks three times")
def test_a_session_that_makes_no_progress_is_killed(echod):
    running = echod(idle_timeout="500ms", write_timeout="500ms")
    client, session = hijacked(running)
    session.run(reads(session), without_end=True)
    gone(running, session)


@pytest.mark.slow(3, "the parent allows 3 s")
def test_a_session_that_says_it_ends_and_stays_is_killed(echod):
    running = echod()
    client, session = hijacked(running)
    session.run(session.sends(report(END, 0)))
    gone(running, session)


def test_a_session_that_says_it_ends_when_it_is_to_be_killed_is_killed(echod):
    running = echod(drain_timeout="0")
    client, session = hijacked(running)
    session.run(reads(session), session.sends(report(END, 0)))
    running.send_signal(signal.SIGTERM)
    assert running.wait_end() == 0
    gone(running, session)


def test_a_stop_does_not_wait_for_it(echod):
    running = echod(drain_timeout="300ms")
    client, session = hijacked(running)
    session.run(hijack.SPIN)
    assert running.stop() == 0
    gone(running, session)


def test_questions_do_not_keep_an_idle_session_alive(echod):
    running = echod(idle_timeout="2s")
    client = running.connect()
    assert streams.is_served(client)

    def ask_and_look():
        running.send_signal(signal.SIGUSR1)
        return running.matches("closed ")
    wait_until(ask_and_look, "end of an idle session that is asked")
    assert running.closed()["reason"] == "idle"


def test_the_stack_of_a_session_is_bounded(echod):
    def unlimited():
        resource.setrlimit(resource.RLIMIT_STACK,
                           (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    running = echod(crashes=True, preexec_fn=unlimited)
    client, session = hijacked(running)
    session.run(hijack.GROW_STACK)
    running.wait_log(rf"closed \S+ pid={session.pid} .* signal=11\b")


# ---- work between two polls -------------------------------------------------

BATCH = 64


@pytest.fixture
def counted(echod, folder):
    """A daemon whose parent is traced, and how often it made each call at
    most between two polls."""
    trace = folder / "trace"

    def start(**settings):
        return echod(wrapper=["strace", "-D", "-qq", "-o", str(trace)],
                     **settings)

    def most(call):
        best = count = 0
        for line in trace.read_text(errors="replace").splitlines():
            if line.startswith("ppoll("):
                best, count = max(best, count), 0
            elif re.match(call, line):
                count += 1
        return max(best, count)
    return start, most


def many_sessions(running, count):
    clients = [running.connect() for _ in range(count)]
    assert all(map(streams.is_served, clients))
    return clients


def bounded(most):
    # Signals, timers and reports may each have their batch in a turn.
    for call in "wait", "kill", "clone", r"write\(2, ":
        assert most(call) <= 2 * BATCH + 4, call
    assert most("recvmmsg") <= 8


def test_sessions_that_die_without_a_word_are_found_in_batches(counted):
    start, most = counted
    running = start(crashes=True)
    many_sessions(running, 200)
    for pid in running.sessions():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    running.closed(200)
    bounded(most)
    assert most("waitid") <= 8


def test_sessions_that_end_together_are_reaped_in_batches(counted):
    start, most = counted
    running = start()
    first, *clients = many_sessions(running, 250)  # whose reports fit into the queue
    first.close()
    running.closed()
    begun = time.monotonic()
    os.kill(running.pid, signal.SIGSTOP)
    for client in clients:
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    # So that it looks for those without a report, too: for none of these.
    wait_until(lambda: time.monotonic() > begun + 0.6, "the time to look")
    os.kill(running.pid, signal.SIGCONT)
    for number in range(1, 251):
        closed = running.closed(number)
        assert (closed["reason"], closed["bytes"]) == ("client", 12)
    bounded(most)


def test_listing_and_stopping_go_through_sessions_in_batches(counted):
    start, most = counted
    running = start(drain_timeout="30s")
    many_sessions(running, 300)
    running.send_signal(signal.SIGUSR1)
    running.wait_log("session ", 300)
    assert running.stop() == 0
    running.closed(300)
    bounded(most)
    assert most("kill") > BATCH // 2  # there was something to count


def test_a_second_stop_kills_in_batches(counted):
    start, most = counted
    running = start(drain_timeout="30s", crashes=True)
    many_sessions(running, 200)
    for pid in running.sessions():
        os.kill(pid, signal.SIGSTOP)
    running.send_signal(signal.SIGTERM)
    running.wait_log("stopping")
    assert running.stop() == 0
    running.closed(200)
    bounded(most)


def test_clients_that_come_together_are_accepted_in_batches(counted):
    start, most = counted
    running = start()
    os.kill(running.pid, signal.SIGSTOP)
    clients = [running.connect() for _ in range(200)]
    os.kill(running.pid, signal.SIGCONT)
    assert all(map(streams.is_served, clients))
    assert most("accept4") <= BATCH + 1
    assert most("clone") <= BATCH


def test_clients_of_many_listeners_are_one_batch(counted):
    start, most = counted
    running = start(listen=["127.0.0.1:0"] * 8)
    os.kill(running.pid, signal.SIGSTOP)
    try:
        clients = [running.connect(port=port)
                   for port in running.ports() for _ in range(BATCH // 2)]
    finally:
        os.kill(running.pid, signal.SIGCONT)
    assert all(map(streams.is_served, clients))
    assert most("accept4") <= BATCH + 8
    assert most("clone") <= BATCH


# ---- what it can read -------------------------------------------------------

def has_in_memory(pid, what):
    with open(f"/proc/{pid}/maps", encoding="ascii") as file:
        lines = [line.split() for line in file]
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in lines:
            start, end = (int(x, 16) for x in line[0].split("-"))
            if line[1][0] == "r" and end < 1 << 47:
                memory.seek(start)
                with contextlib.suppress(OSError):  # [vvar]
                    if what in memory.read(end - start):
                        return " ".join(line)
    return None


def test_it_cannot_read_long_lists_or_other_clients(echod):
    denied = [f"10.{n >> 8}.{n & 255}.77" for n in range(20000)]
    running = echod(config={"deny": denied})
    other = running.connect(source="127.66.77.88")
    assert streams.is_served(other)
    _, session = hijacked(running)
    for address in bytes([10, 70, 77, 77]), bytes([127, 66, 77, 88]):
        assert has_in_memory(running.pid, address)
        assert not has_in_memory(session.pid, address)
