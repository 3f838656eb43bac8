# SPDX-License-Identifier: ISC
"""SIGUSR2: another program in the same process, and no session notices."""

import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import pytest

import echod as driver
import processes
import seccomp
import streams
import upgrades
from streams import receive_exactly
from waiting import DEADLINE, wait_until

pytestmark = pytest.mark.native  # a wrapper is what would be executed


@pytest.fixture
def upgradable(folder):
    """Starts daemons that can be upgraded."""
    with contextlib.ExitStack() as stack:
        def start(*flags, kind=upgrades.Echod, **settings):
            return stack.enter_context(kind(folder, *flags, **settings))
        yield start


def echo(client, text):
    client.sendall(text)
    assert receive_exactly(client, len(text)) == text


def wait_for_tester(daemon):
    """Until the new program runs beside the sessions."""
    def is_there():
        return any(b"--test-upgrade" in
                   pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
                   for pid in daemon.sessions())
    wait_until(is_there, "the tester")


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
    told = [float(match[1]) for match in daemon.matches(
        r"upgraded .* duration=(\d+\.\d+)")]
    assert len(told) == 2
    assert sum(told) <= time.monotonic() - begin + 0.002  # they are rounded
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
    most = 64
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
        daemon.closed()
    daemon.upgrade()
    assert filters(daemon.pid) == most
    client = daemon.connect()
    echo(client, b"y")
    [session] = daemon.sessions()
    assert filters(session) == most + 1


@pytest.mark.native
def test_the_arguments_that_ps_shows_stay(upgradable):
    daemon = upgradable()
    before = processes.title(daemon.pid)
    daemon.upgrade()
    assert processes.title(daemon.pid) == before


# ---- settings ---------------------------------------------------------------

def test_settings_are_read_anew(upgradable):
    daemon = upgradable(config={"max-children": "1"})
    first, second = daemon.connect(), daemon.connect()
    echo(first, b"first")
    daemon.write_config({"max-children": "2"})
    daemon.upgrade()
    echo(second, b"second")


def test_a_relative_configuration_file_is_found_again(folder):
    processes.require("SYS_PTRACE", "to see which program runs")
    (folder / "relative.conf").write_text(driver.configuration(driver.BASE))
    (folder / "relative.conf").chmod(0o644)
    with upgrades.Daemon(folder, "--config=relative.conf",
                         wrapper=["env", "-C", str(folder)],
                         log_target="stderr") as daemon:
        client = daemon.connect()
        echo(client, b"before")
        began = processes.fields(daemon.pid)[19]
        daemon.program.install(upgrades.other_version())
        daemon.send_signal(signal.SIGUSR2)
        wait_until(lambda: os.path.samefile(
            f"/proc/{daemon.pid}/exe", daemon.program.path), "the new program")
        assert processes.fields(daemon.pid)[19] == began
        echo(client, b"after")


def free_port(host):
    with socket.create_server((host, 0)) as other:
        return other.getsockname()[1]


def test_new_addresses_are_opened_and_dropped_ones_closed(upgradable):
    ports = {host: free_port(host)
             for host in ("127.0.0.1", "127.0.0.2", "127.0.0.3")}
    kept, dropped, new = (f"{host}:{port}" for host, port in ports.items())
    daemon = upgradable(config={"listen": [kept, dropped]})
    client = daemon.connect(host="127.0.0.2", port=ports["127.0.0.2"])
    echo(client, b"before")
    daemon.write_config({"listen": [kept, new]})
    daemon.upgrade()
    daemon.wait_log(rf"listening on {new}$")
    for host in "127.0.0.1", "127.0.0.3":
        assert streams.is_served(daemon.connect(host=host, port=ports[host]))

    def is_refused():
        try:
            daemon.connect(host="127.0.0.2", port=ports["127.0.0.2"]).close()
        except ConnectionRefusedError:
            return True
        return False
    wait_until(is_refused, "the end of the dropped address")
    echo(client, b"after")
    daemon.upgrade()
    echo(client, b"again")


def test_an_address_dropped_and_asked_for_again_takes_new_clients(upgradable):
    """It was still there, for a client who waited for a free place."""
    kept, port = (free_port(host) for host in ("127.0.0.1", "127.0.0.2"))
    both = [f"127.0.0.1:{kept}", f"127.0.0.2:{port}"]
    daemon = upgradable(config={"listen": both, "max-children": "1"})
    holder = daemon.connect(port=kept)
    echo(holder, b"the only place")
    waiting = daemon.connect(host="127.0.0.2", port=port)
    daemon.write_config({"listen": both[0], "max-children": "1"})
    daemon.upgrade()
    daemon.write_config({"listen": both, "max-children": "2"})
    daemon.upgrade()
    echo(waiting, b"a place")
    holder.close()
    assert streams.is_served(daemon.connect(host="127.0.0.2", port=port))


def test_an_address_that_cannot_be_had_leaves_the_old_ones(upgradable):
    port = free_port("127.0.0.1")
    daemon = upgradable(config={"listen": f"127.0.0.1:{port}"})
    with socket.create_server(("127.0.0.4", 0)) as taken:
        other = taken.getsockname()[1]
        daemon.write_config({"listen": f"127.0.0.4:{other}"})
        daemon.upgrade()
        daemon.wait_log(rf"cannot listen on 127\.0\.0\.4:{other}: ")
        assert streams.is_served(daemon.connect(port=port))


def test_of_both_families_one_alone_is_not_opened(upgradable):
    port = free_port("127.0.0.1")
    daemon = upgradable(config={"listen": f"127.0.0.1:{port}"})
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        other = taken.getsockname()[1]
        daemon.write_config({"listen": f"*:{other}"})
        daemon.upgrade()
        daemon.wait_log(rf"cannot listen on \*:{other}: ")
        with pytest.raises(ConnectionRefusedError):
            daemon.connect(port=other)
    daemon.upgrade()
    for host in "127.0.0.1", "::1":
        assert streams.is_served(daemon.connect(host=host, port=other))


def test_broken_settings_leave_the_old_program_in_place(upgradable):
    daemon = upgradable(config={"max-children": "1"})
    client = daemon.connect()
    daemon.write_config("max-children = none\n")
    assert daemon.failed_upgrade().startswith(
        f"{daemon.program.path}: {daemon.config_file}:1: max-children: ")
    echo(client, b"still")


# ---- programs that are not the next one -------------------------------------

WRONG = {
    "missing": (None, "No such file or directory"),
    "empty": (b"", "Exec format error"),
    "garbage": (b"\x7fELF and no more", "Exec format error"),
    "text": (b"echo hello\n", "Exec format error"),
    "success": ("exit 0", "exit status 0, and no answer"),
    "talks": ("talk #echod-upgrade-answer version=2\n",
              "exit status 0, and no answer"),
    "another": ("exit 2", "exit status 2, and no answer"),
    "crash": ("crash", "killed by signal 11"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_program_is_not_executed(upgradable, kind):
    daemon = upgradable()
    client = daemon.connect()
    what, why = WRONG[kind]
    if what is None:
        daemon.program.path.unlink()
    elif isinstance(what, str):
        daemon.program.impersonate(what)
    else:
        daemon.program.put(what)
    assert daemon.failed_upgrade() == f"{daemon.program.path}: {why}"
    echo(client, b"still")
    assert streams.is_served(daemon.connect())
    daemon.program.install(driver.ECHOD)
    daemon.upgrade()
    echo(client, b"then")


def test_a_script_that_exits_with_success_is_not_executed(upgradable):
    daemon = upgradable()
    daemon.program.put(b"#!/bin/sh\nexit 0\n")
    why = daemon.failed_upgrade()  # confined, the parent starts no shell
    assert why in (f"{daemon.program.path}: exit status 0, and no answer",
                   f"{daemon.program.path}: Permission denied")


@pytest.mark.root
def test_a_program_that_may_not_be_executed_is_told(upgradable):
    daemon = upgradable()
    daemon.program.put(b"", mode=0o644)
    assert daemon.failed_upgrade() == \
        f"{daemon.program.path}: Permission denied"


def test_an_answer_of_another_kind_is_none(upgradable):
    daemon = upgradable()
    daemon.program.impersonate("answer #other version=2\n")
    assert daemon.failed_upgrade() == \
        f"{daemon.program.path}: exit status 0, and no answer"


@pytest.mark.parametrize("answer", [
    "", "version=", "why=", "version=2 why=no", "version=%00", "sandbox=x",
    "version=" + 40 * "9",
])
def test_a_wrong_answer_is_none(upgradable, answer):
    daemon = upgradable()
    daemon.program.impersonate(f"answer #echod-upgrade-answer {answer}\n")
    assert daemon.failed_upgrade() == \
        f"{daemon.program.path}: exit status 0, and no answer"


def test_the_reason_of_a_refusal_is_logged_on_one_line(upgradable):
    daemon = upgradable()
    daemon.program.impersonate("answer #echod-upgrade-answer why=a%0ab%1b\n")
    assert daemon.failed_upgrade() == f"{daemon.program.path}: a\\nb\\^["


@pytest.mark.slow(10, "a new program has 10 s to answer")
def test_a_program_that_does_not_answer_is_killed(upgradable):
    daemon = upgradable()
    daemon.program.impersonate("hang")
    daemon.send_signal(signal.SIGUSR2)
    wait_for_tester(daemon)
    assert streams.is_served(daemon.connect())
    daemon.program.install(driver.ECHOD)
    daemon.send_signal(signal.SIGUSR2)  # is not lost
    daemon.wait_log(
        r"upgrade failed, still \S+: \S+: no answer within 10 s$")
    daemon.wait_log("upgraded ")


# ---- states that are not ours -----------------------------------------------

@pytest.fixture
def state(upgradable):
    """What a daemon with one session hands over."""
    daemon = upgradable()
    echo(daemon.connect(), b"x")
    daemon.program.impersonate("state")
    daemon.failed_upgrade()
    return re.search(r"^echod-state.*?^end\n", daemon.log(),
                     re.DOTALL | re.MULTILINE).group()


def verdict(text):
    """What the test of the program answers, and its exit status."""
    with open(os.memfd_create("state"), "wb+", buffering=0) as given, \
            open(os.memfd_create("answer"), "wb+", buffering=0) as answer:
        given.write(text.encode())
        done = subprocess.run(
            ["setpriv", "--no-new-privs", driver.ECHOD,
             f"--test-upgrade={given.fileno()},{answer.fileno()}",
             "--config=/dev/null",
             *(["--sandbox=off"] if driver.SANDBOX_OFF else [])], check=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=DEADLINE, pass_fds=[given.fileno(), answer.fileno()])
        assert done.returncode in (0, 1) and done.stdout == b"", done
        answer.seek(0)
        return answer.readline().decode()


def resized(text):
    """With the size in its head that it has."""
    return re.sub(r"size=\d+", "size=%020d" % len(text), text, count=1)


def test_the_state_of_a_running_daemon_is_taken(state):
    assert "version=" in verdict(state)
    assert "version=" in verdict(resized(
        state.replace("child ", "child later=x ").replace(
            "\nend", "\nunknown a=b\nend")))


@pytest.mark.parametrize("change", [
    lambda s: "", lambda s: "#!/bin/sh\n", lambda s: s[:-1],
    lambda s: s[:len(s) // 2], lambda s: s + "end\n",
    lambda s: s.replace("echod-state 1.", "echod-state 2."),
    lambda s: s.replace("size=0", "size=1"),
    lambda s: resized(re.sub(r"\npid=\d+", "", s).replace(" pid=", " pid=-")),
    lambda s: resized(re.sub(r"(child .*\n)", r"\1\1", s)),
    lambda s: resized(re.sub(r"server .*\n", "", s)),
    lambda s: resized(re.sub(r"(server .*\n)", r"\1\1", s)),
    lambda s: resized(re.sub(r"peer=\S+", "peer=7f0001/0/1", s)),
    lambda s: resized(re.sub(r"fd=\d+", "fd=1", s)),
    lambda s: resized(re.sub(r"(server [^\n]*\n)(.*)(end\n)", r"\2\1\3", s,
                             flags=re.S)),
    lambda s: resized(s.replace("listener ", "listener \0")),
], ids=range(15))
def test_a_corrupted_or_foreign_state_is_refused(state, change):
    assert change(state) != state
    assert re.match(r"#echod-upgrade-answer why=state:", verdict(change(state)))


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
    daemon.wait_log(r"upgrade failed, still \S+: \S+ was replaced while it "
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
