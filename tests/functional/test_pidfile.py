# SPDX-License-Identifier: ISC
"""The pidfile: where it may be, who holds it, and what a hijacked parent can
do with it."""

import fcntl
import os
import pathlib
import signal
import stat

import pytest

import echod as driver
import processes
import streams
from echod import failed_start
from waiting import wait_until

NOBODY = 65534


def keeper_of(running):
    [keeper] = [pid for pid in processes.group(running.pgid)
                if processes.title(pid) == "echod: pidfile keeper"]
    return keeper


# ---- who else can lock it ----------------------------------------------------

def test_whoever_can_only_read_it_keeps_no_daemon_from_starting(
        daemon, folder):
    left = folder / "pid"
    left.write_text("4711\n")
    with open(left, encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        fcntl.lockf(file, fcntl.LOCK_SH)
        running = daemon()
        assert running.pidfile.read_text() == f"{running.pid}\n"
        with pytest.raises(BlockingIOError), open(left, "rb") as new:
            fcntl.lockf(new, fcntl.LOCK_SH | fcntl.LOCK_NB)
        assert "already running, pid" in failed_start(folder)


# ---- where it may be --------------------------------------------------------

def test_a_symbolic_link_is_not_followed(folder):
    victim = folder / "victim"
    victim.write_text("precious")
    (folder / "pid").symlink_to(victim)
    complaint = failed_start(folder)
    assert f"cannot open pidfile {folder}/pid: Is a symbolic link" in complaint
    assert victim.read_text() == "precious"
    assert (folder / "pid").is_symlink()


def test_a_dangling_symbolic_link_makes_no_file(folder):
    (folder / "pid").symlink_to(folder / "missing")
    assert "Is a symbolic link" in failed_start(folder)
    assert not (folder / "missing").exists()


def test_a_hard_link_is_not_written_to(folder):
    victim = folder / "victim"
    victim.write_text("precious")
    os.link(victim, folder / "pid")
    complaint = failed_start(folder)
    assert "is not a regular file with one name" in complaint
    assert victim.read_text() == "precious"


def test_a_fifo_is_refused_and_not_waited_for(folder):
    os.mkfifo(folder / "pid")
    assert "is not a regular file" in failed_start(folder)
    assert stat.S_ISFIFO((folder / "pid").stat().st_mode)


def test_it_may_be_in_a_directory_that_the_user_cannot_search(daemon, folder):
    place = folder / "private"
    place.mkdir()
    place.chmod(0o700)
    running = daemon(pidfile=place / "pid")
    running.stop()
    assert not (place / "pid").exists()


# ---- who holds it -----------------------------------------------------------

@pytest.mark.native
def test_the_parent_has_no_descriptor_of_it_and_the_keeper_has(daemon):
    running = daemon()
    file = str(running.pidfile)
    assert file not in processes.descriptors(running.pid).values()
    held = processes.descriptors(keeper_of(running))
    assert sorted(name.split(":")[0] for name in held.values()) == \
        sorted([file, "socket"])


def test_what_an_earlier_daemon_left_is_gone_before_the_new_one_is_ready(
        folder):
    (folder / "pid").write_text("1\n")
    seen = []
    with driver.Echod(folder, pidfile=folder / "pid") as running:
        seen.append((folder / "pid").read_text())
        assert seen == [f"{running.pid}\n"]


@pytest.mark.native
def test_the_lock_outlives_neither_the_daemon_nor_its_keeper(folder):
    with driver.Daemon(folder) as first:
        keeper = keeper_of(first)
        first.send_signal(signal.SIGKILL)
        first.wait_end()
        wait_until(lambda: not processes.is_alive(keeper), "end of the keeper")
        assert (folder / "pid").read_text() == f"{first.pid}\n"
        with driver.Daemon(folder) as second:
            assert streams.is_served(second.connect())


def test_the_keeper_ends_with_the_daemon(daemon):
    running = daemon()
    keeper = keeper_of(running)
    running.stop()
    assert not processes.is_alive(keeper)


# ---- the removal ------------------------------------------------------------

def stopped(echod, folder, act):
    """A daemon in the foreground, its pidfile changed before it stops."""
    running = echod(pidfile=folder / "pid")
    act(folder / "pid")
    assert running.stop() == 0
    return running


def test_anothers_pidfile_is_left_and_told_of(echod, folder):
    def replace(path):
        path.unlink()
        path.write_text("4242\n")
    running = stopped(echod, folder, replace)
    assert (folder / "pid").read_text() == "4242\n"
    assert running.matches(f"pidfile {folder}/pid is not ours any more")


def test_a_pidfile_that_is_gone_is_told_of(echod, folder):
    running = stopped(echod, folder, pathlib.Path.unlink)
    assert running.matches(f"pidfile {folder}/pid is not ours any more")


@pytest.mark.native
def test_a_dead_keeper_delays_no_stop(echod, folder):
    running = echod(pidfile=folder / "pid")
    keeper = keeper_of(running)
    os.kill(keeper, signal.SIGKILL)
    wait_until(lambda: not processes.is_alive(keeper), "end of the keeper")
    assert running.stop() == 0
    assert running.matches(f"cannot remove pidfile {folder}/pid")
    assert (folder / "pid").exists()
