# SPDX-License-Identifier: ISC
"""Fixtures of the black-box suite."""

import contextlib
import errno
import functools
import os
import pathlib
import re
import resource
import shutil
import socket
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import echod as driver  # noqa: E402 (after the path)
import injection  # noqa: E402
import ordering  # noqa: E402
import upgrades  # noqa: E402
from ordering import pytest_collection_modifyitems  # noqa: E402, F401

# Where tests/support/fetch_peers unpacks programs, and where they are installed
os.environ["PATH"] = os.pathsep.join(
    [f"{driver.ROOT}/build/peers/bin", os.environ["PATH"], "/usr/sbin"])


def pytest_report_header():
    sandbox = "off" if driver.SANDBOX_OFF else "on"
    return f"echod: {driver.ECHOD}, sandbox {sandbox}, uid {os.getuid()}"


@functools.cache
def has_ipv6():
    """Whether this machine has the loopback address."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def pytest_runtest_setup(item):
    if item.get_closest_marker("root") and os.geteuid() != 0:
        pytest.skip("needs root")
    if item.get_closest_marker("ipv6") and not has_ipv6():
        pytest.skip("needs IPv6")
    if item.get_closest_marker("sandbox") and driver.SANDBOX_OFF:
        pytest.skip("is about the sandbox, which this run has off")
    if item.get_closest_marker("plain") and (
            driver.SANDBOX_OFF or driver.WRAPPER):
        pytest.skip("counts what an ordinary build needs")
    if item.get_closest_marker("native") and driver.WRAPPER:
        pytest.skip("is about the process itself, not one under a wrapper")


# What tools print that may not do what a test asks of them.
NOT_PERMITTED = re.compile(
    r"(?i)(unshare|nsenter|mount|ip|nft|strace|setpriv|prlimit|RTNETLINK)\b.*"
    r"(operation not permitted|permission denied|must be superuser)")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """What is not permitted without root's whole power, or needs more
    descriptors than there are, is not a failure."""
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    text = "\n".join([str(call.excinfo.value), report.capstderr])
    if not driver.ALL_POWERFUL and (
            call.excinfo.errisinstance(PermissionError)
            or NOT_PERMITTED.search(text)):
        skip(item, report, f"not permitted here: {text.strip()[:200]}")
    elif call.excinfo.errisinstance(OSError) and \
            call.excinfo.value.errno == errno.EMFILE and \
            resource.getrlimit(resource.RLIMIT_NOFILE)[0] < DESCRIPTORS:
        skip(item, report, "has more clients than RLIMIT_NOFILE lets it")


DESCRIPTORS = 1024  # as login(1) leaves them


def skip(item, report, why):
    path, line, _ = item.location
    report.outcome = "skipped"
    report.longrepr = (path, line, f"Skipped: {why}")


def pytest_configure(config):
    os.umask(0o022)  # files have the modes that the tests say
    ordering.add_markers(config)
    config.addinivalue_line("markers", "root: has to be run by root")
    config.addinivalue_line("markers", "ipv6: needs the address ::1")
    config.addinivalue_line("markers", "sandbox: needs sandbox = on")
    config.addinivalue_line("markers", "plain: numbers of an ordinary build")
    config.addinivalue_line("markers", "native: not under valgrind and such")


@pytest.fixture
def folder():
    """A directory that the daemon's user can search, as tmp_path is not."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="echod-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def place(folder):
    """A directory that the daemon's user can write to."""
    place = folder / "metrics"
    place.mkdir()
    place.chmod(0o777)
    return place


@pytest.fixture
def echod(folder):
    """Starts daemons in the foreground: echod(idle_timeout="1s", ...)."""
    with contextlib.ExitStack() as stack:
        def start(*flags, where=None, **settings):
            place = folder / where if where else folder
            place.mkdir(exist_ok=True)
            return stack.enter_context(
                driver.Echod(place, *flags, **settings))
        yield start


@pytest.fixture
def daemon(folder):
    """Starts daemons in the background, known by a pidfile."""
    with contextlib.ExitStack() as stack:
        def start(*flags, **settings):
            return stack.enter_context(
                driver.Daemon(folder, *flags, **settings))
        yield start


@pytest.fixture
def gdb():
    """What tests ask for that make a process call something."""
    injection.require()


@pytest.fixture
def upgradable(folder):
    """Starts daemons that can be upgraded."""
    with contextlib.ExitStack() as stack:
        def start(*flags, kind=upgrades.Echod, **settings):
            return stack.enter_context(kind(folder, *flags, **settings))
        yield start
