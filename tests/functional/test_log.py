# SPDX-License-Identifier: ISC
"""What is logged, where to, and that the log never stands in the way."""

import contextlib
import fcntl
import os
import re
import signal
import socket

import pytest

import echod as driver
import streams
from logdaemon import LogDaemon
from waiting import wait_until

ADDRESS = r"(\d+\.\d+\.\d+\.\d+:\d+|\[[0-9a-f:]+\]:\d+)"
REASONS = "client|idle|stalled|reset|lifetime|shutdown|killed|crashed" \
          "|proxy-header"

# Every line of a healthy life, and nothing else.
VOCABULARY = [
    rf"listening on {ADDRESS}",
    r"sandbox off|sandbox (filter|strict)( landlock=\d+)?",
    r"ready",
    rf"accepted {ADDRESS} pid=\d+ listener={ADDRESS}",
    rf"closed {ADDRESS} pid=\d+ bytes=\d+ duration=\d+\.\d{{3}} "
    rf"reason=({REASONS}) listener={ADDRESS}",
    r"refused \S+ reason=\S+ count=\d+ period=10s listener=\S+",
    r"status children=\d+ served=\d+ refused=\d+ bytes=\d+",
    rf"session {ADDRESS} pid=\d+ bytes=\d+ duration=\d+\.\d{{3}} "
    rf"listener={ADDRESS}",
    r"reloaded .+",
    r"stopping children=\d+",
    r"stopped",
]

DROPPED = r"(\d+) messages? dropped"


@pytest.fixture
def syslog(folder):
    log = LogDaemon(folder)
    yield log
    log.close()


def serve(running, count=1, size=1):
    """That many sessions, one after the other."""
    for _ in range(count):
        with running.connect() as client:
            assert streams.is_served(client, b"x" * size)


def priority(line):
    return int(re.match(r"<(\d+)>", line).group(1))


# ---- what is said -----------------------------------------------------------

@pytest.mark.ipv6
def test_every_line_is_of_the_vocabulary(echod):
    running = echod("-v", listen=["127.0.0.1:0", "[::1]:0"],
                    deny="127.0.0.9", config={}, idle_timeout="300ms")
    serve(running, 3)
    assert streams.is_served(
        running.connect(host="::1", port=running.ports()[1]))
    refused = running.connect("127.0.0.9")
    refused.recv(1)
    running.send_signal(signal.SIGUSR1)
    running.wait_log("status ")
    running.reload({})
    running.closed(4)
    assert streams.is_served(running.connect())
    running.stop()
    lines = running.lines()
    for line in lines:
        assert any(re.fullmatch(p, line) for p in VOCABULARY), line
    for pattern in VOCABULARY:
        assert any(re.fullmatch(pattern, line) for line in lines), pattern


def test_start_is_told_in_order(echod):
    running = echod()
    assert [line.split()[0] for line in running.lines()] == [
        "listening", "sandbox", "ready"]


def test_one_closed_line_a_session_with_its_bytes(echod):
    running = echod("-v")
    sent = {}
    for number in range(50):
        with running.connect() as client:
            size = number * 1031
            assert streams.echo_digest(client, bytes(size))[1] == size
            sent["%s:%d" % client.getsockname()] = size
    running.closed(50)
    logged = {m.group(1): int(m.group(3)) for m in running.matches(
        r"closed (\S+) pid=(\d+) bytes=(\d+)")}
    assert logged == sent
    accepted = [m.groups() for m in
                running.matches(r"accepted (\S+) pid=(\d+)")]
    closed = [m.groups() for m in running.matches(r"closed (\S+) pid=(\d+)")]
    assert sorted(accepted) == sorted(closed)
    assert len(closed) == 50


@pytest.mark.parametrize("level,seen", [
    ("debug", ["accepted", "closed", "ready", "status"]),
    ("info", ["closed", "ready", "status"]),
    ("notice", ["ready", "status"]),
])
def test_level_says_how_much(echod, level, seen):
    running = echod(log_level=level)
    serve(running)
    running.wait_sessions(0)
    running.send_signal(signal.SIGUSR1)
    running.wait_log("status children=0 ")
    words = {line.split()[0] for line in running.lines()}
    assert words & {"accepted", "closed", "ready", "status"} == set(seen)


def test_journal_gets_priorities_on_standard_error(folder, echod):
    log = folder / "log"
    log.touch()
    status = log.stat()
    running = echod("-v", wait=False, env={
        "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
    # The journal adds the name itself.
    running.wait_log("<5>ready$")
    running.known_port = driver.listening_ports(running.pid)[0]
    serve(running)
    running.wait_log("<6>closed ")
    running.wait_log("<7>accepted ")


def test_no_priorities_for_what_is_not_the_journal(echod):
    running = echod(env={"JOURNAL_STREAM": "1:2"})
    assert not running.log().startswith("<")


# ---- syslog -----------------------------------------------------------------

@pytest.mark.root
def test_daemon_logs_to_syslog_as_syslog_3_would(daemon, syslog):
    syslog.start()
    running = daemon("-v", wrapper=syslog.wrapper())
    serve(running)
    syslog.wait_line("closed ")
    expected = [(5, f"listening on 127.0.0.1:{running.port}"), (5, "sandbox "),
                (5, "ready"), (7, "accepted "), (6, "closed ")]
    if driver.SANDBOX_OFF:
        expected[1] = (4, "sandbox off")
    assert len(syslog.lines) == len(expected)
    stamp = r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 123]\d " \
            r"\d\d:\d\d:\d\d"
    for line, (level, text) in zip(syslog.lines, expected):
        match = re.match(
            rf"<(\d+)>{stamp} echod\[{running.pid}\]: (.*)$", line)
        assert match, line
        assert int(match.group(1)) == 3 * 8 + level, line
        assert match.group(3).startswith(text)
    assert running.log() == ""


@pytest.mark.root
@pytest.mark.parametrize("facility,number", [
    ("user", 1), ("daemon", 3), ("auth", 4), ("local0", 16), ("local7", 23)])
def test_facility(echod, syslog, facility, number):
    syslog.start()
    echod(wrapper=syslog.wrapper(), log_target="syslog",
          log_facility=facility, wait=False)
    assert priority(syslog.wait_line("ready").string) == number * 8 + 5


@pytest.mark.root
def test_facility_and_level_change_at_a_reload(daemon, syslog):
    syslog.start()
    running = daemon(wrapper=syslog.wrapper())
    running.write_config({"log_facility": "local1", "log_level": "debug"})
    running.send_signal(signal.SIGHUP)
    assert priority(syslog.wait_line("reloaded").string) == 17 * 8 + 5
    serve(running)
    assert priority(syslog.wait_line("accepted").string) == 17 * 8 + 7


@pytest.mark.root
def test_failed_start_is_told_to_syslog_and_to_the_launcher(folder, syslog):
    syslog.start()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = driver.run(
            "--config=/dev/null", f"--listen=127.0.0.1:{port}",
            f"--pidfile={folder}/pid", wrapper=syslog.wrapper())
    assert done.returncode == 1
    assert done.stderr == (f"echod: cannot listen on 127.0.0.1:{port}: "
                           "Address already in use\n")
    line = syslog.wait_line("cannot listen on").string
    assert priority(line) == 3 * 8 + 3


@pytest.mark.root
def test_broken_reload_is_told_to_syslog(daemon, syslog):
    syslog.start()
    running = daemon(wrapper=syslog.wrapper())
    running.write_config("bogus = 1\n")
    running.send_signal(signal.SIGHUP)
    line = syslog.wait_line("reload failed.*unknown key").string
    assert priority(line) == 3 * 8 + 3


# ---- a log that does not take it --------------------------------------------

def accounted(read, expected):
    """Waits until the lines read and those reported dropped add up.

    Returns how many were dropped, a number for each line that tells it.
    """
    dropped = []

    def look():
        lines = read()
        dropped[:] = [int(m.group(1)) for line in lines
                      if (m := re.search(DROPPED, line))]
        events = len(lines) - len(dropped)
        assert events + sum(dropped) <= expected, lines
        return events + sum(dropped) == expected
    wait_until(look, lambda: f"{expected} messages: {read()}")
    return dropped


@pytest.mark.root
def test_clients_are_served_while_the_log_daemon_is_stuck(daemon, syslog):
    syslog.start()
    running = daemon("-v", wrapper=syslog.wrapper())
    serve(running, 300)  # its queue is full after a dozen messages
    running.wait_sessions(0)
    # 3 at the start, 2 a session; the gap is reported by one line.
    dropped = accounted(syslog.read, 3 + 2 * 300)
    assert len(dropped) == 1
    assert dropped[0] > 300
    serve(running)
    accounted(syslog.read, 3 + 2 * 301)


@pytest.mark.root
def test_clients_are_served_while_there_is_no_log_daemon(daemon, syslog):
    running = daemon("-v", wrapper=syslog.wrapper())
    serve(running, 50)
    running.wait_sessions(0)
    syslog.start()
    assert sum(accounted(syslog.read, 3 + 2 * 50)) > 50
    serve(running)
    accounted(syslog.read, 3 + 2 * 51)


@pytest.mark.root
def test_log_daemon_that_comes_back_is_found_again(daemon, syslog):
    syslog.start()
    running = daemon("-v", wrapper=syslog.wrapper())
    serve(running, 2)
    accounted(syslog.read, 3 + 2 * 2)
    syslog.stop()
    serve(running, 20)
    running.wait_sessions(0)
    syslog.start()
    serve(running, 2)
    accounted(syslog.read, 3 + 2 * 24)


@pytest.mark.root
def test_daemon_stops_in_order_while_the_log_daemon_is_stuck(daemon, syslog):
    syslog.start()
    running = daemon("-v", wrapper=syslog.wrapper())
    serve(running, 50)
    assert streams.is_served(running.connect())
    running.stop()
    assert not running.pidfile.exists()


class PipeLog:
    """A pipe of one page for standard error."""

    def __init__(self):
        self.reading, self.writing = os.pipe()
        fcntl.fcntl(self.writing, fcntl.F_SETPIPE_SZ, 4096)
        os.set_blocking(self.reading, False)
        self.text = b""

    def read(self):
        with contextlib.suppress(BlockingIOError):
            self.text += os.read(self.reading, 65536)
        return self.text.decode().splitlines()

    def close_reading(self):
        if self.reading is not None:
            os.close(self.reading)
        self.reading = None

    def close(self):
        os.close(self.writing)
        self.close_reading()


@pytest.fixture
def pipe():
    log = PipeLog()
    yield log
    log.close()


@pytest.fixture
def unlogged(echod):
    """Starts daemons whose log cannot tell when they are ready."""
    def start(*flags, **settings):
        running = echod(*flags, wait=False, **settings)
        ports = wait_until(
            lambda: driver.listening_ports(running.pid), "listening")
        running.known_port = ports[0]
        return running
    return start


def test_clients_are_served_while_standard_error_is_a_full_pipe(
        unlogged, pipe):
    running = unlogged("-v", stderr=pipe.writing)
    serve(running, 200)
    running.wait_sessions(0)
    assert sum(accounted(pipe.read, 3 + 2 * 200)) > 100


def test_standard_error_is_not_made_non_blocking_for_others(unlogged, pipe):
    running = unlogged(stderr=pipe.writing)
    serve(running)
    assert os.get_blocking(pipe.writing)


def test_clients_are_served_when_nobody_reads_standard_error(unlogged, pipe):
    pipe.close_reading()
    serve(unlogged("-v", stderr=pipe.writing), 50)


def test_clients_are_served_when_standard_error_is_closed(unlogged):
    running = unlogged(preexec_fn=lambda: os.close(2))
    with running.connect() as client:
        assert streams.exchange(client, b"only this") == b"only this"
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""


def test_clients_are_served_when_the_disk_of_the_log_is_full(unlogged):
    with open("/dev/full", "w") as full:
        serve(unlogged("-v", stderr=full), 50)


def test_clients_are_served_while_standard_error_is_a_stopped_terminal(
        unlogged):
    reading, writing = os.openpty()  # whose buffer nobody empties
    try:
        serve(unlogged("-v", stderr=writing), 200)
    finally:
        os.close(writing)
        os.close(reading)
