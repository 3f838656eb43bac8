# SPDX-License-Identifier: ISC
"""Sockets that a service manager passes, and messages to it."""

import os
import re
import signal
import socket
import sys

import pytest

import echod as driver
import processes
import streams
from waiting import DEADLINE, wait_until

ACTIVATE = [sys.executable, str(driver.ROOT / "tests/support/activate.py")]


def wrapper(*sockets):
    return [*ACTIVATE, ",".join(str(one.fileno()) for one in sockets)]


def listening(host="127.0.0.1", family=socket.AF_INET):
    return socket.create_server((host, 0), family=family)


# ---- LISTEN_FDS -------------------------------------------------------------

def test_passed_socket_is_served_and_listen_is_not_opened(echod):
    with listening() as passed:
        port = passed.getsockname()[1]
        running = echod(wrapper=wrapper(passed), pass_fds=[passed.fileno()],
                        listen="127.0.0.3:0")
        assert running.ports() == [port]
        assert streams.is_served(running.connect())


def test_client_that_came_before_the_start_is_served(echod):
    with listening() as passed:
        early = socket.create_connection(passed.getsockname())
        early.settimeout(DEADLINE)
        early.sendall(b"early")
        echod(wrapper=wrapper(passed), pass_fds=[passed.fileno()])
        with early:
            assert streams.receive_exactly(early, 5) == b"early"


@pytest.mark.ipv6
def test_several_passed_sockets_of_both_families(echod):
    with listening() as one, listening("::1", socket.AF_INET6) as two, \
            listening("127.0.0.2") as three:
        sockets = [one, two, three]
        running = echod(wrapper=wrapper(*sockets),
                        pass_fds=[s.fileno() for s in sockets])
        assert running.ports() == [s.getsockname()[1] for s in sockets]
        for passed in sockets:
            host, port = passed.getsockname()[:2]
            assert streams.is_served(running.connect(host=host, port=port))


def test_passed_socket_is_configured_like_our_own(echod):
    with listening() as passed:
        running = echod(wrapper=wrapper(passed), pass_fds=[passed.fileno()],
                        idle_timeout="100ms")
        assert running.connect().recv(1) == b""
        assert running.closed()["reason"] == "idle"


def test_dead_peers_are_noticed(echod):
    """What accept(2) hands on to each connection."""
    with listening() as passed:
        echod(wrapper=wrapper(passed), pass_fds=[passed.fileno()],
              write_timeout="1m")

        def option(level, name):
            return passed.getsockopt(level, name)
        assert option(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert option(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        assert option(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
        idle, interval, probes = (
            option(socket.IPPROTO_TCP, name) for name in (
                socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT))
        assert idle == 60 and interval * probes == 60


def test_without_limits_the_sockets_have_none(echod):
    with listening() as passed:
        echod(wrapper=wrapper(passed), pass_fds=[passed.fileno()],
              idle_timeout="0", write_timeout="0")
        for name in socket.SO_RCVTIMEO, socket.SO_SNDTIMEO:
            assert passed.getsockopt(socket.SOL_SOCKET, name, 16) == bytes(16)
        assert passed.getsockopt(
            socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 0


def test_daemonized_too(daemon):
    with listening() as passed:
        running = daemon(wrapper=wrapper(passed), pass_fds=[passed.fileno()])
        assert streams.is_served(
            running.connect(port=passed.getsockname()[1]))


@pytest.mark.root
def test_pidfile_does_not_disturb_passed_sockets(echod, folder):
    with listening() as passed:
        running = echod(wrapper=wrapper(passed), pass_fds=[passed.fileno()],
                        pidfile=folder / "pid")
        assert streams.is_served(running.connect())
        assert running.stop() == 0
        assert not (folder / "pid").exists()


def test_passed_socket_is_still_open_for_the_manager_after_a_stop(echod):
    with listening() as passed:
        running = echod(wrapper=wrapper(passed), pass_fds=[passed.fileno()])
        assert streams.is_served(running.connect())
        assert running.stop() == 0
        # It waits for the next start instead of being refused.
        late = socket.create_connection(passed.getsockname())
        late.settimeout(DEADLINE)
        late.sendall(b"late")
        running = echod(wrapper=wrapper(passed), pass_fds=[passed.fileno()],
                        where="again")
        with late:
            assert streams.receive_exactly(late, 4) == b"late"


@pytest.mark.native
def test_sessions_do_not_hold_the_passed_socket(echod):
    with listening() as passed:
        running = echod(wrapper=wrapper(passed), pass_fds=[passed.fileno()])
        client = running.connect()
        assert streams.is_served(client)
        if os.geteuid() == 0:
            session = running.session_of(client)
            assert len(running.client_descriptors(session)) == 1


def other_socket(kind):
    if kind == "udp":
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind(("127.0.0.1", 0))
    elif kind == "unix":
        one = socket.socket(socket.AF_UNIX)
        one.bind("")  # any abstract name
        one.listen()
    elif kind == "not listening":
        one = socket.socket()
        one.bind(("127.0.0.1", 0))
    else:
        one = open("/dev/null", "rb")
    return one


@pytest.mark.parametrize("kind,complaint", [
    ("udp", "passed descriptor 3: not a stream socket"),
    ("unix", "passed descriptor 3: not an internet socket"),
    ("not listening", "passed descriptor 3: not listening"),
    ("file", "passed descriptor 3: not a stream socket"),
])
def test_wrong_descriptor_is_refused(kind, complaint):
    with other_socket(kind) as passed:
        done = driver.run("--foreground", "--config=/dev/null",
                          wrapper=wrapper(passed), pass_fds=[passed.fileno()])
    assert (done.returncode, done.stderr) == (1, f"echod: {complaint}\n")


def test_second_of_two_that_is_wrong_is_named():
    with listening() as good, other_socket("udp") as bad:
        done = driver.run("--foreground", "--config=/dev/null",
                          wrapper=wrapper(good, bad),
                          pass_fds=[good.fileno(), bad.fileno()])
    assert done.stderr == "echod: passed descriptor 4: not a stream socket\n"


@pytest.mark.parametrize("variables", [
    {"LISTEN_FDS": "1"},
    {"LISTEN_PID": "1"},
    {"LISTEN_PID": "1", "LISTEN_FDS": "1"},
])
def test_variables_meant_for_another_process_are_ignored(echod, variables):
    running = echod(env=variables)
    assert streams.is_served(running.connect())


SETENV = 'export LISTEN_PID=$$ LISTEN_FDS="$1"; shift; exec "$@"'


@pytest.mark.parametrize("count", ["-1", "junk", "1x", "", "99999999999",
                                   "1025", "0x1"])
def test_count_that_is_no_number_is_refused(count):
    done = driver.run("--foreground", "--config=/dev/null",
                      "--listen=127.0.0.1:0",
                      wrapper=["sh", "-c", SETENV, "sh", count])
    assert (done.returncode, done.stderr) == (
        1, "echod: LISTEN_PID or LISTEN_FDS is not a number in range\n")


def test_more_descriptors_announced_than_there_are_is_refused():
    done = driver.run("--foreground", "--config=/dev/null",
                      wrapper=["sh", "-c", SETENV, "sh", "3"])
    assert done.returncode == 1
    assert done.stderr.startswith("echod: passed descriptor 3: ")


def test_none_passed_means_to_open_our_own(echod):
    running = echod(wrapper=["sh", "-c", SETENV, "sh", "0"])
    assert streams.is_served(running.connect())


# ---- NOTIFY_SOCKET ----------------------------------------------------------

class Manager:
    """The end of the service manager: messages and what they said."""

    def __init__(self, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(name)
        self.socket.settimeout(DEADLINE)
        self.seen = []
        if name[0] != "\0":
            os.chmod(name, 0o666)
        self.variable = name.replace("\0", "@", 1)

    def receive(self):
        message = self.socket.recv(4096).decode()
        self.seen.append(message)
        return message

    def wait(self, pattern):
        """The next message the pattern is found in."""
        while True:
            message = self.receive()
            if match := re.search(pattern, message, re.M):
                return match


@pytest.fixture
def manager(folder):
    own = Manager(str(folder / "notify"))
    yield own
    own.socket.close()


@pytest.fixture
def abstract_manager(folder):
    own = Manager(f"\0{folder.name}-{os.getpid()}")
    yield own
    own.socket.close()


def managed(manager, **more):
    return {"NOTIFY_SOCKET": manager.variable, **more}


def test_ready_is_told_when_a_client_can_connect(echod, manager):
    running = echod(env=managed(manager), wait=False)
    assert manager.receive() == "READY=1"
    assert streams.is_served(running.connect())


def test_abstract_address_will_do(echod, abstract_manager):
    running = echod(env=managed(abstract_manager))
    assert abstract_manager.receive() == "READY=1"
    running.stop()
    abstract_manager.wait("^STOPPING=1$")


def test_failed_start_tells_the_reason_and_not_ready(manager):
    with listening() as other:
        done = driver.run(
            "--foreground", "--config=/dev/null",
            "--listen=127.0.0.1:%d" % other.getsockname()[1],
            env=driver.clean_environment(**managed(manager)))
    assert done.returncode == 1
    assert re.fullmatch(
        r"STATUS=cannot listen on \S+ Address already in use\nERRNO=98",
        manager.receive())
    manager.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.receive()


def test_status_tells_sessions_served_and_refused(echod, manager):
    running = echod(env=managed(manager), deny="127.0.0.9")
    manager.wait("^STATUS=0 sessions, 0 served, 0 refused$")
    client = running.connect()
    assert streams.is_served(client)
    with running.connect("127.0.0.9") as refused:
        refused.recv(1)
    manager.wait("^STATUS=1 sessions, 1 served, 1 refused$")
    client.close()
    manager.wait("^STATUS=0 sessions, 1 served, 1 refused$")


def test_reload_is_told_with_its_time_and_its_end(echod, manager):
    running = echod(env=managed(manager), config={})
    manager.wait("^READY=1$")
    running.reload({"backlog": 17})
    assert int(manager.wait(r"^RELOADING=1\nMONOTONIC_USEC=(\d+)$")
               .group(1)) > 0
    manager.wait("^READY=1$")


def test_failed_reload_ends_for_the_manager_too(echod, manager):
    running = echod(env=managed(manager), config={})
    manager.wait("^READY=1$")
    running.reload("bogus\n", expect="reload failed")
    manager.wait("^RELOADING=1$")
    manager.wait("^READY=1$")


def test_stop_is_told_before_the_sessions_have_ended(echod, manager):
    running = echod(env=managed(manager))
    client = running.connect()
    assert streams.is_served(client)
    os.kill(session := running.session_of(client), signal.SIGSTOP)
    wait_until(lambda: processes.state(session) == "T", "stopped session")
    running.send_signal(signal.SIGTERM)
    manager.wait("^STOPPING=1$")
    assert processes.is_alive(session)
    os.kill(session, signal.SIGCONT)
    assert running.wait_end() == 0


def test_a_stop_tells_the_manager_how_long_it_may_take(echod, manager):
    """Five seconds more than the drain, for what comes after it."""
    running = echod(env=managed(manager), drain_timeout="1m")
    running.stop()
    manager.wait("^EXTEND_TIMEOUT_USEC=65000000$")


def test_watchdog_is_fed_if_it_is_for_us(echod, manager):
    setenv = ["sh", "-c", 'export WATCHDOG_PID=$$; exec "$@"', "sh"]
    echod(env=managed(manager, WATCHDOG_USEC="200000"), wrapper=setenv)
    for _ in range(5):
        manager.wait("^WATCHDOG=1$")


def test_watchdog_without_a_pid_is_for_us(echod, manager):
    echod(env=managed(manager, WATCHDOG_USEC="200000"))
    for _ in range(3):
        manager.wait("^WATCHDOG=1$")


@pytest.mark.parametrize("variables", [
    {"WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"},
    {"WATCHDOG_USEC": "junk"},
    {},
])
def test_watchdog_of_another_or_of_none_is_not_fed(echod, manager, variables):
    running = echod(env=managed(manager, **variables))
    # By the time this is told, it would have been fed several times.
    client = running.connect()
    assert streams.is_served(client)
    manager.wait("^STATUS=1 sessions")
    client.close()
    manager.wait("^STATUS=0 sessions")
    assert not any("WATCHDOG" in message for message in manager.seen)


@pytest.mark.parametrize("text", ["vsock:2:1", "relative", "", "/", "@", "/" + "x" * 200])
def test_notify_socket_of_an_unknown_kind_is_told_of_and_no_obstacle(
        echod, text):
    running = echod(env={"NOTIFY_SOCKET": text})
    assert running.matches("NOTIFY_SOCKET is of no known kind: ")
    assert streams.is_served(running.connect())


def test_manager_that_does_not_listen_is_no_obstacle(echod, folder):
    running = echod(env={"NOTIFY_SOCKET": str(folder / "nobody-there")})
    assert streams.is_served(running.connect())


def test_manager_that_does_not_read_does_not_stop_the_service(
        echod, manager, folder):
    running = echod(env=managed(manager), config={})
    for _ in range(3):
        with running.connect() as client:
            assert streams.is_served(client)
    # Its queue holds a dozen messages; clients must not wait for it.
    for number in range(5):
        running.reload({"backlog": 20 + number})
    assert all(streams.is_served(running.connect()) for _ in range(20))
