# SPDX-License-Identifier: ISC
"""An upgrade reads the settings again, and opens and closes addresses."""

import os
import signal
import socket

import pytest

import echod as driver
import processes
import streams
import upgrades
from upgrades import echo
from waiting import wait_until

pytestmark = pytest.mark.native  # a wrapper is what would be executed


def test_settings_are_read_anew(upgradable):
    daemon = upgradable(config={"max-children": "1"})
    first, second = daemon.connect(), daemon.connect()
    echo(first, b"first")
    daemon.write_config({"max-children": "2"})
    daemon.upgrade()
    echo(second, b"second")


def test_a_relative_configuration_file_is_found_again(folder):
    processes.require("SYS_PTRACE", "to see which program runs")
    (folder / "relative.conf").write_text(driver.configuration(driver.BASE))
    (folder / "relative.conf").chmod(0o644)
    with upgrades.Daemon(folder, "--config=relative.conf",
                         wrapper=["env", "-C", str(folder)],
                         log_target="stderr") as daemon:
        client = daemon.connect()
        echo(client, b"before")
        began = processes.fields(daemon.pid)[19]
        daemon.program.install(upgrades.other_version())
        daemon.send_signal(signal.SIGUSR2)
        wait_until(lambda: os.path.samefile(
            f"/proc/{daemon.pid}/exe", daemon.program.path), "the new program")
        assert processes.fields(daemon.pid)[19] == began
        echo(client, b"after")


def free_port(host):
    with socket.create_server((host, 0)) as other:
        return other.getsockname()[1]


def test_new_addresses_are_opened_and_dropped_ones_closed(upgradable):
    ports = {host: free_port(host)
             for host in ("127.0.0.1", "127.0.0.2", "127.0.0.3")}
    kept, dropped, new = (f"{host}:{port}" for host, port in ports.items())
    daemon = upgradable(config={"listen": [kept, dropped]})
    client = daemon.connect(host="127.0.0.2", port=ports["127.0.0.2"])
    echo(client, b"before")
    daemon.write_config({"listen": [kept, new]})
    daemon.upgrade()
    daemon.wait_log(rf"listening on {new}$")
    for host in "127.0.0.1", "127.0.0.3":
        assert streams.is_served(daemon.connect(host=host, port=ports[host]))

    def is_refused():
        try:
            daemon.connect(host="127.0.0.2", port=ports["127.0.0.2"]).close()
        except ConnectionRefusedError:
            return True
        return False
    wait_until(is_refused, "the end of the dropped address")
    for host in "127.0.0.1", "127.0.0.3":  # which does not end the others
        assert streams.is_served(daemon.connect(host=host, port=ports[host]))
    echo(client, b"after")
    daemon.upgrade()
    echo(client, b"again")


def test_an_address_dropped_and_asked_for_again_takes_new_clients(upgradable):
    """It was still there, for a client who waited for a free place."""
    kept, port = (free_port(host) for host in ("127.0.0.1", "127.0.0.2"))
    both = [f"127.0.0.1:{kept}", f"127.0.0.2:{port}"]
    daemon = upgradable(config={"listen": both, "max-children": "1"})
    holder = daemon.connect(port=kept)
    echo(holder, b"the only place")
    waiting = daemon.connect(host="127.0.0.2", port=port)
    daemon.write_config({"listen": both[0], "max-children": "1"})
    daemon.upgrade()
    daemon.write_config({"listen": both, "max-children": "2"})
    daemon.upgrade()
    echo(waiting, b"a place")
    holder.close()
    assert streams.is_served(daemon.connect(host="127.0.0.2", port=port))


def test_an_address_that_cannot_be_had_leaves_the_old_ones(upgradable):
    port = free_port("127.0.0.1")
    daemon = upgradable(config={"listen": f"127.0.0.1:{port}"})
    with socket.create_server(("127.0.0.4", 0)) as taken:
        other = taken.getsockname()[1]
        daemon.write_config({"listen": f"127.0.0.4:{other}"})
        daemon.upgrade()
        daemon.wait_log(rf"cannot listen on 127\.0\.0\.4:{other}: ")
        assert streams.is_served(daemon.connect(port=port))


@pytest.mark.ipv6
def test_of_both_families_one_alone_is_not_opened(upgradable):
    port = free_port("127.0.0.1")
    daemon = upgradable(config={"listen": f"127.0.0.1:{port}"})
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        other = taken.getsockname()[1]
        daemon.write_config({"listen": f"*:{other}"})
        daemon.upgrade()
        daemon.wait_log(rf"cannot listen on \*:{other}: ")
        with pytest.raises(ConnectionRefusedError):
            daemon.connect(port=other)
    daemon.upgrade()
    for host in "127.0.0.1", "::1":
        assert streams.is_served(daemon.connect(host=host, port=other))


def test_broken_settings_leave_the_old_program_in_place(upgradable):
    daemon = upgradable(config={"max-children": "1"})
    client = daemon.connect()
    daemon.write_config("max-children = none\n")
    assert daemon.failed_upgrade().startswith(
        f"{daemon.program.path}: {daemon.config_file}:1: max-children: ")
    echo(client, b"still")
