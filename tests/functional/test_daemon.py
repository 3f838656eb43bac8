# SPDX-License-Identifier: ISC
"""Starting and stopping in the background, as seen through the pidfile."""

import os
import pathlib
import shutil
import signal
import socket
import stat

import pytest

import echod as driver
import processes
import streams
from waiting import wait_until

NOBODY = 65534


def occupied_port():
    """A socket that listens, and so takes its port away."""
    other = socket.create_server(("127.0.0.1", 0))
    return other, other.getsockname()[1]


# ---- a life -----------------------------------------------------------------

def test_launcher_returns_when_a_client_can_connect(daemon):
    running = daemon()
    assert running.process.returncode == 0
    # No waiting in between: the launcher has returned.
    assert streams.is_served(running.connect())


@pytest.mark.native
def test_pidfile_names_the_daemon(daemon):
    running = daemon()
    assert running.pidfile.read_text().strip() == str(running.pid)
    assert running.pid in processes.group(running.pgid)
    assert processes.title(running.pid).endswith("echod")


def test_pidfile_is_readable_by_all_and_writable_by_its_owner(daemon):
    mode = daemon().pidfile.stat().st_mode
    assert stat.S_IMODE(mode) == 0o644


@pytest.mark.parametrize("mask", [0, 0o077])
def test_so_it_is_whatever_the_umask(daemon, mask):
    running = daemon(preexec_fn=lambda: os.umask(mask))
    assert stat.S_IMODE(running.pidfile.stat().st_mode) == 0o644
    text = pathlib.Path(f"/proc/{running.pid}/status").read_text()
    assert "Umask:\t0022\n" in text


def test_stop_removes_the_pidfile(daemon):
    running = daemon()
    running.stop()
    assert not running.pidfile.exists()


@pytest.mark.root
def test_stop_removes_roots_pidfile_although_the_daemon_is_nobody(daemon,
                                                                  folder):
    running = daemon()
    assert processes.status(running.pid)["Uid"].split() == [str(NOBODY)] * 4
    assert running.pidfile.stat().st_uid == 0
    assert folder.stat().st_uid == 0 and folder.stat().st_mode & 0o022 == 0
    running.stop()
    assert not running.pidfile.exists()


def test_second_start_fails_and_names_the_first(daemon, folder):
    running = daemon()
    complaint = driver.failed_start(folder)
    assert f"pid {running.pid}" in complaint
    assert str(running.pidfile) in complaint
    assert running.pidfile.read_text().strip() == str(running.pid)
    assert streams.is_served(running.connect())


def test_two_daemons_with_two_pidfiles_live_side_by_side(folder):
    first, second = folder / "1", folder / "2"
    first.mkdir()
    second.mkdir()
    with driver.Daemon(first) as one, driver.Daemon(second) as two:
        assert streams.is_served(one.connect())
        assert streams.is_served(two.connect())


def test_starts_again_after_kill_9(folder):
    with driver.Daemon(folder) as first:
        first.send_signal(signal.SIGKILL)
        first.wait_end()
        assert first.pidfile.exists()
        with driver.Daemon(folder) as second:
            assert second.pid != first.pid
            assert second.pidfile.read_text().strip() == str(second.pid)
            assert streams.is_served(second.connect())


def test_starts_again_after_kill_9_with_sessions_open(folder):
    with driver.Daemon(folder) as first:
        clients = [first.connect() for _ in range(3)]
        assert all(map(streams.is_served, clients))
        first.send_signal(signal.SIGKILL)
        first.wait_end()
        with driver.Daemon(folder) as second:
            assert streams.is_served(second.connect())


def test_starts_again_at_once_on_the_same_port(folder):
    with driver.Daemon(folder) as first:
        port = first.port
        client = first.connect()
        assert streams.is_served(client)
        first.stop()  # leaves a connection in TIME_WAIT or FIN_WAIT
        with driver.Daemon(folder, listen=f"127.0.0.1:{port}") as second:
            assert streams.is_served(second.connect())


def test_stale_pidfile_of_another_process_is_no_obstacle(daemon, folder):
    (folder / "pid").write_text(f"{os.getpid()}\n")
    running = daemon()
    assert running.pidfile.read_text().strip() == str(running.pid)


def test_pidfile_outlives_the_sessions(daemon):
    running = daemon()
    for _ in range(3):
        with running.connect() as client:
            assert streams.is_served(client)
    running.wait_sessions(0)
    client = running.connect()
    os.kill(running.session_of(client), signal.SIGKILL)
    running.wait_sessions(0)
    assert running.pidfile.read_text().strip() == str(running.pid)


# ---- what a daemon is -------------------------------------------------------

def test_daemon_has_left_the_terminal_and_the_directory(daemon):
    running = daemon()
    fields = processes.fields(running.pid)
    session, terminal = int(fields[3]), int(fields[4])
    assert terminal == 0
    assert session != os.getsid(0)
    assert session != running.pid, "could get a terminal again"
    assert os.readlink(f"/proc/{running.pid}/cwd") == "/"


@pytest.mark.native
def test_daemon_has_given_up_the_standard_descriptors(daemon):
    found = processes.descriptors(daemon().pid)
    assert [found[fd] for fd in range(3)] == ["/dev/null"] * 3


@pytest.mark.native
@pytest.mark.parametrize("closed", [[0], [1], [2], [0, 1, 2]])
def test_starts_with_standard_descriptors_closed(daemon, closed):
    def close():
        for fd in closed:
            os.close(fd)
    running = daemon(preexec_fn=close)
    found = processes.descriptors(running.pid)
    assert [found[fd] for fd in range(3)] == ["/dev/null"] * 3
    assert streams.is_served(running.connect())


def test_starts_with_signals_ignored_and_blocked(daemon):
    signals = {signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGINT,
               signal.SIGUSR1, signal.SIGALRM}

    def ignore_and_block():
        for signo in signals:
            signal.signal(signo, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    running = daemon(preexec_fn=ignore_and_block)
    with running.connect() as client:
        assert streams.is_served(client)
    running.wait_sessions(0)
    wait_until(lambda: not processes.children(running.pid), "no zombie")
    running.stop()


@pytest.mark.native
def test_process_titles_tell_who_is_who(daemon):
    running = daemon()
    client = running.connect()
    host, port = client.getsockname()
    session = running.session_of(client)
    whole = pathlib.Path(f"/proc/{session}/cmdline").read_bytes()
    assert whole.rstrip(b"\0").decode() == f"echod: {host}:{port}"
    assert processes.title(running.pid).startswith(driver.ECHOD)


@pytest.mark.native
@pytest.mark.ipv6
def test_title_of_a_v6_session(echod):
    running = echod(listen="[::1]:0")
    client = running.connect(host="::1")
    assert processes.title(running.session_of(client)) == \
        f"echod: [::1]:{client.getsockname()[1]}"


@pytest.mark.native
def test_daemon_holds_what_it_serves_with_and_nothing_else(daemon):
    running = daemon(wrapper=())
    # The second socket is the line to the pidfile's keeper, two more are the
    # sessions' reports; there is no log daemon in the tests' /dev.
    sockets = 4 + os.path.exists("/dev/log")
    # And the descriptor it reads its signals from.
    expected = sorted(["anon_inode"] + ["socket"] * sockets)

    def kinds():
        return sorted(name.split(":")[0] for fd, name in
                      processes.descriptors(running.pid).items() if fd > 2)
    # What joined it to the command that started it is closed last.
    wait_until(lambda: kinds() == expected, kinds)


# ---- starts that fail -------------------------------------------------------

def test_start_fails_when_the_port_is_taken(folder):
    other, port = occupied_port()
    with other:
        complaint = driver.failed_start(folder, listen=f"127.0.0.1:{port}")
    assert complaint == (f"echod: cannot listen on 127.0.0.1:{port}: "
                         "Address already in use\n")
    assert os.listdir(folder) == []


def test_start_fails_when_one_of_two_ports_is_taken(folder):
    other, port = occupied_port()
    with other:
        complaint = driver.failed_start(
            folder, listen=["127.0.0.1:0", f"127.0.0.1:{port}"])
    assert f"127.0.0.1:{port}" in complaint
    assert os.listdir(folder) == []


@pytest.mark.native
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_start_fails_when_the_socket_cannot_listen(folder):
    refused = ["strace", "-qq", "-o", "/dev/null", "-e", "trace=listen", "-e",
               "inject=listen:error=EADDRINUSE"]
    done = driver.run(
        "--foreground", "--config=/dev/null", *driver.options(driver.BASE),
        wrapper=refused)
    assert done.returncode == 1
    assert "cannot configure 127.0.0.1:" in done.stderr
    assert "echod: ready" not in done.stderr


def test_start_fails_when_the_address_is_not_ours(folder):
    complaint = driver.failed_start(folder, listen="192.0.2.1:0")
    assert "cannot listen on 192.0.2.1:0: " in complaint


@pytest.mark.root
def test_start_fails_when_the_port_is_forbidden(folder):
    os.chown(folder, NOBODY, NOBODY)
    complaint = driver.failed_start(
        folder, status=78, listen="127.0.0.1:7",
        wrapper=["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
                 "--clear-groups"])
    assert complaint == (
        "echod: cannot listen on 127.0.0.1:7: Permission denied (a port below "
        "1024 needs root or CAP_NET_BIND_SERVICE, others do not: "
        "--listen=7007)\n")
    assert os.listdir(folder) == []


def test_start_fails_when_the_pidfile_has_no_directory(folder):
    complaint = driver.failed_start(folder, pidfile=folder / "missing" / "pid")
    assert f"{folder}/missing/pid: No such file or directory" in complaint


def test_start_fails_when_the_pidfile_is_a_directory(folder):
    complaint = driver.failed_start(folder, pidfile=folder)
    assert f"{folder}: Is a directory" in complaint


@pytest.mark.root
def test_start_fails_for_an_unknown_user(folder):
    complaint = driver.failed_start(folder, status=78, user="no-such-user")
    assert "user no-such-user " in complaint
    assert os.listdir(folder) == []


@pytest.mark.root
@pytest.mark.parametrize("name", ["no-such-user", "root"])
def test_the_check_of_the_configuration_knows_the_users(name):
    done = driver.run("--config=/dev/null", "--test", f"--user={name}")
    assert done.returncode == 78
    assert f"user {name} is " in done.stderr


def test_starts_with_a_larger_thread_block_than_there_is_room_for():
    done = driver.run("--version", env=driver.clean_environment(
        GLIBC_TUNABLES="glibc.rtld.optional_static_tls=100000"))
    assert done.returncode == 0


@pytest.mark.root
@pytest.mark.parametrize("name", ["root", "0"])
def test_start_fails_for_root_as_the_user(folder, name):
    complaint = driver.failed_start(folder, status=78, user=name)
    assert f"user {name} is root, " in complaint
    assert os.listdir(folder) == []


def test_start_fails_when_the_launcher_cannot_listen_even_in_the_foreground(
        folder):
    other, port = occupied_port()
    with other:
        complaint = driver.failed_start(
            folder, "--foreground", listen=f"127.0.0.1:{port}")
    assert "Address already in use" in complaint
    assert os.listdir(folder) == []


@pytest.mark.native
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_launcher_notices_that_the_daemon_has_died(folder):
    killed = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e",
              "trace=setsid", "-e", "inject=setsid:signal=KILL"]
    done = driver.run("--config=/dev/null", f"--pidfile={folder}/pid",
                      *driver.options(driver.BASE), wrapper=killed)
    assert done.returncode == 1
    assert not (folder / "pid").exists()


@pytest.mark.native
@pytest.mark.slow(12, "a launcher has 10 s to answer")
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_no_daemon_stays_whose_launcher_does_not_answer(folder):
    """It would be taken for one that has not started."""
    late = ["strace", "-D", "-qq", "-o", "/dev/null", "-e", "trace=clone",
            "-e", "inject=clone:delay_exit=12000000:when=1"]
    done = driver.run(
        "--config=/dev/null", f"--pidfile={folder}/pid",
        *driver.options(driver.BASE), wrapper=late)
    assert done.returncode == 1
    assert not (folder / "pid").exists()


# ---- without root -----------------------------------------------------------

@pytest.mark.root
def test_runs_without_root(folder):
    os.chown(folder, NOBODY, NOBODY)
    with driver.Daemon(folder, user=NOBODY, group=NOBODY) as running:
        assert running.pidfile.stat().st_uid == NOBODY
        assert streams.is_served(running.connect())
        running.stop()
        assert not running.pidfile.exists()


def test_foreground_needs_no_pidfile(echod):
    running = echod()
    assert not any("echod.pid" in name for name in
                   processes.descriptors(running.pid).values())


def test_foreground_keeps_a_pidfile_if_told_to(echod, folder):
    pidfile = folder / "its.pid"
    running = echod(pidfile=pidfile)
    assert pidfile.read_text().strip() == str(running.pid)
    assert running.stop() == 0
    assert not pidfile.exists()


def test_descriptors_of_the_starter_are_not_kept(echod, folder):
    with open(folder / "lock", "w") as lock:
        running = echod(pass_fds=[lock.fileno()])
        assert str(folder / "lock") not in processes.descriptors(
            running.pid).values()
