# SPDX-License-Identifier: ISC
"""A booted systemd with echod in it.

systemd-nspawn(1) boots an overlay over the cached root directory.  The mounts
are in a mount namespace of its own and every process is in one pid namespace,
so all of it is gone with the first process.  A guard ends that one when the
tests are over, also if they are killed.  Files are reached through
/proc/PID/root, and clients are sockets made in the machine's network, which
has nothing but its loopback interface.
"""

import contextlib
import ctypes
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from waiting import wait_until

TOP = pathlib.Path(__file__).resolve().parents[2]
BOOT_DEADLINE = 120
COMMAND_DEADLINE = 90
CLONE_NEWNET = 0x40000000

# Arguments: where to mount, the root directory, control groups to be in.  What
# systemd-nspawn keeps about its machine is kept apart from the host's; it ends
# with status 133 when the machine is to be booted again.
MOUNT = """
place=$1 lower=$2
shift 2
mkdir -p /run/systemd/nspawn
mount -t tmpfs -o mode=755 echod-test /run/systemd/nspawn
mount -t tmpfs -o size=1g,mode=755 echod-test "$place"
mkdir "$place/upper" "$place/work" "$place/root"
mount -t overlay -o \
    "lowerdir=$lower,upperdir=$place/upper,workdir=$place/work" \
    echod-test "$place/root"
until setpriv --pdeathsig KILL sh -ec "$BOOT" sh "$place/root" "$@" ||
    [ $? -ne 133 ]
do
    :
done
"""
BOOT = """
root=$1
shift
for group; do
    echo $$ > "$group/cgroup.procs"
done
exec systemd-nspawn --quiet --boot --notify-ready=yes --register=no \
    --keep-unit --private-network --resolv-conf=off --timezone=off \
    --link-journal=no --settings=no --console=pipe \
    --machine="echod-test-$$" --directory="$root"
"""

_libc = ctypes.CDLL(None, use_errno=True)


def _setns(fd):
    if _libc.setns(fd, CLONE_NEWNET) == -1:
        raise OSError(ctypes.get_errno(), "setns")


def _environment():
    """Without what make and the tests' own manager have put there."""
    names = ("PATH", "HOME", "TMPDIR", "CC", "CFLAGS", "LDFLAGS", "CPPFLAGS")
    return {name: os.environ[name] for name in names if name in os.environ}


def _control_groups(name):
    """Makes one in each hierarchy: a manager takes the one it finds itself in
    for the top of its own.  A new one of cpuset has no processor to run on.
    """
    made = []
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        _, place, kind, options, *_ = line.split()
        if kind == "cgroup2" or (
                kind == "cgroup" and "cpuset" not in options.split(",")):
            made.append(pathlib.Path(place, name))
            made[-1].mkdir()
    return made


def _processes(group):
    return [int(pid) for file in group.rglob("cgroup.procs")
            for pid in file.read_text().split()]


def _remove_control_groups(groups):
    """... and whatever is left in them."""
    for group in groups:
        for pid in _processes(group):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not _processes(group), "they are gone")
        for folder, _, _ in os.walk(group, topdown=False):
            os.rmdir(folder)


def make(*arguments):
    """Runs make for a plain build of its own, whatever the tests run on."""
    build = pathlib.Path(os.environ.get("BUILD", TOP / "build")) / "system"
    subprocess.run(
        ["make", "-C", TOP, "-j2", f"BUILD={build.resolve()}", *arguments],
        env=_environment(), check=True)


class Machine:
    """Use it as a context manager; it is ready when the block begins."""

    def __init__(self, root, unified=False):
        self.lower = root
        self.unified = unified
        self.leader = self.guard = None

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.place = pathlib.Path(tempfile.mkdtemp(prefix="echod-system-"))
            stack.callback(shutil.rmtree, self.place, ignore_errors=True)
            (self.place / "mount").mkdir()
            self.console = stack.enter_context(
                open(self.place / "console", "w+b"))
            groups = _control_groups(self.place.name)
            stack.callback(_remove_control_groups, groups)
            with self._notifications() as notify:
                self.container = self._start(groups)
                stack.callback(self._end)
                self._await_boot(notify)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def _start(self, groups):
        environment = {
            **_environment(),
            "BOOT": BOOT,
            "NOTIFY_SOCKET": str(self.place / "notify"),
            # Services get the filters of their units and no others.
            "SYSTEMD_SECCOMP": "0"}
        if self.unified:
            environment["SYSTEMD_NSPAWN_UNIFIED_HIERARCHY"] = "1"
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL",
             "unshare", "--mount", "--propagation", "private",
             "sh", "-ec", MOUNT, "sh",
             self.place / "mount", self.lower, *groups],
            env=environment, stdin=subprocess.DEVNULL, stdout=self.console,
            stderr=self.console, start_new_session=True)

    def _end(self):
        if self.guard is not None:
            self.guard.communicate()
        else:
            self.container.kill()
        self.container.wait()

    def _set_guard(self):
        """It waits for its input to end; nobody else has the other side."""
        self.guard = subprocess.Popen(
            ["sh", "-c", 'read -r _; kill -KILL "$0"', str(self.leader)],
            stdin=subprocess.PIPE, start_new_session=True)

    def _withdraw_guard(self):
        self.guard.kill()
        self.guard.communicate()
        self.guard = self.leader = None

    @contextlib.contextmanager
    def _notifications(self):
        """Only during a boot: later ones would fill the socket."""
        path = self.place / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(str(path))
            yield notify
            path.unlink()

    def _await_boot(self, notify):
        """systemd-nspawn says who the first process is, then systemd that it
        is done with the start."""
        end, ready = time.monotonic() + BOOT_DEADLINE, False
        pidfd = os.pidfd_open(self.container.pid)
        try:
            while not ready:
                came, _, _ = select.select(
                    [notify, pidfd], [], [], max(0, end - time.monotonic()))
                if notify not in came:
                    self.console.seek(0)
                    raise AssertionError("the machine did not start: " +
                                         self.console.read().decode())
                for line in notify.recv(4096).decode().split("\n"):
                    name, _, value = line.partition("=")
                    if name == "X_NSPAWN_LEADER_PID":
                        self.leader = int(value)
                        self._set_guard()
                    ready |= self.leader is not None and line == "READY=1"
        finally:
            os.close(pidfd)

    def reboot(self):
        with self._notifications() as notify:
            old = self.leader
            self._withdraw_guard()
            self._enter(old, "systemctl", "reboot")
            self._await_boot(notify)

    def enforce_tasks_max(self):
        """In a version 1 hierarchy systemd-nspawn lets nobody write."""
        place = "/sys/fs/cgroup/pids"
        if self.path(place).exists():
            self.run("mount", "-o", "remount,bind,rw", place)
            self.systemctl("daemon-reexec")

    # ---- files and commands ----

    def path(self, name):
        """A file of the machine, as it is called from outside."""
        return pathlib.Path(f"/proc/{self.leader}/root") / name.lstrip("/")

    def write(self, name, text):
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(text, encoding="utf-8")

    def try_run(self, *command):
        """Runs it inside and returns its CompletedProcess."""
        return self._enter(self.leader, *command)

    @staticmethod
    def _enter(leader, *command):
        return subprocess.run(
            ["nsenter", "-t", str(leader), "-a", "--", *command],
            env={"PATH": "/usr/sbin:/usr/bin", "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=COMMAND_DEADLINE,
            check=False)

    def run(self, *command):
        """Runs it inside and returns what it printed; it must succeed."""
        done = self.try_run(*command)
        assert done.returncode == 0, f"{command}: {done.stdout}"
        return done.stdout

    def systemctl(self, *arguments):
        return self.run("systemctl", *arguments)

    def show(self, name, unit="echod"):
        return self.systemctl("show", "--value", f"--property={name}",
                              unit).strip()

    def install(self):
        make("install", f"DESTDIR={self.path('/')}", "prefix=/usr")
        self.run("systemd-sysusers")
        self.systemctl("daemon-reload")

    def uninstall(self):
        make("uninstall", f"DESTDIR={self.path('/')}", "prefix=/usr")

    # ---- the journal ----

    def cursor(self):
        """The present end of the journal."""
        self.run("journalctl", "--sync")
        last = self.run("journalctl", "-n1", "-o", "json")
        return json.loads(last)["__CURSOR"]

    def journal(self, cursor, identifier=None):
        """The entries since then; journalctl(1) would lose one of those that
        match if the one at the cursor does not."""
        self.run("journalctl", "--sync")
        text = self.run("journalctl", "-o", "json", "--quiet",
                        f"--after-cursor={cursor}")
        entries = [json.loads(line) for line in text.splitlines()]
        return [entry for entry in entries
                if identifier in (None, entry.get("SYSLOG_IDENTIFIER"))]

    # ---- the network ----

    @contextlib.contextmanager
    def network(self):
        """Sockets that this thread makes meanwhile are the machine's."""
        here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(f"/proc/{self.leader}/ns/net", os.O_RDONLY)
        try:
            _setns(there)
            yield
        finally:
            _setns(here)
            os.close(here)
            os.close(there)

    def socket(self, family=socket.AF_INET):
        with self.network():
            made = socket.socket(family, socket.SOCK_STREAM)
        made.settimeout(30)
        return made

    def connect(self, address="127.0.0.1", port=7, source=None):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        client = self.socket(family)
        try:
            if source is not None:
                client.bind((source, 0))
            client.connect((address, port))
        except OSError:
            client.close()
            raise
        return client
