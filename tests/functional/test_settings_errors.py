# SPDX-License-Identifier: ISC
"""An error in the settings is seen, says what to do, and is not retried."""

import os
import re
import socket
import subprocess

import pytest

import echod as driver

EX_CONFIG = 78


def under_the_journal(*arguments):
    """What it writes to a standard error that the journal reads."""
    reader, writer = socket.socketpair()
    with reader:
        st = os.fstat(writer.fileno())
        with writer:
            done = subprocess.run(
                [*driver.WRAPPER, driver.ECHOD, "--foreground", *arguments],
                env=driver.clean_environment(
                    JOURNAL_STREAM=f"{st.st_dev}:{st.st_ino}"),
                stdin=subprocess.DEVNULL, stderr=writer, check=False,
                timeout=driver.DEADLINE)
        return done.returncode, reader.recv(4096).decode()


@pytest.mark.parametrize("text,complaint", [
    ("backlog = 0\n", "backlog: must be 1 to 2147483647"),
    ("nonsense\n", 'no "=" in "nonsense"'),
])
def test_a_bad_file_is_an_error_of_the_journal_with_one_prefix(
        folder, text, complaint):
    path = folder / "echod.conf"
    path.write_text(text)
    status, line = under_the_journal(f"--config={path}")
    assert status == EX_CONFIG
    assert line.startswith(f"<3>{path}:1: {complaint}"), line
    assert line.count("\n") == 1


def test_a_bad_command_line_is_an_error_of_the_journal_with_one_prefix():
    assert under_the_journal("--bogus") == (2, "<3>--bogus: unknown option\n")


@pytest.mark.root
@pytest.mark.parametrize("user", ["no-such-user", "root"])
@pytest.mark.parametrize("flags", [[], ["--foreground"], ["--test"]])
def test_a_bad_user_is_an_error_of_the_settings(folder, user, flags):
    done = driver.run("--config=/dev/null", "--listen=127.0.0.1:0",
                      f"--pidfile={folder}/pid", f"--user={user}", *flags)
    assert done.returncode == EX_CONFIG
    assert re.fullmatch(rf"echod: user {user} is [^\n]+\n", done.stderr)
    assert os.listdir(folder) == []


@pytest.mark.root
def test_a_port_without_rights_is_an_error_that_tells_the_way_out():
    done = driver.run(
        "--foreground", "--config=/dev/null", "--listen=127.0.0.1:7",
        wrapper=["setpriv", "--reuid=65534", "--regid=65534",
                 "--clear-groups"])
    assert done.returncode == EX_CONFIG
    assert "Permission denied" in done.stderr
    assert "--listen=7007" in done.stderr
    assert "CAP_NET_BIND_SERVICE" in done.stderr


def test_the_unit_does_not_try_wrong_settings_again():
    unit = (driver.ROOT / "systemd" / "echod.service.in").read_text()
    [statuses] = re.findall(r"^RestartPreventExitStatus=(.*)$", unit, re.M)
    assert {"2", str(EX_CONFIG)} <= set(statuses.split())
