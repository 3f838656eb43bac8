# SPDX-License-Identifier: ISC
"""A control group for a daemon, in either version of the interface."""

import contextlib
import os
import pathlib
import tempfile

import pytest

from waiting import wait_until

TOP = pathlib.Path("/sys/fs/cgroup")
# The files of a limit and of what is used: version 1, version 2.
NAMES = {
    "pids": (("pids.max", "pids.current"), ("pids.max", "pids.current")),
    "memory": (("memory.limit_in_bytes", "memory.usage_in_bytes"),
               ("memory.max", "memory.current")),
}


class Group:
    def __init__(self, path, names):
        self.path = path
        self.limit_name, self.used_name = names

    def enter(self):
        """For the child, between fork and exec."""
        (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def limit(self, value):
        (self.path / self.limit_name).write_text(str(value))

    def used(self):
        return int((self.path / self.used_name).read_text())

    def kills(self):
        """How many processes the kernel has killed for want of memory."""
        for name in "memory.events", "memory.oom_control":
            with contextlib.suppress(FileNotFoundError):
                lines = (self.path / name).read_text().splitlines()
                return int(dict(line.split() for line in lines)["oom_kill"])
        return 0

    def is_empty(self):
        return not (self.path / "cgroup.procs").read_text().strip()


@contextlib.contextmanager
def group(controller):
    first, second = NAMES[controller]
    if (TOP / controller).is_dir():
        parent, names = TOP / controller, first
    elif controller in _available():
        (TOP / "cgroup.subtree_control").write_text(f"+{controller}")
        parent, names = TOP, second
    else:
        pytest.skip(f"needs a {controller} control group")
    path = pathlib.Path(tempfile.mkdtemp(prefix="echod-", dir=parent))
    made = Group(path, names)
    try:
        yield made
    finally:
        wait_until(made.is_empty, "end of all processes in the group")
        path.rmdir()


def _available():
    with contextlib.suppress(OSError):
        return (TOP / "cgroup.controllers").read_text().split()
    return ()
