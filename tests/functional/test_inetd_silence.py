# SPDX-License-Identifier: ISC
"""inetd mode: the client gets echoes and nothing else, and may be gone."""

import socket
import struct
import subprocess

import pytest

import echod as driver
import streams
from test_inetd import connected_pair
from waiting import DEADLINE

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close by a reset


def run_for_client(server, *arguments, stderr=None):
    """Runs echod with the client on all of its standard descriptors."""
    with server:
        return subprocess.run(
            [*driver.WRAPPER, driver.ECHOD, *arguments], stdin=server,
            stdout=server, stderr=stderr or server, timeout=DEADLINE,
            check=False, env=driver.clean_environment()).returncode


@pytest.mark.parametrize("arguments,status", [
    (["--inetd", "--bogus"], 2),
    (["--bogus", "--inetd"], 2),
    (["-Zi"], 2),
    (["--listen"], 2),
    (["--inetd", "--backlog=0"], 2),
    (["--inetd", "--config=/no/such/file"], 78),
    (["--config=/dev/zero"], 78),
    (["--inetd", "--help"], 2),
    (["--version"], 2),
    (["--print-config", "--config=/dev/null"], 2),
])
def test_no_mistake_of_the_administrator_is_told_to_the_client(
        arguments, status):
    client, server = connected_pair()
    with client:
        assert run_for_client(server, *arguments) == status
        assert streams.receive_all(client) == b""


def test_a_mistake_is_told_to_a_standard_error_of_its_own(folder):
    client, server = connected_pair()
    with client, open(folder / "log", "w") as log:
        assert run_for_client(server, "--bogus", "--inetd", stderr=log) == 2
        assert streams.receive_all(client) == b""
    assert (folder / "log").read_text() == "echod: --bogus: unknown option\n"


@pytest.mark.parametrize("sent", [b"", b"some"])
def test_a_client_that_has_reset_before_the_start_is_no_failure(folder, sent):
    client, server = connected_pair()
    client.sendall(sent)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    client.close()
    with open(folder / "log", "w") as log:
        settings = driver.options(
            {k: v for k, v in driver.BASE.items() if k != "listen"})
        assert run_for_client(server, "--inetd", "--config=/dev/null",
                              *settings, stderr=log) == 0
    assert (folder / "log").read_text() == ""
