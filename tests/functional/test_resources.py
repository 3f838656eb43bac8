# SPDX-License-Identifier: ISC
"""Thousands of connections later the daemon is as it was."""

import pathlib
import re

import pytest

import processes
import streams
from waiting import wait_until


def sequential(running, count):
    for _ in range(count):
        with running.connect() as client:
            assert streams.is_served(client, b"x")


def concurrent(running, count):
    clients = [running.connect() for _ in range(count)]
    assert all(streams.is_served(client, b"x") for client in clients)
    assert len(running.sessions()) == count
    for client in clients:
        client.close()
    running.clients.clear()


def wait_quiet(running):
    """Neither sessions nor zombies are left."""
    wait_until(lambda: not processes.children(running.pid), "no child left",
               deadline=5)


def resident(pid):
    """Kilobytes, exact; VmRSS in status lags behind by some pages."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Rss:\s+(\d+) kB", text, re.M).group(1))


def test_descriptors_are_as_before(echod):
    running = echod(max_children=600)
    before = processes.descriptors(running.pid)
    sequential(running, 1000)
    concurrent(running, 500)
    wait_quiet(running)
    assert processes.descriptors(running.pid) == before


def test_no_zombie_is_left_of_500_sessions_that_end_together(echod):
    running = echod(max_children=600)
    concurrent(running, 500)
    wait_quiet(running)
    assert len(running.matches("closed ")) == 500


@pytest.mark.root
@pytest.mark.plain
def test_memory_is_flat(echod):
    running = echod(max_children=600)
    concurrent(running, 500)  # touches what 500 sessions need
    wait_quiet(running)
    before = resident(running.pid)
    for _ in range(3):
        sequential(running, 300)
        concurrent(running, 500)
        wait_quiet(running)
    assert resident(running.pid) <= before + 16


@pytest.mark.root
@pytest.mark.plain
def test_memory_is_flat_over_reloads(echod):
    running = echod(config={})
    many = {"deny": [f"10.0.{i}.0/24" for i in range(200)]}
    for _ in range(150):  # until the heap has found its shape
        running.reload(many)
    before = resident(running.pid)
    for _ in range(150):
        running.reload(many)
    assert resident(running.pid) <= before + 16
