# SPDX-License-Identifier: ISC
"""Which clients are served, wait or are refused, and what is logged."""

import signal
import socket
import sys
import time

import pytest

import echod as driver
import namespaces
import streams
from waiting import DEADLINE, wait_until

ACTIVATE = [sys.executable, str(driver.ROOT / "tests/support/activate.py")]


def is_refused(client):
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


def is_admitted(running, source=None, **where):
    """Whether a new client, soon gone again, gets an answer."""
    with running.connect(source, **where) as client:
        try:
            return streams.is_served(client)
        except ConnectionError:
            return False


def refusals(running):
    """What the log tells, when the daemon has stopped."""
    running.stop()
    return {(m.group(1), m.group(2)): int(m.group(3)) for m in running.matches(
        r"refused (\S+)(?: reason=(\S+))? count=(\d+) period=10s")}


# ---- max-children -----------------------------------------------------------

def test_clients_beyond_max_children_wait_and_none_is_refused(echod):
    running = echod(max_children=2)
    clients = [running.connect() for _ in range(10)]
    for client in clients:
        client.sendall(b"waiting")
    # Two at a time, in the order they came.
    for client in clients:
        assert streams.receive_exactly(client, 7) == b"waiting"
        assert len(running.sessions()) <= 2
        client.close()
    assert refusals(running) == {}


def test_max_children_is_one_limit_for_all_listeners(echod):
    running = echod(max_children=1, listen=["127.0.0.1:0", "127.0.0.1:0"])
    first = running.connect(port=running.ports()[0])
    assert streams.is_served(first)
    second = running.connect(port=running.ports()[1])
    second.sendall(b"waiting")
    running.send_signal(signal.SIGUSR1)
    running.wait_log("status children=1 served=1 ")
    first.close()
    assert streams.receive_exactly(second, 7) == b"waiting"


def test_max_children_can_be_raised_by_a_reload(echod):
    running = echod(config={"max_children": 1})
    first, second = running.connect(), running.connect()
    assert streams.is_served(first)
    running.reload({"max_children": 2})
    assert streams.is_served(second)
    assert streams.is_served(first)


def test_max_children_can_be_lowered_by_a_reload(echod):
    running = echod(config={"max_children": 3})
    clients = [running.connect() for _ in range(3)]
    assert all(map(streams.is_served, clients))
    running.reload({"max_children": 1})
    assert all(map(streams.is_served, clients))
    waiting = running.connect()
    waiting.sendall(b"waiting")
    for client in clients[:2]:
        client.close()
    running.closed(2)
    assert len(running.sessions()) == 1
    clients[2].close()
    assert streams.receive_exactly(waiting, 7) == b"waiting"


# ---- max-per-source ---------------------------------------------------------

def test_clients_beyond_max_per_source_are_refused_and_others_served(echod):
    running = echod(max_per_source=2)
    clients = [running.connect() for _ in range(2)]
    assert all(map(streams.is_served, clients))
    assert is_refused(running.connect())
    assert is_admitted(running, "127.0.0.2")
    assert all(map(streams.is_served, clients))
    assert refusals(running) == {("127.0.0.1", "max-per-source"): 1}


def test_session_that_ends_makes_room_for_its_source(echod):
    running = echod(max_per_source=1)
    for number in range(1, 6):
        with running.connect() as client:
            assert streams.is_served(client)
        running.closed(number)


def test_max_per_source_can_be_changed_by_a_reload(echod):
    running = echod(config={"max_per_source": 1})
    first = running.connect()
    assert streams.is_served(first)
    assert is_refused(running.connect())
    running.reload({"max_per_source": 2})
    second = running.connect()
    assert streams.is_served(second)
    assert is_refused(running.connect())
    running.reload({"max_per_source": 0})
    assert streams.is_served(running.connect())


def test_default_is_64_sessions_of_one_source(echod):
    running = echod(max_per_source=[])  # neither in the file nor as an option
    clients = [running.connect() for _ in range(64)]
    assert all(map(streams.is_served, clients))
    assert is_refused(running.connect())


# ---- rate-per-source --------------------------------------------------------

def test_clients_beyond_the_rate_are_refused_and_others_served(echod):
    running = echod(rate_per_source="1/s burst 3")
    begin = time.monotonic()
    admitted = [is_admitted(running) for _ in range(30)]
    passed = time.monotonic() - begin
    assert admitted[:3] == [True] * 3
    assert 3 <= sum(admitted) <= 3 + passed + 1
    assert is_admitted(running, "127.0.0.2")
    assert refusals(running) == {
        ("127.0.0.1", "rate-per-source"): 30 - sum(admitted)}


def test_source_that_waits_is_admitted_again(echod):
    running = echod(rate_per_source="5/s burst 1")
    assert is_admitted(running)
    wait_until(lambda: is_admitted(running), "admission after a while")


def test_refused_attempts_do_not_cost_rate(echod):
    running = echod(rate_per_source="2/s burst 1")
    assert is_admitted(running)
    # Were they charged, one who keeps trying would never come in.
    wait_until(lambda: is_admitted(running), "admission of one who insists")


def test_rate_can_be_changed_by_a_reload(echod):
    running = echod(config={"rate_per_source": "1/s burst 1"})
    assert is_admitted(running)
    running.reload({"rate_per_source": "0"})
    assert all(is_admitted(running) for _ in range(50))
    running.reload({"rate_per_source": "1/s burst 1"})
    assert is_admitted(running, "127.0.0.2")
    assert not is_admitted(running, "127.0.0.2")


# ---- allow, deny ------------------------------------------------------------

@pytest.mark.parametrize("settings,served,refused", [
    ({}, ["127.0.0.1", "127.9.9.9"], []),
    ({"deny": "127.0.0.2"}, ["127.0.0.1", "127.0.0.3"], ["127.0.0.2"]),
    ({"allow": "127.0.0.2"}, ["127.0.0.2"], ["127.0.0.1", "127.0.0.3"]),
    ({"deny": "127.0.0.0/16", "allow": "127.0.1.0/24"},
     ["127.0.1.1", "127.0.1.255"], ["127.0.0.1", "127.0.2.1"]),
    ({"allow": ["127.0.0.0/8", "127.0.1.7"], "deny": "127.0.1.0/24"},
     ["127.0.0.1", "127.0.1.7"], ["127.0.1.6", "127.0.1.8"]),
    ({"allow": "127.0.0.2", "deny": "127.0.0.2"}, [], ["127.0.0.2"]),
    ({"deny": "0.0.0.0/0"}, [], ["127.0.0.1"]),
    ({"deny": "0.0.0.0/0", "allow": "127.0.0.0/31"},
     ["127.0.0.1"], ["127.0.0.2"]),
    ({"deny": "::/0"}, ["127.0.0.1"], []),
    ({"deny": "::ffff:127.0.0.0/126"}, ["127.0.0.4"], ["127.0.0.3"]),
])
def test_most_specific_of_allow_and_deny_decides(
        echod, settings, served, refused):
    running = echod(**settings)
    for source in served:
        assert is_admitted(running, source), source
    for source in refused:
        assert is_refused(running.connect(source)), source
    assert refusals(running) == {(source, "denied"): 1 for source in refused}


def test_allow_and_deny_can_be_changed_by_a_reload(echod):
    running = echod(config={})
    client = running.connect("127.0.0.2")
    assert streams.is_served(client)
    running.reload({"deny": "127.0.0.2"})
    assert is_refused(running.connect("127.0.0.2"))
    assert streams.is_served(client)
    running.reload({"allow": "127.0.0.2"})
    assert is_admitted(running, "127.0.0.2")
    assert is_refused(running.connect())
    running.reload({})
    assert is_admitted(running)


# ---- what counts as one source ----------------------------------------------

def test_prefix_makes_many_v4_addresses_one_source(echod):
    running = echod(max_per_source=2, source_prefix_v4=24)
    clients = [running.connect("127.0.0.2"), running.connect("127.0.0.3")]
    assert all(map(streams.is_served, clients))
    assert is_refused(running.connect("127.0.0.4"))
    assert is_admitted(running, "127.0.1.4")
    assert refusals(running) == {("127.0.0.0/24", "max-per-source"): 1}


def test_prefix_can_be_changed_by_a_reload(echod):
    running = echod(config={"max_per_source": 1, "source_prefix_v4": 32})
    clients = [running.connect("127.0.0.2"), running.connect("127.0.0.3")]
    assert all(map(streams.is_served, clients))
    running.reload({"max_per_source": 1, "source_prefix_v4": 8})
    # The live sessions stay with the sources they were counted under.
    third = running.connect("127.0.0.4")
    assert streams.is_served(third)
    assert is_refused(running.connect("127.0.0.5"))
    for number, client in enumerate([*clients, third], 1):
        client.close()
        running.closed(number)
    assert is_admitted(running, "127.0.0.5")


@pytest.fixture
def network():
    """One with 2001:db8:1::/64, of which two addresses, and another."""
    with namespaces.Network("2001:db8:1::1/64", "2001:db8:1::2/64",
                            "2001:db8:2::1/64", "192.0.2.1/32") as own:
        yield own


def connect6(running, source, host="2001:db8:1::1"):
    client = socket.socket(socket.AF_INET6)
    running.clients.append(client)
    client.settimeout(DEADLINE)
    client.bind((source, 0))
    client.connect((host, running.port))
    return client


def test_v6_addresses_of_one_64_are_one_source(network, echod):
    running = network.run(echod, listen="[::]:0", max_per_source=1)
    first = network.run(connect6, running, "2001:db8:1::1")
    assert streams.is_served(first)
    assert is_refused(network.run(connect6, running, "2001:db8:1::2"))
    assert streams.is_served(network.run(connect6, running, "2001:db8:2::1"))
    assert refusals(running) == {("2001:db8:1::/64", "max-per-source"): 1}


def test_v6_prefix_of_128_makes_each_address_a_source(network, echod):
    running = network.run(
        echod, listen="[::]:0", max_per_source=1, source_prefix_v6=128)
    for source in "2001:db8:1::1", "2001:db8:1::2":
        assert streams.is_served(network.run(connect6, running, source))
    assert is_refused(network.run(connect6, running, "2001:db8:1::2"))


def test_v6_rules(network, echod):
    running = network.run(
        echod, listen="[::]:0", deny="2001:db8::/32", allow="2001:db8:1::2")
    assert is_refused(network.run(connect6, running, "2001:db8:1::1"))
    assert is_refused(network.run(connect6, running, "2001:db8:2::1"))
    assert streams.is_served(network.run(connect6, running, "2001:db8:1::2"))


@pytest.mark.ipv6
def test_client_of_a_dual_stack_socket_is_its_v4_address_everywhere(
        folder, echod):
    # Our own sockets are V6ONLY; one that is passed need not be.
    with socket.create_server(("::", 0), family=socket.AF_INET6,
                              dualstack_ipv6=True) as passed:
        port = passed.getsockname()[1]
        running = echod(
            "-v", wrapper=[*ACTIVATE, str(passed.fileno())],
            pass_fds=[passed.fileno()], deny="127.0.0.9",
            max_per_source=1)
        running.known_port = port
        first = running.connect("127.0.0.2")
        assert streams.is_served(first)
        local = "%s:%d" % first.getsockname()
        running.wait_log(f"accepted {local} pid=")
        assert is_refused(running.connect("127.0.0.2"))
        assert is_refused(running.connect("127.0.0.9"))
        assert is_admitted(running, host="::1")
        assert refusals(running) == {("127.0.0.2", "max-per-source"): 1,
                                     ("127.0.0.9", "denied"): 1}


# ---- what is logged ---------------------------------------------------------

@pytest.mark.slow(10, "the period of refusals is 10 s")
def test_refusals_of_a_period_are_one_line_a_source(echod):
    running = echod(deny="127.0.0.0/8", allow="127.0.0.1")
    for source, count in ("127.0.0.2", 40), ("127.0.0.3", 7):
        for _ in range(count):
            with running.connect(source) as client:
                assert is_refused(client)
    # At the end of the period, not at a stop.
    running.wait_log("refused 127.0.0.2 reason=denied count=40 period=10s ",
                     deadline=10 + DEADLINE)
    running.wait_log("refused 127.0.0.3 reason=denied count=7 period=10s ")
    assert len(running.matches("refused ")) == 2
    assert is_admitted(running)


def test_refusals_of_many_sources_are_a_handful_of_lines(echod):
    running = echod(deny="127.1.0.0/16")
    for number in range(300):
        with running.connect(f"127.1.{number // 200}.{number % 200}") as one:
            assert is_refused(one)
    running.send_signal(signal.SIGUSR1)
    running.wait_log("status children=0 served=0 refused=300 bytes=0$")
    logged = refusals(running)
    assert len(logged) == 17
    assert sum(logged.values()) == 300
    assert logged[("others", None)] == 300 - 16


def test_refusals_cost_no_process_and_leave_nothing(echod):
    running = echod(deny="127.0.0.2")
    before = driver.processes.descriptors(running.pid)
    for _ in range(200):
        with running.connect("127.0.0.2") as client:
            assert is_refused(client)
    assert driver.processes.descriptors(running.pid) == before
    running.send_signal(signal.SIGUSR1)
    running.wait_log("status children=0 served=0 refused=200 bytes=0$")
