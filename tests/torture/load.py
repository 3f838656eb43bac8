# SPDX-License-Identifier: ISC
"""Clients that come without end, and compare every byte."""

import contextlib
import os
import socket
import threading

from waiting import DEADLINE


class Visit:
    """One connection: sends, half-closes, and keeps what came back."""

    def __init__(self, port, data):
        self.port, self.data, self.got = port, data, b""
        self.connected = False
        self.name = None
        self.error = None

    def make(self):
        try:
            with socket.create_connection(
                    ("127.0.0.1", self.port), DEADLINE) as stream:
                self.connected = True
                self.name = "%s:%d" % stream.getsockname()
                sender = threading.Thread(target=self.send, args=(stream,))
                sender.start()
                while part := stream.recv(65536):
                    self.got += part
                sender.join()
        except OSError as error:
            self.error = error
        return self

    def send(self, stream):
        with contextlib.suppress(OSError):
            stream.sendall(self.data)
            stream.shutdown(socket.SHUT_WR)

    def is_served(self):
        return self.got == self.data

    def __repr__(self):
        return f"{self.name} got {len(self.got)} of {len(self.data)} bytes " \
            f"({self.error})"


class Load:
    """Some clients at a time, one visit after the other, until the end."""

    def __init__(self, port, clients=4, length=100_000):
        self.port, self.length = port, length
        self.ending = threading.Event()
        self.lock = threading.Lock()
        self.visits = []
        self.threads = [threading.Thread(target=self.run, daemon=True)
                        for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while not self.ending.is_set():
            visit = Visit(self.port, os.urandom(self.length)).make()
            with self.lock:
                self.note(visit)
            if not visit.connected:
                return

    def note(self, visit):
        if visit.is_served():
            visit.data = visit.got = b""  # not to keep it all in memory
            visit.error = None
        self.visits.append(visit)

    def served(self):
        with self.lock:
            return sum(v.is_served() and v.connected for v in self.visits)

    def failed(self):
        with self.lock:
            return [v for v in self.visits if not v.is_served()]

    def end(self):
        self.ending.set()
        for thread in self.threads:
            thread.join(DEADLINE)
            assert not thread.is_alive(), "a client hangs"
        return self.visits

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
