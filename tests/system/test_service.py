# SPDX-License-Identifier: ISC
"""echod.service: started, asked, reloaded, stopped."""

import contextlib
import signal
import socket

import pytest

from streams import exchange, is_served, receive_all
from waiting import wait_until

BURST = 1000


@pytest.fixture
def service(machine):
    machine.systemctl("start", "echod")
    return machine


def said(machine, cursor):
    """What echod said, not what was said of it."""
    return [entry["MESSAGE"] for entry in machine.journal(cursor, "echod")]


def sessions(machine):
    """The pids, inside the machine, of the processes that serve clients."""
    pid = machine.show("MainPID")
    return machine.run("cat", f"/proc/{pid}/task/{pid}/children").split()


def status(machine, pid):
    """/proc/PID/status of a process inside, as a dictionary."""
    lines = machine.run("cat", f"/proc/{pid}/status").splitlines()
    return {name: value.split()
            for name, _, value in (line.partition(":") for line in lines)}


def test_start_serves_port_7_over_both_families(machine):
    machine.systemctl("start", "echod")
    for address in ("127.0.0.1", "::1"):
        with machine.connect(address) as client:
            assert exchange(client, b"hello, world") == b"hello, world"
    assert machine.show("ActiveState") == "active"


def test_enable_starts_it_with_the_machine(machine):
    machine.systemctl("enable", "echod")
    machine.reboot()
    assert machine.systemctl("is-enabled", "echod").strip() == "enabled"
    with machine.connect() as client:
        assert is_served(client)
    machine.systemctl("disable", "--now", "echod")
    with pytest.raises(ConnectionRefusedError):
        machine.connect()


def test_status_shows_live_numbers(service):
    def shown():
        return service.systemctl("status", "echod")

    with service.connect() as one, service.connect() as other:
        assert is_served(one) and is_served(other)
        wait_until(lambda: "2 sessions, 2 served, 0 refused" in shown(), shown)
    wait_until(lambda: "0 sessions, 2 served, 0 refused" in shown(), shown)


def test_wrong_settings_are_seen_and_not_tried_again(machine):
    cursor = machine.cursor()
    machine.write("/etc/echod.conf", "backlog = many\n")
    assert machine.try_run("systemctl", "start", "echod").returncode != 0
    assert machine.show("ActiveState") == "failed"
    assert machine.show("NRestarts") == "0"
    assert machine.show("ExecMainStatus") == "78"
    [entry] = machine.journal(cursor, "echod")
    assert entry["PRIORITY"] == "3"
    assert entry["MESSAGE"].startswith("/etc/echod.conf:1: backlog: ")
    assert "echod.service" in machine.systemctl("--failed")


def test_lines_have_the_right_priority(machine):
    cursor = machine.cursor()
    machine.systemctl("start", "echod")
    with machine.connect() as client:
        assert is_served(client)
    machine.systemctl("stop", "echod")
    priorities = {
        entry["MESSAGE"].split()[0]:
        entry["PRIORITY"] for entry in machine.journal(cursor, "echod")}
    assert priorities == {
        "listening": "5", "sandbox": "5", "ready": "5",
        "closed": "6", "stopping": "5", "stopped": "5"}


def test_each_connection_is_one_line(service):
    cursor, ports = service.cursor(), []
    for i in range(50):
        with service.connect(source=f"127.0.1.{i + 1}") as client:
            ports.append("%s:%d" % client.getsockname())
            assert is_served(client)
    service.systemctl("stop", "echod")
    closed = [line.split() for line in said(service, cursor)
              if line.startswith("closed ")]
    assert sorted(line[1] for line in closed) == sorted(ports)
    assert {line[-2] for line in closed} == {"reason=client"}
    assert len({line[-1] for line in closed}) == 1


def test_reload_puts_new_settings_to_use(service):
    service.write("/etc/echod.conf", "idle-timeout = 100ms\n")
    cursor, pid = service.cursor(), service.show("MainPID")
    service.systemctl("reload", "echod")
    wait_until(lambda: "reloaded /etc/echod.conf" in
               said(service, cursor), "the log says so")
    with service.connect() as client:
        assert receive_all(client) == b""
    assert service.show("MainPID") == pid
    assert service.show("ActiveState") == "active"


def test_reload_of_a_broken_file_fails_and_keeps_the_settings(service):
    service.write("/etc/echod.conf", "idle-timeout = 100ms\nbacklog = many\n")
    cursor, pid = service.cursor(), service.show("MainPID")
    done = service.try_run("systemctl", "reload", "echod")
    assert done.returncode != 0
    assert "failed" in done.stdout
    reasons = [line for line in said(service, cursor)
               if "/etc/echod.conf:2: " in line]
    assert len(reasons) == 1
    with service.connect() as client:
        client.settimeout(1)
        with pytest.raises(TimeoutError):
            client.recv(1)
        client.settimeout(30)
        assert is_served(client)
    assert service.show("MainPID") == pid


def test_stop_lets_sessions_finish(service):
    """One has everything that it sent echoed and then hears the end."""
    data = bytes(range(256)) * 256
    cursor = service.cursor()
    with service.connect() as client:
        client.sendall(data)
        service.systemctl("stop", "echod")
        assert receive_all(client) == data
    closed, stopped = said(service, cursor)[-2:]
    assert "reason=shutdown" in closed and stopped == "stopped"
    assert service.show("Result") == "success"


def test_stop_waits_as_long_as_the_drain_may_take(machine):
    """Longer than the unit's own limit, for a client that never pauses."""
    machine.write("/etc/echod.conf", "drain-timeout = 3s\n")
    machine.write("/etc/systemd/system/echod.service.d/short.conf",
                  "[Service]\nTimeoutStopSec=500ms\n")
    machine.systemctl("daemon-reload")
    machine.systemctl("start", "echod")
    cursor = machine.cursor()
    with machine.connect() as client:
        assert is_served(client)
        machine.systemctl("stop", "--no-block", "echod")
        with contextlib.suppress(ConnectionError):
            while is_served(client):
                pass
    wait_until(lambda: machine.show("ActiveState") == "inactive", "the stop")
    assert machine.show("Result") == "success"
    closed, stopped = said(machine, cursor)[-2:]
    assert " reason=killed " in closed and stopped == "stopped"


def test_restart_serves_again(service):
    pid = service.show("MainPID")
    with service.connect() as client:
        assert is_served(client)
        service.systemctl("restart", "echod")
        assert receive_all(client) == b""
    assert service.show("MainPID") != pid
    with service.connect() as client:
        assert is_served(client)


def test_taken_port_fails_the_start_with_the_reason(machine):
    """... and the service comes up when the port is free."""
    cursor = machine.cursor()
    with machine.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("0.0.0.0", 7))
        squatter.listen()
        assert machine.try_run("systemctl", "start", "echod").returncode != 0
        assert "cannot listen on *:7: Address already in use" in said(
            machine, cursor)
        wait_until(lambda: machine.show("StatusErrno") == "98", "its errno")
    wait_until(lambda: machine.show("ActiveState") == "active", "it is up")
    with machine.connect() as client:
        assert is_served(client)


def test_crashed_session_is_logged_and_harms_nothing(service):
    cursor, pid = service.cursor(), service.show("MainPID")
    with service.connect() as victim:
        assert is_served(victim)
        child, = sessions(service)
        with service.connect() as other:
            assert is_served(other)
            service.run("sh", "-c", f"kill -SEGV {child}")
            assert receive_all(victim) == b""
            assert is_served(other)
    wait_until(lambda: [
        entry for entry in service.journal(cursor, "echod")
        if f"pid={child} " in entry["MESSAGE"] and entry["PRIORITY"] == "4"
        and " reason=crashed signal=11 " in entry["MESSAGE"]],
        "a warning")
    assert service.show("MainPID") == pid
    assert service.show("NRestarts") == "0"


def test_killed_daemon_is_back_and_leaves_nothing_behind(service):
    pid = service.show("MainPID")
    with service.connect() as client:
        assert is_served(client)
        left = [pid, *sessions(service)]
        service.run("sh", "-c", f"kill -KILL {pid}")
        wait_until(lambda: service.show("MainPID") not in (pid, "0"),
                   "another takes its place", deadline=10)
    wait_until(lambda: service.show("ActiveState") == "active", "it is up")
    assert not [pid for pid in left if service.path(f"/proc/{pid}").exists()]
    assert not service.path("/run/echod.pid").exists()
    assert service.show("NRestarts") == "1"
    with service.connect() as client:
        assert is_served(client)


def test_hung_daemon_is_replaced(machine):
    machine.write("/etc/systemd/system/echod.service.d/watchdog.conf",
                  "[Service]\nWatchdogSec=1s\n")
    machine.systemctl("daemon-reload")
    cursor = machine.cursor()
    machine.systemctl("start", "echod")
    pid = machine.show("MainPID")
    machine.run("sh", "-c", f"kill -STOP {pid}")
    wait_until(lambda: machine.show("MainPID") not in (pid, "0"),
               "another takes its place")
    assert any("Watchdog timeout" in entry["MESSAGE"]
               for entry in machine.journal(cursor))


def test_running_daemon_is_not_taken_for_hung(machine):
    machine.write("/etc/systemd/system/echod.service.d/watchdog.conf",
                  "[Service]\nWatchdogSec=400ms\n")
    machine.systemctl("daemon-reload")
    machine.systemctl("start", "echod")
    pid, told = machine.show("MainPID"), set()

    def is_told_often():
        told.add(machine.show("WatchdogTimestampMonotonic"))
        return len(told) > 10

    wait_until(is_told_often, "it says that it is alive")
    assert machine.show("MainPID") == pid


def test_sessions_are_confined(service):
    bind_service = 1 << 10
    user = service.run("id", "-u", "echod").strip()
    with service.connect() as client:
        assert is_served(client)
        child, = sessions(service)
        shown = status(service, child)
        parent = status(service, service.show("MainPID"))
        descriptors = service.run("ls", "-l", f"/proc/{child}/fd")
    # The unit's filters, the parent's and the one that sessions share.
    assert shown["Seccomp"] == ["2"]
    assert shown["Seccomp_filters"] == parent["Seccomp_filters"]
    assert shown["NoNewPrivs"] == ["1"]
    assert shown["Uid"] == [user] * 4
    assert shown["Groups"] in ([], shown["Gid"][:1])
    for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(shown[name][0], 16) == 0, name
    # Only CAP_SETPCAP could take it out; no_new_privs makes it useless.
    assert int(shown["CapBnd"][0], 16) == bind_service
    links = [line for line in descriptors.splitlines() if "->" in line]
    # The client's, and what it reports on.
    assert len(links) == 2 and all("socket:" in link for link in links)


def closed_lines(service, cursor):
    return len([line for line in said(service, cursor)
                if line.startswith("closed ")])


def test_burst_of_a_thousand_trips_no_limit(service):
    cursor, data = service.cursor(), b"x" * 100
    with service.network():
        clients = [socket.socket() for _ in range(BURST)]
    for i, client in enumerate(clients):
        client.settimeout(60)
        client.bind((f"127.1.{i // 250}.{i % 250 + 1}", 0))
        client.connect(("127.0.0.1", 7))
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
    for client in clients:
        assert receive_all(client) == data
        client.close()
    wait_until(lambda: closed_lines(service, cursor) == BURST,
               "a line for each")
    complaints = [entry["MESSAGE"] for entry in service.journal(cursor)
                  if int(entry["PRIORITY"]) <= 4
                  or "Suppressed" in entry["MESSAGE"]]
    assert complaints == []
    assert service.show("NRestarts") == "0"


def test_thousand_sessions_at_once_trip_no_limit(service):
    service.write("/etc/echod.conf", f"max-children = {BURST}\n"
                  "max-per-source = 0\nrate-per-source = 0\n")
    service.enforce_tasks_max()
    service.systemctl("restart", "echod")
    cursor, clients = service.cursor(), []
    for _ in range(BURST):
        clients.append(service.connect())
    for client in clients:
        assert is_served(client)
    assert len(sessions(service)) == BURST
    assert service.show("TasksCurrent") == str(BURST + 1)
    assert service.show("TasksMax") == "infinity"
    for number, client in enumerate(clients, 1):
        client.close()
        if number % 50 == 0:  # what the journal's socket can hold
            wait_until(lambda: closed_lines(service, cursor) >= number,
                       "a line for each")
    service.systemctl("stop", "echod")
    assert not [entry["MESSAGE"] for entry in service.journal(cursor)
                if int(entry["PRIORITY"]) <= 4]


def test_instance_reads_its_own_file(service):
    service.write("/etc/echod/lab.conf", "listen = 7007\n")
    service.systemctl("start", "echod@lab")
    for port in (7, 7007):
        with service.connect(port=port) as client:
            assert is_served(client)
    service.write("/etc/echod/lab.conf", "listen = nonsense\n")
    assert service.try_run(
        "systemctl", "reload", "echod@lab").returncode != 0
    service.systemctl("stop", "echod@lab")
    with service.connect() as client:
        assert is_served(client)


def test_stop_signals_the_parent_alone(service):
    """... which lets its sessions end in their time."""
    assert service.show("KillMode") == "mixed"
    assert int(service.show("KillSignal")) == signal.SIGTERM


@pytest.mark.parametrize("page", ["echod", "echod.conf"])
def test_man_finds_the_page(machine, page):
    assert machine.run("man", page).startswith(page.upper())


def test_metrics_are_where_the_manual_says_for_all_to_read(machine):
    file = "/run/echod/echod.prom"
    machine.write("/etc/echod.conf", f"metrics-file = {file}\n")
    machine.systemctl("start", "echod")
    with machine.connect() as client:
        assert is_served(client)
    wait_until(lambda: machine.show("StatusText").startswith("0 sessions"),
               "the end of the session")
    machine.systemctl("stop", "echod")
    text = machine.run("cat", file)
    assert text.endswith("# EOF\n")
    assert ('echod_sessions_closed_total{reason="client",listener="*:7"} 1\n'
            in text)
    assert machine.run("stat", "--format=%a %U", file, "/run/echod").split() \
        == ["644", "echod", "755", "echod"]
