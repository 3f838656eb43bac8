# SPDX-License-Identifier: ISC
"""echoc --json and --json-stream: every subcommand, every way to end.

Each output is held against etc/echoc.schema.json, closed to other members.
"""

import re
import signal
import subprocess

import jsonschema
import pytest

import hostile
from echoc_support import (BAD, ERROR, GOOD, ROOT, SCHEMA, echoc, events,
                           result, running)
from hostile import Server
from waiting import wait_until

FORMS = {
    "ping": ["ping", "-c3", "-i10ms"],
    "each": ["ping", "-c3", "-i10ms", "--connect-each"],
    "load": ["load", "-d100ms"],
    "churn": ["load", "-d100ms", "--churn", "-r200", "--fail-if=p99>10s"],
    "check": ["check", "--case=prompt"],
    "pipe": ["pipe", "--verify"],
}
FAULTS = {
    "flip": hostile.flip(3), "extra": hostile.add_after_each(b"."),
    "closes": hostile.close_at_once, "reset": hostile.reset(10),
    "never": hostile.never,
}
each_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@each_form
def test_json_is_one_object_alone_on_standard_output(form):
    with Server(hostile.echo) as server:
        done = echoc(*form, "--json", server.target())
        found = result(done.stdout)
    assert found["subcommand"] == form[0]
    assert found["address"] == server.target()
    assert found["exit_status"] == GOOD and found["error"] is None
    assert [a["outcome"] for a in found["attempts"]] == ["connected"]
    assert found.get("outage_seconds", 0) == 0  # 0 is a number, not null
    assert done.stderr


@each_form
def test_a_stream_begins_with_start_and_ends_with_the_same_object(form):
    with Server(hostile.echo) as server:
        found = events(echoc(*form, "--json-stream", server.target()).stdout)
    names = [name for name, _ in found]
    assert names[0] == "start" and names[-1] == "end"
    assert names[1] == "connected" and "reconnected" not in names
    assert found[-1][1]["exit_status"] == GOOD
    assert found[0][1].items() <= found[-1][1].items()


@each_form
def test_quiet_and_json_print_nothing_else(form):
    with Server(hostile.echo) as server:
        done = echoc(*form, "--json", "-q", server.target())
    assert result(done.stdout) and done.stderr == ""


@each_form
@pytest.mark.parametrize("option", ["--json", "--json-stream"])
def test_a_name_that_does_not_resolve_has_its_object(form, option):
    done = echoc(*form, option, "-q", "no-such-host.invalid", status=ERROR)
    found = (result(done.stdout) if option == "--json"
             else events(done.stdout)[-1][1])
    assert "no-such-host.invalid" in found["error"]
    assert found["exit_status"] == ERROR and found["address"] is None
    assert done.stderr == ""


@each_form
def test_a_refused_connection_has_its_object(form):
    target = f"127.0.0.1:{hostile.refusing_port()}"
    found = result(echoc(*form, "--json", target, status=BAD).stdout)
    assert found["exit_status"] == BAD
    assert found["attempts"][-1]["outcome"] == "refused"


@each_form
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_failures_have_their_objects(form, fault):
    more = {"input": "0123456789"} if form[0] == "pipe" else {}
    with Server(fault) as server:
        for option in "--json", "--json-stream":
            done = echoc(*form, option, "-W200ms", server.target(),
                         status=BAD, **more)
            found = (result(done.stdout) if option == "--json"
                     else events(done.stdout)[-1][1])
            assert found["exit_status"] == BAD
        assert server.fired


@pytest.mark.parametrize("words, status", [
    (["ping", "-i10s"], BAD), (["load", "-d1h"], BAD),
    (["check", "-W0"], ERROR), (["pipe", "--verify"], ERROR)],
    ids=lambda value: value[0] if isinstance(value, list) else "")
def test_ctrl_c_has_its_object(words, status):
    with Server(hostile.deaf) as server, open("/dev/zero") as zero, \
            running(*words, "--json", server.target(), stdin=zero) as client:
        wait_until(lambda: server.fired, "it has begun")
        client.send(signal.SIGINT)
        ended, text, _ = client.finish()
    found = result(text)
    assert ended == status and found["exit_status"] == status


def test_ctrl_c_before_anything_has_moved_is_after_no_time():
    with Server(hostile.deaf) as server, \
            running("pipe", "--verify", "--json-stream", server.target(),
                    stdin=subprocess.PIPE) as client:
        client.wait_line(client.stdout, '"event": "connected"')
        client.send(signal.SIGINT)
        status, text, _ = client.finish()
    found = dict(events(text))["end"]
    assert status == ERROR
    assert found["bytes_sent"] == 0 and found["seconds"] >= 0


def test_load_interrupted_counts_what_is_in_flight():
    with Server(hostile.never) as server, \
            running("load", "-c7", "-d1h", "--json", server.target()) as client:
        wait_until(lambda: server.fired == 7, "all messages have come")
        client.send(signal.SIGINT)
        status, text, told = client.finish()
    found = result(text)
    assert status == BAD
    assert found["in_flight"] == 7
    assert found["messages"] == found["lost"] == 0
    assert "in flight     7" in told


def test_every_member_is_in_the_manual():
    text = (ROOT / "man/echoc.1").read_text()
    section = text[text.index(".Sh JSON"):text.index(".Sh SIGNALS")]
    for name in FORMS:
        for member in SCHEMA["$defs"].get(name, {}).get("properties", []):
            assert member in section.split(), member


def test_fail_if_tells_the_value():
    with Server(hostile.delay([0.02])) as server:
        done = echoc("load", "-d100ms", "--json", "--fail-if=p50>1ms,loss<0.5",
                     server.target(), status=BAD)
    found = result(done.stdout)["thresholds"]
    assert [t["failed"] for t in found] == [True, True]
    assert found[0]["value"] >= 20 and found[1]["value"] == 0
    assert re.search(r"^echoc: p50>1ms: [\d.]+ m?s$", done.stderr, re.M)
    assert "echoc: loss<0.5: 0.000%" in done.stderr


def test_a_second_without_an_answer_has_no_latency():
    with Server(hostile.never) as server:
        done = echoc("load", "-d100ms", "-W200ms", "--json-stream",
                     server.target(), status=BAD)
    [interval] = [data for name, data in events(done.stdout)
                  if name == "interval"]
    assert interval["p50_ms"] is interval["p99_ms"] is interval["max_ms"] is None
    assert "p50 -  p99 -  max -  " in done.stderr
