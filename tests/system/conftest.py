# SPDX-License-Identifier: ISC
"""Fixtures of the suite that boots a systemd."""

import os
import pathlib
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import machine as machines  # noqa: E402 (after the path)
import rootfs  # noqa: E402
import seccomp  # noqa: E402

TOOLS = ("debootstrap", "systemd-nspawn", "nsenter", "unshare", "setpriv")
# What tests may change in the machine, and where it is kept as it was.
FILES = "/etc/echod.conf /etc/systemd/system"
KEPT = "/var/lib/kept"


def pytest_configure():
    os.umask(0o022)  # files have the modes that the tests say


def _why_not():
    if os.geteuid() != 0:
        return "only root can boot a container"
    if seccomp.HANG:
        return "this kernel hangs when a filter is loaded, as nspawn does"
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    return f"not installed: {' '.join(missing)}" if missing else None


@pytest.fixture(scope="session")
def root():
    reason = _why_not()
    if reason is not None:
        pytest.skip(reason)
    try:
        return rootfs.get()
    except rootfs.NoMirror as error:
        pytest.skip(str(error))


def _booted(root, unified):
    with machines.Machine(root, unified) as machine:
        machine.install()
        machine.run("mkdir", KEPT)
        machine.run("sh", "-c", f"cp -a --parents {FILES} {KEPT}")
        yield machine


def _reset(machine):
    """As it was after the installation."""
    machine.try_run("systemctl", "stop", "echod.socket", "echod.service",
                    "echod@*.service")
    machine.run("sh", "-c", f"rm -rf {FILES} /etc/echod; cp -a {KEPT}/etc /")
    machine.systemctl("daemon-reload")
    machine.try_run("systemctl", "reset-failed")


@pytest.fixture(scope="session")
def booted(root):
    """With control groups as they are here, so that TasksMax= can count."""
    yield from _booted(root, unified=False)


@pytest.fixture(scope="session")
def booted_unified(root):
    """With unified control groups, so that IPAddressDeny= counts."""
    yield from _booted(root, unified=True)


@pytest.fixture
def machine(booted):
    yield booted
    _reset(booted)


@pytest.fixture
def unified_machine(booted_unified):
    yield booted_unified
    _reset(booted_unified)
