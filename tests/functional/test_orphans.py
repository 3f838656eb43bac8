# SPDX-License-Identifier: ISC
"""What the kernel keeps for a client that reads nothing, after its session."""

import re
import shutil
import subprocess

import pytest

import streams
from waiting import wait_until

MIB = 1024 * 1024

pytestmark = pytest.mark.skipif(shutil.which("ss") is None, reason="needs ss")


def kept(port):
    """Bytes of kernel memory for output, of sockets on the port."""
    output = subprocess.run(
        ["ss", "-tmn", f"sport = :{port}"],
        check=True, capture_output=True, text=True).stdout
    return sum(int(n) for n in re.findall(r"skmem:\(.*?,w(\d+),", output))


@pytest.mark.parametrize("size,least,most", [
    ("64k", 1, 192 * 1024), ("128k", 1, 256 * 1024)])
def test_little_is_kept_for_a_client_that_reads_nothing(
        echod, size, least, most):
    running = echod(write_timeout="2s", send_buffer=size)
    client = running.connect(receive_buffer=4096)
    pump = streams.Pump(client, bytes(8 * MIB), half_close=False)
    sizes = []

    def is_stalled():
        sizes.append(kept(running.port))
        return running.matches("closed ")
    wait_until(is_stalled, "a stalled session")
    assert running.closed()["reason"] == "stalled"
    assert least <= max(sizes) <= most
    client.close()
    pump.join()


def test_without_the_limit_the_kernel_keeps_more(echod):
    running = echod(write_timeout="1s", send_buffer="0")
    client = running.connect(receive_buffer=4096)
    pump = streams.Pump(client, bytes(8 * MIB), half_close=False)
    wait_until(lambda: kept(running.port) > 512 * 1024, "a full buffer")
    client.close()
    pump.join()


def test_the_limit_loses_no_byte(echod):
    running = echod(send_buffer="1")
    data = streams.random_bytes(MIB)
    client = running.connect()
    pump = streams.Pump(client, data)
    assert streams.receive_all(client) == data
    pump.join()
