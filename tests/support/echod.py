# SPDX-License-Identifier: ISC
"""Runs the daemon under test.

ECHOD          the program, ./echod by default
ECHOD_SANDBOX  "off" for builds that cannot be confined (sanitizers, valgrind)
ECHOD_WRAPPER  a command to run it under, for example valgrind and its options
"""

import contextlib
import os
import pathlib
import platform
import re
import shlex
import signal
import socket
import subprocess
import unittest

import processes
from waiting import DEADLINE, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
ECHOD = os.path.abspath(os.environ.get("ECHOD", ROOT / "echod"))
# Root, with what containers take away.
ALL_POWERFUL = os.geteuid() == 0 and all(map(processes.has, processes.CAPABILITIES))
SANDBOX_OFF = os.environ.get("ECHOD_SANDBOX") == "off"
WRAPPER = shlex.split(os.environ.get("ECHOD_WRAPPER", ""))

# One test is one source: the limits on sources are for the tests about them.
BASE = {
    "listen": "127.0.0.1:0",
    "max-per-source": "0",
    "rate-per-source": "0",
    "drain-timeout": "5s",
    "user": "nobody",  # who is everywhere
}
if SANDBOX_OFF:
    BASE["sandbox"] = "off"

# What no run may ever leave in its log.
BROKEN = re.compile(
    r"reason=crashed|Sanitizer|runtime error:|cannot be confined|==\d+== "
    r"(?:Invalid|Conditional|Use of|Syscall param|Open file)")


def key(name):
    return name.rstrip("_").replace("_", "-")


def options(settings):
    """{"listen": ["a", "b"], "idle_timeout": "1s"} as --key=value."""
    result = []
    for name, value in settings.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        result += [f"--{key(name)}={item}" for item in values]
    return result


def configuration(settings):
    """The same as lines of echod.conf(5)."""
    return "".join(
        option[2:].replace("=", " = ", 1) + "\n"
        for option in options(settings))


def clean_environment(**more):
    names = ("NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
             "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM")
    environment = {k: v for k, v in os.environ.items() if k not in names}
    return {**environment, **more}


def run(*arguments, timeout=DEADLINE, wrapper=(), **popen):
    """Runs echod to its end; for what is not to become a daemon."""
    popen.setdefault("env", clean_environment())
    return subprocess.run(
        [*wrapper, *WRAPPER, ECHOD, *map(str, arguments)], text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=timeout, check=False, **popen)


def failed_start(folder, *flags, status=1, wrapper=(), preexec_fn=None,
                 **settings):
    """Starts a daemon that cannot; returns its one line of complaint."""
    settings = {**BASE, "pidfile": folder / "pid", **settings}
    with processes.orphans() as left:
        done = run("--config=/dev/null", *options(settings), *flags,
                   wrapper=wrapper, preexec_fn=preexec_fn)
        wait_until(lambda: not left(), "end of what was started")
    assert done.returncode == status, done
    assert done.stdout == ""
    assert re.fullmatch(r"echod: .*\n", done.stderr), done.stderr
    return done.stderr


def linkage():
    """How the program was made: static, dynamic, or LAYOUT=off."""
    program = pathlib.Path(ECHOD).read_bytes()
    if b"/ld-linux" in program[:4096]:  # a loader is named early
        return "dynamic"
    return "static" if b"\0.text.session\0" in program else "LAYOUT=off"


def shares_filter():
    """Whether sessions are under one filter, and not each under its own."""
    return platform.machine() == "x86_64" and \
        b"\0.text.confined\0" in pathlib.Path(ECHOD).read_bytes()


class Echod:
    """A daemon in the foreground, its log in a file.

    folder    an empty directory that any user may search
    config    settings for the configuration file; those in **settings go to
              the command line, as the defaults above do unless they are given
              in either place
    flags     further arguments
    wrapper   a command that executes the rest of its arguments
    crashes   whether the test makes sessions crash

    Unless ended before, close() stops it by SIGTERM and insists on a clean
    end: status 0, nothing left running, no alarming line in the log.
    """

    def __init__(self, folder, *flags, config=None, wrapper=(), env=None,
                 crashes=False, wait=True, stderr=None, pass_fds=(), user=None,
                 group=None, preexec_fn=None, **settings):
        self.folder = pathlib.Path(folder)
        self.crashes = crashes
        self.clients = []
        self.ended = False
        self.known_port = None
        self.config_file = self.folder / "echod.conf"
        self.log_file = self.folder / "log"
        given = {key(name): value for name, value in settings.items()}
        self.write_config(config or {})
        elsewhere = {key(name) for name in (config or {})}
        base = {k: v for k, v in BASE.items() if k not in elsewhere}
        arguments = [f"--config={self.config_file}",
                     *options({**base, **given}), *flags]
        command = [*wrapper, *WRAPPER, ECHOD, *self.mode(), *arguments]
        self.start(command, wait, stderr=stderr, pass_fds=pass_fds, user=user,
                   group=group, extra_groups=None if user is None else [],
                   preexec_fn=preexec_fn,
                   env=clean_environment(**(env or {})))

    def mode(self):
        return ["--foreground"]

    def start(self, command, wait, stderr, **popen):
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=stderr if stderr is not None else log,
                start_new_session=True, **popen)
        self.pid = self.pgid = self.process.pid
        if wait:
            try:
                self.wait_ready()
            except BaseException:
                self.kill()
                raise

    def wait_ready(self):
        self.wait_log(r"ready$")

    # ---- configuration ----

    def write_config(self, settings):
        """Replaces the configuration file, which is read at the next HUP."""
        text = (settings if isinstance(settings, str)
                else configuration(settings))
        self.config_file.write_text(text)
        self.config_file.chmod(0o644)

    def reload(self, settings, expect=r"reloaded "):
        before = len(self.matches(expect))
        self.write_config(settings)
        self.send_signal(signal.SIGHUP)
        return self.wait_log(expect, before + 1)

    # ---- the log ----

    def log(self):
        return self.log_file.read_text(errors="replace")

    def lines(self):
        """The messages, without the daemon's name in front."""
        return [line.removeprefix("echod: ")
                for line in self.log().splitlines()]

    def matches(self, pattern):
        return [m for line in self.lines() if (m := re.match(pattern, line))]

    def wait_log(self, pattern, count=1, deadline=DEADLINE):
        """The count-th line that begins with the pattern, as a match."""
        def enough():
            if len(found := self.matches(pattern)) >= count:
                return found
            if self.process.poll() is not None and self.is_direct():
                found = self.matches(pattern)
                assert len(found) >= count, \
                    f"echod ended without {pattern!r}:\n{self.log()}"
                return found
            return None
        return wait_until(
            enough, lambda: f"{pattern!r} x{count} in the log:\n{self.log()}",
            deadline)[count - 1]

    def is_direct(self):
        """Whether self.process is the daemon and not its launcher."""
        return True

    def ports(self):
        return [int(m.group(1)) for m in self.matches(r"listening on .*:(\d+)$")]

    @property
    def port(self):
        # Remembered: looking into /proc is slow with many connections.
        if self.known_port is None:
            self.known_port = self.ports()[0]
        return self.known_port

    def closed(self, count=1, deadline=DEADLINE):
        """The fields of the count-th "closed" line."""
        match = self.wait_log(
            r"closed (?P<peer>\S+) pid=(?P<pid>\d+) bytes=(?P<bytes>\d+|unknown) "
            r"duration=(?P<duration>\d+\.\d{3}) reason=(?P<reason>[a-z-]+)",
            count, deadline)
        fields = match.groupdict()
        fields["pid"] = int(fields["pid"])
        if fields["bytes"] != "unknown":
            fields["bytes"] = int(fields["bytes"])
        fields["duration"] = float(fields["duration"])
        return fields

    # ---- clients ----

    def connect(self, source=None, host="127.0.0.1", port=None, family=None,
                receive_buffer=None):
        """A connected socket, closed with the daemon if not before."""
        family = family or (
            socket.AF_INET6 if ":" in host else socket.AF_INET)
        client = socket.socket(family)
        self.clients.append(client)
        client.settimeout(DEADLINE)
        if receive_buffer:
            client.setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            # Else the kernel runs out of ports it could still reuse.
            client.setsockopt(socket.IPPROTO_IP, 24, 1)  # BIND_ADDRESS_NO_PORT
            client.bind((source, 0))
        client.connect((host, port or self.port))
        return client

    def sessions(self):
        """The pids of the live sessions."""
        return [pid for pid in processes.children(self.pid)
                if processes.is_alive(pid)]

    def client_descriptors(self, session):
        """A session's descriptors, but for the one that it reports on."""
        def look():
            shared = set(processes.descriptors(self.pid).values())
            every = list(processes.descriptors(session).values())
            return len(shared.intersection(every)) == 1 and [
                name for name in every if name not in shared]
        return wait_until(look, "the parent has closed the client's socket")

    def wait_sessions(self, count):
        return wait_until(
            lambda: len(found := self.sessions()) == count and (found or True),
            lambda: f"{count} sessions, not {self.sessions()}\n{self.log()}")

    def session_of(self, client):
        """The pid of the session that serves a connected socket."""
        if WRAPPER:
            raise unittest.SkipTest("a wrapper hides the sessions' titles")
        host, port = client.getsockname()[:2]
        title = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

        def look():
            for pid in self.sessions():
                with contextlib.suppress(FileNotFoundError,
                                         ProcessLookupError):
                    if processes.title(pid) == f"echod: {title}":
                        return pid
            return None
        return wait_until(look, f"session titled {title}")

    # ---- the end ----

    def send_signal(self, signo):
        os.kill(self.pid, signo)

    def wait_end(self, deadline=DEADLINE):
        """Waits until it has ended and nothing is left; the exit status."""
        try:
            status = self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running:\n{self.log()}") from None
        self.wait_gone(deadline)
        return status

    def wait_gone(self, deadline=DEADLINE):
        wait_until(lambda: not processes.group(self.pgid),
                   lambda: f"left: {processes.group(self.pgid)}", deadline)
        self.ended = True

    def stop(self, signo=signal.SIGTERM, deadline=DEADLINE):
        """Stops it and returns the exit status."""
        self.send_signal(signo)
        return self.wait_end(deadline)

    def kill(self):
        """The end by force of everything that was started."""
        processes.kill_group(self.pgid)
        self.process.wait(DEADLINE)
        self.wait_gone()

    def close(self):
        for client in self.clients:
            client.close()
        try:
            if not self.ended:
                self.stop_cleanly()
        finally:
            self.kill()
        if not self.crashes:
            assert not BROKEN.search(self.log()), self.log()

    def stop_cleanly(self):
        assert self.process.poll() is None, f"echod has died:\n{self.log()}"
        status = self.stop()
        assert status == 0, f"exit status {status}:\n{self.log()}"

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        if failure:
            self.ended = True
            with contextlib.suppress(AssertionError):
                self.close()
        else:
            self.close()


class Daemon(Echod):
    """The daemon in the background, known by its pidfile.

    Its log goes to syslog, so there is none to look at unless a test listens
    to /dev/log or sets log-target; the port comes from /proc.
    """

    def __init__(self, folder, *flags, pidfile=None, **settings):
        self.pidfile = pathlib.Path(pidfile or pathlib.Path(folder) / "pid")
        self.pid = None
        super().__init__(folder, *flags, pidfile=str(self.pidfile), **settings)

    def mode(self):
        return []

    def start(self, command, wait, **popen):
        self.launch(command, popen)
        self.pgid = self.process.pid
        if wait:
            status = self.process.wait(DEADLINE)
            self.take_pid()
            assert status == 0, f"exit status {status}:\n{self.log()}"

    def launch(self, command, popen):
        stderr = popen.pop("stderr")
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=stderr if stderr is not None else log,
                start_new_session=True, **popen)

    def take_pid(self):
        """Learns the daemon's pid, as an administrator would."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            self.pid = int(self.pidfile.read_text())
            self.pgid = os.getpgid(self.pid)

    def is_direct(self):
        return False

    def ports(self):
        return listening_ports(self.pid)

    def wait_end(self, deadline=DEADLINE):
        wait_until(lambda: not processes.is_alive(self.pid),
                   f"end of daemon {self.pid}", deadline)
        self.wait_gone(deadline)
        return 0

    def kill(self):
        if self.pid is not None:
            processes.kill_group(self.pgid)
        processes.kill_group(self.process.pid)
        self.process.wait(DEADLINE)
        self.wait_gone()

    def stop_cleanly(self):
        assert self.pid and processes.is_alive(self.pid), "echod has died"
        self.stop()
        assert not self.pidfile.exists()


def listening_ports(pid):
    """The TCP ports a process listens on, lowest descriptor first."""
    inodes = {m.group(1): fd
              for fd, name in processes.descriptors(pid).items()
              if (m := re.match(r"socket:\[(\d+)\]", name))}
    found = []
    for table in "tcp", "tcp6":
        path = pathlib.Path(f"/proc/{pid}/net/{table}")
        for line in path.read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                found.append((inodes[fields[9]],
                              int(fields[1].rpartition(":")[2], 16)))
    return [port for _, port in sorted(found)]
