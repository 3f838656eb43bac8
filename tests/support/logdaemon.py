# SPDX-License-Identifier: ISC
"""Log daemons at /dev/log and the journal's socket, for the program under test.

It gets a mount namespace in which /dev or /run is a directory of the test's;
the machine's own are not touched.  Needs root.
"""

import contextlib
import os
import pathlib
import re
import socket

import processes
from waiting import DEADLINE, wait_until

SETUP = """
set -e
dev=$1
shift
for node in null zero full random urandom; do
    : > "$dev/$node"
    mount --bind "/dev/$node" "$dev/$node"
done
mount --rbind "$dev" /dev
exec "$@"
"""


class LogDaemon:
    def __init__(self, folder):
        processes.require("SYS_ADMIN", "for a /dev/log of its own")
        self.dev = pathlib.Path(folder) / "dev"
        self.dev.mkdir(mode=0o755)
        self.path = self.dev / "log"
        self.socket = None
        self.lines = []

    def wrapper(self):
        """The command in front of the program that is to log here."""
        return ["unshare", "--mount", "sh", "-c", SETUP, "sh", str(self.dev)]

    def start(self):
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        os.chmod(self.path, 0o666)
        self.socket.setblocking(False)

    def stop(self):
        """What has not been read by now is lost."""
        if self.socket:
            self.socket.close()
        self.socket = None

    def read(self):
        """All lines so far, with those that wait in the socket."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self.lines.append(self.socket.recv(65536).decode())
        return self.lines

    def wait_line(self, pattern, deadline=DEADLINE):
        """The first line in which the pattern is found, as a match."""
        def look():
            for line in self.read():
                if match := re.search(pattern, line):
                    return match
            return None
        return wait_until(
            look, lambda: f"{pattern!r} in syslog: {self.lines}", deadline)

    def close(self):
        self.stop()


class Journal(LogDaemon):
    """The journal, by its native protocol; its lines are entries' fields."""

    def __init__(self, folder):
        processes.require("SYS_ADMIN", "for a journal of its own")
        self.dev = pathlib.Path(folder) / "run"
        self.path = self.dev / "systemd" / "journal" / "socket"
        self.path.parent.mkdir(parents=True)
        self.socket = None
        self.lines = []

    def wrapper(self):
        return ["unshare", "--mount", "sh", "-c",
                'mount --rbind "$1" /run && shift && exec "$@"', "sh",
                str(self.dev)]

    def entries(self):
        """All entries so far, each as {field: value}."""
        found = []
        for entry in self.read():
            assert entry.endswith("\n"), entry
            fields = [line.split("=", 1) for line in entry.splitlines()]
            assert all(re.fullmatch("[A-Z][A-Z0-9_]*", name)
                       for name, _ in fields), entry
            found.append(dict(fields))
            assert len(found[-1]) == len(fields), entry
        return found

    def wait_entry(self, **fields):
        """The first entry that has all of these."""
        def look():
            for entry in self.entries():
                if fields.items() <= entry.items():
                    return entry
            return None
        return wait_until(
            look, lambda: f"{fields} in the journal: {self.entries()}")
