# SPDX-License-Identifier: ISC
"""Names with several addresses, of which some are silent, and idle timeouts.

Each test has a network namespace of its own: fd00::9 drops everything,
192.0.2.1 serves, 192.0.2.2 refuses, 10.9.9.9 has no route.
"""

import re

import pytest

from echoc_support import BAD, ERROR, echoc, events, network, result

pytestmark = pytest.mark.root

SETUP = """
ip -6 addr add fd00::9/128 dev lo nodad
ip addr add 192.0.2.1/32 dev lo
ip addr add 192.0.2.2/32 dev lo
nft 'table inet t {
    chain o {
        type filter hook output priority 0
        ip6 daddr fd00::9 drop
        ip daddr 192.0.2.2 tcp dport 7007 reject with tcp reset
    }
}'
"""
HOSTS = """\
fd00::9 two
192.0.2.1 two
fd00::9 bad
192.0.2.2 bad
10.9.9.9 bad
fd00::9 many
fd00::8 many
fd00::7 many
192.0.2.1 many
"""


@pytest.fixture
def net(folder):
    return network(folder, HOSTS, SETUP)


def test_a_silent_address_costs_a_quarter_of_a_second_and_is_named(net):
    done = echoc("ping", "--connect-each", "-W10", "-c2", "-i10ms", "two:7007",
                 wrapper=net)
    assert done.stdout.startswith("ECHO two (192.0.2.1:7007) 64 bytes")
    assert re.search(r"^connected to 192\.0\.2\.1:7007 in [\d.]+ ms, tried "
                     r"\[fd00::9\]:7007 abandoned after \d+ ms$",
                     done.stdout, re.M)
    times = re.findall(r"^64 bytes from 192\.0\.2\.1:7007: seq=\d "
                       r"connect=([\d.]+) ms", done.stdout, re.M)
    assert len(times) == 2
    assert all(250 <= float(each) < 10_000 for each in times)


@pytest.mark.parametrize("words", [
    ["ping", "-c1"], ["load", "-d50ms"], ["check", "--case=prompt"],
    ["pipe", "--verify"]], ids=lambda words: words[0])
def test_each_attempt_is_in_the_object(net, words):
    done = echoc(*words, "--json", "two:7007", wrapper=net)
    found = result(done.stdout)
    assert [(a["address"], a["outcome"]) for a in found["attempts"]] == [
        ("[fd00::9]:7007", "abandoned"), ("192.0.2.1:7007", "connected")]
    assert found["attempts"][0]["seconds"] >= 0.25
    assert found["address"] == "192.0.2.1:7007"
    assert "tried [fd00::9]:7007 abandoned after" in done.stderr


def test_families_take_turns(net):
    """RFC 8305: three dead addresses of one cost what one costs."""
    found = result(echoc("ping", "-c1", "--json", "many:7007",
                         wrapper=net).stdout)
    assert len(found["attempts"]) == 2
    assert found["attempts"][1]["address"] == "192.0.2.1:7007"


@pytest.mark.parametrize("words", [
    ["ping", "-c1"], ["load", "-d50ms"], ["check"], ["pipe", "--verify"]],
    ids=lambda words: words[0])
def test_an_error_names_the_address_that_it_belongs_to(net, words):
    done = echoc(*words, "-W600ms", "bad:7007", status=BAD, wrapper=net)
    assert re.search(
        r"bad.*: \[fd00::9\]:7007 timeout after .*, 192\.0\.2\.2:7007 "
        r"refused after .*, 10\.9\.9\.9:7007 unreachable after",
        done.stdout + done.stderr)
    done = echoc(*words, "-W600ms", "--json", "bad:7007", status=BAD,
                 wrapper=net)
    found = result(done.stdout)
    assert {a["address"]: a["outcome"] for a in found["attempts"]} == {
        "[fd00::9]:7007": "timeout", "192.0.2.2:7007": "refused",
        "10.9.9.9:7007": "unreachable"}
    assert found["address"] is None


# It forgets a connection when one message has passed.
FIREWALL = """
ip addr add 192.0.2.1/32 dev lo
nft 'table ip t {
    set live {
        type inet_service
        flags dynamic
        size 999
    }
    chain o {
        type filter hook output priority 0
        tcp dport 7007 tcp flags & psh == psh update @live { tcp sport limit rate over 1/day burst 1 packets } VERDICT
    }
}'
"""


@pytest.mark.parametrize("verdict, reason", [
    ("drop", "nothing within 2.00 s"),
    ("reject with tcp reset", "Connection reset by peer")],
    ids=["drop", "reset"])
def test_a_firewall_that_forgets_connections_is_shown(
        folder, verdict, reason):
    net = network(folder, "", FIREWALL.replace("VERDICT", verdict))
    target = "192.0.2.1:7007"
    done = echoc("ping", "-c3", "-i0", "-W2s", "--json-stream", target,
                 status=BAD, wrapper=net)
    found = events(done.stdout)
    names = [name for name, _ in found if name != "start"]
    assert names[:5] == [
        "connected", "answer", "outage_begin", "lost", "connected"]
    by_name = dict(found)
    assert by_name["reconnected"]["reason"] == reason
    lasted = by_name["reconnected"]["lasted_seconds"]
    assert lasted >= 2 if verdict == "drop" else lasted > 0
    assert by_name["outage_begin"] == {
        "address": target, "seq": 2, "reason": reason}
    assert by_name["outage_end"]["lost"] == 1
    end = by_name["end"]
    assert (end["reconnections"], end["outages"], end["lost"]) == (1, 1, 1)
    assert end["outage_seconds"] > 0
    assert re.search(rf"^reconnected to {target} in .* ms, the last connection"
                     rf" lasted .*: {reason}$", done.stderr, re.M)
    assert re.search("^reconnections 1, outages 1 of ", done.stderr, re.M)


@pytest.mark.parametrize("family, address", [
    ("ip", "192.0.2.1"), ("ip6", "[fd00::1]")])
def test_dscp_is_in_every_packet_and_interface_is_bound(
        folder, family, address):
    net = network(folder, "", f"""
ip -6 addr add fd00::1/128 dev lo nodad
ip addr add 192.0.2.1/32 dev lo
nft 'table {family} t {{
chain o {{
    type filter hook output priority 0
    tcp dport 7007 {family} dscp != 46 drop
}}
}}'""")
    for words in ("ping", "-c1"), ("load", "-d20ms"):
        echoc(*words, "--dscp=46", "--interface=lo", "-W2",
              f"{address}:7007", wrapper=net)
        echoc(*words, "-W200ms", f"{address}:7007", status=BAD, wrapper=net)


@pytest.mark.slow(7, "waits in the resolver three times")
def test_ctrl_c_while_the_name_is_resolved_has_its_object(folder):
    """The name server is silent, for which the resolver waits ten seconds."""
    (folder / "resolv.conf").write_text("nameserver 192.0.2.1\n")
    net = network(folder, "", f"""
ip addr add 192.0.2.1/32 dev lo
nft 'table ip t {{
chain i {{
    type filter hook input priority 0
    udp dport 53 drop
}}
}}'
mount --bind "{folder}/resolv.conf" /etc/resolv.conf""")
    net += ["timeout", "--signal=INT", "--preserve-status", "2"]
    for words in ["ping"], ["check"]:
        found = result(echoc(*words, "--json", "name.example", wrapper=net,
                             status=ERROR).stdout)
        assert found["error"] == "interrupted"
    assert echoc("ping", "--nagios", "name.example", wrapper=net,
                 status=3).stdout == "ECHO UNKNOWN - interrupted\n"
