# SPDX-License-Identifier: ISC
"""Upgrades and restarts of echod.service, under load."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import threading

import pytest

import machine as machines
from streams import exchange, is_served
from waiting import DEADLINE, wait_until

UPGRADES = 20
IDLE = 1000
AT_ONCE = 50  # lines that the journal's socket holds on a busy machine
RESTARTS = 5
VERSIONS = ("1.1", "1.0")
SETTINGS = "max-per-source = 0\nrate-per-source = 0\nmax-children = 2000\n"
PROGRAM = "/usr/sbin/echod"
ECHOC = os.environ.get("ECHOC", machines.TOP / "echoc")


@pytest.fixture(scope="module")
def other(booted):
    """A program of another version, in the machine."""
    build = machines.TOP / "build" / "version-1.1"
    machines.make("VERSION=1.1", f"BUILD={build}", f"{build}/echod")
    for version, source in zip(VERSIONS, (
            build / "echod", booted.path(PROGRAM))):
        shutil.copy(source, booted.path(f"/usr/sbin/echod-{version}"))


@pytest.fixture
def service(machine, other):
    machine.write("/etc/echod.conf", SETTINGS)
    machine.systemctl("start", "echod")
    return machine


def install(machine, version):
    """As a package manager does it."""
    machine.run("sh", "-c", f"cp -p /usr/sbin/echod-{version} {PROGRAM}.new "
                            f"&& mv {PROGRAM}.new {PROGRAM}")


def messages(machine, cursor, pattern):
    return [m for entry in machine.journal(cursor, "echod")
            if (m := re.match(pattern, entry["MESSAGE"]))]


def upgrade(machine, version):
    """Returns what the log says of it."""
    cursor = machine.cursor()
    install(machine, version)
    machine.systemctl("start", "echod-upgrade")
    return wait_until(
        lambda: messages(machine, cursor, r"upgrade(d|\ failed)"),
        "end of the upgrade")[0]


class Bulk(threading.Thread):
    """Sends without a pause and hashes both directions."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client = client
        self.over = threading.Event()
        self.sent, self.received = hashlib.sha256(), hashlib.sha256()
        self.count = 0
        self.start()

    def run(self):
        block = os.urandom(65536)
        while not self.over.is_set():
            self.client.sendall(block)
            self.sent.update(block)
            left = len(block)
            while left:
                data = self.client.recv(left)
                assert data, "the session has ended"
                self.received.update(data)
                left -= len(data)
            self.count += len(block)


def echoc(machine, *arguments):
    """This build's client, in the machine's network."""
    return subprocess.Popen(
        ["nsenter", "-t", str(machine.leader), "-n", "--", ECHOC, *arguments],
        text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)


def report(client):
    client.send_signal(signal.SIGINT)
    return json.loads(client.communicate(timeout=DEADLINE)[0])


def end(machine, clients):
    """Returns the `closed` line of each, as a match."""
    cursor = machine.cursor()
    ports = {str(client.getsockname()[1]) for client in clients}
    for client in clients:
        client.close()
    return wait_until(
        lambda: (found := [
            m for m in messages(
                machine, cursor, r"closed \S+:(\d+) pid=\d+ bytes=(\d+) .*"
                                 r"reason=(\w+)")
            if m[1] in ports]) and len(found) >= len(ports) and found,
        "a line for each session")


def test_twenty_upgrades_under_load_lose_nothing(service):
    pid, cursor = service.show("MainPID"), service.cursor()
    idle = [service.connect() for _ in range(IDLE)]
    for client in idle:
        assert exchange(client, b"0123456789") == b"0123456789"
    bulk = Bulk(service.connect())
    ping = echoc(service, "ping", "-i", "0.01", "--json", "127.0.0.1:7")
    churn = echoc(service, "load", "--churn", "-r", "400", "-d", "600s",
                  "--json", "127.0.0.1:7")
    for n in range(UPGRADES):
        done = upgrade(service, VERSIONS[n % 2])
        assert done.group(1) == "d", done.string
        assert service.show("MainPID") == pid
        assert service.show("ActiveState") == "active"
    reports = [report(client) for client in (ping, churn)]
    print(json.dumps(reports))
    check_ping(reports[0])
    check_churn(reports[1])
    bulk.over.set()
    bulk.join(DEADLINE)
    assert bulk.sent.digest() == bulk.received.digest() and bulk.count > 0
    for client in idle:
        assert exchange(client, b"x") == b"x"
    bulk.client.close()
    closed = [m for at in range(0, IDLE, AT_ONCE)
              for m in end(service, idle[at:at + AT_ONCE])]
    assert {m[2] for m in closed} == {"11"}
    assert {m[3] for m in closed} == {"client"}
    assert len(messages(service, cursor, "upgraded ")) == UPGRADES


def check_ping(result):
    assert result["lost"] == 0 and result["connects"] == 1, result


def check_churn(result):
    assert not any(result["errors"].values()), result
    assert result["connects"] > 0, result


def test_a_program_that_cannot_take_over_leaves_the_service_active(service):
    pid = service.show("MainPID")
    cursor = service.cursor()
    with service.connect() as client:
        assert exchange(client, b"before") == b"before"
        service.run("sh", "-c", f"cp /bin/false {PROGRAM}.new && "
                                f"mv {PROGRAM}.new {PROGRAM}")
        service.systemctl("start", "echod-upgrade")
        wait_until(lambda: messages(service, cursor, "upgrade failed, still "),
                   "the line")
        wait_until(lambda: service.show("SubState") == "running", "running")
        assert service.show("MainPID") == pid
        assert exchange(client, b"after") == b"after"
    install(service, "1.0")


def test_restarts_with_the_descriptor_store_refuse_nobody(service):
    churn = echoc(service, "load", "--churn", "-r", "200", "-d", "600s",
                  "--json", "127.0.0.1:7")
    for _ in range(RESTARTS):
        pid = service.show("MainPID")
        service.systemctl("restart", "echod")
        assert service.show("MainPID") != pid
        assert service.show("NFileDescriptorStore") == "2"
    result = report(churn)
    print(json.dumps(result))
    assert result["errors"]["refused"] == 0, result
    assert result["connects"] > 0, result


def test_upgrades_add_no_socket_to_the_store(service):
    for _ in range(3):
        assert upgrade(service, "1.0").group(1) == "d"
    assert service.show("NFileDescriptorStore") == "2"


def test_upgrade_with_the_socket_unit(machine, other):
    machine.systemctl("start", "echod.socket")
    with machine.connect() as client:
        assert is_served_still(client)
        assert upgrade(machine, "1.0").group(1) == "d"
        assert is_served_still(client)
    with machine.connect() as client:
        assert is_served(client)


def is_served_still(client):
    return exchange(client, b"served") == b"served"
