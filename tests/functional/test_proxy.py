# SPDX-License-Identifier: ISC
"""The PROXY protocol, from outside: who is believed, what is echoed, logged
and limited.  The parser's own cases are in tests/unit/test_proxy.c."""

import signal
import socket
import struct

import pytest

from streams import exchange, receive_all
from waiting import wait_until

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
CLIENT = "203.0.113.9"


def v1(host=CLIENT, port=4711):
    return f"PROXY TCP4 {host} 192.0.2.1 {port} 7\r\n".encode()


def v2(host=CLIENT, port=4711, tlvs=b""):
    addresses = (socket.inet_aton(host) + socket.inet_aton("192.0.2.1")
                 + struct.pack("!HH", port, 7))
    return (SIGNATURE + b"\x21\x11"
            + struct.pack("!H", len(addresses + tlvs)) + addresses + tlvs)


@pytest.fixture
def proxied(echod):
    def start(**settings):
        settings.setdefault("proxy_from", "127.0.0.1")
        return echod(proxy_protocol="required", **settings)
    return start


def name(client):
    return "%s:%d" % client.getsockname()


@pytest.mark.parametrize("header", [v1(), v2(), v2(tlvs=b"\4\0\4abcd")],
                         ids=["v1", "v2", "v2-tlv"])
def test_the_real_client_is_logged_and_only_the_payload_echoed(
        proxied, header):
    daemon = proxied()
    client = daemon.connect()
    client.sendall(header + b"glued")
    client.shutdown(socket.SHUT_WR)
    assert receive_all(client) == b"glued"
    daemon.wait_log(rf"closed {CLIENT}:4711 via {name(client)} pid=\d+ bytes=5 "
                    r"duration=\S+ reason=client ")


@pytest.mark.parametrize("header", [v1(), v2()], ids=["v1", "v2"])
def test_a_header_split_at_every_offset_gives_the_same(proxied, header):
    daemon = proxied()
    for cut in range(1, len(header) + 1):
        client = daemon.connect()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(header[:cut])
        client.sendall(header[cut:] + b"payload")
        client.shutdown(socket.SHUT_WR)
        assert receive_all(client) == b"payload"
        client.close()
    daemon.wait_log(rf"closed {CLIENT}:4711 via ", len(header))


@pytest.mark.parametrize("header", [
    b"PROXY UNKNOWN\r\n", SIGNATURE + b"\x20\0\0\0"], ids=["v1", "v2"])
def test_a_header_that_names_nobody_keeps_the_peer(proxied, header):
    daemon = proxied()
    client = daemon.connect()
    client.sendall(header)
    assert exchange(client, b"hello") == b"hello"
    peer = name(client)
    client.close()
    daemon.wait_log(rf"closed {peer} pid=\d+ bytes=5 ")


@pytest.mark.parametrize("sent", [b"hello, no header\n", b"", v1()[:-1]],
                         ids=["none", "empty", "half"])
def test_without_a_header_nothing_is_echoed(proxied, sent):
    daemon = proxied()
    client = daemon.connect()
    client.sendall(sent)
    client.shutdown(socket.SHUT_WR)
    try:
        assert receive_all(client) == b""
    except ConnectionResetError:
        pass  # it closed with our bytes unread
    daemon.wait_log(r"closed .* bytes=0 .* reason=proxy-header ")


@pytest.mark.slow(5, "the header's deadline is 5 s")
def test_silence_before_the_header_is_complete_is_cut(proxied):
    daemon = proxied(idle_timeout="0")
    silent = daemon.connect()
    silent.sendall(v2()[:15])
    try:
        assert receive_all(silent) == b""
    except ConnectionResetError:
        pass
    daemon.wait_log(r"closed .* bytes=0 .* reason=proxy-header ")


@pytest.mark.slow(5, "the header's deadline is 5 s")
def test_a_header_that_trickles_has_one_deadline_for_all_of_it(proxied):
    daemon = proxied(idle_timeout="0")
    client = daemon.connect()

    def one_more():
        try:
            client.send(b"x")
        except OSError:
            return True
        return daemon.matches("closed ")
    client.sendall(v2()[:14] + b"\xff\xff")
    wait_until(one_more, "the end of a session that still gets input")
    daemon.wait_log(r"closed .* bytes=0 .* reason=proxy-header ")


def test_bad_headers_make_one_line_a_source_and_period(proxied):
    daemon = proxied(drain_timeout="1s")
    for _ in range(50):
        client = daemon.connect()
        client.sendall(b"nonsense\n")
        client.close()
    wait_until(lambda: not daemon.sessions(), "the sessions' ends")
    daemon.stop()
    assert len(daemon.matches(r"closed .* reason=proxy-header ")) == 1
    assert daemon.matches(
        r"refused 127\.0\.0\.1 reason=proxy-header count=50 period=10s ")


def test_only_proxies_in_proxy_from_are_believed(proxied):
    daemon = proxied(proxy_from="127.0.0.2")
    stranger = daemon.connect()
    assert receive_all(stranger) == b""
    proxy = daemon.connect(source="127.0.0.2")
    proxy.sendall(v1())
    assert exchange(proxy, b"hello") == b"hello"
    daemon.stop()
    assert daemon.matches(r"refused 127\.0\.0\.1 reason=proxy-from count=1 ")


def test_without_proxy_from_nobody_is_believed(echod):
    daemon = echod(proxy_protocol="required")
    assert receive_all(daemon.connect()) == b""


def test_the_source_that_is_limited_is_the_client(proxied):
    daemon = proxied(max_per_source="2")
    clients = [daemon.connect() for _ in range(2)]
    for port, client in enumerate(clients):
        client.sendall(v1(port=1000 + port))
        assert exchange(client, b"hello") == b"hello"
    third = daemon.connect()
    third.sendall(v1(port=1002))
    assert receive_all(third) == b""
    daemon.wait_sessions(2)
    other = daemon.connect()
    other.sendall(v1("203.0.113.10"))
    assert exchange(other, b"hello") == b"hello"
    daemon.send_signal(signal.SIGUSR1)
    daemon.wait_log(r"session 203\.0\.113\.10:4711 via ")
    for client in (*clients, other):
        client.close()
    daemon.wait_sessions(0)
    daemon.stop()
    # A refusal is logged once a period, not once for each session.
    assert len(daemon.matches(r"closed 203\.0\.113\.9:100\d via ")) == 2
    assert daemon.matches(
        rf"refused {CLIENT} reason=max-per-source count=1 ")


def test_a_client_that_left_is_no_longer_counted(proxied):
    daemon = proxied(max_per_source="1")
    for round_ in range(1, 6):
        client = daemon.connect()
        client.sendall(v1())
        assert exchange(client, b"hello") == b"hello"
        client.close()
        daemon.wait_log(rf"closed {CLIENT}:4711 via .* reason=client ", round_)
    assert not daemon.matches(r"closed .* reason=killed")


def test_a_reload_turns_it_on_and_off(echod):
    daemon = echod()
    before = daemon.connect()
    assert exchange(before, b"PROXY?") == b"PROXY?"
    daemon.reload({"proxy-protocol": "required", "proxy-from": "127.0.0.0/8"})
    client = daemon.connect()
    client.sendall(v1())
    assert exchange(client, b"hello") == b"hello"
    assert exchange(before, b"still the same") == b"still the same"
    daemon.reload({})
    after = daemon.connect()
    assert exchange(after, v1()) == v1()
