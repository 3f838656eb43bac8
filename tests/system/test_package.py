# SPDX-License-Identifier: ISC
"""The Debian package, which "make check-deb" makes first."""

import pathlib
import re
import shutil
import subprocess

import pytest

import machine as machines
from test_units import names

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


def provide(machine, package):
    """Copies the package there, with the library that it needs."""
    shutil.copy(package, machine.path("/root/echod.deb"))
    for library in pathlib.Path("/lib/x86_64-linux-gnu").glob("lib[bm][sd]*.so.0*"):
        if re.match(r"lib(bsd|md)\.so", library.name):
            shutil.copy(library, machine.path("/usr/lib/x86_64-linux-gnu/"))


def install(machine):
    machine.run("dpkg", "--force-depends", "-i", "/root/echod.deb")


def test_install_upgrade_remove_and_purge_leave_nothing(root, tmp_path):
    package = built()
    with machines.Machine(root) as machine:
        machine.run("systemd-sysusers", "--inline", "u first - first")
        provide(machine, package)
        before = names(machine)
        install(machine)
        assert machine.try_run("systemctl", "is-active", "echod").stdout \
            .strip() == "inactive"
        machine.systemctl("enable", "--now", "echod")
        with machine.connect() as client:
            client.sendall(b"before")
            assert client.recv(6) == b"before"
            provide(machine, next_version(package, tmp_path))
            install(machine)
            client.sendall(b"behind")
            assert client.recv(6) == b"behind"
        with machine.connect() as client:
            client.sendall(b"!")
            assert client.recv(1) == b"!"
        machine.run("dpkg", "--remove", "echod")
        assert machine.path("/etc/echod.conf").exists()
        machine.run("dpkg", "--purge", "echod")
        assert names(machine) - before == set()
        assert before - names(machine) == set()
        assert "echod" not in machine.path("/etc/passwd").read_text()
