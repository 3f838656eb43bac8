# SPDX-License-Identifier: ISC
"""Lines of JSON on standard error."""

import json
import re
import signal
import socket

import pytest

import echod as driver
import streams
from namespaces import Network

MANUAL = (driver.ROOT / "man" / "echod.8").read_text()
FIELDS = dict(re.findall(r"^\.It ([a-z_]+) , (ECHOD_[A-Z_]+)$", MANUAL, re.M))
ALWAYS = {"time", "level", "event", "message"}


def objects(running):
    return [json.loads(line) for line in running.log().splitlines()]


def wait_event(running, event, count=1):
    running.wait_log(rf'.*"event":"{event}"', count)
    return [o for o in objects(running) if o["event"] == event][count - 1]


def port(running):
    return int(wait_event(running, "listening")["address"].split(":")[-1])


@pytest.fixture
def running(echod):
    started = echod("-v", wait=False, log_format="json", deny="127.0.0.9",
                    crashes=True, idle_timeout="200ms")
    wait_event(started, "ready")
    started.known_port = port(started)
    return started


def test_every_line_is_an_object_with_fields_of_the_manual(running):
    with running.connect() as client:
        assert streams.is_served(client, b"12345")
        running.send_signal(signal.SIGUSR1)
        wait_event(running, "status")
    running.connect("127.0.0.9").recv(1)
    running.write_config("nonsense = \xe4\x01\"\\\n")
    running.send_signal(signal.SIGHUP)
    wait_event(running, "reload-failed")
    wait_event(running, "closed")
    running.stop()
    events = {o["event"] for o in objects(running)}
    assert events >= {"listening", "sandbox", "ready", "accepted", "closed",
                      "status", "refused", "reload-failed", "stopping",
                      "stopped"}
    for found in objects(running):
        assert ALWAYS <= set(found) <= ALWAYS | set(FIELDS), found
        assert list(found)[-1] == "message"
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z",
                            found["time"])


def test_a_session_has_its_values(running):
    with running.connect() as client:
        assert streams.is_served(client, b"12345")
        host, number = client.getsockname()
    closed = wait_event(running, "closed")
    assert (closed["client"], closed["client_port"]) == (host, number)
    assert closed["bytes"] == 5 and closed["level"] == "info"
    assert f"duration={closed['duration']:.3f} " in closed["message"]
    assert f"closed {host}:{number} pid={closed['pid']} " in closed["message"]


def test_a_start_that_fails_is_an_object_as_well(echod):
    running = echod(wait=False, log_format="json", listen="192.0.2.1:7")
    assert running.process.wait() == 1
    running.ended = True
    last = objects(running)[-1]
    assert last["event"] == "message" and last["level"] == "error"
    assert "cannot listen on 192.0.2.1:7" in last["message"]


def connect_link_local(number, index):
    client = socket.socket(socket.AF_INET6)
    client.connect(("fe80::7", number, 0, index))
    return client


@pytest.mark.root
def test_whatever_an_address_looks_like(folder):
    """A link-local one names its interface, which can be nearly any bytes."""
    name = b'a"\\\xe4\x01'
    with Network() as network:
        network.ip("link", "add", name, "type", "veth", "peer", "other0")
        network.ip("link", "set", name, "up")
        network.ip("addr", "add", "fe80::7/64", "dev", name, "nodad")
        index = network.run(socket.if_nametoindex, name)
        running = network.run(
            driver.Echod, folder, log_format="json", listen="[::]:0",
            wait=False)
        with running:
            wait_event(running, "ready")
            with network.run(
                    connect_link_local, port(running), index) as client:
                assert streams.is_served(client)
            closed = wait_event(running, "closed")
            assert closed["client"] == 'fe80::7%a"\\\ufffd\x01'
