# SPDX-License-Identifier: ISC
"""Real shortages, and ordinary events repeated without mercy."""

import contextlib
import math
import os
import pathlib
import platform
import re
import resource
import signal
import subprocess
import sys
import time

import pytest

import echod as driver
import processes
import streams
from cgroups import group
from conftest import often
from load import Load, Visit
from logdaemon import LogDaemon
from waiting import wait_until

NOBODY = 65534

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


# ---- descriptors ------------------------------------------------------------

def limit_descriptors(count):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))


def test_sixteen_descriptors_are_enough_for_a_hundred_clients(folder):
    with driver.Echod(folder, preexec_fn=limit_descriptors(16)) as running:
        clients = [running.connect() for _ in range(100)]
        assert all(map(streams.is_served, clients))


@pytest.mark.parametrize("count", range(3, 16))
def test_with_few_descriptors_the_start_fails_or_the_service_is_whole(
        folder, count):
    flags = [*driver.options({**driver.BASE, "pidfile": folder / "pid"})]
    launched = driver.run("--config=/dev/null", *flags,
                          preexec_fn=limit_descriptors(count))
    if launched.returncode == 0:
        pid = int((folder / "pid").read_text())
        port = driver.listening_ports(pid)[0]
        visits = [Visit(port, os.urandom(100_000)).make() for _ in range(5)]
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not processes.is_alive(pid), "the end")
        assert all(visit.is_served() for visit in visits), visits
    else:
        assert re.fullmatch(r"echod: .*\n", launched.stderr), launched
    wait_until(lambda: not (folder / "pid").exists(), "no pidfile is left")


# ---- processes and memory ---------------------------------------------------

def test_client_waits_while_the_group_of_processes_is_full(folder):
    with group("pids") as processes_group, \
            driver.Echod(folder, preexec_fn=processes_group.enter) as running:
        first = running.connect()
        assert streams.is_served(first)
        processes_group.limit(processes_group.used())
        client = running.connect()
        client.sendall(b"patience")
        running.wait_log("cannot fork: ")
        assert streams.is_served(first)
        processes_group.limit("max")
        assert streams.receive_exactly(client, 8) == b"patience"


def test_start_fails_in_order_when_the_group_of_processes_is_full(folder):
    with group("pids") as processes_group:
        for most in range(1, 5):
            processes_group.limit(most)
            driver.failed_start(folder, preexec_fn=processes_group.enter)
            # Zombies count, too, until init has seen to them.
            wait_until(lambda: processes_group.used() == 0,
                       "nothing is left behind")
            assert os.listdir(folder) == []


def test_a_hog_that_is_killed_for_memory_takes_no_session_with_it(folder):
    hog = "a = []\nwhile True: a.append(bytearray(1 << 20))"
    with group("memory") as memory, \
            driver.Echod(folder, preexec_fn=memory.enter) as running:
        client = running.connect()
        assert streams.is_served(client)
        memory.limit(48 << 20)
        done = subprocess.run(
            [sys.executable, "-c", hog], preexec_fn=memory.enter, check=False)
        assert done.returncode == -signal.SIGKILL
        assert memory.kills() > 0
        assert streams.is_served(client)
        assert streams.is_served(running.connect())


# ---- the place of the pidfile -----------------------------------------------

IN_TMPFS = """
mount -t tmpfs -o "$1" none "$2" && shift || exit 99
cd "$1" && shift && $1 && shift && exec "$@"
"""


def on_tmpfs(folder, options, prepare="true"):
    """A command that mounts a file system on the folder, for itself."""
    return ["unshare", "--mount", "sh", "-c", IN_TMPFS, "sh", options,
            str(folder), prepare]


def test_full_disk_fails_the_start(folder):
    # One page for the file's first bytes, which the filler takes.
    fill = "dd if=/dev/zero of=filler bs=4096 count=1 status=none"
    complaint = driver.failed_start(
        folder, wrapper=on_tmpfs(folder, "size=4096", fill))
    assert f"pidfile {folder}/pid: No space left on device" in complaint


def test_no_inode_left_fails_the_start(folder):
    complaint = driver.failed_start(
        folder, wrapper=on_tmpfs(folder, "nr_inodes=1"))
    assert f"pidfile {folder}/pid: No space left on device" in complaint


def test_read_only_directory_fails_the_start(folder):
    complaint = driver.failed_start(folder, wrapper=on_tmpfs(folder, "ro"))
    assert f"pidfile {folder}/pid: Read-only file system" in complaint


# ---- the log ----------------------------------------------------------------

def test_log_that_stops_fills_goes_and_returns_is_felt_by_nobody(folder):
    log = LogDaemon(folder)
    log.start()
    with contextlib.closing(log), driver.Daemon(
            folder, wrapper=log.wrapper(),
            preexec_fn=limit_descriptors(16)) as running, \
            Load(running.port) as load:
        for _ in range(often(1, 5)):
            count = load.served()  # nobody reads: it fills
            wait_until(lambda: load.served() >= count + 40, "service, full")
            log.stop()
            wait_until(lambda: load.served() >= count + 80, "service, gone")
            log.start()
            log.wait_line(r"[0-9]+ messages dropped, ")
            log.wait_line(r"closed .* reason=client")
        load.end()
        assert load.failed() == []


# ---- the clock --------------------------------------------------------------

def make_dynamic(folder):
    """echod for LD_PRELOAD, which the static one takes no notice of."""
    build = folder / "build"
    subprocess.run(["make", "--no-print-directory", "LINK=dynamic",
                    f"BUILD={build}", f"{build}/echod"], cwd=driver.ROOT,
                   check=True, stdout=subprocess.DEVNULL)
    return str(build / "echod")


def faketime_library():
    for path in pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"):
        return str(path)
    return pytest.skip("needs libfaketime")


def test_steps_of_the_clock_end_no_session(folder, monkeypatch):
    library, step = faketime_library(), folder / "step"
    step.write_text("+0")
    monkeypatch.setattr(driver, "ECHOD", make_dynamic(folder))
    stepped = {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(step),
               "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1",
               "FAKETIME_DISABLE_SHM": "1"}
    # Where libfaketime leaves files behind in spite of that.
    shm = ["unshare", "--mount", "sh", "-c",
           'mount -t tmpfs none /dev/shm && exec env "$@"', "sh",
           *(f"{name}={value}" for name, value in stepped.items())]
    with driver.Echod(folder, wrapper=shm, idle_timeout="1h",
                      max_lifetime="2h") as running:
        client = running.connect()
        steps = "+10d", "-10d", "+10y", "-20y", "+0"
        for count, by in enumerate(steps, 1):
            step.write_text(by)
            assert streams.is_served(client)
            with running.connect() as other:
                assert streams.is_served(other)
            running.wait_log("closed ", count)
            running.send_signal(signal.SIGUSR1)
            running.wait_log("session ", count)
        assert not running.matches("closed .* reason=(?!client)")
        assert all(re.fullmatch(r"[0-9]{1,2}\.[0-9]{3}", m[1])
                   for m in running.matches(r".* duration=(\S+)"))


@pytest.mark.parametrize("uptime", ["1", "4000000000"])
def test_serves_a_minute_and_a_century_after_the_boot(folder, uptime):
    now = time.clock_gettime(time.CLOCK_MONOTONIC)
    offset = int(float(uptime) - now)
    wrapper = ["unshare", "--time", f"--monotonic={offset}",
               f"--boottime={offset}", "--fork", "--kill-child"]
    probe = subprocess.run([*wrapper, "true"], check=False,
                           stderr=subprocess.PIPE, text=True)
    if probe.returncode != 0:
        pytest.skip(f"needs a time namespace: {probe.stderr}")
    with driver.Daemon(folder, wrapper=wrapper[:-2],
                       idle_timeout="1s") as running:
        client = running.connect()
        assert streams.is_served(client)
        assert client.recv(1) == b"", "the idle timeout"
        assert streams.is_served(running.connect())


# ---- process ids ------------------------------------------------------------

WRAP = 'echo 400 > /proc/sys/kernel/pid_max && exec "$@"'


def has_own_pid_max():
    """Since Linux 6.14; before, this would change the whole machine's."""
    return tuple(map(int, platform.release().split(".")[:2])) >= (6, 14)


@pytest.mark.skipif(not has_own_pid_max(),
                    reason="needs a kernel.pid_max of the PID namespace's own")
def test_pids_that_wrap_round_confuse_nobody(folder):
    before = pathlib.Path("/proc/sys/kernel/pid_max").read_text()
    wrapper = ["unshare", "--pid", "--mount-proc", "--fork", "--kill-child",
               "sh", "-c", WRAP, "sh"]
    running = driver.Echod(folder, wrapper=wrapper)
    daemon = processes.children(running.pid)[0]
    held = [running.connect() for _ in range(20)]
    assert all(map(streams.is_served, held))
    with Load(running.port, length=1000) as load:
        wait_until(lambda: load.served() >= often(1000, 5000), "visits",
                   often(60, 300))
    assert load.failed() == []
    late = [running.connect() for _ in range(20)]
    assert all(map(streams.is_served, held + late))
    for client in held:
        client.close()
    wait_until(lambda: len(processes.children(daemon)) == len(late),
               "no zombie is left")
    closed = running.matches(r"closed \S+ pid=(\d+) bytes=(\d+)")
    pids = [int(m[1]) for m in closed]
    assert max(pids) <= 400 and len(pids) > 2 * len(set(pids))
    assert {m[2] for m in closed} == {"24", "1000"}
    assert not running.matches("closed .* reason=(?!client)")
    os.kill(daemon, signal.SIGTERM)
    assert running.wait_end() == 0
    assert len(running.matches("closed .* reason=shutdown")) == len(late)
    assert pathlib.Path("/proc/sys/kernel/pid_max").read_text() == before


# ---- events without end -----------------------------------------------------

class Tail:
    """Counts the lines of a growing log without reading it anew."""

    def __init__(self, path, pattern):
        self.file = open(path, "rb")
        self.pattern = re.compile(pattern.encode())
        self.count, self.rest = 0, b""

    def read(self):
        *lines, self.rest = (self.rest + self.file.read()).split(b"\n")
        self.count += sum(bool(self.pattern.search(line)) for line in lines)
        return self.count

    def close(self):
        self.file.close()


def test_reloads_without_end_lose_nothing(folder):
    """Of good, bad and unreadable files in turn, under load."""
    kinds = (("idle-timeout = 1m\n", 0o644), ("idle-timeout = never\n", 0o644),
             ("idle-timeout = 2m\n", 0o000))
    with driver.Echod(folder) as running, \
            contextlib.closing(Tail(running.log_file, "echod: reload")) \
            as tail, contextlib.ExitStack() as stack:
        descriptors = len(processes.descriptors(running.pid))
        load = stack.enter_context(Load(running.port, clients=2))
        client = running.connect()
        assert streams.is_served(client)
        for n in range(often(300, 10_000)):
            text, mode = kinds[n % len(kinds)]
            running.config_file.write_text(text)
            running.config_file.chmod(mode)
            running.send_signal(signal.SIGHUP)
            wait_until(lambda n=n: tail.read() > n, "an answer to a HUP")
        load.end()
        assert load.failed() == [] and load.served() > 0
        assert tail.count == often(300, 10_000)
        good = math.ceil(tail.count / len(kinds))
        assert len(running.matches("reloaded ")) == good
        assert streams.is_served(client)
        client.close()
        running.wait_sessions(0)
        assert len(processes.descriptors(running.pid)) == descriptors
    assert not running.matches("closed .* reason=(?!client)")


def test_of_many_starts_with_one_pidfile_one_survives(folder):
    count = often(40, 200)
    arguments = ["--config=/dev/null", *driver.options(
        {**driver.BASE, "pidfile": folder / "pid"})]
    before = set(processes.all_pids())
    starts = [subprocess.Popen(
        [driver.ECHOD, *arguments], stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, env=driver.clean_environment(),
        start_new_session=True) for _ in range(count)]
    complaints = [start.communicate(timeout=60)[1] for start in starts]
    pid = int((folder / "pid").read_text())
    try:
        assert [s.returncode for s in starts].count(0) == 1
        losers = [c for s, c in zip(starts, complaints) if s.returncode]
        for complaint in losers:
            assert re.fullmatch(
                r"echod: already running(, pid \d+)? \(pidfile .*\)\n",
                complaint), complaint
        assert Visit(driver.listening_ports(pid)[0], b"one").make().is_served()
    finally:
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not started_since(before), "the end of all")
    assert not (folder / "pid").exists()


def started_since(before):
    """Processes that execute echod and did not exist before."""
    found = []
    for pid in set(processes.all_pids()) - before:
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/{pid}/exe") == driver.ECHOD:
                found.append(pid)
    return found


def test_every_start_is_a_start(folder):
    """When the launcher returns, the pidfile is valid and a client served."""
    for _ in range(often(25, 200)):
        running = driver.Daemon(folder, wait=False)
        # Not with a timeout, for which Python looks now and then.
        assert running.process.wait() == 0
        pid = running.pidfile.read_text()
        running.take_pid()
        with running:
            assert int(pid) == running.pid
            assert streams.is_served(running.connect())


def test_stops_under_load_lose_nothing(folder):
    for number in range(often(10, 100)):
        place = folder / str(number)
        place.mkdir()
        with driver.Echod(place, drain_timeout="30s") as running:
            quiet = running.connect()
            name = "%s:%d" % quiet.getsockname()
            assert streams.is_served(quiet, b"quiet")
            load = Load(running.port, clients=6, length=8_000_000)
            wait_until(lambda load=load: load.served() >= 6, "some load")
            assert running.stop() == 0
            load.end()
            said = {m[1]: (int(m[2]), m[3]) for m in running.matches(
                r"closed (\S+) pid=\d+ bytes=(\d+) \S+ reason=(\S+)")}
        assert said.pop(name) == (len(b"quiet"), "shutdown")
        for visit in load.visits:
            if not visit.connected:
                continue  # it came when nobody listened any more
            assert visit.name in said, visit
            echoed, reason = said[visit.name]
            if visit.is_served():
                assert echoed == load.length, visit
                continue
            # Quiet for two reminders on end, which takes a busy machine.
            assert reason == "shutdown", (visit, reason)
            assert visit.data[:echoed] == visit.got, (visit, echoed)
