# SPDX-License-Identifier: ISC
"""Instances that share a port."""

import signal
import socket
import subprocess
import threading

import pytest

import processes
import streams
from echod import failed_start
from namespaces import Network
from waiting import wait_until

CLIENTS = 40


@pytest.fixture
def two(echod):
    one = echod(reuse_port="yes", where="one")
    other = echod(reuse_port="yes", where="other",
                  listen=f"127.0.0.1:{one.port}")
    return one, other


def test_clients_are_spread_over_both(two):
    one, other = two
    clients = [one.connect() for _ in range(CLIENTS)]
    assert all(map(streams.is_served, clients))
    served = [len(running.sessions()) for running in two]
    assert sum(served) == CLIENTS and all(served), served


def test_each_has_limits_of_its_own(echod):
    settings = {"reuse_port": "yes", "max_per_source": "1"}
    one = echod(**settings, where="one")
    echod(**settings, where="other", listen=f"127.0.0.1:{one.port}")
    clients = [one.connect() for _ in range(CLIENTS)]
    assert sum(client.recv(1) == b"!" for client in clients
               if sends(client)) == 2


def sends(client):
    """Whether a client was not yet refused when it said something."""
    try:
        client.sendall(b"!")
        client.settimeout(5)
        return client.recv(1, socket.MSG_PEEK) == b"!"
    except OSError:
        return False


def test_without_it_a_port_is_nobody_elses(echod, folder):
    running = echod()
    complaint = failed_start(folder, "--foreground", reuse_port="yes",
                             listen=f"127.0.0.1:{running.port}")
    assert "Address already in use" in complaint


class Load(threading.Thread):
    """One connection after the other, each echoed; counts what fails."""

    def __init__(self, port):
        super().__init__()
        self.port, self.served, self.failures = port, 0, []
        self.enough = threading.Event()

    def run(self):
        while not self.enough.is_set():
            try:
                with socket.create_connection(("127.0.0.1", self.port),
                                              30) as client:
                    assert streams.exchange(client, b"!") == b"!"
                self.served += 1
            except (OSError, AssertionError) as error:
                self.failures.append(error)


def test_stopping_one_loses_nobody(two):
    one, other = two
    loads = [Load(one.port) for _ in range(4)]
    for load in loads:
        load.start()
    wait_until(lambda: all(load.served > 20 for load in loads), "load")
    assert one.stop() == 0
    after = [load.served for load in loads]
    wait_until(lambda: all(load.served > before + 20 for load, before
                           in zip(loads, after)), "load on the other")
    for load in loads:
        load.enough.set()
        load.join()
    assert [load.failures for load in loads] == [[]] * len(loads)
    assert streams.is_served(other.connect(port=one.port))


@pytest.mark.root
@pytest.mark.parametrize("migrate", [0, 1])
def test_clients_of_a_killed_one_go_over_if_the_kernel_is_told_to(
        echod, migrate):
    """As echod.conf(5) says of net.ipv4.tcp_migrate_req."""
    with Network() as network:
        if network.run(subprocess.run, [
                "sysctl", "-qw", f"net.ipv4.tcp_migrate_req={migrate}"],
                check=False, stderr=subprocess.DEVNULL).returncode != 0:
            pytest.skip("the kernel has no net.ipv4.tcp_migrate_req")
        one = network.run(echod, reuse_port="yes", where="one")
        network.run(echod, reuse_port="yes", where="other",
                    listen=f"127.0.0.1:{one.port}")
        one.send_signal(signal.SIGSTOP)
        wait_until(lambda: processes.state(one.pid) == "T", "stop")
        clients = [network.run(one.connect) for _ in range(CLIENTS)]
        one.kill()
        lost = CLIENTS - sum(map(is_served_at_last, clients))
        assert (lost == 0) == (migrate == 1), lost
        one.ended = True


def is_served_at_last(client):
    try:
        return streams.is_served(client)
    except OSError:
        return False
