# SPDX-License-Identifier: ISC
"""The file of metrics: what it counts, and that it is always whole."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading

import pytest

import echod as driver
import exposition
import processes
import streams
from exposition import total
from waiting import DEADLINE, wait_until

MANUAL = (driver.ROOT / "man" / "echod.8").read_text()


@pytest.fixture
def file(place):
    return place / "echod.prom"


def read(file):
    return exposition.parse(file.read_text())[1]


def asked(running, file):
    """The samples as of now."""
    before = file.stat().st_ino
    running.send_signal(signal.SIGUSR1)
    wait_until(lambda: file.stat().st_ino != before, "the file anew")
    return read(file)


@pytest.mark.ipv6
def test_everything_is_counted(echod, file):
    running = echod(metrics_file=file, deny="127.0.0.9", config={},
                    listen=["127.0.0.1:0", "[::1]:0"], crashes=True)
    v4, v6 = running.ports()
    for size in 1, 1000, 100000:
        with running.connect() as client:
            assert streams.echo_digest(client, bytes(size))[1] == size
    with running.connect(host="::1", port=v6) as client:
        assert streams.is_served(client, b"123")
    killed = running.connect()
    assert streams.is_served(killed, b"12345")
    os.kill(running.session_of(killed), signal.SIGKILL)
    running.connect("127.0.0.9").recv(1)
    running.closed(5)
    live = running.connect()
    assert streams.is_served(live)
    samples = asked(running, file)
    first, second = f"127.0.0.1:{v4}", f"[::1]:{v6}"
    closed, sessions = "echod_sessions_closed_total", "echod_sessions"
    assert total(samples, sessions, listener=first) == 1
    assert total(samples, sessions, listener=second) == 0
    assert total(samples, "echod_sessions_accepted_total",
                 listener=first) == 5
    assert total(samples, closed, reason="client", listener=first) == 3
    assert total(samples, closed, reason="client", listener=second) == 1
    assert total(samples, closed, reason="crashed", listener=first) == 1
    assert total(samples, closed) == 5
    assert total(samples, "echod_bytes_total", listener=second) == 3
    assert total(samples, "echod_bytes_total") == sum(
        int(m.group(1)) for m in running.matches(r"closed .* bytes=(\d+) "))
    assert total(samples, "echod_clients_refused_total", reason="denied",
                 listener=first) == 1
    assert total(samples, "echod_clients_refused_total") == 1
    assert total(samples, "echod_listeners") == 2
    assert total(samples, "echod_session_bytes_count") == 5
    assert total(samples, "echod_session_duration_seconds_count") == 5
    assert total(samples, "echod_session_bytes_bucket", le="1024") == 4
    assert total(samples, "echod_session_bytes_bucket", le="+Inf") == 5


def test_reloads_are_told(echod, file):
    running = echod(metrics_file=file, config={"max-children": 7})
    wait_until(file.exists, "the file")
    samples = read(file)
    successful = "echod_config_last_reload_successful"
    assert total(samples, successful) == 1
    assert total(samples, "echod_max_children") == 7
    running.reload("nonsense\n", expect="reload failed")
    samples = asked(running, file)
    assert total(samples, successful) == 0
    assert total(samples, "echod_max_children") == 7
    running.reload({"max-children": 8})
    samples = asked(running, file)
    assert total(samples, successful) == 1
    assert total(samples, "echod_max_children") == 8
    changed = "echod_config_last_reload_success_timestamp_seconds"
    assert total(samples, changed) >= total(
        samples, "echod_start_time_seconds") > 1.7e9


def test_the_last_file_has_every_session(echod, file):
    running = echod(metrics_file=file)
    for _ in range(5):
        with running.connect() as client:
            assert streams.is_served(client)
    held = running.connect()
    assert streams.is_served(held)
    running.stop()
    samples = read(file)
    assert total(samples, "echod_sessions_closed_total") == 6
    assert total(samples, "echod_sessions_closed_total",
                 reason="shutdown") == 1
    assert total(samples, "echod_sessions") == 0


@pytest.mark.ipv6
def test_both_sockets_of_any_address_are_one_listener(echod, file):
    running = echod(metrics_file=file, listen="*:0")
    port = running.ports()[0]
    for host in "127.0.0.1", "::1":
        with running.connect(host=host, port=port) as client:
            assert streams.is_served(client)
    running.closed(2)
    assert total(asked(running, file), "echod_sessions_closed_total",
                 listener=f"*:{port}", reason="client") == 2


def test_the_file_is_for_all_to_read(echod, file):
    os.umask(previous := os.umask(0o077))
    running = echod(metrics_file=file, preexec_fn=lambda: os.umask(0o077))
    wait_until(file.exists, "the file")
    assert file.stat().st_mode & 0o777 == 0o644
    os.umask(previous)
    running.stop()
    assert [path.name for path in file.parent.iterdir()] == ["echod.prom"]


def test_it_is_written_again_and_again(echod, file):
    echod(metrics_file=file, metrics_interval="1s")
    wait_until(file.exists, "the file")
    for _ in range(2):
        before = file.stat().st_ino, file.stat().st_mtime_ns
        wait_until(lambda: (file.stat().st_ino, file.stat().st_mtime_ns)
                   != before, "the file anew")


def test_a_reader_never_sees_a_part_of_it(echod, file):
    running = echod(metrics_file=file)
    wait_until(file.exists, "the file")
    over, versions = threading.Event(), set()

    def rewrite():
        while not over.is_set():
            running.send_signal(signal.SIGUSR1)

    thread = threading.Thread(target=rewrite)
    thread.start()
    try:
        for _ in range(10000):
            with open(file, "rb") as stream:
                versions.add(os.fstat(stream.fileno()).st_ctime_ns)
                text = stream.read()
            assert text.startswith(b"# HELP echod_build_info ")
            assert text.endswith(b"\n# EOF\n")
    finally:
        over.set()
        thread.join()
    assert len(versions) > 10


def test_what_a_crash_has_left_is_replaced(echod, file):
    left = file.with_name("echod.prom.new")
    left.symlink_to("/nowhere")
    echod(metrics_file=file)
    wait_until(file.exists, "the file")
    assert not left.is_symlink() and not file.is_symlink()


# ---- what can go wrong ------------------------------------------------------

def fails_once_and_serves(running, file, error):
    """One line at once, and the service as before."""
    running.wait_log(rf"cannot write {re.escape(str(file))}: {error}, "
                     "trying again$")
    for count in range(1, 6):
        running.send_signal(signal.SIGUSR1)
        running.wait_log("status ", count)
        assert streams.is_served(running.connect())
    assert len(running.matches("cannot write ")) == 1


def test_no_directory(echod, folder):
    file = folder / "nowhere" / "echod.prom"
    running = echod(metrics_file=file)
    fails_once_and_serves(
        running, file, "(No such file or directory|Permission denied)")


def test_a_directory_that_vanishes_and_comes_back(echod, place, file):
    running = echod(metrics_file=file)
    wait_until(file.exists, "the file")
    hidden = place.with_name("hidden")
    place.rename(hidden)
    running.send_signal(signal.SIGUSR1)
    fails_once_and_serves(running, file, "No such file or directory")
    hidden.rename(place)
    asked(running, file)


@pytest.mark.root
@pytest.mark.parametrize("options,error", [
    ("size=4k", "No space left on device"),
    ("ro", "Read-only file system")])
def test_a_file_system_that_takes_nothing(echod, place, file, options, error):
    processes.require("SYS_ADMIN", "to mount one")
    running = echod(metrics_file=file, wrapper=[
        "unshare", "--mount", "sh", "-c",
        f'mount -t tmpfs -o mode=777,{options} none "$1" && shift && '
        'exec "$@"', "sh", str(place)])
    fails_once_and_serves(running, file, error)
    inside = pathlib.Path(f"/proc/{running.pid}/root{place}")
    assert [path.name for path in inside.iterdir()
            if path.name.endswith(".new")] == []


# ---- the format -------------------------------------------------------------

def test_the_manual_lists_every_metric_with_its_type(echod, file):
    echod(metrics_file=file)
    wait_until(file.exists, "the file")
    types, _ = exposition.parse(file.read_text())
    section = MANUAL.partition(".Sh METRICS")[2].partition(".Sh ")[0]
    told = re.findall(r"^\.It (echod_\w+)\n.*; (\w+)", section, re.M)
    assert dict(told) == types


def test_promtool_has_nothing_to_say(echod, file):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool: \"make deps check\" fetches it")
    running = echod(metrics_file=file)
    assert streams.is_served(running.connect())
    running.stop()
    done = subprocess.run(
        [promtool, "check", "metrics"], input=file.read_text(), text=True,
        capture_output=True, timeout=DEADLINE, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
