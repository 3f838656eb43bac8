# SPDX-License-Identifier: ISC
"""Nothing short of a whole, regular configuration file is ever taken."""

import os
import re
import resource
import signal

import pytest

import echod as driver
import processes
import streams

MIB = 1024 * 1024


def judged(path, **popen):
    """The status and the line of --test with that file."""
    done = driver.run("--test", f"--config={path}", **popen)
    assert done.stdout == ""
    assert re.fullmatch(r"(echod: [^\n]+\n)?", done.stderr), done.stderr
    return done.returncode, done.stderr.strip()


def odd_file(folder, kind):
    """A path at which something is that is no regular file."""
    if kind == "fifo":
        os.mkfifo(folder / "odd")
        return folder / "odd"
    return {"zero": "/dev/zero", "terminal": "/dev/ptmx",
            "directory": folder}[kind]


KINDS = ["fifo", "zero", "terminal", "directory"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_regular_file_is_refused_at_once(folder, kind):
    path = odd_file(folder, kind)
    status, line = judged(path)
    assert status == 78
    assert re.fullmatch(
        rf"echod: {path}: (not a regular file|Is a directory)", line)


@pytest.mark.parametrize("kind", KINDS)
def test_a_reload_from_no_regular_file_changes_nothing(echod, kind):
    running = echod(config={"deny": "127.0.0.2"})
    running.config_file.unlink()
    running.config_file.symlink_to(odd_file(running.folder, kind))
    running.send_signal(signal.SIGHUP)
    running.wait_log(r"reload failed, settings unchanged: ")
    assert running.connect(source="127.0.0.2").recv(1) == b""
    assert streams.is_served(running.connect())
    assert running.stop() == 0


def test_a_file_has_at_most_sixteen_mebibytes(folder):
    path = folder / "large"
    path.write_text("#" * (16 * MIB - 1) + "\n")
    assert judged(path) == (0, "")
    path.write_text("#" * (16 * MIB) + "\n")
    assert judged(path) == (78, f"echod: {path}: larger than 16 MiB")


@pytest.mark.plain
def test_a_file_that_finds_no_memory_is_refused(folder):
    """One whose end would be garbage, if it were read that far."""
    path = folder / "large"
    path.write_text("#" * (15 * MIB) + "\ngarbage\n")
    assert judged(path)[0] == 78
    status, line = judged(path, preexec_fn=lambda: resource.setrlimit(
        resource.RLIMIT_AS, (10 * MIB, 10 * MIB)))
    assert (status, line) == (1, f"echod: {path}: Cannot allocate memory")


@pytest.mark.plain
def test_a_list_that_finds_no_memory_is_no_fault_of_the_settings(folder):
    path = folder / "long"
    path.write_text("".join(
        f"deny = 10.{n >> 16}.{n >> 8 & 255}.{n & 255}\n"
        for n in range(300000)))
    found = {
        judged(path, preexec_fn=lambda room=room: resource.setrlimit(
            resource.RLIMIT_AS, (room * MIB, room * MIB)))
        for room in range(12, 32, 2)}
    assert {status for status, _ in found} == {0, 1}, found
    assert any("deny: out of memory" in line for _, line in found), found


@pytest.mark.plain
def test_a_reload_without_memory_changes_nothing(echod):
    other = processes.status(echod(where="other").pid)
    room = int(other["VmSize"].split()[0]) * 1024 + 8 * MIB
    running = echod(config={"allow": "127.0.0.1"},
                    preexec_fn=lambda: resource.setrlimit(
                        resource.RLIMIT_AS, (room, room)))
    running.reload("#" * (15 * MIB) + "\nallow = 127.0.0.1\n",
                   expect=r"reload failed, .* Cannot allocate memory")
    assert running.connect(source="127.0.0.2").recv(1) == b""
    assert streams.is_served(running.connect())
