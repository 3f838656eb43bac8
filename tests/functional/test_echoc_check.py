# SPDX-License-Identifier: ISC
"""echoc check: passes correct echo services and catches the others."""

import collections
import re
import select
import shutil
import signal

import pytest

import hostile
from echoc_support import (
    BAD, ERROR, GOOD, ROOT, echoc, peer, result, running)
from hostile import Server
from waiting import wait_until

CASES = ["sizes", "splits", "binary", "prompt", "pipelining", "empty",
         "half-close", "half-close-bulk", "slow-reader", "slow-writer",
         "simultaneous", "reset", "idle", "transfer"]
STRICT = [*CASES, "back-pressure"]


def results(text):
    """{"sizes": True, ...} from TAP, which has to be well-formed."""
    lines = text.splitlines()
    assert lines[0] == "TAP version 13"
    plan = re.fullmatch(r"1\.\.(\d+)", lines[1])
    found = {}
    for line in lines[2:]:
        match = re.fullmatch(r"(not )?ok (\d+) - ([a-z-]+): .+", line)
        if match:
            assert int(match[2]) == len(found) + 1
            found[match[3]] = match[1] is None
        else:
            assert line.startswith("# "), line
    assert len(found) == int(plan[1])
    return found


def judge(target, *options, status=GOOD):
    text = echoc("check", *options, target, status=status).stdout
    return results(text), text


def catches(fault, *cases, options=()):
    """The fault makes each of the cases fail, and is what made it fail."""
    for case in cases:
        with Server(fault) as server:
            found, text = judge(server.target(), f"--case={case}", "-W1s",
                                *options, status=BAD)
            assert found == {case: False}, text
            assert server.fired or server.memory, text


@pytest.mark.slow(8, "runs all cases")
def test_a_correct_server_passes_every_case_in_order():
    with Server(hostile.echo) as server:
        found, text = judge(server.target(), "--strict")
    assert list(found) == STRICT
    assert all(found.values()), text
    assert re.search(r"# \d+ connections, \d+ messages on each, "
                     "none mixed up$", text, re.M)


@pytest.mark.slow(8, "runs all cases")
def test_echod_passes_every_case(echod):
    daemon = echod()
    found, text = judge(f"127.0.0.1:{daemon.port}", "--strict")
    assert all(found.values()) and list(found) == STRICT, text


@pytest.mark.slow(8, "runs all cases")
@pytest.mark.skipif(shutil.which("xinetd") is None, reason="xinetd is absent")
@pytest.mark.root
def test_xinetds_echo_passes(folder):
    port = hostile.free_port()
    config = folder / "xinetd.conf"
    config.write_text(f"""\
defaults
{{
    log_type = FILE /dev/null
    instances = UNLIMITED
    per_source = UNLIMITED
    cps = 100000 1
}}
service echo
{{
    type = INTERNAL UNLISTED
    socket_type = stream
    protocol = tcp
    wait = no
    user = root
    bind = 127.0.0.1
    port = {port}
    disable = no
}}
""")
    with peer("xinetd", "-dontfork", "-f", config, "-pidfile", folder / "pid",
              port=port):
        found, text = judge(f"127.0.0.1:{port}", "--strict")
    assert all(found.values()), text


@pytest.mark.parametrize("what", ["PIPE", "EXEC:cat"])
@pytest.mark.slow(7, "runs all cases")
def test_socats_echo_passes(what):
    port = hostile.free_port()
    with peer("socat", f"TCP-LISTEN:{port},fork,bind=127.0.0.1,backlog=128",
              what, port=port):
        found, text = judge(f"127.0.0.1:{port}")
    assert list(found) == CASES and all(found.values()), text


def test_back_pressure_catches_socats_pipe():
    """It blocks writing to the pipe that only itself could empty.

    It takes in twice as much at a time as the pipe holds.  With socat's own
    8192 bytes it depends on what arrived together.
    """
    port = hostile.free_port()
    with peer("socat", "-b131072", f"TCP-LISTEN:{port},fork,bind=127.0.0.1", "PIPE",
              port=port):
        found, text = judge(f"127.0.0.1:{port}", "--case=back-pressure",
                            "-W2s", status=BAD)
    assert found == {"back-pressure": False}, text


def test_ncat_losing_data_after_a_half_close_is_caught():
    port = hostile.free_port()
    with peer("ncat", "-l", "-k", "-e", "/bin/cat", "127.0.0.1", port,
              port=port):
        found, text = judge(f"127.0.0.1:{port}", "--case=half-close", "-W2s",
                            status=BAD)
    assert found == {"half-close": False}
    assert re.search(r"^# 65536 of 65536 bytes sent, \d+ right: then came "
                     "the end", text, re.M), text


@pytest.mark.parametrize("fault, cases", [
    (hostile.flip(5000), ["sizes", "splits", "pipelining", "transfer"]),
    (hostile.swap(5000), ["sizes", "transfer"]),
    (hostile.swallow(5000), ["sizes", "half-close-bulk"]),
    (hostile.insert(5000), ["sizes", "transfer"]),
    (hostile.add_after_each(b"."), ["prompt", "sizes"]),
    (hostile.replace(b"\r\n", b"\n"), ["binary"]),
    (hostile.replace(b"\0", b""), ["binary"]),
    (hostile.replace(b"\xff\xf4", b""), ["binary"]),
    (hostile.by_line, ["prompt"]),
    (hostile.half_close_loses, ["half-close"]),
    (hostile.never_ends, ["empty", "half-close", "half-close-bulk"]),
    (hostile.truncate(1000), ["sizes", "half-close", "slow-reader"]),
    (hostile.truncate(60 * 2**20), ["transfer"]),
    (hostile.truncate(10), ["slow-writer"]),
    (hostile.reset(1000), ["sizes", "slow-reader"]),
    (hostile.one_at_a_time, ["simultaneous"]),
    (hostile.mixed_up, ["simultaneous"]),
    (hostile.silent_after_idle(1), ["idle"]),
    (hostile.dies_of_reset, ["reset"]),
    (hostile.reset_ends_others, ["reset"]),
    (hostile.drops_when_full, ["back-pressure"]),
    (hostile.never, ["sizes", "transfer"]),
    (hostile.close_at_once, ["sizes"]),
    (hostile.speaks_first(b"220 ready\r\n"), ["sizes", "empty"]),
    (hostile.endless, ["prompt", "empty"]),
], ids=lambda value: ",".join(value) if isinstance(value, list) else "")
def test_faults_are_caught(fault, cases):
    catches(fault, *cases)


def test_what_was_seen_is_told():
    with Server(hostile.flip(5000, bit=2)) as server:
        _, text = judge(server.target(), "--case=half-close", status=BAD)
    match = re.search(
        r"^# 65536 of 65536 bytes sent, 5000 right: the next one differs, "
        r"0x(..) instead of 0x(..) at offset 5000$", text, re.M)
    assert match and int(match[1], 16) ^ int(match[2], 16) == 4


def test_list_names_every_case_without_a_host():
    text = echoc("check", "--list").stdout
    assert [line.split()[0] for line in text.splitlines()] == STRICT


def test_the_manual_describes_every_case_in_order():
    text = (ROOT / "man/echoc.1").read_text()
    cases = text.partition("The cases are:")[2].partition(".El")[0]
    assert re.findall(r"^\.It Cm (\S+)$", cases, re.M) == STRICT


def takes_bulk_only(connection, server):
    """Echoes short messages, and sees how longer ones end."""
    data = connection.recv(hostile.CHUNK)
    if len(data) <= 1024:
        connection.sendall(data)
        hostile.echo(connection, server)
        return
    ended = select.poll()
    ended.register(connection, select.POLLRDHUP)
    [(_, events)] = ended.poll()
    server.received.append(events & select.POLLERR)


def test_a_reset_is_one_also_where_nothing_is_left_unread():
    with Server(takes_bulk_only) as server:
        judge(server.target(), "--case=reset")
        wait_until(lambda: len(server.received) == 10,
                   lambda: server.received)
    assert all(server.received)


def counting(connection, server):
    total = 0
    while data := connection.recv(hostile.CHUNK):
        total += len(data)
        connection.sendall(data)
    server.received.append(total)


AROUND = [1, 2, 3, 7, *range(63, 66), 511, 512, *range(1023, 1026),
          *range(1447, 1450), *range(4095, 4098), *range(16383, 16386),
          *range(65535, 65538), 1 << 18, 1000003]
KIB, MIB = 1 << 10, 1 << 20


@pytest.mark.parametrize("case,sent", [
    ("sizes", [sum(AROUND)]), ("splits", [8 * 4099]), ("prompt", [200]),
    ("pipelining", [10000 * 17]), ("empty", 3 * [0]),
    ("half-close", 5 * [64 * KIB]), ("half-close-bulk", 3 * [MIB]),
    ("slow-reader", [MIB]), ("slow-writer", [20]),
    ("simultaneous", 50 * [4 * 1000]), ("transfer", [64 * MIB]),
    ("back-pressure", [32 * MIB])])
def test_each_case_sends_what_it_says_and_as_often(case, sent):
    with Server(counting) as server:
        judge(server.target(), "--strict", f"--case={case}")
        wait_until(lambda: len(server.received) == len(sent) + 1,
                   lambda: server.received)
        assert sorted(server.received) == [0, *sent]  # 0: is it reachable?


def test_a_byte_now_and_then_takes_a_second():
    with Server(hostile.echo) as server:
        done = echoc("check", "--json", "--case=slow-writer", server.target())
    assert result(done.stdout)["cases"][0]["seconds"] >= 19 * 0.05


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_splits_are_of_many_sizes(tmp_path):
    """Told by the calls, since the network may join what they send."""
    with Server(hostile.echo) as server:
        echoc("check", "--case=splits", server.target(), wrapper=(
            "strace", "-qq", "-e", "trace=sendto", "-o", tmp_path / "calls"))
    sent = collections.Counter(map(int, re.findall(
        r" = (\d+)$", (tmp_path / "calls").read_text(), re.M)))
    for size in 1, 2, 3, 7, 61, 100, 1000, 4097:
        assert sent[size] >= 4099 // size


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_back_pressure_reads_nothing_until_its_writes_block(tmp_path):
    """A correct server takes a few MiB before it has to stop reading."""
    with Server(hostile.echo) as server:
        echoc("check", "--strict", "--case=back-pressure", server.target(),
              wrapper=("strace", "-qq", "-e", "trace=sendto,read", "-o",
                       tmp_path / "calls"))
    calls = (tmp_path / "calls").read_text()
    fd = re.search(r"^sendto\((\d+),", calls, re.M)[1]
    before, _, _ = calls.partition(f"\nread({fd},")
    sent = sum(map(int, re.findall(r"^sendto.* = (\d+)$", before, re.M)))
    assert sent >= MIB


def test_unknown_case_is_a_usage_error():
    done = echoc("check", "--case=nonesuch", "localhost", status=ERROR)
    assert "nonesuch" in done.stderr


def test_refused_bails_out():
    text = echoc("check", f"127.0.0.1:{hostile.refusing_port()}",
                 status=BAD).stdout
    assert re.search(r"^Bail out! .*Connection refused$", text, re.M)


def test_ctrl_c_bails_out():
    with Server(hostile.never) as server, \
            running("check", server.target(), "-W0") as client:
        client.wait_line(client.stdout, "^1\\.\\.")
        client.send(signal.SIGINT)
        status, text, _ = client.finish()
    assert status == ERROR
    assert text.splitlines()[-1] == "Bail out! interrupted"


@pytest.mark.parametrize("version", ["--proxy-v1", "--proxy-v2"])
def test_proxy_header_goes_first(version):
    with Server(hostile.after_header) as server:
        found, _ = judge(server.target(), version, "--case=simultaneous")
        assert found == {"simultaneous": True}
        assert server.fired == 50 + 1
