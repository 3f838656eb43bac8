# SPDX-License-Identifier: ISC
"""Each line about a client names the listener that it came by."""

import signal

import pytest

import streams


@pytest.fixture
def running(echod):
    return echod("-v", listen=["127.0.0.1:0", "127.0.0.2:0", "*:0"],
                 deny="127.0.0.9")


def listeners(running):
    """(host, port, name) of each."""
    first, second, third = list(dict.fromkeys(running.ports()))
    return [("127.0.0.1", first, f"127.0.0.1:{first}"),
            ("127.0.0.2", second, f"127.0.0.2:{second}"),
            ("127.0.0.1", third, f"*:{third}"),
            ("::1", third, f"*:{third}")]


@pytest.mark.ipv6
def test_sessions_name_it_from_begin_to_end(running):
    for host, port, name in listeners(running):
        with running.connect(host=host, port=port) as client:
            assert streams.is_served(client)
            pid, = running.wait_sessions(1)
            running.send_signal(signal.SIGUSR1)
            running.wait_log(rf"session .* pid={pid} .* listener=")
        running.wait_sessions(0)
        running.wait_log(rf"closed .* pid={pid} .* listener=")
        lines = [m.string for m in running.matches(rf".* pid={pid} ")]
        assert [line.split()[0] for line in lines] == [
            "accepted", "session", "closed"]
        assert {line.split()[-1] for line in lines} == {f"listener={name}"}


def test_refusals_are_told_apart_by_it(running):
    for count, (_, port, _) in enumerate(listeners(running)[:3], 1):
        for _ in range(count):
            running.connect("127.0.0.9", port=port,
                            host="127.0.0.2" if count == 2 else "127.0.0.1"
                            ).recv(1)
    names = [name for _, _, name in listeners(running)[:3]]
    running.stop()
    logged = [m.groups() for m in running.matches(
        r"refused 127\.0\.0\.9 reason=denied count=(\d) .*listener=(\S+)$")]
    assert sorted(logged) == sorted(zip("123", names))


def test_proxied_clients_name_it(echod):
    running = echod(proxy_protocol="required", proxy_from="127.0.0.0/8")
    with running.connect() as client:
        client.sendall(b"PROXY TCP4 192.0.2.1 192.0.2.2 4711 7\r\n")
        assert streams.is_served(client)
    running.wait_log(r"closed 192\.0\.2\.1:4711 via .* "
                     rf"listener=127\.0\.0\.1:{running.port}$")
