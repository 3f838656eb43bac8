# SPDX-License-Identifier: ISC
"""A shortage that lasts: the daemon waits it out, quietly and at once after.

While it lasts clients keep coming.  Nobody is turned away, hardly any CPU time
is spent, hardly anything is logged, and all are served when it is over.
"""

import contextlib
import math
import os
import resource
import signal
import subprocess
import time

import pytest

import echod as driver
import processes
import streams
from cgroups import group
from conftest import often
from waiting import wait_until

CLIENTS = 100
SHARE = 0.05  # of one processor
LINES = 10  # a minute
RECOVERY = 1  # second
TICKS = os.sysconf("SC_CLK_TCK")

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def without_descriptors(running, _):
    taken = max(processes.descriptors(running.pid)) + 1
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]

    def limit(value):
        """As the daemon's own user, who may change the soft limit."""
        status = processes.status(running.pid)
        subprocess.run(["prlimit", f"--pid={running.pid}",
                        f"--nofile={value}:"], check=True, extra_groups=[],
                       user=int(status["Uid"].split()[0]),
                       group=int(status["Gid"].split()[0]))
    return limit_while(lambda: limit(taken), lambda: limit(most))


def without_processes(_, processes_group):
    return limit_while(
        lambda: processes_group.limit(processes_group.used()),
        lambda: processes_group.limit("max"))


@contextlib.contextmanager
def limit_while(begin, end):
    begin()
    try:
        yield
    finally:
        end()


def failing(call, error, when="1+"):
    """Every one of the daemon's calls fails, which strace sees to."""
    @contextlib.contextmanager
    def storm(running, _):
        trace = running.folder / "trace"
        tracer = subprocess.Popen(
            ["strace", "-q", "-o", trace, "-e", f"trace={call}", "-e",
             f"inject={call}:error={error}:when={when}", "-p", str(running.pid)])
        wait_until(
            lambda: processes.status(running.pid)["TracerPid"] != "0",
            "the tracer")
        try:
            yield
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait()
        assert "(INJECTED)" in trace.read_text()
    return storm


STORMS = {
    "EMFILE": without_descriptors,
    "EAGAIN-on-fork": without_processes,
    "ENOMEM-on-fork": failing("clone", "ENOMEM"),
    "ENOMEM-on-accept": failing("accept4", "ENOMEM"),
    "ENOBUFS-on-accept": failing("accept4", "ENOBUFS"),
    # Every other: one that waits for no descriptor needs no memory.
    "ENOMEM-on-ppoll": failing("ppoll", "ENOMEM", "1+2"),
}


def cpu_seconds(pid):
    fields = processes.fields(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS


def let_clients_come(running, seconds):
    """Spread over the time; each has said something and waits."""
    clients, begin = [], time.monotonic()
    for number in range(CLIENTS):
        clients.append(running.connect())
        clients[-1].sendall(b"patience")
        wait_until(lambda n=number: time.monotonic() - begin
                   >= seconds * (n + 1) / CLIENTS, "its time", 2 * seconds)
    return clients


@pytest.mark.parametrize("name", STORMS)
def test_storm_is_waited_out(folder, note, name):
    seconds = often(4, 20)
    with group("pids") as processes_group, driver.Echod(
            folder, preexec_fn=processes_group.enter,
            idle_timeout="5m") as running:
        bystander = running.connect()
        assert streams.is_served(bystander)
        descriptors = len(processes.descriptors(running.pid))
        with STORMS[name](running, processes_group):
            spent, said = cpu_seconds(running.pid), len(running.lines())
            clients = let_clients_come(running, seconds)
            spent = cpu_seconds(running.pid) - spent
            said = len(running.lines()) - said
            assert streams.is_served(bystander)
        before = time.monotonic()
        assert streams.receive_exactly(clients[0], 8) == b"patience"
        recovery = time.monotonic() - before
        assert all(streams.receive_exactly(client, 8) == b"patience"
                   for client in clients[1:])
        assert recovery < RECOVERY
        note(f"{name}: {spent / seconds:.2%} of a processor, {said} lines "
             f"in {seconds} s, recovered in {recovery:.3f} s")
        assert spent < SHARE * seconds
        assert said <= math.ceil(LINES * seconds / 60)
        for client in clients:
            client.close()
        running.wait_sessions(1)
        assert len(processes.descriptors(running.pid)) == descriptors
