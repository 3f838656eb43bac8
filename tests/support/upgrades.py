# SPDX-License-Identifier: ISC
"""Daemons whose program can be replaced while they run."""

import fcntl
import os
import pathlib
import shutil
import signal
import subprocess

import echod as driver
from streams import receive_exactly
from waiting import wait_until

OTHER_VERSION = "1.1"
BUILD = pathlib.Path(
    os.environ.get("BUILD", driver.ROOT / "build")).resolve()


def made(place, make):
    """Calls make() for a directory that tests share, one at a time."""
    place.mkdir(parents=True, exist_ok=True)
    with open(place / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        make()


def run(*command):
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)


def other_version():
    """A build of another version."""
    place = BUILD / f"version-{OTHER_VERSION}"
    traced = ["COVERAGE=1", "CFLAGS=-O0 -g"] if "TRACE" in os.environ else []
    made(place, lambda: run(
        "make", "-s", "-C", driver.ROOT, f"VERSION={OTHER_VERSION}",
        f"BUILD={place}", *traced, place / "echod"))
    return place / "echod"


def impostor():
    """A program that is not echod; see impostor.c."""
    source = pathlib.Path(__file__).with_name("impostor.c")
    place = BUILD / "impostor"
    program = place / "impostor"

    def make():
        if not program.exists() or \
                program.stat().st_mtime < source.stat().st_mtime:
            # Static: confinement leaves no loader to one that was static.
            run("cc", "-static", "-D_GNU_SOURCE", "-o", program, source)
    made(place, make)
    return program


class Program:
    """The program at a path, replaced as a package manager does it."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "program"
        self.install(driver.ECHOD)

    def put(self, content, mode=0o755):
        new = self.path.with_suffix(".new")
        new.write_bytes(content)
        new.chmod(mode)
        new.rename(self.path)

    def install(self, source):
        self.put(pathlib.Path(source).read_bytes())

    def impersonate(self, what):
        """Installs an impostor that does what impostor.c says."""
        self.path.with_suffix(".does").write_text(what)
        self.install(impostor())

    def impersonate_until(self, gate):
        """One that is the real program once the file is there, and for good
        once there is one with ".go" behind its name."""
        real = self.path.with_suffix(".real")
        shutil.copy(driver.ECHOD, real)
        real.chmod(0o755)
        self.impersonate(f"wait {gate}|{real}")


class Upgradable:
    """Mixed into a daemon of the driver."""

    def __init__(self, folder, *flags, **settings):
        self.program = Program(folder)
        super().__init__(folder, *flags, **settings)

    def start(self, command, *arguments, **popen):
        command = [str(self.program.path) if word == driver.ECHOD else word
                   for word in command]
        super().start(command, *arguments, **popen)

    def upgrade(self, expect=r"upgraded \S+ -> (\S+) children=(\d+) "
                             r"duration=\d+\.\d{3}$"):
        """Asks for one and returns what the log says of its end."""
        before = len(self.matches(expect))
        self.send_signal(signal.SIGUSR2)
        return self.wait_log(expect, before + 1)

    def failed_upgrade(self):
        """Asks for one that is to fail; why it did."""
        return self.upgrade(r"upgrade failed, still \S+: (.*)$").group(1)


class Echod(Upgradable, driver.Echod):
    """In the foreground."""


class Daemon(Upgradable, driver.Daemon):
    """In the background."""


def echo(client, text):
    client.sendall(text)
    assert receive_exactly(client, len(text)) == text


def wait_for_tester(daemon):
    """Until the new program runs beside the sessions."""
    def is_there():
        return any(b"--test-upgrade" in
                   pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
                   for pid in daemon.sessions())
    wait_until(is_there, "the tester")
