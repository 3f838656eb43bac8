# SPDX-License-Identifier: ISC
"""What /proc tells about a process."""

import contextlib
import ctypes
import os
import pathlib
import re
import signal
import unittest


PR_SET_CHILD_SUBREAPER = 36

# What tests ask for and containers take from root, too: for networks, to look
# into processes that forbid it, for namespaces and mounts.
CAPABILITIES = {"NET_ADMIN": 12, "SYS_PTRACE": 19, "SYS_ADMIN": 21}


@contextlib.contextmanager
def orphans():
    """Yields a function that tells which orphans of what is started within
    are still there; meanwhile they become children of this process."""
    prctl = ctypes.CDLL(None).prctl
    before = set(children(os.getpid()))

    def left():
        for pid in set(children(os.getpid())) - before:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        return set(children(os.getpid())) - before
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield left
    finally:
        prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def fields(pid):
    """The fields of /proc/PID/stat after the name: state, ppid, pgrp, ..."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


def effective_capabilities(pid="self"):
    """As a mask of bits."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"CapEff:\s*(\w+)", text)[1], 16)


def has(name):
    """Whether this process has one of CAPABILITIES."""
    return effective_capabilities() >> CAPABILITIES[name] & 1 != 0


def require(name, why="to look into a process that forbids it"):
    """Skips a test without one of CAPABILITIES."""
    if not has(name):
        raise unittest.SkipTest(f"needs CAP_{name}, {why}")


def code(pid):
    """Where executable memory begins and ends, but for the vsyscall page."""
    lines = pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines()
    return [tuple(int(address, 16) for address in line.split()[0].split("-"))
            for line in lines
            if "x" in line.split()[1] and "[vsyscall]" not in line]


def all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def state(pid):
    """R, S, T, Z, ... or None if there is no such process."""
    found = fields(pid)
    return found[0] if found else None


def children(pid):
    """The pids of the children, zombies included."""
    path = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    if path.exists():
        return sorted(int(child) for child in path.read_text().split())
    return sorted(
        child for child in all_pids()
        if (stat := fields(child)) and int(stat[1]) == pid)


def group(pgid):
    """The live processes of a process group."""
    return sorted(
        pid for pid in all_pids()
        if (stat := fields(pid)) and int(stat[2]) == pgid
        and stat[0] not in "ZX")


def kill_group(pgid):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pgid, signal.SIGKILL)


def status(pid):
    """/proc/PID/status as a dict of strings."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    pairs = (line.split(":", 1) for line in text.splitlines())
    return {key: value.strip() for key, value in pairs}


def descriptors(pid):
    """The open descriptors: number to what it is."""
    folder = f"/proc/{pid}/fd"
    result = {}
    try:
        for name in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError):
                result[int(name)] = os.readlink(f"{folder}/{name}")
    except PermissionError:
        require("SYS_PTRACE")
        raise
    return result


def title(pid):
    """What setproctitle(3bsd) set, or the first argument."""
    data = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    return data.split(b"\0", 1)[0].decode()


def is_alive(pid):
    return state(pid) not in (None, "Z", "X")
