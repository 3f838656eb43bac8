# SPDX-License-Identifier: ISC
"""echoc pipe: standard input to the server and back, all of it."""

import array
import fcntl
import hashlib
import os
import pty
import random
import re
import signal
import socket
import struct
import subprocess
import termios
import threading

import pytest

import hostile
import processes
from echoc_support import (BAD, ECHOC, ERROR, GOOD, echoc, environment,
                           network, result, running)
from hostile import Server
from waiting import DEADLINE, wait_until


def pipe(server, data, *options, status=GOOD):
    return echoc("pipe", *options, server.target(), input=data, text=False,
                 status=status)


@pytest.mark.parametrize("size", [0, 1, 100, 4096, 65537, 5_000_000])
def test_everything_comes_back(size):
    data = os.urandom(size)
    with Server(hostile.echo) as server:
        assert pipe(server, data).stdout == data


@pytest.mark.parametrize("options", [[], ["--verify"]])
def test_short_writes_lose_nothing(options, tmp_path):
    """The kernel takes a few kB at a time."""
    data = random.randbytes(1 << 20)
    done = echoc("pipe", *options, "127.0.0.1:7007", input=data, text=False,
                 wrapper=network(
                     tmp_path, "127.0.0.1 localhost\n",
                     "echo 4096 4096 4096 > /proc/sys/net/ipv4/tcp_wmem"))
    assert options or done.stdout == data


def test_half_close_tells_the_server_that_input_has_ended():
    def count(connection, server):
        total = 0
        while data := connection.recv(65536):
            total += len(data)
        server.fire()
        connection.sendall(b"%d" % total)

    with Server(count) as server:
        done = pipe(server, b"x" * 1000, status=BAD)
        assert server.fired == 1
    assert done.stdout == b"1000"
    assert b"1000 bytes sent, 4 back" in done.stderr


def test_no_deadlock_when_everything_is_answered_only_at_the_end():
    def keep(connection, server):
        parts = []
        while data := connection.recv(65536):
            parts.append(data)
        server.fire()
        connection.sendall(b"".join(parts))

    data = os.urandom(20_000_000)
    with Server(keep) as server:
        assert pipe(server, data).stdout == data
        assert server.fired == 1


def waiting_bytes(stream):
    """How much could be read from a pipe at once."""
    room = array.array("i", [0])
    fcntl.ioctl(stream, termios.FIONREAD, room)
    return room[0]


def test_no_deadlock_when_the_reader_of_the_output_waits_for_the_input():
    """The reader takes nothing until all of the input has been taken.

    The pipe between them is left half full first: then it is writable, but
    not for as much as echoc has.
    """
    first, rest = os.urandom(40_000), os.urandom(3_000_000)
    with Server(hostile.echo) as server:
        client = subprocess.Popen(
            [ECHOC, "pipe", server.target()], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env=environment(), bufsize=0)
        try:
            client.stdin.write(first)
            wait_until(lambda: waiting_bytes(client.stdout) == len(first),
                       "the first part came back")
            feeder = threading.Thread(
                target=feed, args=(client.stdin, rest), daemon=True)
            feeder.start()
            feeder.join(DEADLINE)
            assert not feeder.is_alive(), "it takes no more input"
            back = b""
            while part := client.stdout.read(1 << 20):
                back += part
            assert client.wait(DEADLINE) == GOOD
        finally:
            client.kill()
            client.wait()
            client.stdout.close()
    assert back == first + rest


def feed(stream, data):
    """Writes all of it, then closes."""
    view = memoryview(data)
    while view:
        view = view[stream.write(view):]
    stream.close()


def test_standard_output_may_be_a_file_a_pipe_or_a_socket(tmp_path):
    data = os.urandom(1_000_000)
    source = tmp_path / "in"
    source.write_bytes(data)
    with Server(hostile.echo) as server:
        with open(source, "rb") as src, open(tmp_path / "out", "wb") as out:
            subprocess.run([ECHOC, "pipe", server.target()], stdin=src,
                           stdout=out, check=True, timeout=DEADLINE)
        ours, theirs = socket.socketpair()
        with open(source, "rb") as src:
            client = subprocess.Popen([ECHOC, "pipe", server.target()],
                                      stdin=src, stdout=theirs)
        theirs.close()
        back = b""
        while part := ours.recv(65536):
            back += part
        ours.close()
        assert client.wait(DEADLINE) == GOOD
    assert (tmp_path / "out").read_bytes() == data
    assert back == data


def test_verify_compares_instead_of_printing():
    with Server(hostile.echo) as server:
        done = pipe(server, os.urandom(5_000_000), "--verify")
        quiet = pipe(server, b"x", "--verify", "-q")
    assert done.stdout.startswith(
        b"ok: 5000000 bytes came back as they were sent, in ")
    assert quiet.stdout == b""


@pytest.mark.parametrize("offset", [0, 4095, 1_000_000, 1_999_999])
def test_verify_names_the_offset_of_the_first_difference(offset):
    with Server(hostile.flip(offset)) as server:
        done = pipe(server, os.urandom(2_000_000), "--verify", "--json",
                    status=BAD)
        assert server.fired
    assert result(done.stdout)["first_wrong"].endswith(f"offset {offset}")
    assert f"first difference at offset {offset}".encode() in done.stderr


@pytest.mark.parametrize("fault", [
    hostile.truncate(1000), hostile.reset(1000), hostile.close_at_once,
    hostile.add_after_each(b"x")],
    ids=["truncated", "reset", "closed", "added"])
@pytest.mark.parametrize("option", [(), ("--verify",)], ids=["", "verify"])
def test_lost_bytes_are_a_failure(fault, option):
    with Server(fault) as server:
        pipe(server, b"y" * 300_000, *option, status=BAD)
        assert server.fired


def test_verify_gives_up_when_nothing_is_ever_answered():
    with Server(hostile.deaf) as server:
        done = pipe(server, b"z" * 10, "--verify", "-W200ms", status=BAD)
    assert b"nothing from the server within 200 ms" in done.stderr
    assert b"10 bytes sent, 0 back" in done.stderr


def test_verify_keeps_a_bounded_amount():
    """A server that only swallows is found out before memory is."""
    with Server(hostile.never) as server, open("/dev/zero", "rb") as zero:
        done = echoc("pipe", "--verify", "--json", server.target(),
                     stdin=zero, status=BAD)
    assert "256 MiB" in done.stderr
    sent, limit = result(done.stdout)["bytes_sent"], 256 * 2**20
    assert limit - 2**18 < sent <= limit + 2**18  # a write more or less


@pytest.mark.slow(3, "the source waits for more than the timeout")
def test_timeout_does_not_fault_the_server_for_a_slow_source():
    reader, writer = os.pipe()
    with Server(hostile.echo) as server:
        client = subprocess.Popen(
            [ECHOC, "pipe", "-W1s", server.target()], stdin=reader,
            stdout=subprocess.PIPE)
        os.close(reader)
        os.write(writer, b"one")
        assert os.read(client.stdout.fileno(), 10) == b"one"
        # Nothing tells that the timeout has passed: twice its length.
        timer = threading.Event()
        timer.wait(2)
        assert client.poll() is None
        os.write(writer, b"two")
        os.close(writer)
        assert client.stdout.read() == b"two"
        client.stdout.close()
        assert client.wait(DEADLINE) == GOOD


def test_refused_is_a_failure():
    done = echoc("pipe", f"127.0.0.1:{hostile.refusing_port()}", status=BAD)
    assert "Connection refused" in done.stderr


def test_what_came_before_a_reset_is_printed():
    """The reader takes nothing until the reset has come."""
    answer = os.urandom(100_000)

    def answer_and_reset(connection, server):
        connection.recv(1)
        connection.sendall(answer)
        unsent = array.array("i", [1])
        while unsent[0] > 0:
            fcntl.ioctl(connection, termios.TIOCOUTQ, unsent)
        connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        server.fire()

    with Server(answer_and_reset) as server, open("/dev/zero", "rb") as zero:
        client = subprocess.Popen(
            [ECHOC, "pipe", server.target()], stdin=zero,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment())
        wait_until(lambda: server.fired, "the reset was sent")
        printed, errors = client.communicate(timeout=DEADLINE)
    assert client.returncode == BAD
    assert b"reset by peer" in errors or b"Broken pipe" in errors
    assert printed == answer


def read_terminal(primary):
    """All that is shown there until nobody holds the other end."""
    shown = b""
    while True:
        try:
            part = os.read(primary, 4096)
        except OSError:  # the other end is closed
            os.close(primary)
            return shown
        shown += part


def test_no_progress_line_where_input_is_typed_and_output_is_shown():
    primary, secondary = pty.openpty()
    with Server(hostile.delay([0.6])) as server:
        client = subprocess.Popen(
            [ECHOC, "pipe", server.target()], stdin=secondary,
            stdout=secondary, stderr=secondary, start_new_session=True)
        os.close(secondary)
        os.write(primary, b"typed\n\x04")
        shown = read_terminal(primary)
        assert client.wait(DEADLINE) == GOOD
        assert server.fired
    assert shown == b"typed\r\ntyped\r\n"


def test_an_error_has_a_line_of_its_own_after_the_progress():
    def late_flip(connection, server):
        data = connection.recv(100)
        threading.Event().wait(0.6)  # until a progress line is on display
        server.fire()
        connection.sendall(data[:7] + bytes([data[7] ^ 1]) + data[8:])

    primary, secondary = pty.openpty()
    with Server(late_flip) as server:
        client = subprocess.Popen(
            [ECHOC, "pipe", "--verify", server.target()],
            stdin=subprocess.PIPE, stdout=secondary, stderr=secondary)
        os.close(secondary)
        client.stdin.write(b"ten bytes.")
        client.stdin.close()
        shown = read_terminal(primary)
        assert client.wait(DEADLINE) == BAD
        assert server.fired
    assert re.search(rb"MB/s\r\nechoc: wrong answer: first difference at "
                     rb"offset 7: 10 bytes sent, 7 back\r\n$", shown), shown


@pytest.mark.slow(
    3, "sends what takes some seconds, as the line comes each second")
def test_progress_line_on_a_terminal():
    primary, secondary = pty.openpty()
    with Server(hostile.delay([0.05])) as server:
        client = subprocess.Popen(
            [ECHOC, "pipe", server.target()], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=secondary)
        os.close(secondary)
        client.stdin.write(hashlib.sha256(b"").digest() * 100_000)
        client.stdin.close()
        shown = read_terminal(primary)
        assert client.wait(DEADLINE) == GOOD
    line = rb"\r +[\d.]+ MB sent +[\d.]+ MB back +[\d.]+ MB/s"
    assert re.fullmatch(rb"(%s)+\r\n" % line, shown), shown
    last = shown.split(b"\r")[-2]
    assert re.match(rb" +3\.2 MB sent +3\.2 MB back ", last)


@pytest.mark.slow(2, "waits for some progress lines, four of which come each second")
def test_the_rate_on_a_terminal_stays_once_everything_is_back():
    """However long the server then takes to close."""
    closing = threading.Event()

    def echo_and_linger(connection, server):
        while part := connection.recv(65536):
            connection.sendall(part)
        server.fire()
        closing.wait(DEADLINE)

    primary, secondary = pty.openpty()
    with Server(echo_and_linger) as server:
        client = subprocess.Popen(
            [ECHOC, "pipe", server.target()], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=secondary)
        os.close(secondary)
        client.stdin.write(bytes(3_200_000))
        client.stdin.close()
        shown = b""
        while shown.count(b" 3.2 MB back") < 4:
            shown += os.read(primary, 4096)
        closing.set()
        shown += read_terminal(primary)
        assert client.wait(DEADLINE) == GOOD
        assert server.fired
    rates = re.findall(rb" 3\.2 MB back +([\d.]+) MB/s", shown)
    assert len(rates) >= 5 and len(set(rates)) == 1, rates


def test_no_progress_line_elsewhere():
    with Server(hostile.echo) as server:
        assert pipe(server, b"quiet").stderr == b""


def test_ctrl_c_says_how_far_it_came():
    with Server(hostile.never) as server, \
            open("/dev/zero", "rb") as zero, \
            running("pipe", server.target(), stdin=zero) as client:
        wait_until(lambda: server.fired, "bytes have come")
        client.send(signal.SIGINT)
        status, _, errors = client.finish()
    assert status == ERROR
    assert re.search(r"interrupted: \d+ bytes sent, 0 back", errors)


def test_a_reader_that_goes_away_is_an_error():
    with Server(hostile.echo) as server, open("/dev/zero", "rb") as zero:
        client = subprocess.Popen(
            [ECHOC, "pipe", server.target()], stdin=zero,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        client.stdout.read(1000)
        client.stdout.close()
        assert b"Broken pipe" in client.stderr.read()
        client.stderr.close()
        assert client.wait(DEADLINE) == ERROR
        assert not processes.is_alive(client.pid)


def test_proxy_header_goes_before_the_input():
    with Server(hostile.after_header) as server:
        assert pipe(server, b"abc", "--proxy-v2").stdout == b"abc"
        assert server.fired == 1


@pytest.mark.parametrize("option", [(), ("--verify",)], ids=["", "verify"])
def test_a_server_that_ends_after_echoing_all_so_far_is_bad(option):
    """Input has not ended, so the server must not."""
    with Server(hostile.truncate(10)) as server, \
            running("pipe", *option, server.target(),
                    stdin=subprocess.PIPE) as client:
        client.process.stdin.write("0123456789")
        client.process.stdin.flush()
        status, _, told = client.finish()
        client.process.stdin.close()
    assert status == BAD
    assert "the server closed before the end of input: 10 bytes sent" in told
