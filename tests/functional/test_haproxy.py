# SPDX-License-Identifier: ISC
"""Behind a real HAProxy, configured as echod(8) shows it."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading

import pytest

import processes
from streams import echo_digest, exchange, random_bytes, receive_all
from waiting import DEADLINE, wait_until

HAPROXY = shutil.which("haproxy")
pytestmark = pytest.mark.skipif(
    HAPROXY is None, reason="no haproxy: \"make deps check\" fetches it")

CONFIG = """\
defaults
    mode tcp
    timeout connect 5s
    timeout client 1m
    timeout server 1m
    retries 10
    option redispatch

listen echo
    bind fd@{listener}
    balance roundrobin
    default-server {send_proxy} check inter 100ms fall 1 rise 1
    option tcp-check
    tcp-check send echo-check
    tcp-check expect string echo-check
    server a 127.0.0.1:{a}
    server b 127.0.0.1:{b}

frontend statistics
    mode http
    bind fd@{statistics}
    stats enable
    stats uri /
"""


class Fleet:
    """Two instances of echod and the balancer in front of them."""

    def __init__(self, a, b, folder, send_proxy):
        self.a, self.b = a, b
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.statistics = socket.create_server(("127.0.0.1", 0))
        fds = self.listener.fileno(), self.statistics.fileno()
        config = folder / "haproxy.cfg"
        config.write_text(CONFIG.format(
            listener=fds[0], statistics=fds[1], send_proxy=send_proxy,
            a=a.port, b=b.port))
        self.process = subprocess.Popen(
            [HAPROXY, "-db", "-f", config], pass_fds=fds,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        self.wait_state("a", "UP")
        self.wait_state("b", "UP")

    def state(self, server):
        """What HAProxy thinks of an instance, by its health check."""
        with contextlib.suppress(OSError), socket.create_connection(
                self.statistics.getsockname(), DEADLINE) as client:
            client.sendall(b"GET /;csv HTTP/1.0\r\n\r\n")
            rows = [line.split(",")
                    for line in receive_all(client).decode().splitlines()]
            header = next(row for row in rows if row[0].startswith("#"))
            for row in rows:
                if row[:2] == ["echo", server]:
                    fields = dict(zip(header, row))
                    # "UP" counts once a check has passed.
                    return fields["status"] if fields["check_status"] not in (
                        "", "INI") else None
        return None

    def wait_state(self, server, state):
        wait_until(lambda: self.state(server) == state,
                   lambda: f"{server} {state}, not {self.state(server)}")

    def connect(self, source="127.0.0.1"):
        return socket.create_connection(
            self.listener.getsockname(), DEADLINE, source_address=(source, 0))

    def close(self):
        processes.kill_group(self.process.pid)
        self.process.wait(DEADLINE)
        self.listener.close()
        self.statistics.close()


@pytest.fixture
def fleet(echod, folder):
    with contextlib.ExitStack() as stack:
        def start(send_proxy="send-proxy-v2"):
            settings = {"proxy_protocol": "required",
                        "proxy_from": "127.0.0.1", "crashes": True}
            fleet = Fleet(echod(where="a", **settings),
                          echod(where="b", **settings), folder, send_proxy)
            stack.callback(fleet.close)
            return fleet
        yield start


class Load(threading.Thread):
    """Short sessions, one after the other, until told to stop."""

    def __init__(self, fleet, seed):
        super().__init__(daemon=True)
        self.fleet, self.seed = fleet, seed
        self.done, self.failures = 0, []
        self.over = threading.Event()
        self.start()

    def run(self):
        while not self.over.is_set():
            message = f"client {self.seed}, message {self.done}\n".encode()
            try:
                with self.fleet.connect() as client:
                    if exchange(client, message) != message:
                        self.failures.append("wrong or short answer")
            except OSError as error:
                self.failures.append(repr(error))
            self.done += 1

    def finish(self):
        self.over.set()
        self.join(DEADLINE)
        assert not self.is_alive()
        return self.failures


@pytest.mark.parametrize("send_proxy", ["send-proxy", "send-proxy-v2"])
def test_both_instances_log_the_real_clients(fleet, send_proxy):
    fleet = fleet(send_proxy)
    names = []
    for i in range(1, 9):
        with fleet.connect(f"127.1.0.{i}") as client:
            assert exchange(client, b"hello") == b"hello"
            names.append("%s:%d" % client.getsockname())

    def logged(daemon):
        return {m.group(1) for m in
                daemon.matches(r"closed (127\.1\.\S+) via 127\.0\.0\.1:\d+ ")}
    wait_until(lambda: logged(fleet.a) | logged(fleet.b) == set(names),
               "every client in a log")
    assert logged(fleet.a) and logged(fleet.b)


def test_a_big_stream_comes_back_through_the_balancer(fleet):
    fleet = fleet()
    data = random_bytes(8 << 20)
    with fleet.connect() as client:
        _, length = echo_digest(client, data)
    assert length == len(data)


def test_no_session_is_lost_when_an_instance_stops_gracefully(fleet):
    fleet = fleet()
    loads = [Load(fleet, seed) for seed in range(4)]
    wait_until(lambda: fleet.a.matches("closed 127"), "load on the instance")
    fleet.a.stop()
    fleet.wait_state("a", "DOWN")
    reached = sum(load.done for load in loads)
    wait_until(lambda: sum(load.done for load in loads) > reached + 100,
               "load on the other instance")
    assert sum((load.finish() for load in loads), []) == []


def test_a_killed_instance_takes_only_its_own_sessions_along(fleet):
    fleet = fleet()
    held = [fleet.connect() for _ in range(8)]
    for i, client in enumerate(held):
        assert exchange(client, b"%d" % i) == b"%d" % i
    mine = {"%s:%d" % c.getsockname(): c for c in held}
    fleet.a.send_signal(signal.SIGUSR1)
    fleet.a.wait_log("session .* via ", 4)
    lost = {m.group(1) for m in fleet.a.matches(r"session (\S+) via ")}
    assert len(lost & set(mine)) == 4
    os.kill(fleet.a.pid, signal.SIGKILL)
    fleet.a.wait_end()
    for peer, client in mine.items():
        if peer in lost:
            with contextlib.suppress(ConnectionResetError):
                assert receive_all(client) == b""
        else:
            assert exchange(client, b"still there") == b"still there"
    fleet.wait_state("a", "DOWN")
    with fleet.connect() as client:
        assert exchange(client, b"hello") == b"hello"


def test_upgrades_of_both_instances_lose_no_client(fleet):
    fleet = fleet()
    with fleet.connect("127.1.0.1") as held:
        assert exchange(held, b"before") == b"before"
        loads = [Load(fleet, seed) for seed in range(3)]
        for count in range(1, 6):
            for daemon in fleet.a, fleet.b:
                daemon.send_signal(signal.SIGUSR2)
                daemon.wait_log("upgraded ", count)
        assert [load.finish() for load in loads] == [[], [], []]
        assert all(load.done for load in loads)
        assert exchange(held, b"after") == b"after"
        name = "%s:%d" % held.getsockname()
    wait_until(lambda: any(daemon.matches(rf"closed {name} via .* bytes=11 ")
                           for daemon in (fleet.a, fleet.b)),
               "the line of the session that was held")
