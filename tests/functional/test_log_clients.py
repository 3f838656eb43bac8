# SPDX-License-Identifier: ISC
"""How much of clients' addresses is shown in the log and in titles."""

import signal

import pytest

import processes
import streams

HOST = "127.13.17.19"
HEADER = b"PROXY TCP4 203.0.113.201 192.0.2.1 4711 7\r\n"

pytestmark = pytest.mark.native


def everything_told(echod, clients, **settings):
    """All lines about two clients and a refused one, with titles."""
    running = echod("-v", log_clients=clients, deny="127.13.17.66",
                    **settings)
    proxied = settings.get("proxy_protocol") == "required"
    with running.connect(HOST) as client:
        if proxied:
            client.sendall(HEADER)
        assert streams.is_served(client)
        pid, = running.wait_sessions(1)
        title = processes.title(pid)
        running.send_signal(signal.SIGUSR1)
        running.wait_log("session ")
    running.connect("127.13.17.66").recv(1)
    running.wait_log("closed ")
    running.stop()
    running.wait_log("refused ")
    return running, title, running.log() + title


def test_none_tells_nothing(echod):
    running, title, text = everything_told(echod, "none")
    assert "127.13" not in text
    assert title == "echod: -"
    running.wait_log(r"closed - pid=\d+ bytes=\d+ ")
    running.wait_log(r"refused - reason=denied count=1 ")


def test_prefix_tells_the_network(echod):
    running, title, text = everything_told(echod, "prefix")
    assert HOST not in text and "127.13.17.66" not in text
    assert title == "echod: 127.13.17.0/24"
    running.wait_log(r"closed 127\.13\.17\.0/24 pid=\d+ bytes=\d+ ")
    running.wait_log(r"refused 127\.13\.17\.0/24 reason=denied count=1 ")


def test_prefix_is_the_sources_where_that_is_shorter(echod):
    running, title, _ = everything_told(
        echod, "prefix", source_prefix_v4=16)
    assert title == "echod: 127.13.0.0/16"
    running.wait_log(r"closed 127\.13\.0\.0/16 pid=")


def test_clients_and_their_proxies_are_shortened(echod):
    running, _, text = everything_told(
        echod, "prefix", proxy_protocol="required", proxy_from="127.0.0.0/8")
    assert HOST not in text and "203.0.113.201" not in text
    running.wait_log(r"closed 203\.0\.113\.0/24 via 127\.13\.17\.0/24 pid=")


def test_a_reload_changes_it(echod):
    running = echod(config={})
    running.reload({"log-clients": "none"})
    with running.connect(HOST) as client:
        assert streams.is_served(client)
    running.wait_log(r"closed - pid=")
