# SPDX-License-Identifier: ISC
"""What other programs read: monitoring, HdrHistogram's plotters, compare, SVG."""

import json
import re
import subprocess
import xml.etree.ElementTree

import pytest

import hostile
from echoc_support import BAD, ERROR, GOOD, echoc, events
from hostile import Server

WARNING, CRITICAL, UNKNOWN = 1, 2, 3
NAGIOS = ("ping", "--nagios", "-i10ms")

# The judgement of somebody else's implementation of the guidelines.
PERL = r"""
use Monitoring::Plugin::Performance;
use Monitoring::Plugin::Range;
my ($line) = @ARGV;
for my $p (Monitoring::Plugin::Performance->parse_perfstring($line)) {
    my @alerts = map {
        !defined $_ || $_ eq "" ? "-"
        : Monitoring::Plugin::Range->parse_range_string($_)
              ->check_range($p->value) ? "alert" : "good"
    } ($p->warning, $p->critical);
    print join(" ", $p->label, $p->value, $p->uom || "-", @alerts), "\n";
}
"""


def performance(text):
    """{label: (value, unit, warning, critical)} as Perl's library reads it."""
    [line] = text.splitlines()
    figures = subprocess.run(
        ["env", "LC_ALL=C", "perl", "-e", PERL, line.split("|")[1].strip()],
        check=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
    found = {}
    for each in figures.splitlines():
        label, value, *rest = each.split()
        found[label] = (float(value), *rest)
    return found


def test_nagios_says_ok_with_performance_data():
    with Server(hostile.echo) as server:
        text = echoc(*NAGIOS, "--warning=avg>10s,loss>=50%",
                     "--critical=avg>=20s,rate<0.001", server.target()).stdout
    assert text.startswith("ECHO OK - 127.0.0.1: 5 of 5 answered, 0 wrong, ")
    found = performance(text)
    assert found["avg"][1:] == ("s", "good", "good")
    assert found["loss"] == (0, "%", "good", "-")
    assert found["rate"][2:] == ("-", "good")
    assert 0 < found["p50"][0] < 10


@pytest.mark.parametrize("conditions, status, word", [
    (("--warning=avg>10ms",), WARNING, "WARNING"),
    (("--warning=avg>10ms", "--critical=avg>15ms"), CRITICAL, "CRITICAL"),
    (("--critical=avg<15ms", "--warning=rate>=0"), WARNING, "WARNING"),
])
def test_nagios_judges_by_two_lists(conditions, status, word):
    with Server(hostile.delay([0.02])) as server:
        text = echoc(*NAGIOS, "-c2", *conditions, server.target(),
                     status=status).stdout
    assert text.startswith(f"ECHO {word} - ")
    alerts = performance(text)
    met = {kind for each in alerts.values()
           for kind, judged in zip(("WARNING", "CRITICAL"), each[2:])
           if judged == "alert"}
    assert word in met


def test_nagios_losses_are_critical_unless_a_condition_judges_them():
    with Server(hostile.truncate(74)) as server:
        echoc(*NAGIOS, "-c4", server.target(), status=CRITICAL)
        echoc(*NAGIOS, "-c4", "--warning=loss>0", server.target(),
              status=WARNING)
        echoc(*NAGIOS, "-c4", "--warning=loss>75%", server.target())
    echoc(*NAGIOS, f"127.0.0.1:{hostile.refusing_port()}", status=CRITICAL)
    with Server(hostile.flip(3)) as server:
        echoc(*NAGIOS, "-c4", "--warning=loss>75%", server.target(),
              status=CRITICAL)


def test_nagios_sends_as_many_as_asked_and_one_answer_is_enough():
    with Server(hostile.echo) as server:
        text = echoc("ping", "--nagios", "-i0", "-c1", server.target()).stdout
    assert text.startswith("ECHO OK - 127.0.0.1: 1 of 1 answered, ")


def test_nagios_unknown_is_three():
    done = echoc(*NAGIOS, "no-such-host.invalid", status=UNKNOWN)
    assert done.stdout.startswith("ECHO UNKNOWN - no-such-host.invalid: ")
    assert done.stderr == ""


@pytest.mark.parametrize("words", [
    ["--warning=loss>1"], ["--nagios", "--json"],
    ["--nagios", "--fail-if=loss>1"], ["--nagios", "--critical=nonsense"]])
def test_nagios_refuses_what_does_not_fit(words):
    assert "usage" in echoc("ping", *words, "h", status=ERROR).stderr


def hgrm(text):
    """[(value, percentile, count)] and the footer of the text form."""
    rows = [tuple(map(float, line.split()[:3]))
            for line in text.splitlines()[2:] if not line.startswith("#")]
    return rows, [line for line in text.splitlines() if line.startswith("#")]


def test_hgrm_agrees_with_each_answer_of_the_stream(tmp_path):
    path = tmp_path / "x.hgrm"
    with Server(hostile.echo) as server:
        text = echoc("-c500", "-i0", "-q", "--json-stream", f"--hgrm={path}",
                     server.target()).stdout
    times = sorted(data["rtt_ms"] for name, data in events(text)
                   if name == "answer")
    rows, footer = hgrm(path.read_text())
    assert rows[-1][1:] == (1, 500) and rows[0][1] == 0
    assert len(rows) > 30
    for value, percentile, count in rows:
        rank = int(count)
        assert times[rank - 1] <= value * 1.004 + 1e-6
        assert times[rank - 1] >= value / 1.008 - 1e-6
        assert count >= percentile * 500 - 1e-6
    assert re.match(r"#\[Mean += +[\d.]+, StdDeviation += +[\d.]+\]", footer[0])
    assert re.match(r"#\[Max += +[\d.]+, Total count += +500\]", footer[1])


def test_a_file_called_dash_is_standard_output():
    with Server(hostile.echo) as server:
        done = echoc("load", "-d50ms", "--hgrm=-", server.target())
        picture = echoc("load", "-d50ms", "--svg=-", server.target())
        echoc("load", "--json", "--svg=-", server.target(), status=ERROR)
        echoc("load", "--hgrm=-", "--svg=-", server.target(), status=ERROR)
    assert hgrm(done.stdout)[0] and "throughput" in done.stderr
    assert xml.etree.ElementTree.fromstring(picture.stdout) is not None
    assert "throughput" in picture.stderr


def test_the_picture_tells_target_rate_connections_and_date():
    with Server(hostile.echo) as server:
        text = echoc("load", "-c3", "-r500", "-d1700ms", "-q", "--svg=-",
                     server.target()).stdout
        churn = echoc("load", "--churn", "-d50ms", "-q", "--svg=-",
                      server.target()).stdout
    root = xml.etree.ElementTree.fromstring(text)
    words = " ".join(root.itertext())
    assert f"127.0.0.1 ({server.target()})" in words
    assert "3 connections" in words and "500 messages/s asked for" in words
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", words)
    assert "p50" in words and "p99" in words
    bars = [node for node in root.iter("{http://www.w3.org/2000/svg}rect")
            if node.get("y")]
    assert len(bars) == 2  # a second, and the rest
    right = max(float(b.get("x")) + float(b.get("width")) for b in bars)
    assert right == pytest.approx(710, abs=1)
    texts = [(node.text, float(node.get("x")), float(node.get("y")))
             for node in root.iter("{http://www.w3.org/2000/svg}text")]
    for name in "p50", "p99":  # the legend, within the lower panel
        [(x, y)] = [(x, y) for text, x, y in texts if text == name]
        assert 90 < x < 710 and 430 < y < 670
    rates = [(int(text[:-2]), y) for text, x, y in texts
             if re.fullmatch(r"\d+/s", text) and x < 90]
    assert len(rates) == 3 and rates == sorted(rates, key=lambda r: -r[1])
    assert rates[0] == (0, pytest.approx(674)) and 400 < rates[2][0] <= 600
    assert "from when its connection was begun" in churn
    assert "as fast as possible" in churn


def write(path, rate, p99):
    latency = {"count": 9, "min": 1, "avg": 2, "stddev": 1, "max": 9,
               "p50": 2, "p75": 3, "p90": 4, "p99": p99, "p99.9": 9,
               "p99.99": 9}
    path.write_text(json.dumps({
        "messages_per_second": rate, "lost": 0, "loss_percent": 0, "x": [
            {"p99": 1}, "a\"}", None, True], "latency_ms": {
            "corrected": None, "raw": latency}}))
    return path


def row(text, name):
    return next(line.split() for line in text.splitlines()
                if line.startswith(name))


def test_compare_shows_both_and_the_change(tmp_path):
    before = write(tmp_path / "a", 93950, 5)
    after = write(tmp_path / "b", 101466, 4)
    text = echoc("compare", before, after).stdout
    assert row(text, "rate") == ["rate", "93950.00", "101466.00", "+8.0%"]
    assert row(text, "p99 ") == [
        "p99", "5.00", "ms", "4.00", "ms", "-20.0%"]
    assert row(text, "loss")[-1] == "+0.0%"


@pytest.mark.parametrize("conditions, status", [
    ("p99>+10%", BAD), ("p99>+20%", GOOD), ("rate<-5%", BAD),
    ("rate<-10%", GOOD), ("rate>10%,p99<-1%", GOOD), ("p50>1%, rate<-5%", BAD),
])
def test_compare_judges_changes(tmp_path, conditions, status):
    before = write(tmp_path / "a", 100, 5)
    after = write(tmp_path / "b", 90, 6)
    done = echoc("compare", f"--fail-if={conditions}", before, after,
                 status=status)
    assert ("rate<-5%: -10.0%" in done.stderr) == ("rate<-5%" in conditions)


def test_compare_takes_medians_of_several(tmp_path):
    before = [write(tmp_path / f"a{i}", rate, 5)
              for i, rate in enumerate((100, 900, 110))]
    after = [write(tmp_path / f"b{i}", rate, 5)
             for i, rate in enumerate((120, 100))]
    text = echoc("compare", *before, ":", *after).stdout
    assert re.search(r"^rate +110\.00 \+-363\.6% +110\.00 \+- +9\.1% +\+0\.0%$",
                     text, re.M), text


@pytest.mark.parametrize("content", ["", "{", "nonsense", "{} {}", "[1,]",
                                     '{"a" 1}', "{}\0", "[" * 5000])
def test_compare_refuses_what_is_no_result(tmp_path, content):
    bad = tmp_path / "bad"
    bad.write_text(content)
    good = write(tmp_path / "good", 1, 1)
    done = echoc("compare", good, bad, status=ERROR)
    assert "bad: not one JSON object" in done.stderr


@pytest.mark.parametrize("words", [
    ["a"], ["a", "b", "c"], [":", "a"], ["a", ":"],
    ["--fail-if=p98>1%", "a", "b"], ["--fail-if=p99>1", "a", "b"],
    ["--fail-if=p99", "a", "b"], ["--fail-if=p99>x%", "a", "b"]])
def test_compare_refuses_a_wrong_command_line(words):
    assert "usage" in echoc("compare", *words, status=ERROR).stderr


def test_compare_reads_what_load_has_printed(tmp_path):
    with Server(hostile.echo) as server:
        for name in "a", "b":
            text = echoc("load", "-d50ms", "--json", server.target()).stdout
            (tmp_path / name).write_text(text)
    text = echoc("compare", tmp_path / "a", tmp_path / "b").stdout
    assert len(text.splitlines()) == 15
