# SPDX-License-Identifier: ISC
"""The errors of accept(2), injected by strace(1)."""

import contextlib
import errno
import os
import re
import shutil

import pytest

import streams

pytestmark = [
    pytest.mark.native,
    pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")]


@pytest.fixture
def failing(echod):
    """A daemon whose accept(2) fails in that way, as often as is said."""
    def start(name, when):
        return echod(wrapper=["strace", "-D", "-qq", "-o", os.devnull, "-e",
                              f"inject=accept4:error={name}:when={when}"])
    return start


# Of the client that would have been accepted.
GONE = ["ECONNABORTED", "EINTR", "EPROTO", "EPERM", "ETIMEDOUT", "ENETDOWN",
        "ENETUNREACH", "ENOPROTOOPT", "EHOSTDOWN", "EHOSTUNREACH", "ENONET"]

# For lack of something, and what nobody has heard of.
PASSING = ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EOPNOTSUPP", "EREMOTEIO",
           "ESOCKTNOSUPPORT", "EIO"]


@pytest.mark.parametrize("name", GONE)
def test_an_error_of_one_client_is_passed_over_in_silence(failing, name):
    running = failing(name, "1..3")
    assert streams.is_served(running.connect())
    assert not running.matches("cannot accept")


@pytest.mark.parametrize("name", PASSING)
def test_any_other_error_is_told_and_tried_again_after_a_pause(failing, name):
    running = failing(name, "1..3")
    assert streams.is_served(running.connect())
    [logged] = running.matches("cannot accept: ")
    text = os.strerror(getattr(errno, name))
    assert logged.string == f"cannot accept: {text}, trying again"


@pytest.mark.parametrize("name", ["EBADF", "EINVAL", "ENOTSOCK"])
def test_what_cannot_go_away_ends_it(failing, name):
    running = failing(name, "1+")
    with contextlib.suppress(ConnectionResetError):
        running.connect()
    assert running.wait_end() == 1
    text = re.escape(os.strerror(getattr(errno, name)))
    assert running.matches(rf"cannot accept: {text}$")
