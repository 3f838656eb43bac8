# SPDX-License-Identifier: ISC
"""echoc load: throughput, latency by percentile, losses by kind, verdicts."""

import contextlib
import math
import os
import re
import shutil
import signal
import socket
import xml.etree.ElementTree

import pytest

import hostile
from echoc_support import BAD, ERROR, GOOD, echoc, network, result, running
from hostile import Server
from waiting import wait_until

PERCENTILES = ["p50", "p75", "p90", "p99", "p99.9", "p99.99"]
KINDS = ["refused", "unreachable", "timeout", "reset", "closed", "wrong",
         "local"]


def load(server, *options, status=GOOD, **more):
    """The JSON report of a run, and all that went with it."""
    done = echoc("load", "--json", *options, server.target(), status=status,
                 **more)
    return result(done.stdout), done


def percentile(values, percent):
    """The same definition as echoc's: the value at that rank."""
    ordered = sorted(values)
    rank = max(1, math.ceil(percent / 100 * len(ordered)))
    return ordered[rank - 1]


def test_report_counts_what_the_server_saw():
    with Server(hostile.keeping(hostile.echo)) as server:
        report, _ = load(server, "-c3", "-d500ms", "-s100")
        received = sum(len(p) for parts in server.received for p in parts)
        assert len(server.peers) == 3 + 1  # one to find the address
    assert report["answered"] * 100 == received
    assert report["lost"] == 0 and report["loss_percent"] == 0
    assert report["connects"] == 3
    assert 0 < report["messages"] <= report["answered"]


def test_json_has_the_members_of_the_schema():
    with Server(hostile.echo) as server:
        report, done = load(server, "-d100ms", "-r200", "--fail-if=p99>10s")
    assert list(report["errors"]) == KINDS
    for name in "corrected", "raw", "connect":
        latency = report["latency_ms"][name]
        assert list(latency) == [
            "count", "min", "avg", "stddev", "max", *PERCENTILES]
        ordered = [latency[k] for k in ("min", *PERCENTILES, "max")]
        assert ordered == sorted(ordered)
    [threshold] = report["thresholds"]
    assert threshold["condition"] == "p99>10s" and not threshold["failed"]
    assert report["address"] == server.target()
    assert report["exit_status"] == 0
    assert "messages" in done.stderr  # the text goes there


def test_json_is_alone_on_standard_output_and_text_is_without_it():
    with Server(hostile.echo) as server:
        _, with_json = load(server, "-d50ms")
        text = echoc("load", "-d50ms", server.target()).stdout
    assert with_json.stdout.startswith("{") and "throughput" in text
    for word in "messages ", "throughput ", "p99.99", "from ":
        assert word in with_json.stderr and word in text


@pytest.mark.slow(3, "a line comes each second")
def test_a_line_each_second_goes_to_standard_error():
    with Server(hostile.echo) as server:
        done = echoc("load", "-d1700ms", server.target())
        quiet = echoc("load", "-d1100ms", "-q", server.target())
    lines = re.findall(
        r"^ +\d\.\d+ s +\d+ msg/s +[\d.]+ MB/s  p50 .*  p99 .*  max .*  "
        r"0 errors$", done.stderr, re.M)
    assert len(lines) == 2  # the rest, too
    assert quiet.stderr == ""


@pytest.mark.slow(3, "a percentile needs many messages")
def test_percentiles_agree_with_the_servers_own_measurement():
    """Each answer took what the server knows it took, at least and at most."""
    pattern = [0.05] * 17 + [0.1] * 2 + [0.2]
    with Server(hostile.delay(pattern)) as server:
        report, _ = load(server, "-c8", "-d3s")
    raw = report["latency_ms"]["raw"]
    assert raw["count"] == len(server.delays)
    for name, percent in ("p50", 50), ("p90", 90), ("p99", 99):
        least = 1000 * percentile(server.delays, percent)
        most = 1000 * percentile(server.bounds, percent)
        assert 0.995 * least <= raw[name] <= 1.005 * most, name
    assert (1000 * sum(server.delays) <= raw["avg"] * raw["count"]
            <= 1000 * sum(server.bounds))


def test_a_stall_is_felt_by_the_messages_it_kept_waiting():
    """The server stops for 1 s of 2: raw hides it, corrected does not.

    200 messages are due, half of them while it stalls: these wait from 0 to
    1 s, evenly, so that a quarter of all waited more than half of it.
    """
    with Server(hostile.stall_once(50, 1.0)) as server:
        report, _ = load(server, "-c1", "-r100", "-d2s")
        assert server.fired == 1
    raw, corrected = (report["latency_ms"][k] for k in ("raw", "corrected"))
    assert raw["count"] + report["unsent"] == corrected["count"] == 200
    assert raw["max"] >= 1000
    assert corrected["p75"] >= 480 and corrected["p99"] > 900
    assert raw["p90"] < corrected["p75"]


def test_messages_due_but_never_sent_are_counted_as_waiting():
    with Server(hostile.delay([0.1])) as server:
        report, _ = load(server, "-c1", "-r100", "-d1s")
    assert report["unsent"] + report["answered"] == 100
    assert report["unsent"] >= 85
    assert report["latency_ms"]["corrected"]["count"] == 100
    assert report["latency_ms"]["corrected"]["p90"] > 700


def test_any_number_of_unsent_messages_is_counted():
    with Server(hostile.never) as server:
        report, _ = load(server, "-c3", "-r100000000", "-d1s", "-W100ms",
                         status=BAD)
    assert report["lost"] > 0 and report["answered"] == 0
    assert report["unsent"] + report["lost"] == 100_000_000
    corrected = report["latency_ms"]["corrected"]
    assert corrected["count"] == report["unsent"]
    # they were due evenly, and waited until the end
    for name, wait in ("p50", 500), ("p75", 750), ("p99", 990):
        assert corrected[name] == pytest.approx(wait, rel=0.01), name
    assert corrected["avg"] == pytest.approx(500, rel=0.01)


def test_a_server_that_trickles_does_not_prolong_it():
    with Server(hostile.trickle(0.05)) as server:
        report, _ = load(server, "-c1", "-d50ms", "-W300ms", "-s400",
                         status=BAD)
        assert server.fired
    assert report["errors"]["timeout"] == report["lost"] == 1
    assert report["answered"] == 0


def test_the_rate_is_kept_over_all_connections():
    with Server(hostile.echo) as server:
        report, _ = load(server, "-c7", "-r500", "-d1s")
    assert report["answered"] + report["unsent"] == 500


def test_churn_opens_a_connection_for_each_message():
    with Server(hostile.echo) as server:
        report, _ = load(server, "-c2", "-d500ms", "--churn")
        assert len(server.peers) == report["connects"] + 1
    # what was under way when the clock stopped counts as answered only
    assert report["answered"] == report["latency_ms"]["connect"]["count"]
    assert report["answered"] > 2


@pytest.mark.parametrize("size", [1, 64, 1500, 65537, 2**20, 5 * 2**20])
def test_messages_of_any_size(size):
    with Server(hostile.echo) as server:
        report, _ = load(server, "-c2", "-d100ms", "-s", size)
    assert report["answered"] >= 2
    assert report["size"] == size


@pytest.mark.parametrize("fault, kind", [
    (hostile.truncate(100), "closed"),
    (hostile.reset(100), "reset"),
    (hostile.close_at_once, "closed|reset"),  # it has not read what came
    (hostile.flip(100), "wrong"),
    (hostile.swap(100), "wrong"),
    (hostile.insert(100), "wrong"),
    (hostile.speaks_first(b"220 ready\r\n"), "wrong"),
    (hostile.endless, "wrong"),
    (hostile.never, "timeout"),
    (hostile.deaf, "timeout"),
])
def test_losses_are_counted_by_kind(fault, kind):
    with Server(fault) as server:
        timeout = "-W100ms" if kind == "timeout" else "-W30s"
        report, done = load(server, "-c2", "-s200", "-d300ms", timeout,
                            status=BAD)
        assert server.fired
    counted = {name for name, n in report["errors"].items() if n > 0}
    assert counted and counted <= set(kind.split("|"))
    assert report["lost"] > 0
    assert report["loss_percent"] == pytest.approx(
        100 * report["lost"] / (report["lost"] + report["answered"]), abs=1e-5)
    assert report["exit_status"] == BAD
    assert re.search(rf"lost +\d+ \(.*, \d+ ({kind})", done.stderr)


def test_a_reset_under_a_message_that_is_still_written_is_counted():
    with Server(hostile.reset(100_000)) as server:
        report, _ = load(server, "-c2", "-s8M", "-d300ms", "-W30s", status=BAD)
        assert server.fired
    assert report["answered"] == 0
    assert report["errors"]["reset"] == report["lost"] > 0


def test_a_wrong_byte_is_named():
    with Server(hostile.flip(100, bit=7)) as server:
        report, _ = load(server, "-c1", "-d1s", status=BAD)
    match = re.fullmatch(
        r"at offset 36 of a message, byte 100 of its connection: "
        r"0x(..) instead of 0x(..)", report["first_wrong"])
    assert match and int(match[1], 16) ^ int(match[2], 16) == 0x80


def test_answers_of_other_connections_are_wrong():
    with Server(hostile.mixed_up) as server:
        report, _ = load(server, "-c4", "-d200ms", "-W30s", status=BAD)
        assert server.fired
    assert report["errors"]["wrong"] > 0


def test_refused_is_a_failure_with_a_report():
    with Server(hostile.echo) as server:
        pass
    report, done = load(server, "-d100ms", status=BAD)
    assert report["errors"]["refused"] == 1 and report["answered"] == 0
    assert "Connection refused" in done.stderr


@pytest.mark.parametrize("conditions, status", [
    ("p99>10s,loss>1%", GOOD),
    ("p99>10ms", BAD),
    ("p50>10ms , loss>99%", BAD),
    ("min<1s", BAD),
    ("max>=10m,avg>1m", GOOD),
    ("rate<1", GOOD),
    ("rate<1000000", BAD),
    ("conns>1000", GOOD),
    ("errors>0", GOOD),
    ("errors>=0", BAD),
])
def test_thresholds_decide_the_status(conditions, status):
    with Server(hostile.delay([0.02])) as server:
        report, done = load(server, "-d500ms", f"--fail-if={conditions}",
                            status=status)
    assert report["exit_status"] == status
    failed = [t["condition"] for t in report["thresholds"] if t["failed"]]
    assert bool(failed) == (status == BAD)
    for condition in failed:
        assert condition in done.stderr


def test_a_threshold_on_loss_replaces_the_default_of_none():
    with Server(hostile.truncate(192)) as server:
        load(server, "-c1", "-d200ms", status=BAD)
        load(server, "-c1", "-d200ms", "--fail-if=loss>50%")
        load(server, "-c1", "-d200ms", "--fail-if=loss>0.0001%", status=BAD)
        assert server.fired


def test_a_threshold_never_excuses_wrong_bytes():
    with Server(hostile.flip(6)) as server:
        load(server, "-c1", "-d100ms", "--fail-if=loss>99%", status=BAD)
        assert server.fired


def test_svg_is_a_picture_with_both_curves(tmp_path):
    path = tmp_path / "latency.svg"
    with Server(hostile.echo) as server:
        load(server, "-d200ms", "-r200", f"--svg={path}")
    tree = xml.etree.ElementTree.parse(path)
    names = [node.tag.rpartition("}")[2] for node in tree.iter()]
    assert names[0] == "svg" and names.count("polyline") == 2
    assert "99%" in "".join(tree.getroot().itertext())


def test_svg_that_cannot_be_written_is_an_error_before_the_run(tmp_path):
    with Server(hostile.echo) as server:
        done = echoc("load", "-d60s", f"--svg={tmp_path}/no/such",
                     server.target(), status=ERROR)
        assert not server.peers
    assert "no/such" in done.stderr


def test_histogram_is_drawn_in_blocks_or_in_ascii():
    with Server(hostile.echo) as server:
        blocks = echoc("load", "-d50ms", server.target()).stdout
        plain = echoc("load", "-d50ms", server.target(),
                      env={"LC_ALL": "C"}).stdout
    assert "█" in blocks and "#" not in blocks
    assert "#" in plain and plain.isascii()


def test_a_single_answer_is_drawn_too():
    with Server(hostile.echo) as server:
        text = echoc("load", "-c1", "-r1", "-d100ms", server.target()).stdout
    assert "messages      1," in text
    assert re.search(r"^ +from +answers$", text, re.M)


def test_the_fastest_and_the_slowest_answer_are_at_the_ends():
    with Server(hostile.delay([0, 0.1])) as server:
        text = echoc("load", "-c1", "-r5", "-d400ms", server.target()).stdout
    rows = [int(count) for count in re.findall(
        r"^ *[\d.]+ \S+ +(\d+) +[\d.]+% ", text, re.M)]
    assert rows[0] == rows[-1] == 1 and sum(rows) == 2, text


def test_ctrl_c_ends_it_with_a_report():
    with Server(hostile.echo) as server, \
            running("load", "-d1h", "--json", server.target()) as client:
        client.wait_line(client.stderr, "msg/s")
        client.send(signal.SIGINT)
        status, text, _ = client.finish()
    report = result(text)
    assert status == GOOD and report["answered"] > 0
    assert 0 < report["seconds"] < 3000


def test_ctrl_backslash_gives_an_interim_report():
    with Server(hostile.echo) as server, \
            running("load", "-d1h", "-q", server.target()) as client:
        wait_until(lambda: len(server.peers) > 10, "it has begun")
        client.send(signal.SIGQUIT)
        client.wait_line(client.stderr, "throughput")
        client.send(signal.SIGINT)
        status, text, _ = client.finish()
    assert status == GOOD and "throughput" in text


def test_more_connections_than_descriptors_is_an_error():
    with Server(hostile.echo) as server:
        done = echoc("load", "-c900000", server.target(), status=ERROR)
    assert "900000 connections" in done.stderr


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("churn", [(), ("--churn",)], ids=["kept", "churn"])
def test_proxy_header_goes_first(version, churn):
    with Server(hostile.after_header) as server:
        report, _ = load(server, "-c3", "-d200ms", f"--proxy-v{version}",
                         "--proxy-source=192.0.2.7:7", *churn)
        assert server.fired >= report["connects"] > 0
        for header in server.received:
            assert (b"192.0.2.7" in header if version == 1
                    else socket.inet_aton("192.0.2.7") in header)


def test_what_comes_after_the_end_counts_as_answered_only():
    """The server knows that the clock has run out when it answers."""
    with Server(hostile.delay([0.3])) as server:
        report, _ = load(server, "-c1", "-d100ms")
    assert report["answered"] == 1
    assert report["messages"] == report["bytes"] == 0


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_connections_that_close_after_the_end_are_no_failures():
    """Two of three have no message, and the server closes them.  The client
    comes to handle that when the clock has run out, as each time it waits for
    events it returns late."""
    def behaviour(connection, server):
        if not (data := connection.recv(64)):
            return
        wait_until(lambda: len(server.peers) == 4, "all connections")
        for other in server.connections:
            if other is not connection:
                with contextlib.suppress(OSError):
                    other.shutdown(socket.SHUT_RDWR)
        connection.sendall(data)
        server.fire()
        connection.recv(1)

    with Server(behaviour) as server:
        report, _ = load(server, "-c3", "-r10", "-d100ms", wrapper=[
            "strace", "-qq", "-o", os.devnull, "-e",
            "inject=/^epoll_p?wait2?$:delay_exit=300000"])
        assert server.fired == 1
    assert report["answered"] == 1
    assert sum(report["errors"].values()) == 0


@pytest.mark.root
def test_the_clock_starts_when_all_connections_are_open(folder):
    """Each SYN is lost once, so that connecting takes a second."""
    net = network(folder, "", """
nft 'table ip t {
    set seen {
        type inet_service
        flags dynamic
        size 999
    }
    chain o {
        type filter hook output priority 0
        tcp dport 7007 tcp flags & (syn | ack) == syn tcp sport != @seen add @seen { tcp sport } drop
    }
}'""")
    done = echoc("load", "-c3", "-d200ms", "-W5", "--json", "127.0.0.1:7007",
                 wrapper=net)
    report = result(done.stdout)
    assert report["latency_ms"]["connect"]["min"] >= 1000
    assert report["answered"] > 0 and report["errors"]["timeout"] == 0
