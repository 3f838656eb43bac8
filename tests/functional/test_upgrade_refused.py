# SPDX-License-Identifier: ISC
"""Programs and states that an upgrade refuses: the old program goes on."""

import os
import re
import signal
import subprocess

import pytest

import echod as driver
import streams
from upgrades import echo, wait_for_tester
from waiting import DEADLINE

pytestmark = pytest.mark.native  # a wrapper is what would be executed


# ---- programs that are not the next one -------------------------------------

WRONG = {
    "missing": (None, "No such file or directory"),
    "empty": (b"", "Exec format error"),
    "garbage": (b"\x7fELF and no more", "Exec format error"),
    "text": (b"echo hello\n", "Exec format error"),
    "success": ("exit 0", "exit status 0, and no answer"),
    "talks": ("talk #echod-upgrade-answer version=2\n",
              "exit status 0, and no answer"),
    "another": ("exit 2", "exit status 2, and no answer"),
    "crash": ("crash", "killed by signal 11"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_program_is_not_executed(upgradable, kind):
    daemon = upgradable()
    client = daemon.connect()
    what, why = WRONG[kind]
    if what is None:
        daemon.program.path.unlink()
    elif isinstance(what, str):
        daemon.program.impersonate(what)
    else:
        daemon.program.put(what)
    assert daemon.failed_upgrade() == f"{daemon.program.path}: {why}"
    echo(client, b"still")
    assert streams.is_served(daemon.connect())
    daemon.program.install(driver.ECHOD)
    daemon.upgrade()
    echo(client, b"then")


def test_a_script_that_exits_with_success_is_not_executed(upgradable):
    daemon = upgradable()
    daemon.program.put(b"#!/bin/sh\nexit 0\n")
    why = daemon.failed_upgrade()  # confined, the parent starts no shell
    assert why in (f"{daemon.program.path}: exit status 0, and no answer",
                   f"{daemon.program.path}: Permission denied")


@pytest.mark.root
def test_a_program_that_may_not_be_executed_is_told(upgradable):
    daemon = upgradable()
    daemon.program.put(b"", mode=0o644)
    assert daemon.failed_upgrade() == \
        f"{daemon.program.path}: Permission denied"


def test_an_answer_of_another_kind_is_none(upgradable):
    daemon = upgradable()
    daemon.program.impersonate("answer #other version=2\n")
    assert daemon.failed_upgrade() == \
        f"{daemon.program.path}: exit status 0, and no answer"


@pytest.mark.parametrize("answer", [
    "", "version=", "why=", "version=2 why=no", "version=%00", "sandbox=x",
    "version=" + 40 * "9",
])
def test_a_wrong_answer_is_none(upgradable, answer):
    daemon = upgradable()
    daemon.program.impersonate(f"answer #echod-upgrade-answer {answer}\n")
    assert daemon.failed_upgrade() == \
        f"{daemon.program.path}: exit status 0, and no answer"


def test_the_reason_of_a_refusal_is_logged_on_one_line(upgradable):
    daemon = upgradable()
    daemon.program.impersonate("answer #echod-upgrade-answer why=a%0ab%1b\n")
    assert daemon.failed_upgrade() == f"{daemon.program.path}: a\\nb\\^["


@pytest.mark.slow(10, "a new program has 10 s to answer")
def test_a_program_that_does_not_answer_is_killed(upgradable):
    daemon = upgradable()
    daemon.program.impersonate("hang")
    daemon.send_signal(signal.SIGUSR2)
    wait_for_tester(daemon)
    assert streams.is_served(daemon.connect())
    daemon.program.install(driver.ECHOD)
    daemon.send_signal(signal.SIGUSR2)  # is not lost
    daemon.wait_log(
        r"upgrade failed, still \S+: .*: no answer within 10 s$")
    daemon.wait_log("upgraded ")


# ---- states that are not ours -----------------------------------------------

@pytest.fixture
def state(upgradable):
    """What a daemon with one session hands over."""
    daemon = upgradable()
    echo(daemon.connect(), b"x")
    daemon.program.impersonate("state")
    daemon.failed_upgrade()
    return re.search(r"^echod-state.*?^end\n", daemon.log(),
                     re.DOTALL | re.MULTILINE).group()


def verdict(text):
    """What the test of the program answers, and its exit status."""
    with open(os.memfd_create("state"), "wb+", buffering=0) as given, \
            open(os.memfd_create("answer"), "wb+", buffering=0) as answer:
        given.write(text.encode())
        done = subprocess.run(
            ["setpriv", "--no-new-privs", driver.ECHOD,
             f"--test-upgrade={given.fileno()},{answer.fileno()}",
             "--config=/dev/null",
             *(["--sandbox=off"] if driver.SANDBOX_OFF else [])], check=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=DEADLINE, pass_fds=[given.fileno(), answer.fileno()])
        assert done.returncode in (0, 1) and done.stdout == b"", done
        answer.seek(0)
        return answer.readline().decode()


def resized(text):
    """With the size in its head that it has."""
    return re.sub(r"size=\d+", "size=%020d" % len(text), text, count=1)


def test_the_state_of_a_running_daemon_is_taken(state):
    assert "version=" in verdict(state)
    assert "version=" in verdict(resized(
        state.replace("child ", "child later=x ").replace(
            "\nend", "\nunknown a=b\nend")))


@pytest.mark.parametrize("change", [
    lambda s: "", lambda s: "#!/bin/sh\n", lambda s: s[:-1],
    lambda s: s[:len(s) // 2], lambda s: s + "end\n",
    lambda s: s.replace("echod-state 1.", "echod-state 2."),
    lambda s: s.replace("size=0", "size=1"),
    lambda s: resized(re.sub(r"\npid=\d+", "", s).replace(" pid=", " pid=-")),
    lambda s: resized(re.sub(r"(child .*\n)", r"\1\1", s)),
    lambda s: resized(re.sub(r"server .*\n", "", s)),
    lambda s: resized(re.sub(r"(server .*\n)", r"\1\1", s)),
    lambda s: resized(re.sub(r"peer=\S+", "peer=7f0001/0/1", s)),
    lambda s: resized(re.sub(r"fd=\d+", "fd=1", s)),
    lambda s: resized(re.sub(r"(server [^\n]*\n)(.*)(end\n)", r"\2\1\3", s,
                             flags=re.S)),
    lambda s: resized(s.replace("listener ", "listener \0")),
], ids=range(15))
def test_a_corrupted_or_foreign_state_is_refused(state, change):
    assert change(state) != state
    assert re.match(r"#echod-upgrade-answer why=state:", verdict(change(state)))
