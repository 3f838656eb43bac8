# SPDX-License-Identifier: ISC
"""A network of one's own, for addresses the machine does not have.

A thread moves to the new network namespace; what it runs (sockets it opens,
processes it starts) belongs there.  Needs root.
"""

import concurrent.futures
import ctypes
import os
import socket
import subprocess

import processes
from waiting import wait_until

CLONE_NEWNET = 0x40000000


def _enter():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"unshare: {os.strerror(error)}")


def _is_reachable(host):
    """The kernel takes a moment to let an address be used."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, 0))
            probe.connect((host, 9))
        except OSError:
            return False
    return True


class Network:
    """Its loopback interface has the given addresses beside its own."""

    def __init__(self, *addresses):
        for name in "SYS_ADMIN", "NET_ADMIN":
            processes.require(name, "for a network of its own")
        self.thread = concurrent.futures.ThreadPoolExecutor(1)
        self.run(_enter)
        self.ip("link", "set", "lo", "up")
        for address in addresses:
            nodad = ["nodad"] if ":" in address else []
            self.ip("addr", "add", address, "dev", "lo", *nodad)
        for address in addresses:
            host = address.partition("/")[0]
            wait_until(lambda: self.run(_is_reachable, host),
                       f"route to {host}")

    def ip(self, *arguments):
        self.run(subprocess.run, ["ip", *arguments], check=True)

    def run(self, function, *arguments, **keywords):
        return self.thread.submit(function, *arguments, **keywords).result()

    def close(self):
        self.thread.shutdown()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
