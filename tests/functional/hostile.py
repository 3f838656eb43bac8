# SPDX-License-Identifier: ISC
"""Echo servers that misbehave, each in one way, and one that does not.

A behaviour is a function that serves one connection; Server runs it in a
thread for each client, on a free port of the loopback interface:

    with Server(flip(100)) as server:
        ... ("127.0.0.1", server.port) ...

What a behaviour did to the client is noted in server.fired, so that a test can
insist that its fault took place.
"""

import contextlib
import socket
import struct
import threading
import time

CHUNK = 64 * 1024
TCP_CLOSE = b"\7"  # the state that TCP_INFO begins with


class Server:
    """Serves every connection by behaviour(connection, server)."""

    def __init__(self, behaviour, family=socket.AF_INET, address=None):
        self.behaviour = behaviour
        self.address = address or (
            "127.0.0.1" if family == socket.AF_INET else "::1")
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.bind((self.address, 0))
        self.listener.listen(128)
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.connections, self.threads = [], []
        self.peers = []     # who connected
        self.fired = 0      # how often the fault took place
        self.began = time.monotonic()
        self.delays, self.bounds = [], []  # seconds, see delay()
        self.resets = []    # connections whose threads heard of one
        self.received = []  # bytes that came in, for those that keep them
        self.memory = {}    # for behaviours that look across connections
        self.closing = False
        self.acceptor = threading.Thread(target=self.accept, daemon=True)

    def target(self):
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}"

    def accept(self):
        while True:
            try:
                connection, address = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(
                target=self.serve, args=(connection,), daemon=True)
            with self.lock:
                if self.closing:
                    connection.close()
                    return
                self.connections.append(connection)
                self.peers.append(address)
                self.threads.append(thread)
                thread.start()

    def serve(self, connection):
        with contextlib.suppress(OSError), connection:
            try:
                self.behaviour(connection, self)
            except ConnectionError:
                self.resets.append(connection)

    def was_reset(self, connection):
        """Whether the kernel knows, as its thread may hear of it later."""
        try:
            info = connection.getsockopt(
                socket.IPPROTO_TCP, socket.TCP_INFO, 1)
        except OSError:  # closed here
            info = b""
        return info == TCP_CLOSE or connection in self.resets

    def fire(self):
        with self.lock:
            self.fired += 1

    def __enter__(self):
        self.acceptor.start()
        return self

    def __exit__(self, *_):
        with self.lock:
            self.closing = True
        for each in [self.listener, *self.connections]:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(30)


REFUSING = []  # bound, not listening


def free_port():
    """A port on which nobody listens (any more)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def refusing_port():
    """A port on which nobody can begin to listen while the tests run."""
    probe = socket.socket()
    probe.bind(("127.0.0.1", 0))
    REFUSING.append(probe)
    return probe.getsockname()[1]


# ---- behaviours -------------------------------------------------------------

def echo(connection, server):
    """The one that is right."""
    del server
    while data := connection.recv(CHUNK):
        connection.sendall(data)


def altered(change):
    """Echoes change(data, position): what is sent in place of data."""
    def behaviour(connection, server):
        position = 0
        while data := connection.recv(CHUNK):
            answer = change(data, position)
            if answer != data:
                server.fire()
            connection.sendall(answer)
            position += len(data)
    return behaviour


def flip(offset, bit=0):
    """One bit of the byte at that offset of each connection is flipped."""
    def change(data, position):
        data = bytearray(data)
        if position <= offset < position + len(data):
            data[offset - position] ^= 1 << bit
        return bytes(data)
    return altered(change)


def swallow(offset):
    """That byte is left out, and all later ones move up."""
    def change(data, position):
        i = offset - position
        return data[:i] + data[i + 1:] if 0 <= i < len(data) else data
    return altered(change)


def swap(offset):
    """That byte changes places with the next, or the first two that differ."""
    def change(data, position):
        i = offset - position
        if not 0 <= i < len(data):
            return data
        while i < len(data) - 1 and data[i] == data[i + 1]:
            i += 1
        return data[:i] + data[i + 1:i + 2] + data[i:i + 1] + data[i + 2:]
    return altered(change)


def insert(offset, extra=b"x"):
    def change(data, position):
        i = offset - position
        return data[:i] + extra + data[i:] if 0 <= i < len(data) else data
    return altered(change)


def add_after_each(extra):
    """Says something that nobody asked for after each answer."""
    return altered(lambda data, position: data + extra)


def replace(old, new):
    """Translates, as text modes do."""
    return altered(lambda data, position: data.replace(old, new))


def speaks_first(greeting):
    """Says something before anybody has asked, then echoes."""
    def behaviour(connection, server):
        server.fire()
        connection.sendall(greeting)
        echo(connection, server)
    return behaviour


def endless(connection, server):
    """Sends without end, whatever comes."""
    server.fire()
    while True:
        connection.sendall(b"x" * CHUNK)


def truncate(length):
    """Echoes so many bytes of each connection, then ends it."""
    def behaviour(connection, server):
        left = length
        while left > 0 and (data := connection.recv(left)):
            connection.sendall(data)
            left -= len(data)
        if left == 0:
            server.fire()
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(CHUNK):  # closing would reset
                pass
    return behaviour


def reset(length):
    """Echoes so many bytes of each connection, then resets it."""
    def behaviour(connection, server):
        left = length
        while left > 0 and (data := connection.recv(left)):
            connection.sendall(data)
            left -= len(data)
        connection.recv(1)
        connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.fire()
    return behaviour


def never(connection, server):
    """Reads everything and answers nothing."""
    while connection.recv(CHUNK):
        server.fire()


def deaf(connection, server):
    """Neither reads nor answers."""
    server.fire()
    while not server.closing:
        time.sleep(0.01)
    del connection


def close_at_once(connection, server):
    del connection
    server.fire()


def delay(pattern):
    """Each message waits its turn's seconds of the pattern; one a read.

    server.delays has what the client must measure at least, and server.bounds
    what it can measure at most: it sends a message after the last answer has
    left here, and has the answer before its next message (or end) comes.
    """
    def behaviour(connection, server):
        turn, left = 0, server.began
        data = connection.recv(CHUNK)
        while data:
            came = time.monotonic()
            time.sleep(pattern[turn % len(pattern)])
            leaves = time.monotonic()
            connection.sendall(data)
            turn += 1
            data = connection.recv(CHUNK)
            with server.lock:
                server.delays.append(leaves - came)
                server.bounds.append(time.monotonic() - left)
                server.fired += 1
            left = leaves
    return behaviour


def trickle(seconds):
    """Echoes byte by byte, with that pause before each."""
    def behaviour(connection, server):
        while data := connection.recv(CHUNK):
            for byte in data:
                time.sleep(seconds)
                connection.sendall(bytes([byte]))
                server.fire()
    return behaviour


def stall_once(after, seconds):
    """The whole server says nothing for a while, once."""
    def behaviour(connection, server):
        count = 0
        while data := connection.recv(CHUNK):
            count += 1
            if count == after:
                server.fire()
                time.sleep(seconds)
            connection.sendall(data)
    return behaviour


def outage(good, bad):
    """Connections end after so many bytes; the next ones are not served."""
    def behaviour(connection, server):
        with server.lock:
            number = len(server.memory)
            server.memory[number] = True
        if number == 0:
            truncate(good)(connection, server)
        elif number <= bad:
            server.fire()
        else:
            echo(connection, server)
    return behaviour


def half_close_loses(connection, server):
    """Stops at the end of input, whatever has not been answered by then."""
    pending = b""
    connection.settimeout(0.05)
    while True:
        try:
            data = connection.recv(CHUNK)
        except socket.timeout:
            connection.settimeout(None)
            connection.sendall(pending)
            connection.settimeout(0.05)
            pending = b""
            continue
        if not data:
            if pending:
                server.fire()
            return
        pending += data


def never_ends(connection, server):
    """Echoes, but does not close when the client has."""
    echo(connection, server)
    server.fire()
    while not server.closing:
        time.sleep(0.01)


def by_line(connection, server):
    """Answers only whole lines, or when 4 KiB have come."""
    pending = b""
    while data := connection.recv(CHUNK):
        pending += data
        if b"\n" in data or len(pending) >= 4096:
            connection.sendall(pending)
            pending = b""
        else:
            server.fire()
    connection.sendall(pending)


def one_at_a_time(connection, server):
    """The second of two connections waits for the end of the first."""
    with server.memory.setdefault("turn", threading.Lock()):
        echo(connection, server)


def mixed_up(connection, server):
    """Answers with what another connection sent, once two are there."""
    while data := connection.recv(CHUNK):
        with server.lock:
            other = server.memory.get("last", data)
            server.memory["last"] = data
            same_size = len(other) == len(data)
            others = len(server.connections) > 1
        if others and same_size and other != data:
            server.fire()
            data = other
        connection.sendall(data)


def dies_of_reset(connection, server):
    """A reset of any connection makes it stop serving everybody."""
    while data := connection.recv(CHUNK):
        if any(map(server.was_reset, server.connections)):
            server.fire()
            return
        connection.sendall(data)


def reset_ends_others(connection, server):
    """A reset ends the connections that were there before."""
    while data := connection.recv(CHUNK):
        later = server.connections[server.connections.index(connection) + 1:]
        if any(map(server.was_reset, later)):
            server.fire()
            return
        connection.sendall(data)


def silent_after_idle(seconds):
    """Forgets connections that said nothing for a while."""
    def behaviour(connection, server):
        connection.settimeout(seconds)
        try:
            echo(connection, server)
        except socket.timeout:
            server.fire()
    return behaviour


def drops_when_full(connection, server):
    """Throws away what the client is too slow to take."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    while data := connection.recv(CHUNK):
        sent = connection.send(data, socket.MSG_DONTWAIT) if data else 0
        if sent < len(data):
            server.fire()


def keeping(behaviour):
    """The same, and server.received has what each connection sent."""
    class Recorder:
        def __init__(self, connection, into):
            self.connection, self.into = connection, into

        def recv(self, length):
            data = self.connection.recv(length)
            self.into.append(data)
            return data

        def __getattr__(self, name):
            return getattr(self.connection, name)

    def recording(connection, server):
        parts = []
        server.received.append(parts)
        behaviour(Recorder(connection, parts), server)
    return recording


def after_header(connection, server):
    """Takes a PROXY header (v1 or v2) off, then echoes."""
    header = connection.recv(16, socket.MSG_WAITALL)
    if header.startswith(b"\r\n\r\n\0\r\nQUIT\n"):
        length = struct.unpack("!H", header[14:16])[0]
        header += connection.recv(length, socket.MSG_WAITALL)
    else:
        while not header.endswith(b"\r\n") and (
                byte := connection.recv(1)):
            header += byte
    with server.lock:
        server.received.append(header)
    server.fire()
    echo(connection, server)
