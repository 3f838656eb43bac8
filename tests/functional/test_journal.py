# SPDX-License-Identifier: ISC
"""Entries in the journal, by a socket that takes the journal's place."""

import os
import signal

import pytest

import streams
from logdaemon import Journal
from waiting import wait_until

pytestmark = pytest.mark.root


@pytest.fixture
def journal(folder):
    journal = Journal(folder)
    journal.start()
    yield journal
    journal.close()


@pytest.fixture
def running(daemon, journal):
    return daemon("-v", wrapper=journal.wrapper(), log_target="journal",
                  deny="127.0.0.9")


def test_a_session_has_its_fields(running, journal):
    with running.connect() as client:
        assert streams.is_served(client, b"12345")
        host, port = client.getsockname()
        pid, = running.wait_sessions(1)
    closed = journal.wait_entry(ECHOD_REASON="client", ECHOD_BYTES="5")
    accepted = journal.wait_entry(
        MESSAGE_ID="38872c02d6274acdbae3e9a4dbdd7c98")
    assert closed["SYSLOG_IDENTIFIER"] == "echod"
    assert closed["MESSAGE_ID"] == "4b08924b161841f4842e1fe61f882eb2"
    assert (accepted["PRIORITY"], closed["PRIORITY"]) == ("7", "6")
    for entry in accepted, closed:
        assert entry["ECHOD_CLIENT"] == host == "127.0.0.1"
        assert entry["ECHOD_CLIENT_PORT"] == str(port)
        assert entry["ECHOD_PID"] == str(pid)
    assert float(closed["ECHOD_DURATION"]) >= 0
    assert closed["MESSAGE"] == (
        f"closed {host}:{port} pid={pid} bytes=5 "
        f"duration={closed['ECHOD_DURATION']} reason=client "
        f"listener={accepted['ECHOD_LISTENER']}")


def test_refusals_and_status_have_theirs(running, journal):
    running.connect("127.0.0.9").recv(1)
    running.stop(signal.SIGTERM)
    refused = journal.wait_entry(ECHOD_REASON="denied")
    assert refused["ECHOD_CLIENT"] == "127.0.0.9"
    assert "ECHOD_CLIENT_PORT" not in refused
    assert (refused["ECHOD_COUNT"], refused["ECHOD_PERIOD"]) == ("1", "10")
    assert journal.wait_entry(MESSAGE="stopped")["PRIORITY"] == "5"


def test_auto_is_the_journal_where_it_reads_standard_error(
        echod, folder, journal):
    with open(folder / "stream", "w+b") as stream:
        status = os.fstat(stream.fileno())
        running = echod(
            wrapper=journal.wrapper(), wait=False, stderr=stream, env={
                "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
        journal.wait_entry(MESSAGE="ready")
        running.stop()
        stream.seek(0)
        assert stream.read() == b""


def test_auto_is_standard_error_where_there_is_no_journal(
        echod, folder, journal):
    journal.stop()
    log = folder / "log"
    log.touch()
    status = log.stat()
    running = echod(wrapper=journal.wrapper(), wait=False, env={
        "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
    running.wait_log("<5>ready$")


def test_a_start_that_fails_is_told_on_standard_error_too(daemon, journal):
    running = daemon(wrapper=journal.wrapper(), log_target="journal",
                     listen="192.0.2.1:7", wait=False)
    running.wait_log("cannot listen on 192.0.2.1:7")
    journal.wait_entry(PRIORITY="3")
    running.process.wait()
    running.ended = True


def test_a_journal_that_does_not_read_delays_nobody(running, journal):
    """Its queue is short; what does not get in is counted."""
    for _ in range(400):
        with running.connect() as client:
            assert streams.is_served(client)
    running.wait_sessions(0)
    wait_until(
        lambda: any("messages dropped" in entry["MESSAGE"]
                    for entry in journal.entries()), "a count of the dropped")
    dropped = journal.wait_entry(
        MESSAGE_ID="6953d8de193949db93870aec3e7dfe96")
    assert int(dropped["ECHOD_COUNT"]) > 0
    assert dropped["PRIORITY"] == "4"


def test_a_journal_that_is_started_anew_gets_what_follows(running, journal):
    journal.stop()
    with running.connect() as client:
        assert streams.is_served(client)
    running.wait_sessions(0)
    journal.start()
    with running.connect() as client:
        assert streams.is_served(client, b"123")
    journal.wait_entry(ECHOD_BYTES="3", ECHOD_REASON="client")
