# SPDX-License-Identifier: ISC
"""echoc ping: round trips, losses, outages and wrong answers."""

import re
import signal
import socket
import subprocess
import threading
import time

import pytest

import hostile
import processes
from echoc_support import (BAD, ECHOC, ERROR, GOOD, echoc, environment,
                           result, running)
from hostile import Server
from waiting import DEADLINE, wait_until

FAST = ("-i", "10ms")


def summary(text):
    """(sent, received, lost, percent, wrong) of the summary."""
    match = re.search(
        r"(\d+) sent, (\d+) received, (\d+) lost \(([\d.]+)%\), (\d+) wrong",
        text)
    assert match, text
    return tuple(float(x) if "." in x else int(x) for x in match.groups())


def answers(text):
    return re.findall(
        r"^(\d+) bytes from (\S+): seq=(\d+) time=([\d.]+) ms$", text, re.M)


def test_each_answer_has_a_line_with_size_peer_number_and_time():
    with Server(hostile.echo) as server:
        text = echoc("ping", "-c3", *FAST, server.target()).stdout
    lines = answers(text)
    assert [(int(size), peer, int(seq)) for size, peer, seq, _ in lines] == [
        (64, server.target(), n) for n in (1, 2, 3)]
    assert summary(text) == (3, 3, 0, 0, 0)


def test_ping_is_what_echoc_does_when_no_word_is_given():
    with Server(hostile.echo) as server:
        text = echoc("-c1", server.target()).stdout
    assert len(answers(text)) == 1


def test_summary_has_spread_percentiles_and_the_kernels_rtt():
    with Server(hostile.echo) as server:
        text = echoc("-c5", *FAST, server.target()).stdout
    number = r"\d+\.\d{3}"
    assert re.search(
        f"^rtt min/avg/max/mdev = {number}/{number}/{number}/{number} ms$",
        text, re.M)
    assert re.search(
        f"^rtt p50/p90/p99 = {number}/{number}/{number} ms$", text, re.M)
    assert re.search(f"^kernel's rtt/rttvar = {number}/{number} ms, \\d+ "
                     r"retransmits \(TCP_INFO\)$", text, re.M)


@pytest.mark.parametrize("size", [1, 8, 1000, 65536, 300000, 3 * 2**20])
def test_messages_of_any_size_come_back_right(size):
    with Server(hostile.echo) as server:
        text = echoc("-c3", *FAST, "-s", size, server.target()).stdout
    assert [int(line[0]) for line in answers(text)] == [size] * 3


def test_messages_are_all_different():
    with Server(hostile.keeping(hostile.echo)) as server:
        echoc("-c20", "-i0", "-s16", server.target())
        data = b"".join(server.received[0])
    assert len(data) == 20 * 16
    assert len({data[i:i + 16] for i in range(0, 320, 16)}) == 20


def test_interval_zero_sends_after_each_answer():
    with Server(hostile.echo) as server:
        text = echoc("-c500", "-i0", "-q", server.target()).stdout
    assert summary(text) == (500, 500, 0, 0, 0)


def test_messages_keep_their_interval_while_answers_are_slow():
    """The server answers none of the four before all have come."""
    def all_at_once(connection, server):
        data = b""
        while len(data) < 4 * 64 and (more := connection.recv(4 * 64)):
            data += more
        server.fire()
        connection.sendall(data)
        connection.recv(1)

    with Server(all_at_once) as server:
        text = echoc("-c4", *FAST, "-W30s", server.target()).stdout
        assert server.fired == 1
    assert summary(text) == (4, 4, 0, 0, 0)


def test_quiet_prints_the_summary_only():
    with Server(hostile.echo) as server:
        text = echoc("-c3", *FAST, "-q", server.target()).stdout
    assert "seq=" not in text
    assert summary(text) == (3, 3, 0, 0, 0)


def test_timestamps_begin_each_line():
    with Server(hostile.echo) as server:
        text = echoc("-c2", *FAST, "-D", server.target()).stdout
    assert len(re.findall(
        r"^\[\d{10,}\.\d{6}\] 64 bytes from ", text, re.M)) == 2


def test_connect_each_opens_a_connection_a_message_and_shows_its_time():
    with Server(hostile.echo) as server:
        text = echoc("-c4", *FAST, "--connect-each", server.target()).stdout
        assert len(server.peers) == 4
    assert len(re.findall(
        r"seq=\d connect=\d+\.\d{3} ms time=\d+\.\d{3} ms$", text, re.M)) == 4
    assert re.search(r"^connect min/avg/max/mdev = ", text, re.M)


def test_a_delay_is_measured():
    with Server(hostile.delay([0.1])) as server:
        text = echoc("-c3", "-i0", server.target()).stdout
    assert len(server.delays) == 3
    for line, delay in zip(answers(text), server.delays):
        assert float(line[3]) >= 100
        assert float(line[3]) >= delay * 1000 - 1


@pytest.mark.parametrize("offset", [0, 1, 63, 64, 100, 191])
def test_a_flipped_bit_is_reported_with_its_offset(offset):
    with Server(hostile.flip(offset, bit=3)) as server:
        text = echoc("-c3", "-i0", server.target(), status=BAD).stdout
        assert server.fired == 1 + (2 - offset // 64) // (offset // 64 + 1)
    match = re.search(
        r"^wrong answer from \S+: seq=(\d) first difference at offset (\d+): "
        r"0x(..) instead of 0x(..)$", text, re.M)
    assert match, text
    assert int(match[1]) == offset // 64 + 1
    assert int(match[2]) == offset % 64
    assert int(match[3], 16) ^ int(match[4], 16) == 8


@pytest.mark.parametrize("fault", [
    hostile.swallow(70), hostile.swap(70), hostile.insert(70),
    hostile.add_after_each(b"ok\n"), hostile.replace(b"", b"\0"),
    hostile.speaks_first(b"220 ready\r\n"), hostile.endless],
    ids=["swallow", "swap", "insert", "add", "pad", "greet", "endless"])
def test_any_alteration_is_wrong(fault):
    with Server(fault) as server:
        text = echoc("-c4", "-i20ms", "-W30s", server.target(),
                     status=BAD).stdout
        assert server.fired > 0
    assert summary(text)[4] >= 1


def test_a_truncated_answer_is_a_loss_that_says_how_much_came():
    with Server(hostile.truncate(74)) as server:
        text = echoc("-c2", "-i0", server.target(), status=BAD).stdout
        assert server.fired == 1
    assert ("seq=2 lost: closed by the server after 10 of 64 bytes" in text)
    assert summary(text) == (2, 1, 1, 50, 0)


def test_a_reset_is_a_loss():
    with Server(hostile.reset(64)) as server:
        text = echoc("-c2", "-i0", server.target(), status=BAD).stdout
        assert server.fired == 1
    assert "seq=2 lost: Connection reset by peer" in text


def test_the_summary_comes_even_when_everything_is_lost():
    with Server(hostile.never) as server:
        text = echoc("-c2", *FAST, "-W100ms", server.target(),
                     status=BAD).stdout
        assert server.fired > 0
    assert "lost: nothing within 100 ms" in text
    assert summary(text) == (2, 0, 2, 100, 0)
    assert "rtt min" not in text


def test_a_server_that_closes_early_loses_every_message():
    with Server(hostile.close_at_once) as server:
        text = echoc("-c3", "-i0", server.target(), status=BAD).stdout
        assert server.fired == 3
    assert summary(text) == (3, 0, 3, 100, 0)


def test_refused_is_a_loss_not_an_error():
    text = echoc("-c2", *FAST, f"127.0.0.1:{hostile.refusing_port()}",
                 status=BAD).stdout
    assert text.count("lost: Connection refused") == 2
    assert summary(text) == (2, 0, 2, 100, 0)


def test_reconnects_after_a_loss_and_says_how_long_the_outage_was():
    with Server(hostile.outage(good=64, bad=2)) as server:
        text = echoc("-c6", "-i0", server.target(), status=BAD).stdout
        assert server.fired == 3
    match = re.search(
        r"answers again after an outage of ([\d.]+) (us|ms|s), (\d) lost",
        text)
    assert match, text
    sent, received, lost, _, _ = summary(text)
    assert int(match[3]) == lost and sent == 6 and received == 6 - lost
    assert 2 <= lost <= 3
    [span] = re.findall(r"outages 1 of ([\d.]+) \w+ in all", text)
    assert float(span) > 0


def test_the_deadline_ends_it_and_unanswered_messages_are_lost():
    with Server(hostile.never) as server:
        text = echoc("-w100ms", "-i10s", server.target(), status=BAD).stdout
    assert summary(text) == (1, 0, 1, 100, 0)


def test_ctrl_c_gives_the_summary_and_is_no_loss():
    with Server(hostile.echo) as server, \
            running("ping", "-i100s", server.target()) as client:
        client.wait_line(client.stdout, "seq=1 time=")
        client.send(signal.SIGINT)
        status, text, _ = client.finish()
    assert status == GOOD
    assert summary(text) == (1, 1, 0, 0, 0)


def test_ctrl_c_excuses_the_message_that_is_still_on_its_way():
    def answers_once(connection, server):
        connection.sendall(connection.recv(64))
        connection.recv(64)
        server.fire()
        connection.recv(1)

    with Server(answers_once) as server, \
            running("ping", "-i2s", server.target()) as client:
        wait_until(lambda: server.fired, "the second message has come")
        client.send(signal.SIGINT)
        status, text, _ = client.finish()
    assert status == GOOD, text
    assert summary(text) == (1, 1, 0, 0, 0)


def test_ctrl_c_gives_the_summary_at_a_hundred_percent_loss():
    with Server(hostile.never) as server, \
            running("ping", server.target()) as client:
        wait_until(lambda: server.fired, "the message has come")
        client.send(signal.SIGINT)
        status, text, _ = client.finish()
    assert status == BAD
    assert summary(text) == (1, 0, 1, 100, 0)


def test_ctrl_c_ends_it_when_every_attempt_fails_at_once():
    with running("ping", "-i0", f"127.0.0.1:{hostile.refusing_port()}") as client:
        client.wait_line(client.stdout, "seq=3 lost")
        client.send(signal.SIGINT)
        status, text, _ = client.finish()
    assert status == BAD
    assert summary(text)[3] == 100


def test_an_outage_is_not_answered_by_a_flood():
    """A hundred attempts a second at most, though none takes any time, but
    for the first and the second, which follow each other at once."""
    target = f"127.0.0.1:{hostile.refusing_port()}"
    found = result(echoc("-i0", "-c32", "--json", target, status=BAD).stdout)
    assert found["seconds"] >= 0.3


def test_ctrl_backslash_gives_an_interim_line_and_goes_on():
    gate = threading.Event()

    def answers_once_until_the_gate_opens(connection, server):
        connection.sendall(connection.recv(64))
        gate.wait(DEADLINE)
        hostile.echo(connection, server)

    with Server(answers_once_until_the_gate_opens) as server, running(
            "ping", "-c3", *FAST, "-W30s", server.target()) as client:
        client.wait_line(client.stdout, "seq=1 time=")
        client.send(signal.SIGQUIT)
        line = client.wait_line(client.stderr, "answers")
        gate.set()
        status, text, _ = client.finish()
    assert re.match(r"1/[123] answers, 0% lost, 0 wrong, min/avg/max = ", line)
    assert status == GOOD and summary(text) == (3, 3, 0, 0, 0)


def test_ctrl_c_ends_it_while_connecting():
    """Nobody accepts: the backlog of one is full, the SYNs are dropped."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
            fillers.append(filler)
        with running("ping", f"127.0.0.1:{port}") as client:
            client.wait_line(client.stdout, "ECHO")
            client.send(signal.SIGQUIT)
            client.wait_line(client.stderr, "answers")
            client.send(signal.SIGINT)
            status, text, _ = client.finish()
        for filler in fillers:
            filler.close()
    assert status == BAD
    assert summary(text)[1] == 0


def test_it_holds_its_connection_and_nothing_else():
    with Server(hostile.echo) as server, running(
            "ping", "-I127.0.0.1", *FAST, server.target()) as client:
        client.wait_line(client.stdout, "seq=2 ")
        held = processes.descriptors(client.process.pid)
    sockets = [name for name in held.values() if name.startswith("socket:")]
    assert len(sockets) == 1


def test_fail_if_turns_a_slow_answer_into_a_status():
    with Server(hostile.delay([0.05])) as server:
        echoc("-c2", "-i0", "--fail-if=p99>10s", server.target())
        done = echoc("-c2", "-i0", "--fail-if=max>20ms", server.target(),
                     status=BAD)
    assert "max>20ms" in done.stderr


@pytest.mark.parametrize("words", [["ping", "-c2", *FAST],
                                   ["load", "-d100ms"]])
def test_no_condition_makes_a_server_good_that_answers_nothing(words):
    done = echoc(*words, "--fail-if=loss>100%",
                 f"127.0.0.1:{hostile.refusing_port()}", status=BAD)
    assert "loss>100%: " not in done.stderr


def test_fail_if_on_loss_allows_what_is_below_it():
    with Server(hostile.outage(good=640, bad=0)) as server:
        echoc("-c20", *FAST, "--fail-if=loss>60%", server.target())
        assert server.fired == 1


def test_proxy_header_goes_first_on_every_connection():
    with Server(hostile.after_header) as server:
        echoc("-c2", *FAST, "--connect-each", "--proxy-v1", server.target())
        assert server.fired == 2
        for header, peer in zip(server.received, server.peers):
            assert header == (
                f"PROXY TCP4 127.0.0.1 127.0.0.1 {peer[1]} "
                f"{server.port}\r\n").encode()


def test_proxy_v2_header_names_the_source_given():
    with Server(hostile.after_header) as server:
        echoc("-c1", "--proxy-v2", "--proxy-source=203.0.113.9:4711",
              server.target())
        header = server.received[0]
    assert header == (
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"
        + socket.inet_aton("203.0.113.9") + socket.inet_aton("127.0.0.1")
        + (4711).to_bytes(2, "big") + server.port.to_bytes(2, "big"))


def test_mixed_families_are_given_as_ipv6_in_the_header():
    with Server(hostile.after_header) as server:
        echoc("-c1", "--proxy-v1", "--proxy-source=[2001:db8::1]:9",
              server.target())
        assert server.received[0] == (
            b"PROXY TCP6 2001:db8::1 ::ffff:127.0.0.1 9 "
            + str(server.port).encode() + b"\r\n")


@pytest.mark.ipv6
def test_ipv6_in_brackets():
    with Server(hostile.echo, family=socket.AF_INET6) as server:
        text = echoc("-c1", server.target()).stdout
    assert answers(text)[0][1] == f"[::1]:{server.port}"


def test_source_address_is_used():
    with Server(hostile.echo) as server:
        echoc("-c1", "-I", "127.0.0.9", server.target())
        assert server.peers[0][0] == "127.0.0.9"


def test_a_reader_that_goes_away_ends_it():
    with Server(hostile.echo) as server:
        client = subprocess.Popen(
            [ECHOC, "-i10ms", server.target()], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=environment())
        client.stdout.readline()
        client.stdout.close()
        try:
            assert client.wait(DEADLINE) == ERROR
        finally:
            client.kill()
        assert b"standard output: Broken pipe" in client.stderr.read()
        client.stderr.close()


def test_unknown_name_is_an_error():
    done = echoc("-c1", "no-such-host.invalid", status=ERROR)
    assert "no-such-host.invalid" in done.stderr


def test_a_late_ping_does_not_catch_up():
    """While it is stopped it sends nothing, and afterwards as before."""
    with Server(hostile.echo) as server, running(
            "ping", "-i50ms", "--json", server.target()) as client:
        client.wait_line(client.stderr, "seq=2 time=")
        client.send(signal.SIGSTOP)
        wait_until(lambda: processes.state(client.process.pid) == "T", "stop")
        began = time.monotonic()
        wait_until(lambda: time.monotonic() > began + 0.5, "a long pause")
        stopped = time.monotonic() - began
        client.send(signal.SIGCONT)
        seen = len(client.stderr)
        wait_until(lambda: len(client.stderr) > seen + 2, "it goes on")
        client.send(signal.SIGINT)
        _, text, _ = client.finish()
    found = result(text)
    assert found["sent"] <= (found["seconds"] - stopped) / 0.05 + 2
