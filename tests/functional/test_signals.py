# SPDX-License-Identifier: ISC
"""What each signal does."""

import contextlib
import os
import signal
import socket
import time

import pytest

import processes
import streams
from waiting import wait_until


def ends_in_order(client):
    """Whether the stream ends with FIN: recv() of a reset one raises."""
    return client.recv(1) == b""


# ---- stopping ---------------------------------------------------------------

@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGINT])
def test_term_and_int_stop_it_with_status_0(echod, signo):
    running = echod()
    assert running.stop(signo) == 0
    assert running.lines()[-2:] == ["stopping children=0", "stopped"]


def test_idle_sessions_end_at_a_stop_with_fin(echod):
    # A deadline that would be noticed: they do not wait for it.
    running = echod(drain_timeout="1h")
    clients = [running.connect() for _ in range(20)]
    assert all(map(streams.is_served, clients))
    running.send_signal(signal.SIGTERM)
    assert all(map(ends_in_order, clients))
    assert running.wait_end() == 0
    for number in range(1, 21):
        assert running.closed(number)["reason"] == "shutdown"


def test_sessions_that_never_sent_end_at_a_stop_with_fin(echod):
    running = echod(drain_timeout="1h")
    clients = [running.connect() for _ in range(5)]
    running.wait_sessions(5)
    running.send_signal(signal.SIGTERM)
    assert all(map(ends_in_order, clients))
    assert running.wait_end() == 0


@pytest.mark.root
def test_new_clients_are_not_taken_while_it_stops(echod):
    running = echod(drain_timeout="1h")
    busy, pump = never_reading(running)
    port = running.port
    running.send_signal(signal.SIGTERM)
    running.wait_log("stopping children=1")
    with pytest.raises(ConnectionRefusedError):
        running.connect(port=port)
    running.send_signal(signal.SIGTERM)
    assert running.wait_end() == 0


def never_reading(running):
    """A client that keeps its session writing until the buffers are full."""
    processes.require("SYS_PTRACE")
    client = running.connect(receive_buffer=4096)
    client.settimeout(None)
    session = running.session_of(client)
    reading = wait_until(lambda: waits_in(session), "session waits for input")
    pump = streams.Pump(client, bytes(64 * streams.CHUNK), half_close=False)
    wait_until(lambda: waits_in(session) not in (None, reading),
               "session waits in write")
    return client, pump


def waits_in(pid):
    """The number of the system call in which a process waits, or None."""
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/syscall", encoding="ascii") as file:
            word = file.read().split()[0]
            return word if word.isdigit() else None
    return None


@pytest.mark.native
@pytest.mark.root
def test_second_term_ends_sessions_now(echod):
    running = echod(drain_timeout="1h", write_timeout="1h")
    never_reading(running)
    running.send_signal(signal.SIGTERM)
    running.wait_log("stopping children=1")
    running.send_signal(signal.SIGTERM)
    assert running.wait_end() == 0
    assert running.closed()["reason"] == "killed"
    assert running.closed()["bytes"] > 0  # it was asked before


@pytest.mark.native
def test_sessions_that_do_not_end_are_killed_at_the_deadline(echod):
    running = echod(drain_timeout="300ms", write_timeout="1h")
    never_reading(running)
    running.send_signal(signal.SIGTERM)
    assert running.wait_end() == 0
    assert running.closed()["reason"] == "killed"
    assert running.closed()["duration"] >= 0.3


def test_hup_while_it_stops_changes_nothing(echod):
    running = echod(config={}, drain_timeout="1h")
    client = running.connect()
    assert streams.is_served(client)
    session = running.session_of(client)
    os.kill(session, signal.SIGSTOP)
    wait_until(lambda: processes.state(session) == "T", "stopped session")
    running.send_signal(signal.SIGTERM)
    running.wait_log("stopping children=1")
    running.write_config("bogus = 1\n")
    running.send_signal(signal.SIGHUP)
    running.send_signal(signal.SIGUSR1)
    running.wait_log("status ")  # comes after the other signal
    os.kill(session, signal.SIGCONT)
    assert running.wait_end() == 0
    assert not running.matches("reload")


def test_stopped_session_dies_at_the_deadline(echod):
    running = echod(drain_timeout="300ms")
    client = running.connect()
    assert streams.is_served(client)
    session = running.session_of(client)
    os.kill(session, signal.SIGSTOP)
    wait_until(lambda: processes.state(session) == "T", "stopped session")
    running.send_signal(signal.SIGTERM)
    assert running.wait_end() == 0
    assert running.closed()["reason"] == "killed"
    assert running.lines()[-1] == "stopped"


def test_stopped_and_continued_session_goes_on(echod):
    running = echod()
    client = running.connect()
    assert streams.is_served(client)
    session = running.session_of(client)
    os.kill(session, signal.SIGSTOP)
    wait_until(lambda: processes.state(session) == "T", "stopped session")
    os.kill(session, signal.SIGCONT)
    assert streams.is_served(client)


def test_int_to_the_whole_group_stops_in_order(echod):
    # What ^C at a terminal does: everybody gets the signal.
    running = echod(drain_timeout="1h")
    clients = [running.connect() for _ in range(5)]
    assert all(map(streams.is_served, clients))
    os.killpg(running.pgid, signal.SIGINT)
    assert all(map(ends_in_order, clients))
    assert running.wait_end() == 0
    assert running.closed(5)["reason"] == "shutdown"


@pytest.mark.parametrize("signo", [signal.SIGHUP, signal.SIGUSR1,
                                   signal.SIGINT, signal.SIGPIPE])
def test_signals_for_the_daemon_do_not_end_sessions(echod, signo):
    running = echod()
    client = running.connect()
    assert streams.is_served(client)
    os.kill(running.session_of(client), signo)
    assert streams.is_served(client)


def test_pipe_does_not_end_the_daemon(echod):
    running = echod()
    running.send_signal(signal.SIGPIPE)
    assert streams.is_served(running.connect())


def test_killed_session_is_reported_and_the_service_goes_on(echod):
    running = echod(crashes=True)
    client = running.connect()
    assert streams.is_served(client)
    os.kill(running.session_of(client), signal.SIGKILL)
    assert running.closed()["reason"] == "crashed"
    assert " signal=9 " in running.log().splitlines()[-1]
    assert streams.is_served(running.connect())


@pytest.mark.native
def test_sessions_die_with_the_daemon(echod):
    running = echod()
    clients = [running.connect() for _ in range(3)]
    assert all(map(streams.is_served, clients))
    running.send_signal(signal.SIGKILL)
    assert running.wait_end() == -signal.SIGKILL


# ---- reloading --------------------------------------------------------------

def test_hup_takes_the_new_settings(echod):
    running = echod(config={"idle_timeout": "1h"})
    running.reload({"idle_timeout": "100ms"})
    client = running.connect()
    assert ends_in_order(client)
    assert running.closed()["reason"] == "idle"


def test_hup_leaves_live_sessions_alone(echod):
    running = echod(config={"idle_timeout": "1h"})
    client = running.connect()
    assert streams.is_served(client)
    running.reload({"idle_timeout": "100ms"})
    # By when this one is cut for being idle, the older would have been.
    assert ends_in_order(running.connect())
    assert streams.is_served(client)


def test_hup_takes_the_log_level(echod):
    running = echod(config={})
    assert streams.is_served(running.connect())
    assert not running.matches("accepted")
    running.reload({"log_level": "debug"})
    assert streams.is_served(running.connect())
    running.wait_log("accepted ")


def test_command_line_wins_over_the_file_at_a_reload_too(echod):
    running = echod(config={}, idle_timeout="1h")
    running.reload({"idle_timeout": "1ms", "max_lifetime": "100ms"})
    client = running.connect()
    assert ends_in_order(client)
    assert running.closed()["reason"] == "lifetime"


@pytest.mark.parametrize("text,complaint", [
    ("idle-timeout = soon\n", r":1: idle-timeout: "),
    ("max-lifetime = 1ms\nbogus = 1\n", r":2: unknown key \"bogus\""),
    ("deny = 127.0.0.1\njunk\n", r":2: no \"=\" in \"junk\""),
])
def test_hup_with_a_broken_file_changes_nothing(echod, text, complaint):
    running = echod(config={"idle_timeout": "1h"})
    running.reload(text, expect="reload failed, settings unchanged: "
                   f"{running.config_file}{complaint}")
    client, begin = running.connect(), time.monotonic()
    while time.monotonic() < begin + 0.1:
        assert streams.is_served(client)


@pytest.mark.root
def test_hup_with_an_unreadable_file_changes_nothing(echod):
    running = echod(config={})
    running.config_file.chmod(0)
    running.send_signal(signal.SIGHUP)
    running.wait_log(f"reload failed, settings unchanged: "
                     f"{running.config_file}: Permission denied")
    assert streams.is_served(running.connect())


def test_hup_with_a_missing_file_changes_nothing(echod):
    running = echod(config={})
    running.config_file.unlink()
    running.send_signal(signal.SIGHUP)
    running.wait_log("reload failed, settings unchanged: .*No such file")
    assert streams.is_served(running.connect())


@pytest.mark.parametrize("settings,key", [
    ({"listen": "127.0.0.1:1"}, "listen"),
    ({"user": "daemon"}, "user"),
    ({"pidfile": "/nowhere/pid"}, "pidfile"),
    ({"log_target": "syslog"}, "log-target"),
    ({"log_format": "json"}, "log-format"),
    ({"metrics_file": "/nowhere"}, "metrics-file"),
])
def test_hup_tells_what_needs_a_restart(echod, settings, key):
    before = {"listen": "127.0.0.1:0", "user": "nobody"}
    running = echod(config=before)
    running.reload({**before, **settings},
                   expect=f"{key} has changed: restart to use it")
    running.wait_log("reloaded ")
    assert len(running.matches(".*restart to use it")) == 1
    assert streams.is_served(running.connect())


def test_many_hups_leave_nothing_behind(echod):
    running = echod(config={"deny": ["10.0.0.0/8", "192.0.2.0/24"]})
    running.reload({})
    before = processes.descriptors(running.pid)
    for number in range(50):
        running.reload({"allow": ["127.0.0.0/8", "::/0"]})
    assert processes.descriptors(running.pid) == before
    assert streams.is_served(running.connect())


def test_hup_while_clients_are_served_drops_none(echod):
    running = echod(config={})
    data = streams.random_bytes(8 * streams.CHUNK)
    clients = [running.connect() for _ in range(10)]
    pumps = [streams.Pump(client, data) for client in clients]
    for number in range(10):
        running.reload({"backlog": str(100 + number)})
    for client, pump in zip(clients, pumps):
        assert streams.receive_all(client) == data
        pump.join()


# ---- telling ----------------------------------------------------------------

def test_usr1_tells_totals_and_sessions(echod):
    running = echod()
    with running.connect() as client:
        assert streams.is_served(client, b"x" * 1000)
    running.closed()
    live = running.connect()
    assert streams.is_served(live, b"y" * 500)
    running.send_signal(signal.SIGUSR1)
    host, port = live.getsockname()
    session = running.session_of(live)
    running.wait_log("status children=1 served=2 refused=0 bytes=1500$")
    running.wait_log(
        rf"session {host}:{port} pid={session} bytes=500 duration=\d+\.\d{{3}} ")


@pytest.mark.native
def test_usr1_does_not_wait_for_a_session_that_does_not_answer(echod):
    running = echod()
    client, other = running.connect(), running.connect()
    assert streams.is_served(client, b"x" * 10)
    assert streams.is_served(other, b"x" * 20)
    session = running.session_of(client)
    os.kill(session, signal.SIGSTOP)
    wait_until(lambda: processes.state(session) == "T", "stopped session")
    running.send_signal(signal.SIGUSR1)
    running.wait_log(rf"session \S+ pid={session} bytes=unknown ")
    running.wait_log(r"session \S+ pid=\d+ bytes=20 ")
    os.kill(session, signal.SIGCONT)
    # What it answers then is late, and no harm.
    assert streams.is_served(client, b"x" * 10)
    client.close()
    assert running.closed()["bytes"] == 20


def test_usr1_counts_refusals(echod):
    running = echod(deny="127.0.0.9")
    for _ in range(3):
        client = running.connect(source="127.0.0.9")
        with contextlib.suppress(ConnectionResetError):
            assert client.recv(1) == b""
    running.send_signal(signal.SIGUSR1)
    running.wait_log("status children=0 served=0 refused=3 bytes=0$")


def test_a_storm_of_signals_harms_nobody(echod):
    running = echod(config={})
    client = running.connect()
    for number in range(300):
        running.send_signal(
            [signal.SIGHUP, signal.SIGUSR1, signal.SIGCHLD][number % 3])
        assert streams.is_served(client)
    assert not running.matches("reload failed")


def test_daemonized_signals_work_through_the_pidfile(daemon):
    running = daemon(config={"idle_timeout": "1h"})
    client = running.connect()
    assert streams.is_served(client)
    running.write_config("bogus = 1\n")
    os.kill(int(running.pidfile.read_text()), signal.SIGHUP)
    assert streams.is_served(client)
    running.write_config({"idle_timeout": "50ms"})
    os.kill(int(running.pidfile.read_text()), signal.SIGHUP)
    # There is no log to wait for: sooner or later a client is cut.
    wait_until(lambda: is_cut_soon(running), "reload with the good file")
    os.kill(int(running.pidfile.read_text()), signal.SIGTERM)
    running.wait_end()
    assert not running.pidfile.exists()


def is_cut_soon(running):
    with running.connect() as client:
        client.settimeout(1)
        try:
            return client.recv(1) == b""
        except socket.timeout:
            return False
