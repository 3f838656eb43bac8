# SPDX-License-Identifier: ISC
"""A cell: namespaces of its own in which daemons are tortured, one at a time.

This program is started as process 1 of new PID, network and mount namespaces.
So whatever a daemon leaves behind is found in /proc, its exit status arrives
here although it has detached, /dev/log is the cell's, and the end of the cell
is the end of everything in it.  It reads faults as lines of JSON and answers
each with a line of JSON: see scenario.run().  The end of input ends it.
"""

import contextlib
import json
import os
import pathlib
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8),
           "urandom": (1, 9)}

# The command that makes the namespaces and runs its arguments in them.
UNSHARE = ("unshare", "--mount", "--net", "--pid", "--ipc", "--fork",
           "--mount-proc", "--kill-child")


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def furnish(folder):
    """A folder for everything, and a /dev whose log is the cell's."""
    mount("-t", "tmpfs", "-o", "mode=755", "none", folder)
    dev = pathlib.Path(folder, "dev")
    dev.mkdir()
    dev.chmod(0o755)
    for name, (major, minor) in DEVICES.items():
        os.mknod(dev / name, 0o666 | stat.S_IFCHR, os.makedev(major, minor))
        (dev / name).chmod(0o666)
    mount("--bind", str(dev), "/dev")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


class Syslog(threading.Thread):
    """The log daemon: /dev/log, and the messages that came."""

    def __init__(self):
        super().__init__(daemon=True)
        self.messages = []
        self.open()
        self.start()

    def open(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink("/dev/log")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)

    def run(self):
        while True:
            text = self.socket.recv(4096).decode(errors="replace")
            self.messages.append(text.partition("]: ")[2])

    def read(self):
        """All messages so far, without date, name and pid."""
        return self.messages

    def clear(self):
        self.messages = []


class Reaper:
    """Process 1 inherits every orphan: the exit status of all there were."""

    def __init__(self):
        self.statuses = {}

    def collect(self):
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    break
                self.statuses[pid] = os.waitstatus_to_exitcode(status)

    def status(self, pid):
        """The exit status, or None while it lives."""
        self.collect()
        return self.statuses.get(pid)


def spawn(command, stderr, environment):
    """Starts a command in a session of its own; the pid."""
    return os.posix_spawnp(
        command[0], command, environment, setsid=True, setsigmask=[],
        setsigdef=[signal.SIGPIPE],
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, str(stderr),
             os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)])


def others():
    """The pids of every other process in the cell."""
    return [pid for name in os.listdir("/proc")
            if name.isdigit() and (pid := int(name)) != 1]


def sweep(reaper):
    """Ends every other process, so that the next run begins with none."""
    while left := others():
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        reaper.collect()
        time.sleep(0.002)


def main():
    import scenario  # needs the path that is set below
    furnish(sys.argv[1])
    world = scenario.World(
        pathlib.Path(sys.argv[1]), Syslog(), Reaper())
    for line in sys.stdin:
        result = scenario.run(world, json.loads(line))
        sweep(world.reaper)
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    sys.path.insert(
        0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
    # Else scenario would import this module a second time.
    sys.modules["cell"] = sys.modules["__main__"]
    main()
