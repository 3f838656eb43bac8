# SPDX-License-Identifier: ISC
"""Out of descriptors or processes: the client waits, and is served then."""

import contextlib
import os
import resource
import signal
import subprocess
import time

import pytest

import processes
import streams
from waiting import DEADLINE, wait_until

# A user with no other processes: RLIMIT_NPROC counts all of a user's.
LONELY = 61237

RESOURCES = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}


def set_limit(pid, limit):
    """By prlimit(1) as the daemon's own user, who may lower what it likes."""
    uid = int(processes.status(pid)["Uid"].split()[0])
    gid = int(processes.status(pid)["Gid"].split()[0])
    subprocess.run(["prlimit", f"--pid={pid}", limit], check=True,
                   user=uid, group=gid, extra_groups=[])


@contextlib.contextmanager
def limited(pid, name, value):
    """The limit holds; the hard one stays, so that it can be taken back."""
    set_limit(pid, f"--{name}={value}:")
    yield
    if processes.is_alive(pid):
        hard = resource.getrlimit(RESOURCES[name])[1]
        set_limit(pid, f"--{name}={hard}:")


def without_descriptors(running):
    taken = max(processes.descriptors(running.pid)) + 1
    return limited(running.pid, "nofile", taken)


def without_processes(running):
    return limited(running.pid, "nproc", 0)


@pytest.fixture
def lonely(echod):
    if os.geteuid() != 0:
        pytest.skip("needs root, to start as a user without processes")
    # A sanitizer's search for leaks takes a process, at the end.
    return echod(user=LONELY, group=LONELY, drain_timeout="300ms",
                 env={"LSAN_OPTIONS": "detect_leaks=0"})


def cpu_ticks(pid):
    fields = processes.fields(pid)
    return int(fields[11]) + int(fields[12])


@pytest.mark.root
@pytest.mark.native
def test_client_waits_while_there_are_no_descriptors(echod):
    running = echod()
    with without_descriptors(running):
        client = running.connect()
        client.sendall(b"patience")
        running.wait_log("cannot accept: Too many open files, trying again$")
    assert streams.receive_exactly(client, 8) == b"patience"
    assert streams.is_served(running.connect())


@pytest.mark.root
@pytest.mark.native
def test_live_sessions_notice_no_lack_of_descriptors(echod):
    running = echod()
    other = running.connect()
    assert streams.is_served(other)
    with without_descriptors(running):
        running.connect()
        running.wait_log("cannot accept: ")
        assert all(streams.is_served(other) for _ in range(100))


@pytest.mark.root
@pytest.mark.native
@pytest.mark.slow(
    20, "the period of complaints is 10 s, and the next one reports the end")
def test_lack_of_descriptors_is_told_once_and_so_is_its_end(echod):
    running = echod()
    with without_descriptors(running):
        client = running.connect()
        ticks = cpu_ticks(running.pid)
        # The failures are summed up at the end of its period of 10 s ...
        running.wait_log(
            r"cannot accept: Too many open files count=\d+ period=10s$",
            deadline=10 + DEADLINE)
        # ... in which it did not spin: a second has a hundred ticks.
        assert cpu_ticks(running.pid) - ticks < 100
    assert streams.is_served(client)
    running.wait_log("can accept again$", deadline=10 + DEADLINE)
    # At first, and once a period: its end may fall into the next one.
    assert 2 <= len(running.matches("cannot accept: ")) <= 3


@pytest.mark.root
@pytest.mark.native
@pytest.mark.slow(5, "the client's session cannot begin, so the drain lasts")
def test_stops_in_order_without_descriptors(echod):
    running = echod()
    with without_descriptors(running):
        running.connect()
        running.wait_log("cannot accept: ")
        assert running.stop() == 0


@pytest.mark.parametrize("most", [1, 3])
def test_a_limit_below_its_descriptors_is_survived(echod, most):
    """Another process of its user can lower it: ppoll(2) says EINVAL then."""
    running = echod()
    held = running.connect()
    assert streams.is_served(held)
    with limited(running.pid, "nofile", most):
        begin, ticks = time.monotonic(), cpu_ticks(running.pid)
        running.send_signal(signal.SIGUSR1)
        running.wait_log(r"status children=1 ")
        waiting = running.connect()
        running.wait_log(r"cannot accept: Too many open files")
        assert streams.is_served(held)
        wait_until(lambda: time.monotonic() > begin + 0.5, "half a second")
        assert cpu_ticks(running.pid) - ticks < 10  # of 50: it does not spin
    assert streams.is_served(waiting)


def test_stops_in_order_with_a_limit_below_its_descriptors(echod):
    running = echod()
    held = running.connect()
    assert streams.is_served(held)
    with limited(running.pid, "nofile", 0):
        assert running.stop() == 0
    assert held.recv(1) == b""


@pytest.mark.native
def test_accepted_client_waits_while_there_are_no_processes(lonely):
    with without_processes(lonely):
        client = lonely.connect()
        client.sendall(b"patience")
        lonely.wait_log(
            "cannot fork: Resource temporarily unavailable, trying again$")
    assert streams.receive_exactly(client, 8) == b"patience"
    assert streams.is_served(lonely.connect())


@pytest.mark.native
def test_more_clients_wait_in_the_backlog_meanwhile(lonely):
    with without_processes(lonely):
        clients = [lonely.connect() for _ in range(30)]
        for client in clients:
            client.sendall(b"patience")
        lonely.wait_log("cannot fork: ")
    assert all(streams.receive_exactly(client, 8) == b"patience"
               for client in clients)
    assert len(lonely.matches("cannot fork: ")) == 1


@pytest.mark.native
def test_live_sessions_notice_no_lack_of_processes(lonely):
    other = lonely.connect()
    assert streams.is_served(other)
    with without_processes(lonely):
        lonely.connect()
        lonely.wait_log("cannot fork: ")
        assert all(streams.is_served(other) for _ in range(100))


@pytest.mark.native
def test_descriptors_are_as_before_after_a_lack_of_processes(lonely):
    before = processes.descriptors(lonely.pid)
    with without_processes(lonely):
        client = lonely.connect()
        lonely.wait_log("cannot fork: ")
    assert streams.is_served(client)
    client.close()
    lonely.wait_sessions(0)
    assert processes.descriptors(lonely.pid) == before


@pytest.mark.native
def test_client_without_a_process_is_let_go_at_the_drain_deadline(lonely):
    with without_processes(lonely):
        client = lonely.connect()
        lonely.wait_log("cannot fork: ")
        lonely.send_signal(signal.SIGTERM)
        lonely.wait_log("stopping ")
        assert client.recv(1) == b""
        assert lonely.wait_end() == 0


@pytest.mark.native
@pytest.mark.root
def test_a_stop_without_time_ends_though_clients_wait_for_processes(echod):
    running = echod(user=LONELY, group=LONELY, drain_timeout="0",
                    env={"LSAN_OPTIONS": "detect_leaks=0"})
    with without_processes(running):
        waiting = [running.connect() for _ in range(2)]
        running.wait_log("cannot fork: ")
        running.send_signal(signal.SIGTERM)
        assert running.wait_end() == 0
        for client in waiting:
            with contextlib.suppress(ConnectionResetError):
                assert client.recv(1) == b""
