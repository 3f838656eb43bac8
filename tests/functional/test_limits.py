# SPDX-License-Identifier: ISC
"""Sessions end at their limits, and other sessions are not affected."""

import contextlib
import socket
import struct
import time

import pytest

import streams
from waiting import wait_until

MIB = 1024 * 1024
ENDLESS = 256 * MIB


def never_read(running, source=None):
    """A client that sends for ever and takes nothing."""
    client = running.connect(source, receive_buffer=4096)
    return streams.Pump(client, bytes(ENDLESS), half_close=False)


def was_cut(pump):
    pump.join(timeout=30)
    return isinstance(pump.error, (ConnectionResetError, BrokenPipeError))


def reset(client):
    """Closes with RST."""
    client.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


# ---- idle -------------------------------------------------------------------

def test_idle_client_is_cut_in_order(echod):
    running = echod(idle_timeout="200ms")
    client = running.connect()
    assert streams.is_served(client, b"once")
    assert client.recv(1) == b""
    closed = running.closed()
    assert closed["reason"] == "idle"
    assert closed["bytes"] == 4
    assert closed["duration"] >= 0.2


def test_client_that_never_sends_is_cut(echod):
    running = echod(idle_timeout="200ms")
    assert running.connect().recv(1) == b""
    assert running.closed()["reason"] == "idle"


@pytest.mark.parametrize("limit,reason", [
    ("idle_timeout", "idle"), ("max_lifetime", "lifetime")])
def test_the_shortest_times_are_limits_too(echod, limit, reason):
    """Less than the kernel knows must not become 0, which is no limit."""
    running = echod(**{limit: "1ns"})
    assert running.connect().recv(1) == b""
    assert running.closed()["reason"] == reason


def test_input_starts_the_idle_time_anew(echod):
    running = echod(idle_timeout="1s")
    client = running.connect()
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        assert streams.is_served(client)
    client.close()
    closed = running.closed()
    assert closed["reason"] == "client"
    assert closed["duration"] > 1  # the limit


# ---- stalled ----------------------------------------------------------------

def test_client_that_never_reads_is_cut(echod):
    running = echod(write_timeout="500ms")
    assert was_cut(never_read(running))
    closed = running.closed()
    assert closed["reason"] == "stalled"
    assert closed["duration"] >= 0.5


def test_idle_timeout_does_not_cut_a_session_that_waits_to_write(echod):
    running = echod(idle_timeout="100ms", write_timeout="1s")
    assert was_cut(never_read(running))
    closed = running.closed()
    assert closed["reason"] == "stalled"
    assert closed["duration"] >= 1


def read_slowly(client, answer, begin):
    """Reads what a rate of 4 MiB/s allows; whether 2.5 s are over."""
    passed = time.monotonic() - begin
    if len(answer) < passed * 4 * MIB:
        answer += client.recv(64 * 1024)
    return passed > 2.5


@pytest.mark.slow(3, "reads for several times the limit")
def test_slow_reader_is_not_cut_however_long_it_takes(echod):
    running = echod(write_timeout="1s")
    client = running.connect(receive_buffer=32 * 1024)
    data = streams.random_bytes(40 * MIB)
    pump = streams.Pump(client, data)
    answer, begin = bytearray(), time.monotonic()
    wait_until(lambda: read_slowly(client, answer, begin), "slow reading")
    answer += streams.receive_all(client)
    pump.join()
    assert bytes(answer) == data
    closed = running.closed()
    assert closed["reason"] == "client"
    assert closed["duration"] > 1  # the limit


# ---- lifetime ---------------------------------------------------------------

def test_lifetime_ends_an_idle_session_in_order(echod):
    running = echod(max_lifetime="300ms")
    client = running.connect()
    assert streams.is_served(client)
    assert client.recv(1) == b""
    closed = running.closed()
    assert closed["reason"] == "lifetime"
    assert closed["duration"] >= 0.3


def test_lifetime_ends_a_busy_session(echod):
    running = echod(max_lifetime="300ms")
    client = running.connect()
    with contextlib.suppress(ConnectionError):
        wait_until(lambda: streams.exchange(client, b"again") != b"again",
                   "the end of a busy session")
    closed = running.closed()
    assert closed["reason"] == "lifetime"
    assert closed["bytes"] > 0


def test_lifetime_ends_a_stream_that_flows_all_the_time(echod):
    running = echod(max_lifetime="300ms")
    client = running.connect()
    places = [0, ENDLESS] * 64  # 8 GiB without having them
    pump = streams.Pump(client, bytes(ENDLESS), places, half_close=False)
    with contextlib.suppress(ConnectionError):
        while client.recv(streams.CHUNK):
            pass
    assert was_cut(pump)
    assert running.closed()["reason"] == "lifetime"


def test_lifetime_ends_a_session_that_waits_to_write(echod):
    running = echod(max_lifetime="300ms", write_timeout="1h")
    assert was_cut(never_read(running))
    closed = running.closed()
    assert closed["reason"] == "lifetime"
    assert closed["duration"] >= 0.3


def test_end_of_the_lifetime_loses_nothing_that_was_sent_before(echod):
    running = echod(max_lifetime="1s")
    client = running.connect()
    data = streams.random_bytes(streams.CHUNK)
    assert streams.exchange(client, data) == data
    assert client.recv(1) == b""
    assert running.closed()["reason"] == "lifetime"
    assert running.closed()["bytes"] == len(data)


# ---- resets -----------------------------------------------------------------

def test_reset_is_told_apart_from_an_orderly_end(echod):
    running = echod()
    client = running.connect()
    assert streams.is_served(client)
    reset(client)
    assert running.closed()["reason"] == "reset"


def test_reset_while_the_session_writes(echod):
    running = echod()
    client = running.connect(receive_buffer=4096)
    pump = streams.Pump(client, bytes(16 * streams.CHUNK), half_close=False)
    assert client.recv(1)
    client.shutdown(socket.SHUT_RDWR)
    pump.join()
    reset(client)
    assert running.closed()["reason"] == "reset"


# ---- others -----------------------------------------------------------------

def test_others_notice_nothing_of_clients_at_their_limits(echod):
    running = echod(idle_timeout="1500ms", write_timeout="500ms")
    idle = [running.connect(source="127.0.0.2") for _ in range(50)]
    pumps = [never_read(running, source="127.0.0.3") for _ in range(20)]
    good = running.connect()

    def all_cut():
        assert streams.is_served(good)
        return len(running.matches("closed ")) == 70
    wait_until(all_cut, "the end of all the others")
    assert all(client.recv(1) == b"" for client in idle)
    assert all(map(was_cut, pumps))
    reasons = [m.group(1) for m in running.matches(r"closed .*reason=(\S+)")]
    assert sorted(reasons) == ["idle"] * 50 + ["stalled"] * 20
    assert streams.is_served(good)


def test_zero_means_no_limit(echod):
    running = echod(idle_timeout="0", write_timeout="0", max_lifetime="0")
    idle = running.connect()
    assert streams.is_served(idle)
    never_read(running)
    end = time.monotonic() + 1.5
    wait_until(lambda: time.monotonic() > end, "more than the shortest")
    assert streams.is_served(idle)
    assert not running.matches("closed ")
