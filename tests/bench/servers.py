# SPDX-License-Identifier: ISC
"""
The contestants: how each is started at its best on port 7, with its limits
off and its backlog up.  They are one table; bench.py knows none by name.
"""

import os
import re
import shutil
import socket
import subprocess
import threading
from dataclasses import dataclass, field

from world import wait_until

PORT = 7
XINETD = """\
defaults
{
	instances = UNLIMITED
	per_source = UNLIMITED
	cps = 1000000 1
}
service echo
{
	type = INTERNAL
	id = echo-stream
	socket_type = stream
	protocol = tcp
	user = root
	wait = no
	flags = NOLIBWRAP
%s}
"""
INETD = "echo stream tcp4 nowait root internal\n"


@dataclass
class Server:
    """What can be started and measured."""

    name: str
    command: list
    kind: str = "peer"  # floor, echod, peer, or scale: no process per client
    version: str = ""
    missing: str = ""  # why it takes no part
    version_command: list = field(default_factory=list)
    half_close: str = "?"  # what comes back after the client's half-close
    failures: dict = field(default_factory=dict)  # {measure: what happened}
    limited: list = None  # the command with one session per source


def _find(program, peers):
    """A program of the path, of sbin or of the directory of unpacked peers."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    if peers:
        path += f":{peers}/bin"
    return shutil.which(program, path=path)


def _echod(name, path, *options):
    # The shipped defaults, but for caps and rate.
    head = [path, "--foreground", "--log-target=syslog"]
    head += ["--listen=*:%d" % PORT, "--max-children=32000", *options]
    return Server(
        name,
        head + ["--max-per-source=0", "--rate-per-source=0"],
        kind="echod",
        version_command=[path, "-V"],
        limited=head + ["--max-per-source=1", "--rate-per-source=0"],
    )


def _write(directory, name, text):
    path = f"{directory}/{name}"
    with open(path, "w", encoding="ascii") as f:
        f.write(text)
    return path


def _xinetd(path, directory):
    def command(name, more):
        file = _write(directory, name, XINETD % more)
        pid = f"{directory}/xinetd.pid"
        return [path, "-dontfork", "-f", file, "-pidfile", pid]

    return command("xinetd.conf", ""), command(
        "xinetd-limited.conf", "\tper_source = 1\n"
    )


def echods(options, directory):
    """The variants of echod, and those given with --also."""
    place = f"{directory}/metrics"
    os.mkdir(place)
    os.chmod(place, 0o777)  # echod writes as a user of its own
    metrics = _echod(
        "echod-metrics",
        options.echod,
        f"--metrics-file={place}/echod.prom",
        "--metrics-interval=1s",
    )
    table = [
        _echod("echod", options.echod),
        metrics,
        _echod("echod-off", options.echod, "--sandbox=off"),
    ]
    if options.echod_dynamic:
        table.append(_echod("echod-dynamic", options.echod_dynamic))
    for also in options.also:
        name, path = also.split("=", 1)
        table.append(_echod(name, path))
    return table


def scales(built):
    epoll = Server("epoll", [built["epoll"]], "scale", "this bench's")
    if "goroutines" not in built:
        return [epoll, Server("go", [], "scale", missing="no go compiler")]
    go = [built["goroutines"]]
    return [
        epoll,
        Server("go", go, "scale", version_command=["go", "version"]),
        Server("go-splice", go + ["copy"], "scale", "the same, io.Copy"),
    ]


# name, package, program, arguments, arguments that print the version
PEERS = [
    (
        "socat",
        "socat",
        "socat",
        ["TCP4-LISTEN:7,fork,reuseaddr,nodelay,backlog=4096", "PIPE"],
        ["-V"],
    ),
    (
        "tcpserver",
        "ucspi-tcp",
        "tcpserver",
        ["-HRl0", "-c", "40000", "-b", "4096", "0", "7", "/bin/cat"],
        [],
    ),
    (
        "inetd",
        "inetutils-inetd",
        "inetutils-inetd",
        ["-R", "1000000000", "-p{directory}/inetd.pid", "{inetd_conf}"],
        ["--version"],
    ),
    ("xinetd", "xinetd", "xinetd", [], ["-version"]),
    (
        "ncat",
        "ncat",
        "ncat",
        ["-4", "-l", "-k", "-m", "40000", "-e", "/bin/cat", "7"],
        ["--version"],
    ),
    (
        "socket-activate",
        "systemd",
        "systemd-socket-activate",
        ["-l", "7", "--accept", "--inetd", "/bin/cat"],
        ["--version"],
    ),
    (
        "busybox-nc",
        "busybox",
        "busybox",
        ["nc", "-ll", "-p", "7", "-e", "/bin/cat"],
        ["--help"],
    ),
]


def peers(options, directory):
    table = []
    places = {
        "directory": directory,
        "inetd_conf": _write(directory, "inetd.conf", INETD),
    }
    for name, package, program, arguments, version in PEERS:
        path = _find(program, options.peers)
        if path is None:
            table.append(
                Server(name, [], missing=f"{program} (package {package})")
            )
            continue
        command = [path] + [a.format(**places) for a in arguments]
        server = Server(name, command, version_command=[path, *version])
        if not version:
            server.version = package_version(package)
        if name == "xinetd":
            server.command, server.limited = _xinetd(path, directory)
        table.append(server)
    return table


def package_version(package):
    query = ["dpkg-query", "-W", "-f", "${Package} ${Version}", package]
    out = subprocess.run(query, capture_output=True, text=True, check=False)
    return out.stdout.strip() or "unknown"


def find_version(server):
    """The first line with a number in it of what the program says."""
    if server.version or not server.version_command:
        return
    out = subprocess.run(
        server.version_command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )
    lines = (out.stdout + out.stderr).splitlines()
    numbered = [line for line in lines if re.search(r"\d\.\d", line)]
    server.version = numbered[0].strip() if numbered else "unknown"


def contestants(options, built, directory):
    table = [Server("floor", [built["floor"]], "floor", "this bench's")]
    table += echods(options, directory)
    table += peers(options, directory)
    table += scales(built)
    if options.servers:
        wanted = options.servers.split(",")
        unknown = set(wanted) - {s.name for s in table}
        if unknown:
            raise SystemExit(f"bench: no server {', '.join(sorted(unknown))}")
        table = [s for s in table if s.name in wanted]
    for server in table:
        if not server.missing:
            find_version(server)
    return table


# ---- one that runs ----------------------------------------------------------


def _connect():
    s = socket.create_connection(("127.0.0.1", PORT), timeout=10)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def _answers():
    try:
        with _connect() as s:
            s.sendall(b"?")
            return s.recv(1) == b"?"
    except OSError:
        return False


class Running:
    """A started server, in a control group of its own."""

    def __init__(self, server, groups, limited=False):
        self.server = server
        self.group = groups.make(server.name)
        self.process = subprocess.Popen(
            server.limited if limited else server.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=self.group.join,
            start_new_session=True,
        )
        if not wait_until(_answers):
            self.end()
            raise RuntimeError(f"{server.name} does not answer")
        wait_until(lambda: len(self.group.pids()) <= 1, 2)
        self.processes = len(self.group.pids())

    def settle(self, seconds=30):
        """Waits until nothing is left of earlier clients."""
        return wait_until(
            lambda: len(self.group.pids()) <= self.processes, seconds
        )

    def pin(self, processors):
        """From here on it and its children run there only."""
        for pid in self.group.pids():
            for thread in os.listdir(f"/proc/{pid}/task"):
                os.sched_setaffinity(int(thread), processors)

    def end(self):
        if self.group is None:
            return
        self.group.end()
        self.group = None
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


# ---- is it an echo server? --------------------------------------------------


def _send(s, data, close):
    """In uneven pieces."""
    size = 1
    while data:
        s.sendall(data[:size])
        data, size = data[size:], size * 3 % 50021 + 1
    if close:
        s.shutdown(socket.SHUT_WR)


def _received(data, close):
    with _connect() as s:
        sender = threading.Thread(target=_send, args=(s, data, close))
        sender.start()
        got = b""
        try:
            while close or len(got) < len(data):
                piece = s.recv(1 << 16)
                if not piece:
                    break
                got += piece
        except OSError:
            pass
        sender.join()
        return got


def check(server, groups):
    """Why it is none, or "".  Notes what a half-close does."""
    data = os.urandom(300000)
    try:
        with Running(server, groups):
            if _received(data, close=False) != data:
                return "does not echo what it was sent"
            back = _received(data, close=True)
            server.half_close = (
                "ok" if back == data else f"loses {len(data) - len(back)} B"
            )
    except (OSError, RuntimeError) as error:
        return str(error)
    return ""
