# SPDX-License-Identifier: ISC
"""Every byte comes back, in order, whatever the sizes of writes."""

import concurrent.futures
import hashlib
import random
import socket

import pytest

import streams

MIB = 1024 * 1024


def test_every_size_up_to_4096_comes_back(echod):
    client = echod().connect()
    data = streams.random_bytes(2 * 4096)
    for size in range(1, 4097):
        part = data[size:2 * size]
        assert streams.exchange(client, part) == part, size


def test_every_size_up_to_4096_comes_back_before_the_end(echod):
    daemon = echod()
    data = streams.random_bytes(4096)
    # A connection each: the end of the stream follows every size.
    for size in [*range(1, 65), *range(65, 4097, 61), 4096]:
        with daemon.connect() as client:
            client.sendall(data[:size])
            client.shutdown(socket.SHUT_WR)
            assert streams.receive_all(client) == data[:size], size


@pytest.mark.parametrize("size", [2 ** n for n in range(13, 27)])
def test_large_streams_come_back_whole_however_they_are_split(echod, size):
    data = streams.random_bytes(size)
    places = streams.cuts(size, 200, seed=size)
    answer = streams.echo_digest(echod().connect(), data, places)
    assert answer == (hashlib.sha256(data).hexdigest(), size)


def test_half_close_returns_every_byte_and_then_the_end(echod):
    daemon = echod()
    client = daemon.connect()
    data = streams.random_bytes(3 * MIB + 1)
    assert streams.echo_digest(client, data) == (
        hashlib.sha256(data).hexdigest(), len(data))
    assert client.recv(1) == b""
    closed = daemon.closed()
    assert closed["bytes"] == len(data)
    assert closed["reason"] == "client"


def test_a_connection_without_a_byte_ends_with_the_end(echod):
    client = echod().connect()
    client.shutdown(socket.SHUT_WR)
    assert client.recv(1) == b""


def test_single_bytes_are_not_held_back(echod):
    client = echod().connect()
    for byte in streams.random_bytes(500):
        assert streams.exchange(client, bytes([byte])) == bytes([byte])


def test_a_slow_reader_gets_everything(echod):
    client = echod().connect(receive_buffer=4096)
    data = streams.random_bytes(2 * MIB)
    pump = streams.Pump(client, data)
    answer, generator = bytearray(), random.Random(1)
    while part := client.recv(generator.randrange(1, 9000)):
        answer += part
    pump.join()
    assert bytes(answer) == data


def test_200_clients_at_once_get_5_megabytes_each(echod):
    daemon = echod()
    data = streams.random_bytes(5_000_000 + 200)

    def one(number):
        mine = memoryview(data)[number:number + 5_000_000]
        return streams.echo_digest(daemon.connect(), mine) == (
            hashlib.sha256(mine).hexdigest(), len(mine))

    with concurrent.futures.ThreadPoolExecutor(200) as pool:
        assert all(pool.map(one, range(200)))
    for number in range(1, 201):
        assert daemon.closed(number)["bytes"] == 5_000_000


@pytest.mark.parametrize("listen,hosts", [
    ("127.0.0.1:0", ["127.0.0.1"]),
    pytest.param("[::1]:0", ["::1"], marks=pytest.mark.ipv6),
    pytest.param("*:0", ["127.0.0.1", "::1"], marks=pytest.mark.ipv6),
    pytest.param("0", ["127.0.0.1", "::1"], marks=pytest.mark.ipv6),
    ("*:0", ["127.0.0.1"]),
])
def test_listens_where_it_is_told_to(echod, listen, hosts):
    daemon = echod(listen=listen)
    assert len(set(daemon.ports())) == 1
    for host in hosts:
        assert streams.is_served(daemon.connect(host=host))


@pytest.mark.ipv6
def test_listens_on_several_addresses_at_once(echod):
    daemon = echod(listen=["127.0.0.1:0", "127.0.0.2:0", "[::1]:0"])
    hosts = ["127.0.0.1", "127.0.0.2", "::1"]
    assert len(daemon.ports()) == 3
    for host, port in zip(hosts, daemon.ports()):
        assert streams.is_served(daemon.connect(host=host, port=port))


def test_clients_of_every_address_are_served_while_one_is_busy(echod):
    daemon = echod(listen=["127.0.0.1:0", "127.0.0.2:0"])
    busy = daemon.connect(host="127.0.0.1")
    streams.Pump(busy, bytes(64 * MIB), half_close=False)
    other = daemon.connect(host="127.0.0.2", port=daemon.ports()[1])
    assert streams.is_served(other)


def test_an_urgent_byte_comes_back_in_its_place(echod):
    client = echod().connect()
    client.sendall(b"abc")
    client.send(b"!", socket.MSG_OOB)
    client.sendall(b"def")
    client.shutdown(socket.SHUT_WR)
    assert streams.receive_all(client) == b"abc!def"
