# SPDX-License-Identifier: ISC
"""The user that the daemon runs as when it is started by root."""

import os

import pytest

import echod as driver
import processes
import streams

pytestmark = pytest.mark.root

NOBODY = "nobody:x:65534:65534::/:/bin/false\n"
WARNING = "no user echod in /etc/passwd: running as nobody"


@pytest.fixture
def passwd(folder):
    """A wrapper under which /etc/passwd has that text."""
    processes.require("SYS_ADMIN", "for an /etc/passwd of its own")

    def wrapper(text):
        (folder / "passwd").write_text(text)
        return ["unshare", "--mount", "--", "sh", "-c",
                'mount --bind "$0" /etc/passwd && exec "$@"',
                str(folder / "passwd")]
    return wrapper


def ids(running):
    status = processes.status(running.pid)
    assert status["Groups"].split() == []
    [uid] = set(status["Uid"].split())
    [gid] = set(status["Gid"].split())
    return int(uid), int(gid)


def warned(running):
    return any(WARNING in line for line in running.lines())


def test_it_gives_up_the_groups_it_was_started_with(echod):
    running = echod(preexec_fn=lambda: os.setgroups([1, 2, 4]))
    assert processes.status(running.pid)["Groups"].split() == []
    client = running.connect()
    assert streams.is_served(client)
    session = running.session_of(client)
    assert processes.status(session)["Groups"].split() == []


def test_it_does_not_start_where_root_could_be_regained(folder):
    """As a set-user-id program would, that root has started."""
    done = driver.run(
        "--foreground", "--config=/dev/null", *driver.options(driver.BASE),
        preexec_fn=lambda: os.setresuid(0, 4711, 4711))
    assert done.returncode == 1
    assert "root privileges could be regained" in done.stderr


def test_the_default_user_is_echod():
    done = driver.run("--print-config", "--config=/dev/null")
    assert "user = echod\n" in done.stdout


def test_it_is_a_user_of_its_own(echod, passwd):
    running = echod(wrapper=passwd(
        NOBODY + "echod:x:4711:4712::/:/bin/false\n"), user_="echod")
    assert ids(running) == (4711, 4712)
    assert not warned(running)
    assert streams.is_served(running.connect())


def test_without_that_user_it_is_nobody_with_a_warning(echod, passwd):
    running = echod(wrapper=passwd(NOBODY), user_="echod")
    assert ids(running) == (65534, 65534)
    assert warned(running)
    assert streams.is_served(running.connect())


def test_nobody_on_request_is_no_reason_for_a_warning(echod, passwd):
    running = echod(wrapper=passwd(NOBODY), user_="nobody")
    assert ids(running) == (65534, 65534)
    assert not warned(running)


def test_without_both_users_it_does_not_start(folder, passwd):
    complaint = driver.failed_start(
        folder, status=78, wrapper=passwd(""), user_="echod")
    assert complaint == "echod: user nobody is not in /etc/passwd\n"


def test_the_check_of_the_configuration_is_silent_about_nobody(passwd):
    done = driver.run("--test", "--config=/dev/null", wrapper=passwd(NOBODY))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("text", ["", NOBODY])
def test_ids_need_not_be_in_passwd(echod, passwd, text):
    running = echod(wrapper=passwd(text), user_="4711:4712")
    assert ids(running) == (4711, 4712)
    assert streams.is_served(running.connect())


@pytest.mark.parametrize("entry,complaint", [
    ("odd:x:0:1::/:/bin/false", "is root"),
    ("odd:x:1:0::/:/bin/false", "has the ids 1:0"),
    ("odd:x:4294967295:1::/:/bin/false", "has the ids 4294967295:1"),
    ("odd:x:1:4294967295::/:/bin/false", "has the ids 1:4294967295"),
])
def test_neither_roots_ids_nor_those_that_change_nothing(
        folder, passwd, entry, complaint):
    said = driver.failed_start(
        folder, status=78, wrapper=passwd(entry + "\n"), user_="odd")
    assert said.startswith(f"echod: user odd {complaint}"), said


@pytest.mark.parametrize("ids_", ["0:1", "1:0", "4294967295:1",
                                  "1:4294967295"])
def test_the_same_of_ids_in_the_settings(ids_):
    done = driver.run("--test", "--config=/dev/null", f"--user={ids_}")
    assert done.returncode == 2
    assert "must be 1 to 4294967294" in done.stderr
