# SPDX-License-Identifier: ISC
"""A stop under load: a session that ends before the deadline loses nothing."""

import hashlib
import os
import signal
import socket
import threading
import time

import pytest

import processes
import streams
from waiting import wait_until

MIB = 1024 * 1024


def stopped(pid):
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: processes.state(pid) == "T", "stopped process")


class Stream(threading.Thread):
    """A client that sends without a pause and hashes what comes back."""

    def __init__(self, client, data):
        super().__init__(daemon=True)
        self.client, self.data = client, data
        self.begun = threading.Event()
        self.digest, self.length = hashlib.sha256(), 0
        self.start()

    def run(self):
        pump = streams.Pump(self.client, self.data)
        while part := self.client.recv(streams.CHUNK):
            self.digest.update(part)
            self.length += len(part)
            self.begun.set()
        pump.join()


def test_streams_that_end_before_the_deadline_lose_no_byte(echod):
    running = echod(drain_timeout="60s")
    data = streams.random_bytes(48 * MIB)
    many = [Stream(running.connect(), data) for _ in range(8)]
    assert all(stream.begun.wait(30) for stream in many)
    running.send_signal(signal.SIGTERM)
    assert running.wait_end() == 0
    for stream in many:
        stream.join()
        assert stream.length == len(data)
        assert stream.digest.digest() == hashlib.sha256(data).digest()
    for number in range(1, 9):
        closed = running.closed(number)
        assert closed["reason"] == "client"
        assert closed["bytes"] == len(data)


def test_what_was_sent_before_the_stop_is_answered(echod):
    running = echod(drain_timeout="60s")
    data = streams.random_bytes(64 * 1024)
    clients = [running.connect() for _ in range(50)]
    running.wait_sessions(50)
    for client in clients:
        client.sendall(data)
    running.send_signal(signal.SIGTERM)
    for client in clients:
        assert streams.receive_all(client) == data
    assert running.wait_end() == 0


def test_input_that_waits_when_the_signal_comes_is_answered(echod):
    running = echod(drain_timeout="60s")
    client = running.connect()
    assert streams.is_served(client)
    session = running.session_of(client)
    data = streams.random_bytes(100_000)
    stopped(session)
    client.sendall(data)
    running.send_signal(signal.SIGTERM)
    running.wait_log("stopping children=1")
    os.kill(session, signal.SIGCONT)
    assert streams.receive_all(client) == data
    assert running.wait_end() == 0
    assert running.closed()["reason"] == "shutdown"


def test_clients_that_wait_in_the_backlog_are_served_before_the_stop(echod):
    running = echod(drain_timeout="60s")
    stopped(running.pid)
    clients = [running.connect() for _ in range(20)]
    for client in clients:
        client.sendall(b"waiting")
        client.shutdown(socket.SHUT_WR)
    running.send_signal(signal.SIGTERM)
    os.kill(running.pid, signal.SIGCONT)
    assert all(streams.receive_all(client) == b"waiting"
               for client in clients)
    assert running.wait_end() == 0


def test_client_that_goes_on_is_served_until_it_ends(echod):
    running = echod(drain_timeout="60s")
    client = running.connect()
    assert streams.is_served(client)
    running.send_signal(signal.SIGTERM)
    running.wait_log("stopping children=1")
    # A thousand round trips are made faster than a session looks twice.
    for number in range(1000):
        assert streams.is_served(client, b"%d" % number)
    client.shutdown(socket.SHUT_WR)
    assert client.recv(1) == b""
    assert running.wait_end() == 0
    assert running.closed()["reason"] in ("client", "shutdown")


@pytest.mark.parametrize("active,quiet", [(False, 0.3), (True, 1.0)])
def test_a_slow_client_is_waited_for(echod, active, quiet):
    """The times of echod(8), of which the session sees tenths of a second."""
    running = echod(drain_timeout="1h")
    client = running.connect()
    assert streams.is_served(client)
    begin = time.monotonic()
    running.send_signal(signal.SIGTERM)
    running.wait_log("stopping children=1")
    if active:
        assert streams.is_served(client)
    assert client.recv(1) == b""
    assert time.monotonic() - begin >= quiet - 0.1
    assert running.wait_end() == 0


def test_the_log_ends_with_every_session_closed_and_stopped(echod):
    running = echod(drain_timeout="60s")
    clients = [running.connect() for _ in range(30)]
    assert all(map(streams.is_served, clients))
    running.send_signal(signal.SIGTERM)
    assert running.wait_end() == 0
    lines = running.lines()
    begin = lines.index("stopping children=30")
    assert all(line.startswith("closed ") for line in lines[begin + 1:-1])
    assert len(lines[begin + 1:-1]) == 30
    assert lines[-1] == "stopped"


@pytest.mark.parametrize("timeout", ["0", "1ms"])
def test_without_time_to_drain_it_stops_at_once(echod, timeout):
    running = echod(drain_timeout=timeout)
    clients = [running.connect() for _ in range(10)]
    assert all(map(streams.is_served, clients))
    assert running.stop() == 0
    for number in range(1, 11):
        assert running.closed(number)["reason"] in ("killed", "shutdown")


def test_a_daemon_stops_under_load_and_removes_its_pidfile(daemon):
    running = daemon(drain_timeout="60s")
    data = streams.random_bytes(16 * MIB)
    many = [Stream(running.connect(), data) for _ in range(4)]
    assert all(stream.begun.wait(30) for stream in many)
    running.stop()
    for stream in many:
        stream.join()
        assert stream.digest.digest() == hashlib.sha256(data).digest()
    assert not running.pidfile.exists()


class Knocker(threading.Thread):
    """Connects, exchanges a message and closes, until nobody listens."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.done, self.failures = port, 0, []
        self.start()

    def run(self):
        while True:
            try:
                client = socket.create_connection(("127.0.0.1", self.port), 30)
            except ConnectionRefusedError:
                return
            with client:
                try:
                    if streams.exchange(client, b"knock") == b"knock":
                        self.done += 1
                except OSError as error:
                    self.failures.append(repr(error))


@pytest.mark.slow(11, "the race needs many stops under load")
def test_a_stop_resets_nobody_who_is_connected(echod):
    for round_ in range(10):
        running = echod(where=f"round-{round_}")
        knockers = [Knocker(running.port) for _ in range(16)]
        wait_until(lambda: sum(k.done for k in knockers) > 100, "load")
        assert running.stop() == 0
        for knocker in knockers:
            knocker.join()
            assert knocker.failures == []
