# SPDX-License-Identifier: ISC
"""The journal's queries in EXAMPLES of echod(8), on a booted systemd."""

import json
import pathlib
import re
import shlex
import shutil
import subprocess

import pytest

from streams import echo_digest
from waiting import wait_until

MANUAL = pathlib.Path(__file__).resolve().parents[2] / "man" / "echod.8"

BYTES = 1, 10, 100


@pytest.fixture(scope="module")
def queries():
    """{what is asked for: (arguments of journalctl, filter of jq)}."""
    text = MANUAL.read_text().partition(".Sh EXAMPLES")[2]
    text = text.replace(" |\n    ", " | ").replace("\n    map", " map")
    found = {}
    for line in re.findall(r"^\$ journalctl (.*)$", text, re.M):
        query, _, program = line.partition(" | jq ")
        words = shlex.split(query)
        found[words[0].partition("=")[0]] = words, shlex.split(program)
    assert set(found) == {"ECHOD_REASON", "ECHOD_CLIENT", "ECHOD_LISTENER",
                          "MESSAGE_ID"}
    return found


@pytest.fixture
def machine(machine):
    """With three sessions of known ends, the last one idle."""
    machine.write("/etc/echod.conf", "idle-timeout = 200ms\n")
    machine.systemctl("start", "echod")
    cursor = machine.cursor()
    for size in BYTES[:2]:
        with machine.connect(source="127.0.2.1") as client:
            assert echo_digest(client, bytes(size))[1] == size
    with machine.connect(source="127.0.2.2") as client:
        client.sendall(bytes(BYTES[2]))
        while client.recv(4096):
            pass
    wait_until(lambda: sum(
        entry["MESSAGE"].startswith("closed ")
        for entry in machine.journal(cursor, "echod")) == 3, "three lines")
    machine.this = f"_SYSTEMD_INVOCATION_ID={machine.show('InvocationID')}"
    return machine


def ask(machine, queries, name, change=None):
    """What the query of that field gives: lines, or what jq makes of them."""
    words, program = queries[name]
    if change:
        words = [change if word.startswith(f"{name}=") else word
                 for word in words]
    text = machine.run("journalctl", "--no-pager", machine.this, *words)
    if not program:
        return text.splitlines()
    if shutil.which("jq") is None:
        pytest.skip("needs jq")
    return json.loads(subprocess.run(
        ["jq", *program], input=text, text=True, stdout=subprocess.PIPE,
        check=True).stdout)


def test_sessions_that_ended_idle(machine, queries):
    line, = ask(machine, queries, "ECHOD_REASON")
    assert "closed 127.0.2.2:" in line and " reason=idle " in line


def test_all_that_is_told_of_one_client(machine, queries):
    lines = [json.loads(line) for line in ask(
        machine, queries, "ECHOD_CLIENT", "ECHOD_CLIENT=127.0.2.1")]
    assert [(line["ECHOD_CLIENT"], line["ECHOD_BYTES"], line["PRIORITY"],
             line["SYSLOG_IDENTIFIER"], line["ECHOD_LISTENER"])
            for line in lines] == [
        ("127.0.2.1", str(size), "6", "echod", "*:7") for size in BYTES[:2]]
    assert all(line["_SYSTEMD_UNIT"] == "echod.service" for line in lines)


def test_bytes_of_a_listener(machine, queries):
    assert ask(machine, queries, "ECHOD_LISTENER") == sum(BYTES)


def test_how_many_each_reason_ended(machine, queries):
    assert ask(machine, queries, "MESSAGE_ID") == {"client": 2, "idle": 1}
