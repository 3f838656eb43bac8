# SPDX-License-Identifier: ISC
"""-i: one client, on descriptor 0, as inetd hands it over."""

import contextlib
import hashlib
import os
import pty
import signal
import socket
import subprocess

import pytest

import echod as driver
import processes
import streams
from waiting import DEADLINE, wait_until


def connected_pair(family=socket.AF_INET, host="127.0.0.1"):
    with socket.create_server((host, 0), family=family) as listener:
        client = socket.create_connection(listener.getsockname()[:2])
        server, _ = listener.accept()
    client.settimeout(DEADLINE)
    return client, server


@contextlib.contextmanager
def served(server, *flags, stdout=None, stderr=None, **settings):
    """echod -i with the socket on descriptor 0, and on 1 and 2 if not told."""
    base = {key: driver.BASE[key] for key in driver.BASE if key != "listen"}
    process = subprocess.Popen(
        [*driver.WRAPPER, driver.ECHOD, "-i", "--config=/dev/null",
         *driver.options({**base, **settings}), *flags],
        stdin=server, stdout=stdout or server, stderr=stderr or server,
        env=driver.clean_environment(), start_new_session=True)
    if server is not None:
        server.close()
    try:
        yield process
        process.wait(DEADLINE)
        wait_until(lambda: not processes.group(process.pid), "end of all")
    finally:
        processes.kill_group(process.pid)
        process.wait(DEADLINE)


def test_client_on_descriptors_0_1_and_2_gets_an_exact_echo_and_no_log():
    client, server = connected_pair()
    data = streams.random_bytes(5_000_000)
    with client, served(server, "-v") as process:
        answer = streams.echo_digest(client, data)
        assert answer == (hashlib.sha256(data).hexdigest(), len(data))
        assert process.wait(DEADLINE) == 0


@pytest.mark.ipv6
def test_v6_client():
    client, server = connected_pair(socket.AF_INET6, "::1")
    with client, served(server) as process:
        assert streams.is_served(client)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
        assert process.wait(DEADLINE) == 0


def test_log_goes_to_a_standard_error_that_is_not_the_client(folder):
    client, server = connected_pair()
    host, port = client.getsockname()
    listener = "%s:%d" % client.getpeername()
    with client, open(folder / "log", "w") as log, \
            served(server, stderr=log) as process:
        assert streams.is_served(client, b"12345")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
        assert process.wait(DEADLINE) == 0
    text = (folder / "log").read_text()
    assert f"closed {host}:{port} pid=" in text
    assert "bytes=5 " in text
    assert f"reason=client listener={listener}\n" in text


def test_client_that_sent_before_the_start_is_answered():
    client, server = connected_pair()
    client.sendall(b"early")
    client.shutdown(socket.SHUT_WR)
    with client, served(server) as process:
        assert streams.receive_all(client) == b"early"
        assert process.wait(DEADLINE) == 0


def test_non_blocking_socket_is_served_all_the_same():
    client, server = connected_pair()
    server.setblocking(False)
    data = streams.random_bytes(2_000_000)
    with client, served(server):
        assert streams.echo_digest(client, data)[1] == len(data)


@pytest.mark.parametrize("limit", ["idle_timeout", "max_lifetime"])
def test_limits_hold(limit):
    client, server = connected_pair()
    with client, served(server, **{limit: "100ms"}) as process:
        assert client.recv(1) == b""
        assert process.wait(DEADLINE) == 0


def test_term_ends_it_in_order():
    client, server = connected_pair()
    with client, served(server) as process:
        assert streams.is_served(client)
        process.send_signal(signal.SIGTERM)
        assert client.recv(1) == b""
        assert process.wait(DEADLINE) == 0


@pytest.mark.root
def test_session_is_not_roots():
    client, server = connected_pair()
    with client, served(server) as process:
        assert streams.is_served(client)
        [session] = processes.children(process.pid)
        assert processes.status(session)["Uid"].split() == ["65534"] * 4
        client.close()


def test_denied_client_gets_the_end_at_once():
    client, server = connected_pair()
    with client, served(server, deny="127.0.0.0/8"):
        assert client.recv(1) == b""


def refused(stdin, folder):
    """Runs echod -i on that; returns its one line on standard error."""
    with open(folder / "log", "w") as log:
        done = subprocess.run(
            [*driver.WRAPPER, driver.ECHOD, "-i", "--config=/dev/null",
             *driver.options({k: v for k, v in driver.BASE.items()
                              if k in ("sandbox", "user")})],
            stdin=stdin, stdout=log, stderr=log, timeout=DEADLINE,
            check=False, env=driver.clean_environment())
    assert done.returncode == 1
    # The sandbox is tried before the socket is.
    lines = [line for line in (folder / "log").read_text().splitlines()
             if not line.startswith("echod: sandbox ")]
    assert len(lines) == 1, lines
    return lines[0]


def test_pipe_is_refused(folder):
    reading, writing = os.pipe()
    try:
        assert "standard input is not a client" in refused(reading, folder)
    finally:
        os.close(reading)
        os.close(writing)


def test_file_is_refused(folder):
    with open("/dev/null", "rb") as null:
        assert "standard input is not a client" in refused(null, folder)


def test_terminal_is_refused(folder):
    master, slave = pty.openpty()
    try:
        assert "standard input is not a client" in refused(slave, folder)
    finally:
        os.close(master)
        os.close(slave)


def test_unconnected_udp_socket_is_refused(folder):
    # What inetd passes for "dgram udp wait".
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        assert "standard input is not a " in refused(server, folder)


def test_connected_udp_socket_is_refused(folder):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.connect(server.getsockname())
        server.send(b"loop")
        assert "standard input is not a TCP socket" in refused(server, folder)


def test_unix_socket_is_refused(folder):
    one, other = socket.socketpair()
    with one, other:
        assert "not an internet socket" in refused(one, folder)


def test_listening_socket_is_refused(folder):
    # What inetd passes for "stream tcp wait".
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert "standard input is not a client" in refused(server, folder)


def test_complaints_do_not_go_to_the_client():
    client, server = connected_pair()
    with client, served(server, "--bogus") as process:
        assert streams.receive_all(client) == b""
        assert process.wait(DEADLINE) == 2
