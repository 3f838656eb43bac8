# SPDX-License-Identifier: ISC
"""The Debian package, which "make check-deb" makes first."""

import pathlib
import re
import shutil
import subprocess

import pytest

import machine as machines
from streams import is_served
from test_units import names
from test_upgrade import messages
from waiting import wait_until

TOP = pathlib.Path(__file__).resolve().parents[2]


def built():
    found = sorted((TOP / "build/deb").glob("echod_*.deb"))
    if not found:
        pytest.skip('no package: "make check-deb" makes one')
    return found[-1]


def next_version(package, folder):
    """The same package under a greater version."""
    subprocess.run(["dpkg-deb", "-R", package, folder / "tree"], check=True)
    control = folder / "tree/DEBIAN/control"
    control.write_text(re.sub(r"(?m)^(Version: .*)$", r"\1+next",
                              control.read_text()))
    result = folder / "echod_next.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", folder / "tree",
                    result], check=True, stdout=subprocess.DEVNULL)
    return result


def provide_library(machine):
    """Once: the file is in use later."""
    folder = pathlib.Path("/lib/x86_64-linux-gnu")
    for name in "libbsd.so.0", "libmd.so.0":
        shutil.copy(folder / name, machine.path(f"/usr{folder}"))


def left(machine, before):
    """Files of the package's; man-db and dpkg keep some of their own."""
    return sorted(name for name in names(machine) - before
                  if not name.startswith(("/var/cache/man", "/var/lib/dpkg")))


def install(machine, package):
    shutil.copy(package, machine.path("/root/echod.deb"))
    machine.run("dpkg", "--force-depends", "-i", "/root/echod.deb")


def test_install_upgrade_remove_and_purge_leave_nothing(root, tmp_path):
    package = built()
    with machines.Machine(root) as machine:
        machine.run("systemd-sysusers", "--inline", "u first - first")
        provide_library(machine)
        machine.path("/root/echod.deb").touch()
        before = names(machine)
        install(machine, package)
        assert machine.try_run("systemctl", "is-active", "echod").stdout \
            .strip() == "inactive"
        machine.write("/etc/echod/lab.conf", "listen = 127.0.0.1:7008\n")
        machine.systemctl("enable", "--now", "echod")
        machine.systemctl("start", "echod@lab")
        cursor = machine.cursor()
        with machine.connect() as client, machine.connect(port=7008) as other:
            assert is_served(client) and is_served(other)
            install(machine, next_version(package, tmp_path))
            wait_until(lambda: len(messages(machine, cursor, "upgraded ")) == 2,
                       "the upgrade of the service and its instance")
            assert is_served(client) and is_served(other)
        with machine.connect() as client:
            assert is_served(client)
        shutil.rmtree(machine.path("/etc/echod"))
        machine.run("dpkg", "--remove", "echod")
        assert machine.path("/etc/echod.conf").exists()
        machine.run("dpkg", "--purge", "echod")
        assert left(machine, before) == []
        assert before - names(machine) == set()
        assert list(machine.path("/run").glob("echod*")) == []
        assert "echod" not in machine.path("/etc/passwd").read_text()
