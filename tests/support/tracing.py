# SPDX-License-Identifier: ISC
"""What each test runs of a COVERAGE=1 build, see trace.c.

A plugin of pytest: -p tracing, with the variable TRACES naming a directory.
Each test writes a file there: what observed() fills in.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import tempfile
import time

import pytest

FAILED = pytest.StashKey()


@contextlib.contextmanager
def observed(name):
    """Saves what is run within; the caller adds whether it has "passed"."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="echod-trace-"))
    folder.chmod(0o777)  # sessions are another user's
    os.environ["TRACE"] = str(folder)
    result, begin = {"test": name}, time.monotonic()
    yield result
    result["seconds"] = time.monotonic() - begin
    result["blocks"] = {file.name: blocks(file) for file in folder.iterdir()}
    shutil.rmtree(folder)
    save(result)


def blocks(file):
    """The addresses that were noted, from the program's beginning."""
    return [match.start() for match in re.finditer(b"\1", file.read_bytes())]


def save(result):
    name = hashlib.sha256(result["test"].encode()).hexdigest()[:32]
    path = pathlib.Path(os.environ["TRACES"]) / name
    path.write_text(json.dumps(result))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    if not outcome.get_result().passed:
        item.stash[FAILED] = True


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    with observed(item.nodeid) as result:
        yield
        result["passed"] = FAILED not in item.stash
