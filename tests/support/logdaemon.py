# SPDX-License-Identifier: ISC
"""A log daemon at /dev/log, seen only by what is started for it.

The program under test gets a mount namespace in which /dev is a directory of
the test's; the machine's own /dev is not touched.  Needs root.
"""

import contextlib
import os
import pathlib
import re
import socket

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
