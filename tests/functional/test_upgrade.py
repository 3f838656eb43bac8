# SPDX-License-Identifier: ISC
"""SIGUSR2: another program in the same process, and no session notices."""

import errno
import os
import re
import signal
import socket
import time

import pytest

import echod as driver
import processes
import seccomp
import streams
import upgrades
from streams import receive_exactly
from upgrades import echo, wait_for_tester
from waiting import DEADLINE, wait_until

pytestmark = pytest.mark.native  # a wrapper is what would be executed


# ---- what goes on -----------------------------------------------------------

def test_a_session_notices_nothing_and_its_account_goes_on(upgradable):
    daemon = upgradable()
    client = daemon.connect()
    echo(client, b"before")
    session = daemon.sessions()
    daemon.program.install(upgrades.other_version())
    done = daemon.upgrade()
    assert done.groups() == (upgrades.OTHER_VERSION, "1")
    daemon.wait_log(rf"upgrading to {re.escape(str(daemon.program.path))}$")
    echo(client, b"and after")
    assert daemon.sessions() == session
    client.close()
    closed = daemon.closed()
    assert (closed["pid"], closed["bytes"], closed["reason"]) == (
        session[0], 15, "client")


def test_upgrades_are_counted_and_take_less_than_what_was_waited(
        upgradable, place):
    file = place / "echod.prom"
    daemon = upgradable(metrics_file=file)
    begin = time.monotonic()
    for _ in range(2):
        daemon.upgrade()
    logged = [float(match[1]) for match in daemon.matches(
        r"upgraded .* duration=(\d+\.\d+)")]
    assert len(logged) == 2
    assert sum(logged) <= time.monotonic() - begin + 0.002  # they are rounded
    daemon.send_signal(signal.SIGUSR1)
    wait_until(lambda: "\nechod_upgrades_total 2\n" in file.read_text(),
               "both upgrades among the metrics")


def test_back_to_the_older_version(upgradable):
    daemon = upgradable()
    client = daemon.connect()
    daemon.program.install(upgrades.other_version())
    daemon.upgrade()
    daemon.program.install(driver.ECHOD)
    assert daemon.upgrade(
        rf"upgraded {upgrades.OTHER_VERSION} -> \S+ children=1 ")
    echo(client, b"still")


def test_the_duration_of_a_session_counts_from_its_begin(upgradable):
    daemon = upgradable(idle_timeout="1s")
    client = daemon.connect()
    assert streams.is_served(client)
    daemon.upgrade()
    assert client.recv(1) == b""
    closed = daemon.closed()
    assert closed["reason"] == "idle" and closed["duration"] >= 1


def test_clients_in_the_queue_are_served_by_the_new_program(upgradable):
    daemon = upgradable(max_children="1")
    first = daemon.connect()
    echo(first, b"first")
    second = daemon.connect()
    second.sendall(b"second")
    daemon.upgrade()
    first.close()
    assert receive_exactly(second, 6) == b"second"


def test_the_counters_of_the_status_go_on(upgradable):
    daemon = upgradable(deny="127.0.0.2")
    for _ in range(3):
        client = daemon.connect()
        echo(client, b"four")
        client.close()
    daemon.closed(3)
    assert daemon.connect(source="127.0.0.2").recv(1) == b""
    daemon.upgrade()
    daemon.send_signal(signal.SIGUSR1)
    daemon.wait_log(r"status children=0 served=3 refused=1 bytes=12$")


def test_limits_of_a_source_go_on(upgradable):
    daemon = upgradable(max_per_source="2")
    clients = [daemon.connect() for _ in range(2)]
    for client in clients:
        echo(client, b"in")
    daemon.upgrade()
    assert daemon.connect().recv(1) == b""
    clients[0].close()
    daemon.closed()
    assert streams.is_served(daemon.connect())


def test_the_rate_of_a_source_goes_on(upgradable):
    daemon = upgradable(rate_per_source="1/s burst 3")
    for _ in range(3):
        daemon.connect().close()
    daemon.closed(3)
    daemon.upgrade()
    assert daemon.connect().recv(1) == b""


def test_clients_behind_a_proxy_keep_their_name_or_their_wait(upgradable):
    daemon = upgradable(proxy_protocol="required", proxy_from="127.0.0.1",
                        max_per_source="1")
    named, waiting = daemon.connect(), daemon.connect()
    named.sendall(b"PROXY TCP4 203.0.113.9 192.0.2.1 4711 7\r\nnamed")
    assert receive_exactly(named, 5) == b"named"
    waiting.sendall(b"PROXY TCP4 203.0.113.10 ")
    daemon.wait_sessions(2)
    daemon.upgrade()
    waiting.sendall(b"192.0.2.1 4712 7\r\nwaited")
    assert receive_exactly(waiting, 6) == b"waited"
    third = daemon.connect()
    third.sendall(b"PROXY TCP4 203.0.113.9 192.0.2.1 4713 7\r\n")
    assert third.recv(1) == b"", "the source has its session already"
    named.close()
    daemon.wait_log(r"closed 203\.0\.113\.9:4711 via \S+ pid=\d+ bytes=5 ")
    waiting.close()
    daemon.wait_log(r"closed 203\.0\.113\.10:4712 via \S+ pid=\d+ bytes=6 ")


@pytest.mark.root
def test_twenty_upgrades_leave_nothing_behind(upgradable):
    daemon = upgradable()
    client = daemon.connect()
    echo(client, b"x")
    daemon.upgrade()

    def holds():
        return (sorted(processes.descriptors(daemon.pid)),
                processes.status(daemon.pid)["VmSize"])
    before = holds()
    for _ in range(20):
        daemon.upgrade()
    assert holds() == before
    assert processes.children(daemon.pid) == daemon.sessions()
    echo(client, b"y")


@pytest.mark.slow(6, "sixty upgrades")
@pytest.mark.sandbox
@pytest.mark.native
@pytest.mark.skipif(not driver.shares_filter(),
                    reason="each session has a filter of its own")
def test_each_program_enters_a_filter_until_there_are_many(upgradable):
    most, rounds = 64, 0
    daemon = upgradable()

    def filters(pid):
        return int(processes.status(pid)["Seccomp_filters"])
    if "Seccomp_filters" not in processes.status(daemon.pid):
        pytest.skip("the kernel does not tell the number of filters")
    while (before := filters(daemon.pid)) < most:
        client = daemon.connect()
        echo(client, b"x")
        [session] = daemon.sessions()
        assert len(processes.code(session)) == 1
        daemon.upgrade()
        assert filters(daemon.pid) == before + 1
        client.close()
        rounds += 1
        daemon.closed(rounds)
    daemon.upgrade()
    assert filters(daemon.pid) == most
    client = daemon.connect()
    echo(client, b"y")
    [session] = daemon.sessions()
    assert filters(session) == most + 1


@pytest.mark.sandbox
@pytest.mark.native
@pytest.mark.skipif(not driver.shares_filter(),
                    reason="each session has a filter of its own")
def test_sessions_with_filters_of_their_own_have_them_after_an_upgrade(
        upgradable):
    seccomp.require()
    daemon = upgradable(  # so the shared one does not do
        preexec_fn=lambda: seccomp.deny(seccomp.MUNMAP, errno.EPERM))
    for text in b"before", b"after":
        client = daemon.connect()
        echo(client, text)
        client.close()
        daemon.upgrade()


@pytest.mark.native
def test_the_arguments_that_ps_shows_stay(upgradable):
    daemon = upgradable()
    before = processes.title(daemon.pid)
    daemon.upgrade()
    assert processes.title(daemon.pid) == before


# ---- signals meanwhile ------------------------------------------------------

@pytest.fixture
def testing(upgradable, folder):
    """A daemon whose test lasts until the function is called."""
    daemon = upgradable()
    gate = folder / "gate"
    (folder / "gate.go").touch()
    daemon.program.impersonate_until(gate)
    daemon.send_signal(signal.SIGUSR2)
    wait_for_tester(daemon)
    return daemon, gate.touch


def test_reload_and_status_are_answered_while_a_program_is_tested(testing):
    daemon, go_on = testing
    daemon.send_signal(signal.SIGHUP)
    daemon.wait_log("reloaded ")
    daemon.send_signal(signal.SIGUSR1)
    daemon.wait_log("status ")
    go_on()
    daemon.wait_log("upgraded ")


def test_a_reload_while_a_program_is_tested_is_made_again_by_it(testing):
    daemon, go_on = testing
    daemon.send_signal(signal.SIGHUP)
    daemon.wait_log("reloaded ")
    go_on()
    daemon.wait_log("upgraded ")
    wait_until(lambda: len(daemon.matches("reloaded ")) == 2, "a reload")


def test_sessions_of_before_the_sandbox_end_with_the_daemon(upgradable):
    seccomp.require()
    daemon = upgradable(config={"sandbox": "off"})
    echo(daemon.connect(), b"held")
    daemon.write_config({"sandbox": "on"})
    daemon.upgrade()
    assert daemon.stop() == 0
    assert daemon.closed()["reason"] == "shutdown"


def test_a_stop_ends_the_test(testing):
    daemon, _ = testing
    assert daemon.stop() == 0
    assert daemon.matches("upgrade failed, still .*: stopping")


def test_a_program_that_is_replaced_while_it_is_tested_is_not_executed(
        testing):
    daemon, go_on = testing
    daemon.program.put(b"")
    go_on()
    daemon.wait_log(r"upgrade failed, still \S+: .* was replaced while it "
                    "was tested")
    assert streams.is_served(daemon.connect())


def test_sessions_that_end_while_a_program_is_tested_are_logged(testing):
    daemon, go_on = testing
    client = daemon.connect()
    echo(client, b"meanwhile")
    client.close()
    assert daemon.closed()["bytes"] == 9
    go_on()
    daemon.wait_log("upgraded ")


def test_sessions_that_end_between_two_programs_are_accounted_for(
        upgradable, folder):
    processes.require("SYS_PTRACE", "to see which program runs")
    daemon = upgradable(crashes=True)
    killed, left, held = (daemon.connect() for _ in range(3))
    for client in killed, left, held:
        echo(client, b"four")
    pid = daemon.session_of(killed)
    daemon.program.impersonate_until(folder / "gate")
    (folder / "gate").touch()
    daemon.send_signal(signal.SIGUSR2)
    wait_until(lambda: os.path.samefile(
        f"/proc/{daemon.pid}/exe", daemon.program.path), "the next program")
    os.kill(pid, signal.SIGKILL)
    left.close()
    wait_until(lambda: len(daemon.sessions()) == 1, "the end of two sessions")
    (folder / "gate.go").touch()
    daemon.wait_log("upgraded ")
    ends = {fields["reason"]: fields["bytes"]
            for fields in (daemon.closed(1), daemon.closed(2))}
    assert ends["client"] == 4 and "crashed" in ends
    echo(held, b"still")
    assert len(processes.children(daemon.pid)) == 1


# ---- in the background ------------------------------------------------------

def test_a_daemon_keeps_its_pid_its_pidfile_and_its_lock(folder):
    processes.require("SYS_PTRACE", "to see which program runs")
    with upgrades.Daemon(folder) as daemon:
        client = daemon.connect()
        echo(client, b"before")
        daemon.program.install(upgrades.other_version())
        daemon.send_signal(signal.SIGUSR2)
        wait_until(lambda: os.path.samefile(
            f"/proc/{daemon.pid}/exe", daemon.program.path), "the new program")
        echo(client, b"after")
        assert streams.is_served(daemon.connect())
        assert f"pid {daemon.pid}" in driver.failed_start(folder)
        assert daemon.pidfile.read_text().strip() == str(daemon.pid)


# ---- under a service manager ------------------------------------------------

def notified(manager, pattern):
    """Reads on until a message matches."""
    while True:
        text = manager.recv(4096).decode()
        if re.search(pattern, text):
            return text


@pytest.fixture
def manager(folder):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.settimeout(DEADLINE)
        one.bind(str(folder / "notify"))
        (folder / "notify").chmod(0o777)
        yield one


def test_the_manager_hears_of_a_reload_and_the_watchdog_goes_on(
        upgradable, manager, folder):
    daemon = upgradable(env={"NOTIFY_SOCKET": str(folder / "notify"),
                             "WATCHDOG_USEC": "200000"})
    notified(manager, r"^READY=1")
    daemon.send_signal(signal.SIGUSR2)
    notified(manager, r"^RELOADING=1\nMONOTONIC_USEC=\d+$")
    notified(manager, r"^READY=1")
    daemon.wait_log("upgraded ")
    notified(manager, r"^WATCHDOG=1")
    daemon.program.put(b"")
    daemon.send_signal(signal.SIGUSR2)
    notified(manager, r"^RELOADING=1")
    notified(manager, r"^READY=1")
    daemon.wait_log("upgrade failed")
