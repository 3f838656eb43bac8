#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Soaks a daemon: very many connections, then very many bytes.

usage: tests/torture/soak.py [--connections=N] [--gigabytes=N] [--workers=N]

Every connection's answer is compared by its hash.  The report tells how many
descriptors and how much memory the daemon had when it was warm and at the
end; the exit status is 0 if nothing was lost, nothing leaked and no zombie was
left.  The program is ECHOD in the environment, ./echod by default.
"""

import argparse
import collections
import contextlib
import hashlib
import itertools
import multiprocessing
import os
import pathlib
import random
import socket
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import echod as driver  # noqa: E402 (after the path)
import processes  # noqa: E402
from waiting import wait_until  # noqa: E402

GROWTH = 64  # KiB that the daemon's memory may grow by after the warm-up
WARM = 20  # one in so many connections is for warming up
SOURCES = 100  # addresses to connect from, for their ports
LARGEST = 4096  # bytes on one of the many connections
CHUNK = 256 * 1024
STREAM = 10**9  # bytes on one of the connections that carry much
DEADLINE = 60
BIND_ADDRESS_NO_PORT = 24

Sample = collections.namedtuple("Sample", "descriptors rss zombies sessions")


def connect(port, source):
    stream = socket.socket()
    stream.settimeout(DEADLINE)
    stream.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
    stream.bind((source, 0))
    stream.connect(("127.0.0.1", port))
    return stream


def receive_digest(stream):
    digest, buffer, length = hashlib.sha256(), bytearray(CHUNK), 0
    view = memoryview(buffer)
    while count := stream.recv_into(buffer):
        digest.update(view[:count])
        length += count
    return digest.digest(), length


def visit(port, source, data):
    """Whether all of a few bytes came back."""
    with connect(port, source) as stream:
        stream.sendall(data)
        stream.shutdown(socket.SHUT_WR)
        return receive_digest(stream)[0] == hashlib.sha256(data).digest()


def visit_often(worker, port, count):
    """Returns how many visits went wrong and how many bytes went well."""
    generator = random.Random(worker)
    pool = os.urandom(2 * LARGEST)
    sources = itertools.cycle(
        f"127.{worker + 1}.0.{n + 1}" for n in range(SOURCES))
    failures = length = 0
    for _ in range(count):
        begin = generator.randrange(LARGEST)
        data = pool[begin:begin + generator.randrange(1, LARGEST)]
        try:
            good = visit(port, next(sources), data)
        except OSError:
            good = False
        failures += not good
        length += len(data) if good else 0
    return failures, length


def send_stream(stream, block, count):
    with contextlib.suppress(OSError):
        for _ in range(count):
            stream.sendall(block)
        stream.shutdown(socket.SHUT_WR)


def carry_much(worker, port, streams):
    """As many streams of a gigabyte, one after the other."""
    block = os.urandom(CHUNK)
    count = STREAM // CHUNK
    digest = hashlib.sha256()
    for _ in range(count):
        digest.update(block)
    failures = length = 0
    for _ in range(streams):
        with connect(port, f"127.{worker + 1}.0.1") as stream:
            sender = threading.Thread(
                target=send_stream, args=(stream, block, count))
            sender.start()
            with contextlib.suppress(OSError):
                got, size = receive_digest(stream)
                failures += got != digest.digest()
                length += size
            sender.join()
    return failures, length


def share(total, workers):
    """Splits a number into as many as there are workers."""
    return [total // workers + (n < total % workers) for n in range(workers)]


def run(pool, function, port, total, workers):
    """All workers at once; failures, bytes, seconds."""
    begin = time.monotonic()
    results = pool.starmap(function, [
        (n, port, part) for n, part in enumerate(share(total, workers))])
    return (sum(failures for failures, _ in results),
            sum(length for _, length in results), time.monotonic() - begin)


def sample(running):
    """When all clients have gone: what the daemon has."""
    wait_until(lambda: not processes.children(running.pid),
               "the end of all sessions, and no zombie")
    children = processes.children(running.pid)
    return Sample(
        len(processes.descriptors(running.pid)),
        int(processes.status(running.pid)["VmRSS"].split()[0]),
        sum(processes.state(pid) == "Z" for pid in children), len(children))


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--connections", type=int, default=10**6)
    parser.add_argument("--gigabytes", type=int, default=100)
    parser.add_argument("--workers", type=int, default=4)
    return parser.parse_args()


def soak(running, pool, options):
    """Prints the report; whether all was as it should be."""
    warming = max(1, options.connections // WARM)
    plan = (("warm-up", visit_often, warming),
            ("connections", visit_often, options.connections),
            ("gigabytes", carry_much, options.gigabytes))
    failures, samples = 0, {}
    for name, function, total in plan:
        lost, length, seconds = run(
            pool, function, running.port, total, options.workers)
        failures += lost
        samples[name] = now = sample(running)
        print(f"{name:12} {total:9} in {seconds:7.1f} s, {length} bytes by "
              f"hash, {lost} lost; descriptors {now.descriptors}, RSS "
              f"{now.rss} KiB, zombies {now.zombies}", flush=True)
    first, last = samples["warm-up"], samples["gigabytes"]
    return (failures == 0 and last.descriptors == first.descriptors
            and last.rss - first.rss < GROWTH and last.zombies == 0)


def main():
    options = parse()
    with tempfile.TemporaryDirectory(prefix="echod-soak-") as folder, \
            multiprocessing.Pool(options.workers) as pool:
        os.chmod(folder, 0o755)
        with driver.Echod(folder, log_level="notice") as running:
            good = soak(running, pool, options)
        alarms = [line for line in running.lines()
                  if line.startswith(("closed ", "cannot "))]
    print("\n".join(alarms[:10]))
    print("soak:", "good" if good and not alarms else "NOT GOOD")
    sys.exit(not good or bool(alarms))


if __name__ == "__main__":
    main()
