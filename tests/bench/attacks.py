# SPDX-License-Identifier: ISC
"""Attacks on the parent's loop; abuse.py says what an honest client feels.

Each is a daemon with sessions that are held open, and something that goes on
beside them.  The parent is asked for a ping of its watchdog every 0.1 s, and
the longest pause between two of them is told, too.
"""

import collections
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import threading
import time

import echod as driver
from waiting import wait_until

PER_SOURCE = 64  # the honest client, too: on a busy machine more than it has open
RATE = 1000    # connections a second of the client over its limit
KILLS = 40     # sessions a second
SECONDS = 10
OVER = "203.0.113.9"

HAPROXY = """
global
    maxconn {maxconn}
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
listen echo
    bind 127.0.0.1:{front}
    server a 127.0.0.1:{back} send-proxy-v2
"""


def header(host, port=1):
    return f"PROXY TCP4 {host} 192.0.2.1 {port} 7\r\n".encode()


class Watchdog(threading.Thread):
    """Listens to the daemon's pings as a service manager would."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.name_ = str(folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.name_)
        os.chmod(self.name_, 0o777)
        self.last, self.longest = None, 0
        self.start()

    def environment(self):
        return {"NOTIFY_SOCKET": self.name_, "WATCHDOG_USEC": "200000"}

    def run(self):
        while True:
            if b"WATCHDOG=1" in self.socket.recv(4096):
                now = time.monotonic()
                if self.last is not None:
                    self.longest = max(self.longest, now - self.last)
                self.last = now

    def begin(self):
        self.last, self.longest = None, 0


class Attack(threading.Thread):
    """Calls act() so often a second."""

    def __init__(self, rate, act):
        super().__init__(daemon=True)
        self.rate, self.act, self.count = rate, act, 0
        self.over = threading.Event()
        self.start()

    def run(self):
        begin = time.monotonic()
        while not self.over.is_set():
            due = int((time.monotonic() - begin) * self.rate)
            for _ in range(min(due - self.count, 100)):
                self.act()
                self.count += 1
            time.sleep(0.002)

    def close(self):
        self.over.set()
        self.join()


def hold(daemon, count, proxied):
    """Sessions that stay, each of a source of its own."""
    clients = []
    for number in range(count):
        octets = f"{1 + number // 62500}.{number // 250 % 250}.{1 + number % 250}"
        client = socket.socket()
        client.setsockopt(socket.IPPROTO_IP, 24, 1)  # BIND_ADDRESS_NO_PORT
        client.bind((f"127.{octets}", 0))
        client.connect(("127.0.0.1", daemon.port))
        if proxied:
            client.sendall(header(f"10.{octets}"))
        clients.append(client)
    wait_until(lambda: len(daemon.sessions()) == count, "held sessions")
    return clients


def honest(arguments, port, proxied):
    run = subprocess.run(
        [arguments.echoc, "load", "--churn", "-c", "4", "-r", "80",
         "-d", f"{SECONDS}s", "--json",
         *(["--proxy-v2"] if proxied else []), f"127.0.0.1:{port}"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return json.loads(run.stdout)


def tell(name, held, what, watchdog, result):
    raw = result["latency_ms"]["raw"]
    print(f"{name}, {held} held, {what}: {result['answered']} sessions, "
          f"{result['lost']} lost, p50 {raw['p50']:.2f} ms, p99 "
          f"{raw['p99']:.2f} ms, watchdog's longest pause "
          f"{watchdog.longest:.3f} s", flush=True)


def measure(name, arguments, folder, start, settings, front):
    """start(daemon, port) begins the attack and returns it."""
    watchdog = Watchdog(folder)
    proxied = "proxy_protocol" in settings
    with driver.Echod(
            folder, env=watchdog.environment(), crashes=True,
            max_children=arguments.held + 2000, backlog=4096,
            max_per_source=PER_SOURCE, idle_timeout="1h", **settings) as daemon:
        clients = hold(daemon, arguments.held, proxied)
        with front(daemon, folder) as port:
            own_header = proxied and port == daemon.port
            for what in "alone", "attacked":
                attack = start(daemon, port) if what == "attacked" else None
                watchdog.begin()
                result = honest(arguments, port, own_header)
                tell(name, arguments.held, what, watchdog, result)
            attack.close()
            print(f"    {attack.count / SECONDS:.0f} a second", flush=True)
        for client in clients:
            client.close()


def over_limit(port, connect):
    """One client that keeps what it may have, and opens more and more."""
    recent = collections.deque()

    def act():
        with contextlib.suppress(OSError):
            recent.append(connect(port))
        if len(recent) > 200:
            recent.popleft().close()
    return Attack(RATE, act)


def behind_a_proxy(_, port):
    def connect(to):
        client = socket.create_connection(("127.0.0.1", to))
        client.sendall(header(OVER))
        return client
    return over_limit(port, connect)


def behind_haproxy(_, port):
    return over_limit(port, lambda to: socket.create_connection(
        ("127.0.0.1", to), source_address=("127.200.0.1", 0)))


def killing(daemon, _):
    left = daemon.sessions()
    random.shuffle(left)

    def act():
        if left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(left.pop(), signal.SIGKILL)
    return Attack(KILLS, act)


@contextlib.contextmanager
def directly(daemon, _):
    yield daemon.port


@contextlib.contextmanager
def haproxy(daemon, folder):
    with socket.create_server(("127.0.0.1", 0)) as free:
        front = free.getsockname()[1]
    file = folder / "haproxy.cfg"
    file.write_text(HAPROXY.format(
        front=front, back=daemon.port, maxconn=4000))
    process = subprocess.Popen(["haproxy", "-db", "-f", str(file)],
                               stderr=subprocess.DEVNULL)

    def listens():
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", front)).close()
            return True
        return False
    try:
        wait_until(listens, "HAProxy")
        yield front
    finally:
        process.terminate()
        process.wait()


PROXIED = {"proxy_protocol": "required", "proxy_from": "127.0.0.0/8"}
KINDS = {
    "proxied": (behind_a_proxy, PROXIED, directly),
    "balanced": (behind_haproxy, PROXIED, haproxy),
    "crashes": (killing, {}, directly),
}


def attack(name):
    start, settings, front = KINDS[name]
    return lambda arguments, folder: measure(
        name, arguments, folder, start, settings, front)
