# SPDX-License-Identifier: ISC
"""echod.socket: systemd listens, echod serves."""

import threading

import pytest

from streams import exchange, is_served, receive_all
from waiting import wait_until

RESTARTS = 20
THREADS = 4


@pytest.fixture
def listening(machine):
    machine.systemctl("start", "echod.socket")
    assert machine.show("ActiveState") == "inactive"
    return machine


class Load(threading.Thread):
    """Connects, has a few bytes echoed and ends, over and over.

    Each connection comes from another address, so that no limit of one
    source concerns it.
    """

    def __init__(self, machine, number):
        super().__init__(daemon=True)
        self.machine, self.number = machine, number
        self.over = threading.Event()
        self.served, self.errors = 0, []
        self.start()

    def _once(self):
        n = self.served + len(self.errors)
        source = f"127.{self.number + 1}.{n // 250 % 250}.{n % 250 + 1}"
        data = n.to_bytes(8, "big") * 8
        with self.machine.connect(source=source) as client:
            if exchange(client, data) != data:
                raise OSError("wrong bytes")
        self.served += 1

    def run(self):
        while not self.over.is_set():
            try:
                self._once()
            except OSError as error:
                self.errors.append(repr(error))


def test_first_connection_starts_the_service(listening):
    for address in ("127.0.0.1", "::1"):
        with listening.connect(address) as client:
            assert is_served(client)
        assert listening.show("ActiveState") == "active"
        listening.systemctl("stop", "echod.service")


def test_first_connection_has_the_timeouts(listening):
    """It was made before echod could say what is to become of it."""
    listening.write("/etc/echod.conf", "idle-timeout = 100ms\n")
    with listening.connect() as client:
        assert receive_all(client) == b""


def test_enabled_socket_starts_with_the_machine(machine):
    machine.systemctl("enable", "echod.socket")
    machine.reboot()
    assert machine.show("ActiveState") == "inactive"
    with machine.connect() as client:
        assert is_served(client)


def test_restarts_under_load_lose_no_connection(listening):
    loads = [Load(listening, number) for number in range(THREADS)]
    pids = set()
    for _ in range(RESTARTS):
        served = sum(load.served for load in loads)
        listening.systemctl("restart", "echod.service")
        pids.add(listening.show("MainPID"))
        wait_until(lambda: sum(load.served for load in loads) > served + 200,
                   "clients are served again")
    for load in loads:
        load.over.set()
    for load in loads:
        load.join()
    print(sum(load.served for load in loads), "connections served")
    assert [load.errors for load in loads] == [[]] * THREADS
    assert len(pids) == RESTARTS


def test_no_flood_puts_the_socket_out_of_service(listening):
    """Not even of connections to a service that cannot start."""
    listening.write("/etc/echod.conf", "backlog = many\n")
    cursor = listening.cursor()
    clients = [listening.connect() for _ in range(200)]
    # By the socket: the unit does not restart a service with wrong settings.
    wait_until(lambda: len([
        entry for entry in listening.journal(cursor)
        if "Failed with result" in entry["MESSAGE"]]) >= 3, "it is tried")
    assert listening.show("ActiveState", "echod.socket") == "active"
    listening.write("/etc/echod.conf",
                    "max-per-source = 0\nrate-per-source = 0\n")
    for client in clients:
        assert is_served(client)
        client.close()


def test_no_number_of_starts_puts_the_socket_out_of_service(listening):
    """As when the service leaves again before it has accepted anybody."""
    instead = "/etc/systemd/system/echod.service"
    listening.write(instead, "[Unit]\nStartLimitIntervalSec=0\n"
                    "[Service]\nExecStart=/bin/true\n")
    listening.systemctl("daemon-reload")
    cursor = listening.cursor()
    with listening.connect() as client:
        wait_until(lambda: len([
            entry for entry in listening.journal(cursor)
            if "Deactivated successfully" in entry["MESSAGE"]]) > 50,
            "it is started over and over")
        listening.path(instead).unlink()
        listening.systemctl("daemon-reload")
        assert is_served(client)


def test_manual_restarts_are_not_counted_against_it(listening):
    for _ in range(RESTARTS):
        listening.systemctl("restart", "echod.service")
    assert listening.show("ActiveState", "echod.socket") == "active"


def test_serves_from_an_empty_network(unified_machine):
    """With socket-only.conf, which takes away what sockets are made by."""
    machine = unified_machine
    example = machine.path("/usr/share/doc/echod/socket-only.conf")
    machine.write("/etc/systemd/system/echod.service.d/socket-only.conf",
                  example.read_text(encoding="utf-8"))
    machine.systemctl("daemon-reload")
    # The service asks for its socket, so that none starts without.
    machine.systemctl("start", "echod.service")
    for address in ("127.0.0.1", "::1"):
        with machine.connect(address) as client:
            assert is_served(client)
    namespaces = [machine.run("readlink", f"/proc/{pid}/ns/net")
                  for pid in ("1", machine.show("MainPID"))]
    assert namespaces[0] != namespaces[1]
    capabilities = machine.run(
        "grep", "Cap", f"/proc/{machine.show('MainPID')}/status").split()
    assert set(capabilities[1::2]) == {"0" * 16}
    machine.systemctl("reload", "echod")
    assert machine.show("ActiveState") == "active"


def test_kernel_can_be_told_who_may_connect(unified_machine):
    """As echod.service says by IPAddressAllow=."""
    machine = unified_machine
    machine.write(
        "/etc/systemd/system/echod.service.d/who.conf",
        "[Service]\nIPAddressAllow=\nIPAddressAllow=127.0.0.1 127.0.0.2\n")
    machine.systemctl("daemon-reload")
    machine.systemctl("start", "echod")
    with machine.connect(source="127.0.0.2") as client:
        assert is_served(client)
    with machine.socket() as stranger:
        stranger.bind(("127.0.0.3", 0))
        stranger.settimeout(0.5)
        with pytest.raises(TimeoutError):
            stranger.connect(("127.0.0.1", 7))
