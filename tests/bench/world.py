# SPDX-License-Identifier: ISC
"""
The world a bench runs in: private mount and network namespaces, so that every
server can have port 7 and a /dev/log that is read, and control groups, which
tell what a server and all its children cost and what is left of them to end.
"""

import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

INSIDE = "ECHOD_BENCH_INSIDE"
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
SETTINGS = {
    "net/ipv4/ip_local_port_range": "10240 65535",
    "net/ipv4/tcp_tw_reuse": "1",
    "net/ipv4/tcp_max_syn_backlog": "16384",
    "net/core/somaxconn": "4096",
}


def wait_until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


# ---- namespaces -------------------------------------------------------------


def enter():
    """Runs the program anew in namespaces of its own, which end with it."""
    if os.environ.get(INSIDE):
        return
    if os.geteuid() != 0:
        sys.exit("bench: must be root, for namespaces and control groups")
    os.environ[INSIDE] = "1"
    command = ["unshare", "--mount", "--net", "--propagation", "private"]
    os.execvp(command[0], command + [sys.executable] + sys.argv)


def _loopback_up():
    get, put, up = 0x8913, 0x8914, 1  # netdevice(7): SIOCGIFFLAGS & co.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = fcntl.ioctl(s, get, struct.pack("16sh14x", b"lo", 0))
        flags = struct.unpack("16sh14x", request)[1]
        fcntl.ioctl(s, put, struct.pack("16sh14x", b"lo", flags | up))


def _mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def _private_dev():
    new = tempfile.mkdtemp(prefix="echod-bench-")
    _mount("-t", "tmpfs", "tmpfs", new)
    for name in DEVICES:
        open(f"{new}/{name}", "w").close()
        _mount("--bind", f"/dev/{name}", f"{new}/{name}")
    _mount("--rbind", new, "/dev")
    _mount("-l", "--bind", new, new)
    subprocess.run(["umount", "-l", new], check=True)
    subprocess.run(["umount", "-l", new], check=False)
    subprocess.run(["rmdir", new], stderr=subprocess.DEVNULL, check=False)


def prepare(sink):
    """Returns the log daemon that reads /dev/log."""
    _loopback_up()
    for name, value in SETTINGS.items():
        with open(f"/proc/sys/{name}", "w", encoding="ascii") as f:
            f.write(value)
    _private_dev()
    reader = subprocess.Popen(
        [sink, "/dev/log"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    if not wait_until(lambda: os.path.exists("/dev/log")):
        sys.exit("bench: no log daemon")
    return reader


# ---- control groups ---------------------------------------------------------


def _read(path):
    with open(path, encoding="ascii") as f:
        return f.read()


def _own_groups():
    """The directories of this process's groups: {controller: directory}."""
    mounts = {}
    for line in _read("/proc/self/mounts").splitlines():
        _, where, kind, options = line.split()[:4]
        if kind == "cgroup2":
            mounts.setdefault("", where)
        elif kind == "cgroup":
            for option in options.split(","):
                mounts.setdefault(option, where)
    found = {}
    for line in _read("/proc/self/cgroup").splitlines():
        _, names, path = line.split(":", 2)
        for name in names.split(","):
            if name in mounts:
                found[name] = mounts[name] + path.rstrip("/")
    return found


class Groups:
    """Where the servers' groups are made; version 1 or 2, as it is found."""

    def __init__(self):
        own = _own_groups()
        self.version = 1 if "cpuacct" in own and "memory" in own else 2
        if self.version == 1:
            self.parents = {own["cpuacct"], own["memory"]}
            self.cpu, self.memory = own["cpuacct"], own["memory"]
        else:
            self.parents = {own[""]}
            self.cpu = self.memory = own[""]
            self._delegate(own[""])

    @staticmethod
    def _delegate(directory):
        """A group with controllers has no processes of its own."""
        leaf = f"{directory}/bench"
        os.makedirs(leaf, exist_ok=True)
        for pid in _read(f"{directory}/cgroup.procs").split():
            with open(f"{leaf}/cgroup.procs", "w", encoding="ascii") as f:
                f.write(pid)
        with open(f"{directory}/cgroup.subtree_control", "w") as f:
            f.write("+cpu +memory")

    def make(self, name):
        return Group(self, f"echod-bench-{os.getpid()}-{name}")


class Group:
    """One server and all the processes it makes."""

    def __init__(self, groups, name):
        self.version = groups.version
        self.cpu_dir = f"{groups.cpu}/{name}"
        self.memory_dir = f"{groups.memory}/{name}"
        self.directories = sorted({self.cpu_dir, self.memory_dir})
        for directory in self.directories:
            os.makedirs(directory)

    def join(self):
        """To be called in the process that is to be in it."""
        for directory in self.directories:
            with open(f"{directory}/cgroup.procs", "w") as f:
                f.write(str(os.getpid()))

    def pids(self):
        return [int(p) for p in _read(f"{self.cpu_dir}/cgroup.procs").split()]

    def cpu_seconds(self):
        if self.version == 1:
            return int(_read(f"{self.cpu_dir}/cpuacct.usage")) / 1e9
        usage = _read(f"{self.cpu_dir}/cpu.stat").split()
        return int(usage[usage.index("usage_usec") + 1]) / 1e6

    def memory_bytes(self):
        """All of it, and the kernel's part."""
        where = self.memory_dir
        if self.version == 1:
            return (
                int(_read(f"{where}/memory.usage_in_bytes")),
                int(_read(f"{where}/memory.kmem.usage_in_bytes")),
            )
        stat = _read(f"{where}/memory.stat").split()
        return (
            int(_read(f"{where}/memory.current")),
            int(stat[stat.index("kernel") + 1]),
        )

    def end(self):
        """Ends every process in it, and it."""

        def ended():
            pids = self.pids()
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            return not pids

        if not wait_until(ended, 60):
            sys.exit(f"bench: cannot end {self.pids()}")
        for directory in self.directories:
            wait_until(lambda where=directory: _removed(where), 10)


def _removed(directory):
    try:
        os.rmdir(directory)
    except OSError:
        return False
    return True
