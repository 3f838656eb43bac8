# SPDX-License-Identifier: ISC
"""What clients send, and whether it came back."""

import hashlib
import os
import random
import socket
import threading

CHUNK = 256 * 1024


def receive_exactly(client, length):
    """That many bytes, or fewer if the connection ends before."""
    data = bytearray(length)
    view, got = memoryview(data), 0
    while got < length:
        count = client.recv_into(view[got:])
        if count == 0:
            break
        got += count
    return bytes(data[:got])


def receive_all(client):
    """Everything until the end of the stream."""
    parts = []
    while part := client.recv(CHUNK):
        parts.append(part)
    return b"".join(parts)


def exchange(client, data):
    """Sends data no larger than the buffers hold and returns the answer."""
    client.sendall(data)
    return receive_exactly(client, len(data))


def is_served(client, data=b"still there?"):
    return exchange(client, data) == data


def cuts(length, pieces, seed):
    """Random places at which to split a stream."""
    generator = random.Random(seed)
    places = sorted(generator.randrange(length + 1)
                    for _ in range(pieces - 1))
    return [0, *places, length]


class Pump(threading.Thread):
    """Sends data in pieces, from beside, then half-closes if asked to."""

    def __init__(self, client, data, places=None, half_close=True):
        super().__init__(daemon=True)
        self.client, self.data = client, memoryview(data)
        self.places = places or [0, len(data)]
        self.half_close = half_close
        self.error = None
        self.start()

    def run(self):
        try:
            for begin, end in zip(self.places, self.places[1:]):
                self.client.sendall(self.data[begin:end])
            if self.half_close:
                self.client.shutdown(socket.SHUT_WR)
        except OSError as error:
            self.error = error


def echo_digest(client, data, places=None):
    """Sends and half-closes; the digest and length of what came back."""
    pump = Pump(client, data, places)
    digest, length = hashlib.sha256(), 0
    while part := client.recv(CHUNK):
        digest.update(part)
        length += len(part)
    pump.join()
    assert pump.error is None, pump.error
    return digest.hexdigest(), length


def random_bytes(length):
    return os.urandom(length)
