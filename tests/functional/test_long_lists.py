# SPDX-License-Identifier: ISC
"""A hundred thousand prefixes in allow and deny."""

import pathlib
import socket

import pytest

import processes
import streams

COUNT = 100_000
CONNECTIONS = 300

pytestmark = pytest.mark.plain


def long_list():
    """Lines that deny COUNT hosts which are not neighbours, but not us."""
    return "".join(
        f"deny = 10.{n >> 15}.{n >> 7 & 255}.{2 * n & 255}\n"
        for n in range(COUNT))


@pytest.fixture
def both(echod):
    """A daemon with the long list, and one without any."""
    return (echod(where="long", config=long_list()), echod(where="none"))


def processor_time(pid):
    """Nanoseconds; of the process itself, not of its children."""
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def cost(running):
    """What its parent spends on a number of clients."""
    before = processor_time(running.pid)
    port = running.port
    for _ in range(CONNECTIONS):
        with socket.create_connection(("127.0.0.1", port)) as client:
            assert streams.is_served(client)
    return processor_time(running.pid) - before


def test_a_long_list_costs_a_connection_next_to_nothing(both):
    """A search from one end to the other would be four times as much."""
    long, none = both
    assert min(cost(long) for _ in range(3)) < 2 * min(
        cost(none) for _ in range(3))


def kilobytes(pid):
    return int(processes.status(pid)["VmSize"].split()[0])


def test_sessions_do_not_have_the_list(both):
    sizes = []
    for running in both:
        client = running.connect()
        assert streams.is_served(client)
        [session] = running.sessions()
        sizes.append((kilobytes(running.pid), kilobytes(session)))
    [(parent, session), (plain_parent, plain_session)] = sizes
    assert parent > plain_parent + 4000
    assert session < plain_session + 64


def test_the_last_of_a_long_list_counts(echod):
    running = echod(config=long_list() + "deny = 127.0.0.2\n")
    assert running.connect(source="127.0.0.2").recv(1) == b""
    assert streams.is_served(running.connect())


def test_a_long_list_is_taken_and_given_back_by_reloads(echod):
    running = echod()
    before = kilobytes(running.pid)
    for _ in range(3):
        running.reload(long_list() + "deny = 127.0.0.2\n")
        assert running.connect(source="127.0.0.2").recv(1) == b""
        running.reload({})
        assert streams.is_served(running.connect(source="127.0.0.2"))
    assert kilobytes(running.pid) < before + 1000


def test_a_daemon_has_its_lists_after_it_has_detached(daemon):
    running = daemon(allow="127.0.0.0/8", deny="127.0.0.9")
    assert streams.is_served(running.connect())
    assert running.connect("127.0.0.9").recv(1) == b""
