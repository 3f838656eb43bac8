# SPDX-License-Identifier: ISC
"""
What is measured.  A measure is a function of a running server that returns
{metric: value}; MEASURES is the table of them.
"""

import os
import signal
import subprocess
import time

from servers import Running
from world import wait_until

CLIENTS = (1, 16, 64)
SIZES = (1, 64, 1024, 16384)
HELD = (5000, 15000)
HELD_PER_CLIENT = 15000  # descriptors: well below 20,000 for each process
MEMORY_SESSIONS = 2000
CROWD = 25000
OPENING_SECONDS = 60


class Bench:
    """The bench's tools: the load generator and the length of a measure."""

    def __init__(self, load, groups, seconds):
        self.load_program = load
        self.groups = groups
        self.milliseconds = max(1, int(seconds * 1000))

    def load(self, *arguments, processors=None):
        out = subprocess.run(
            [self.load_program, *map(str, arguments)],
            preexec_fn=processors
            and (lambda: os.sched_setaffinity(0, processors)),
            stdout=subprocess.PIPE,
            text=True,
            timeout=self.milliseconds / 1000 + 60,
            check=True,
        )
        pairs = (item.split("=") for item in out.stdout.split())
        return {key: float(value) for key, value in pairs}

    def churn(self, clients, milliseconds=None):
        return self.load("churn", clients, milliseconds or self.milliseconds, 64)


class Held:
    """Sessions held open by one client process."""

    def __init__(self, bench, count):
        self.process = subprocess.Popen(
            [bench.load_program, "hold", str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.good = self._answer(count)

    def _answer(self, count):
        return self.process.stdout.readline() == f"held={count}\n"

    def exchange(self, count):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self._answer(count)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def _divide(running):
    """
    Gives the server a processor and the clients the others; returns those.
    Left alone the scheduler moves the two together or apart as it happens,
    and a round trip takes 14 or 50 microseconds as it happens.
    """
    processors = sorted(os.sched_getaffinity(0))
    if len(processors) == 1:
        return set(processors)
    running.pin({processors[0]})
    return set(processors[1:])


def _check(held):
    if not held.good:
        raise RuntimeError("not all sessions could be opened")


# ---- the measures -----------------------------------------------------------


def rate(bench, running):
    """Connections per second; CPU per connection; time to the first byte."""
    metrics = {}
    bench.churn(16, 100)
    for clients in CLIENTS:
        running.settle()
        before = running.group.cpu_seconds()
        result = bench.churn(clients)
        running.settle()
        cpu = running.group.cpu_seconds() - before
        done = max(1, result["done"])
        metrics[f"rate/{clients}"] = result["done"] / result["seconds"]
        metrics[f"rate-cpu/{clients}"] = cpu / done * 1e6
        metrics[f"failed/{clients}"] = result["failed"]
        if clients == 1:
            metrics["first-byte/p50"] = result["p50"]
            metrics["first-byte/p99"] = result["p99"]
    return metrics


def held(bench, running):
    """Connections per second while other sessions are held."""
    metrics = {}
    holders = []
    try:
        result = bench.churn(16)
        metrics["held/0"] = result["done"] / result["seconds"]
        for count in HELD:
            more = count - sum(HELD[: HELD.index(count)][-1:])
            holders.append(Held(bench, more))
            _check(holders[-1])
            result = bench.churn(16)
            metrics[f"held/{count}"] = result["done"] / result["seconds"]
            metrics[f"held-ratio/{count}"] = (
                metrics[f"held/{count}"] / metrics["held/0"]
            )
    finally:
        for holder in holders:
            holder.end()
    running.settle(OPENING_SECONDS)
    return metrics


def rtt(bench, running):
    """Round trips on one connection, microseconds."""
    metrics = {}
    rest = _divide(running)
    for size in SIZES:
        result = bench.load("rtt", bench.milliseconds, size, processors=rest)
        if result["p50"] == 0:
            raise RuntimeError("too slow to tell")
        for name in ("p50", "p99", "p99.9"):
            metrics[f"rtt/{size}/{name}"] = result[name]
    return metrics


def bulk(bench, running):
    """GB per second, there and back counted once; CPU-seconds per GB."""
    metrics = {}
    rest = _divide(running)
    for clients in (1, 8):
        running.settle()
        before = running.group.cpu_seconds()
        result = bench.load(
            "bulk", clients, bench.milliseconds, processors=rest
        )
        running.settle()
        gigabytes = result["done"] / 1e9
        cpu = running.group.cpu_seconds() - before
        metrics[f"bulk/{clients}"] = gigabytes / result["seconds"]
        metrics[f"bulk-cpu/{clients}"] = cpu / gigabytes
    return metrics


def memory(bench, running):
    """Bytes per live session, kernel memory included."""
    bench.churn(16, 100)
    running.settle()
    before = running.group.memory_bytes()
    holder = Held(bench, MEMORY_SESSIONS)
    try:
        _check(holder)
        after = running.group.memory_bytes()
    finally:
        holder.end()
    running.settle()
    return {
        "memory/all": (after[0] - before[0]) / MEMORY_SESSIONS,
        "memory/kernel": (after[1] - before[1]) / MEMORY_SESSIONS,
    }


def refused(bench, running):
    """CPU microseconds for a connection that is refused."""
    if running.server.limited is None:
        return {}
    running.end()
    with Running(running.server, bench.groups, limited=True) as limited:
        holder = Held(bench, 1)
        try:
            _check(holder)
            before = limited.group.cpu_seconds()
            result = bench.churn(4)
            cpu = limited.group.cpu_seconds() - before
        finally:
            holder.end()
    attempts = result["failed"] + result["done"]
    if result["done"] > attempts / 100:
        raise RuntimeError("connections were not refused")
    return {
        "refused/rate": attempts / result["seconds"],
        "refused/cpu": cpu / attempts * 1e6,
    }


def crowd(bench, running):
    """A crowd of sessions, each echoing twice; the time to stop them all."""
    if running.server.kind != "echod":
        return {}
    holders = []
    half = CROWD // 2
    try:
        for _ in range(2):
            holders.append(Held(bench, half))
            _check(holders[-1])
        if not all(h.exchange(half) for h in holders):
            raise RuntimeError("a session did not echo")
        live = len(running.group.pids()) - running.processes
        start = time.monotonic()
        os.kill(running.process.pid, signal.SIGTERM)
        if not wait_until(lambda: running.process.poll() is not None, 60):
            raise RuntimeError("does not stop")
        span = time.monotonic() - start
    finally:
        for holder in holders:
            holder.end()
    if running.process.returncode != 0:
        raise RuntimeError(f"exit status {running.process.returncode}")
    return {"crowd/live": live, "crowd/stop": span}


# In the order they are made; the last two end the server.
MEASURES = {
    "rate": rate,
    "rtt": rtt,
    "bulk": bulk,
    "memory": memory,
    "held": held,
    "refused": refused,
    "crowd": crowd,
}

# Made only if named: thousands of filters that are freed at once have locked
# up a kernel for good (echod(8), BUGS).
LARGE = ("held", "crowd")

# Where a measure is not for every server: thousands of processes of these
# would take gigabytes, or minutes to start.
ONLY = {
    "held": ("floor", "echod", "scale", "inetd", "xinetd"),
    "crowd": ("echod",),
    "refused": ("echod", "xinetd"),
}


def takes_part(server, measure):
    return measure not in ONLY or bool(
        {server.name, server.kind} & set(ONLY[measure])
    )
