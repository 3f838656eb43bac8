# SPDX-License-Identifier: ISC
"""echoc's command line: what it refuses, and that the manual has it all."""

import re
import socket
import subprocess

import pytest

import hostile
from echoc_support import BAD, ECHOC, ERROR, ROOT, echoc, with_hosts
from hostile import Server

SUBCOMMANDS = ["ping", "pipe", "load", "check"]


def helped(subcommand):
    """The options that --help lists: {"count", "c", ...}."""
    text = echoc(subcommand, "--help").stdout
    found = set()
    for line in text.splitlines():
        match = re.match(r"  (?:-(\w),|   ) --([a-z0-9-]+)", line)
        if match:
            found |= {name for name in match.groups() if name}
    return found


def manual(subcommand):
    """The options that the manual describes for it."""
    text = (ROOT / "man/echoc.1").read_text()
    sections = re.split(r"^\.S[sh] ", text, flags=re.M)
    named = {part.splitlines()[0]: part for part in sections}
    text = named["DESCRIPTION"] + named[f"echoc {subcommand}"]
    found = set()
    for line in re.findall(r"^\.It (Fl .*)$", text, re.M):
        found |= set(re.findall(r"\bFl (?:Fl )?([A-Za-z0-9-]+)", line))
    return found - {"Fl"}


@pytest.mark.parametrize("subcommand", SUBCOMMANDS)
def test_manual_and_help_have_the_same_options(subcommand):
    assert helped(subcommand) == manual(subcommand)


@pytest.mark.parametrize("subcommand", SUBCOMMANDS)
def test_the_manuals_synopsis_has_every_option(subcommand):
    text = (ROOT / "man/echoc.1").read_text()
    synopsis = text[text.index(".Sh SYNOPSIS"):text.index(".Sh DESCRIPTION")]
    part = next(p for p in synopsis.split("\n.Nm\n") if
                re.search(rf"Cm {subcommand}\b", p.split("\n")[0]))
    letters = set("".join(re.findall(r"^\.Op Fl (\w+)", part, re.M)))
    words = set(re.findall(r"^\.Op Fl Fl ([a-z-]+)", part, re.M))
    letters -= {"F", "l"} if subcommand != "check" else {"F"}
    options = helped(subcommand)
    assert {name for name in options if len(name) == 1} == letters
    with_letter = {m[1] for m in re.finditer(
        r"-\w, --([a-z0-9-]+)", echoc(subcommand, "--help").stdout)}
    without = {name for name in options if len(name) > 1} - with_letter
    assert words == {n for n in without if not n.startswith("proxy-")}


def test_the_manual_is_free_of_errors():
    done = subprocess.run(
        ["mandoc", "-T", "lint", ROOT / "man/echoc.1"], text=True,
        stdout=subprocess.PIPE, check=False)
    # whether others' manuals are installed is not this one's fault
    told = [line for line in done.stdout.splitlines()
            if "referenced manual not found" not in line]
    assert told == []


def test_help_fits_eighty_columns():
    for subcommand in SUBCOMMANDS:
        for line in echoc(subcommand, "--help").stdout.splitlines():
            assert len(line) <= 80, line
    assert "check" in echoc("--help").stdout


def test_version_is_one_line():
    assert re.fullmatch(r"echoc \d+\.\d+\n", echoc("-V").stdout)
    assert echoc("load", "--version").stdout == echoc("-V").stdout


@pytest.mark.parametrize("arguments, named", [
    ([], "host is missing"),
    (["load"], "host is missing"),
    (["a", "b"], "b: one host only"),
    (["-x", "h"], "-x: unknown option"),
    (["-qx", "h"], "-x: unknown option"),
    (["--nonesuch", "h"], "--nonesuch: unknown option"),
    (["load", "--connect-each", "h"], "--connect-each: unknown option"),
    (["-c"], "-c: needs an argument"),
    (["load", "--rate"], "--rate: needs an argument"),
    (["--quiet=yes", "h"], "--quiet=yes: takes no argument"),
    (["-c0", "h"], "--count=0: must be at least 1"),
    (["-c", "-1", "h"], "--count=-1: not a whole number"),
    (["-c1x", "h"], "--count=1x: not a whole number"),
    (["-c99999999999999999999", "h"], "--count=99999999999999999999"),
    (["-s0", "h"], "--size=0: must be 1 to 16M"),
    (["-s17M", "h"], "--size=17M: must be 1 to 16M"),
    (["-s1.5", "h"], "--size=1.5: not a whole number of bytes"),
    (["-i-1", "h"], "--interval=-1: not a duration"),
    (["-i1y", "h"], "--interval=1y: unknown unit"),
    (["-i1e3", "h"], "--interval=1e3: unknown unit"),
    (["-W25h", "h"], "--timeout=25h: must be 0 to 24h"),
    (["load", "-d0", "h"], "--duration=0: must be 1ms to "),
    (["load", "-s17M", "h"], "--size=17M: must be 1 to 16M"),
    (["load", "-r0", "h"], "--rate=0: must be 1 to "),
    (["load", "-c1000001", "h"], "--connections=1000001: must be 1 to 1000000"),
    (["--dscp=64", "h"], "--dscp=64: "),
    (["pipe", "--json", "h"], "JSON needs --verify"),
    (["--fail-if=", "h"], "--fail-if=: "),
    (["--fail-if=p99", "h"], "--fail-if=p99: a condition needs < or >"),
    (["load", "--fail-if=p99>5", "h"], "needs a unit: us, ms, s, m or h"),
    (["-I", "nonsense", "h"], "--source=nonsense: not an IP address"),
    (["-4", "-I", "::1", "h"], "--source=::1: not of the family asked for"),
    (["--proxy-source=7007", "h"], "--proxy-source=7007: needs an address"),
    (["--proxy-source=1.2.3.4:5", "h"], "--proxy-source needs --proxy-v1"),
    (["--proxy-source=1.2.3.4", "h"], "--proxy-source=1.2.3.4: the port is missing"),
    (["::1"], "::1: an IPv6 address needs brackets"),
    (["h:0"], "h:0: the port must be 1 to 65535"),
    (["h:65536"], "h:65536: the port must be 1 to 65535"),
    (["h:seven"], "h:seven: the port is not a number"),
    ([""], "the host is missing"),
    (["h" * 300], "the host name is too long"),
])
def test_a_bad_command_line_is_refused_by_name(arguments, named):
    done = echoc(*arguments, status=ERROR)
    assert named in done.stderr.splitlines()[0]
    assert done.stdout == ""
    assert "usage: echoc" in done.stderr


@pytest.mark.parametrize("subcommand", SUBCOMMANDS)
def test_a_source_that_is_not_ours_is_an_error_of_this_side(subcommand):
    done = echoc(subcommand, "-I192.0.2.77", "127.0.0.1", status=ERROR)
    assert done.stderr == "echoc: 192.0.2.77: Cannot assign requested address\n"
    assert done.stdout == ""


def test_an_interface_that_is_not_there_is_an_error_of_this_side():
    done = echoc("--interface=nonesuch", "127.0.0.1", status=ERROR)
    assert done.stderr == "echoc: nonesuch: No such device\n"


def test_help_without_a_subcommand_names_them_all():
    text = echoc("--help").stdout
    assert text == echoc("-h").stdout
    assert all(f"  {name} " in text for name in [*SUBCOMMANDS, "compare"])


def closing(descriptors):
    """Runs a command with these closed: '<&- >&-'."""
    return ["sh", "-c", f'exec "$0" "$@" {descriptors}']


def test_a_closed_standard_input_is_an_empty_one():
    with Server(hostile.echo) as server:
        done = echoc("pipe", server.target(), wrapper=closing("<&-"))
    assert done.stdout == ""


def test_a_closed_standard_output_is_an_error_and_not_the_connection():
    with Server(hostile.keeping(hostile.echo)) as server:
        done = echoc("-c3", "-i10ms", server.target(), status=ERROR,
                     wrapper=closing(">&-"))
        assert b"bytes from" not in b"".join(sum(server.received, []))
    assert "standard output: Bad file descriptor" in done.stderr


def test_options_may_follow_the_host():
    with Server(hostile.echo) as server:
        assert "1 sent" in echoc(server.target(), "-c", "1").stdout


@pytest.fixture
def both(folder):
    """A wrapper under which "both" is ::1, 127.0.0.2 and 127.0.0.1."""
    hosts = folder / "hosts"
    hosts.write_text("::1 both\n127.0.0.2 both\n127.0.0.1 both\n")
    return with_hosts(hosts)


@pytest.mark.root
@pytest.mark.parametrize("family", [
    socket.AF_INET, pytest.param(socket.AF_INET6, marks=pytest.mark.ipv6)])
def test_all_addresses_of_a_name_are_tried(both, family):
    """Only one of them is served, whichever."""
    with Server(hostile.echo, family=family) as server:
        for words in ("ping", "-c1"), ("load", "-d50ms"), (
                "check", "--case=prompt"), ("pipe",):
            echoc(*words, f"both:{server.port}", wrapper=both)
        assert len(server.peers) > 4


@pytest.mark.root
@pytest.mark.parametrize("option, family", [
    pytest.param("-4", socket.AF_INET6, marks=pytest.mark.ipv6),
    ("-6", socket.AF_INET)])
def test_a_family_may_be_excluded(both, option, family):
    with Server(hostile.echo, family=family) as server:
        echoc(option, "-c1", f"both:{server.port}", status=BAD, wrapper=both)
        assert not server.peers


def test_output_that_cannot_be_written_is_an_error():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [ECHOC, "--help"], stdout=full, stderr=subprocess.PIPE,
            text=True, check=False)
    assert done.returncode == ERROR
    assert "standard output" in done.stderr
