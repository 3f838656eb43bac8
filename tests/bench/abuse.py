#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What an honest client feels of 3,000 hostile ones, and what refusals cost.

usage: abuse.py [--echod PATH] [--echoc PATH] [--each N] [--flood SECONDS]
                [--held N] [PART...]

Of each kind there are N clients (1,000), as many of a source as it may have:
idle ones, ones that send a byte a second, and ones that send for ever and
never read.  Meanwhile "echoc load" measures another source.  Then one source
that has all the sessions it may have tries for a while to open more.

The other parts are attacks on the parent beside N held sessions (4,000):
a client over its limit behind a proxy, the same through HAProxy ("balanced"),
and sessions that are killed.  Do not hold more with the sandbox on: some
kernels lock up when many thousands of seccomp filters are freed at once.
"""

import argparse
import collections
import json
import pathlib
import re
import resource
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import attacks  # noqa: E402
import echod as driver  # noqa: E402
import processes  # noqa: E402
from waiting import wait_until  # noqa: E402

PER_SOURCE = 64
IDLE, WRITE, LIFETIME = 10, 5, 15  # seconds
CLOSED = re.compile(r"closed 127\.(\d+)\.\S+ .* duration=(\S+) reason=(\S+)")
KINDS = {  # the second byte of their addresses, and how they are to end
    1: ("idle", "idle", IDLE),
    2: ("byte a second", "lifetime", LIFETIME),
    3: ("never reading", "stalled", WRITE),
}


class Crowd(threading.Thread):
    """All hostile clients, in one loop."""

    def __init__(self, port, each):
        super().__init__(daemon=True)
        self.clients = {kind: [self.open(port, kind, i) for i in range(each)]
                        for kind in KINDS}
        self.over = threading.Event()
        self.start()

    @staticmethod
    def open(port, kind, number):
        client = socket.socket()
        client.setsockopt(socket.IPPROTO_IP, 24, 1)  # BIND_ADDRESS_NO_PORT
        client.bind((f"127.{kind}.0.{1 + number // PER_SOURCE}", 0))
        client.connect(("127.0.0.1", port))
        client.setblocking(False)
        return client

    def run(self):
        pump = selectors.DefaultSelector()
        for client in self.clients[3]:
            pump.register(client, selectors.EVENT_WRITE)
        rest, due = bytes(65536), time.monotonic()
        while not self.over.is_set():
            for key, _ in pump.select(0.2):
                try:
                    key.fileobj.send(rest)
                except OSError:
                    pump.unregister(key.fileobj)
            if time.monotonic() >= due:
                due += 1
                self.trickle()

    def trickle(self):
        for client in list(self.clients[2]):
            try:
                client.send(b"x")
                client.recv(4096)
            except BlockingIOError:
                pass
            except OSError:
                self.clients[2].remove(client)

    def close(self):
        self.over.set()
        self.join()
        for clients in self.clients.values():
            for client in clients:
                client.close()


def honest(echoc, port, seconds):
    run = subprocess.run(
        [echoc, "load", "--churn", "-c", "4", "-r", "80", "-d", f"{seconds}s",
         "--json", f"127.0.0.1:{port}"], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, check=True)
    return json.loads(run.stdout)


def anonymous_memory(pid):
    return int(processes.status(pid)["RssAnon"].split()[0])


def ticks(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().split()
    return sum(map(int, fields[13:15]))


def crowd(arguments, folder):
    with driver.Echod(
            folder, max_children=4 * arguments.each, backlog=4096,
            max_per_source=PER_SOURCE, rate_per_source="100/s burst 200",
            idle_timeout=f"{IDLE}s", write_timeout=f"{WRITE}s",
            max_lifetime=f"{LIFETIME}s") as daemon:
        before = anonymous_memory(daemon.pid)
        alone = honest(arguments.echoc, daemon.port, 3)
        hostile = Crowd(daemon.port, arguments.each)
        print(f"{len(daemon.sessions())} hostile sessions")
        beside = honest(arguments.echoc, daemon.port, LIFETIME + 3)
        daemon.wait_sessions(0)
        hostile.close()
        ends = collections.defaultdict(list)
        for match in filter(None, map(CLOSED.match, daemon.lines())):
            ends[int(match[1]), match[3]].append(float(match[2]))
        for (kind, reason), spans in sorted(ends.items()):
            if kind in KINDS:
                name, expected, limit = KINDS[kind]
                # Who never reads stalls only when all buffers are full.
                print(f"{name}: {len(spans)} ended as {reason} (expected "
                      f"{expected}) after {min(spans):.2f} to {max(spans):.2f} s, "
                      f"limit {limit} s, median "
                      f"{statistics.median(spans) / limit:.3f} of it")
        for what, result in ("alone", alone), ("beside them", beside):
            raw = result["latency_ms"]["raw"]
            print(f"honest client {what}: {result['answered']} sessions, "
                  f"{result['lost']} lost, p50 {raw['p50']:.2f} ms, "
                  f"p99 {raw['p99']:.2f} ms, max {raw['max']:.2f} ms")
        print(f"parent's memory: {before} kB before, "
              f"{anonymous_memory(daemon.pid)} kB after")


def flood(arguments, folder):
    with driver.Echod(folder, max_per_source=1,
                      rate_per_source="100/s burst 200") as daemon:
        kept = daemon.connect()
        wait_until(daemon.sessions, "a session")
        lines, before = len(daemon.lines()), ticks(daemon.pid)
        end, count = time.monotonic() + arguments.flood, 0
        while time.monotonic() < end:
            with socket.create_connection(("127.0.0.1", daemon.port)):
                count += 1
        spent = (ticks(daemon.pid) - before) / 100
        print(f"{count} connections over the limit in {arguments.flood} s: "
              f"{len(daemon.lines()) - lines} lines, "
              f"{1e6 * spent / count:.1f} us of the parent's time each")
        kept.close()


PARTS = {"crowd": crowd, "flood": flood,
         **{name: attacks.attack(name) for name in attacks.KINDS}}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--echod")
    parser.add_argument("--echoc", default=driver.ROOT / "echoc")
    parser.add_argument("--each", type=int, default=1000)
    parser.add_argument("--flood", type=int, default=30)
    parser.add_argument("--held", type=int, default=4000)
    parser.add_argument("parts", nargs="*", metavar="PART",
                        help=f"of {', '.join(PARTS)}; all by default")
    arguments = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if arguments.echod:
        driver.ECHOD = arguments.echod
    for part in arguments.parts or PARTS:
        with tempfile.TemporaryDirectory(prefix="echod-abuse-") as folder:
            pathlib.Path(folder).chmod(0o755)
            PARTS[part](arguments, pathlib.Path(folder))


if __name__ == "__main__":
    main()
