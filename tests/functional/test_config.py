# SPDX-License-Identifier: ISC
"""The configuration: its three layers, and one clear line for each error."""

import os
import random
import re

import pytest

import echod as driver


def printed(*arguments):
    """What --print-config says, a list of lines."""
    done = driver.run("--print-config", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def values(key, *arguments):
    return [line.split(" = ", 1)[1] for line in printed(*arguments)
            if line.startswith(f"{key} = ")]


@pytest.fixture
def file(folder):
    """Writes a configuration file; returns the option that names it."""
    def write(text, mode="w"):
        path = folder / "echod.conf"
        with open(path, mode) as out:
            out.write(text)
        return f"--config={path}"
    return write


# ---- layers -----------------------------------------------------------------

def test_defaults_are_those_of_the_contract():
    assert printed("--config=/dev/null") == """\
listen = *:7
user = echod
pidfile = auto
backlog = 4096
reuse-port = no
max-children = 4096
max-per-source = 64
rate-per-source = 100/s burst 200
source-prefix-v4 = 32
source-prefix-v6 = 64
# allow =
# deny =
idle-timeout = 5m
write-timeout = 30s
send-buffer = 128k
max-lifetime = 0
drain-timeout = 8s
sandbox = on
log-level = info
log-facility = daemon
log-target = auto
log-format = text
log-clients = full
metrics-file = none
metrics-interval = 10s
proxy-protocol = off
# proxy-from =
""".splitlines()


def test_file_overrides_the_defaults(file):
    assert values("backlog", file("backlog = 17\n")) == ["17"]


def test_command_line_wins_over_the_file(file):
    assert values("backlog", file("backlog = 17\n"), "--backlog=18") == ["18"]


def test_last_of_two_options_wins():
    assert values("backlog", "--backlog=1", "--backlog=2") == ["2"]


def test_list_repeats_its_key(file):
    option = file("listen = 127.0.0.1:1\nlisten = [::1]:2\n")
    assert values("listen", option) == ["127.0.0.1:1", "[::1]:2"]


def test_list_in_the_file_replaces_the_default(file):
    assert values("listen", file("listen = 127.0.0.1:1\n")) == ["127.0.0.1:1"]


def test_list_on_the_command_line_replaces_that_of_the_file(file):
    option = file("deny = 192.0.2.1\ndeny = 192.0.2.2\n")
    assert values("deny", option, "--deny=10.0.0.0/8",
                  "--deny=2001:db8::/32") == ["10.0.0.0/8", "2001:db8::/32"]


def test_missing_default_file_is_fine():
    if os.path.exists("/etc/echod.conf"):
        pytest.skip("this machine has an /etc/echod.conf")
    assert driver.run("--test").returncode == 0


def test_short_options_are_the_long_ones(file):
    option = file("backlog = 17\n").split("=", 1)[1]
    assert driver.run("-t", "-f", option).returncode == 0
    assert driver.run("-T", "-f", option, "-l", "7007", "-v").stdout == \
        driver.run("--print-config", "--config", option, "--listen", "7007",
                   "--log-level=debug").stdout
    assert driver.run("-h").stdout == driver.run("--help").stdout
    assert driver.run("-V").stdout == driver.run("--version").stdout


def test_verbose_and_log_level_may_follow_each_other():
    assert values("log-level", "-v") == ["debug"]
    assert values("log-level", "-v", "--log-level=error") == ["error"]


# ---- syntax -----------------------------------------------------------------

@pytest.mark.parametrize("text", [
    "backlog=17",
    "  backlog\t = \t 17  ",
    "backlog = 17 # a comment",
    "backlog = 17 \t \n",
    "# a comment\n\n   \nbacklog = 17\n# another",
    "backlog = \\\n 17\n",
    "backlog = 1\\\n7\n",
])
def test_blanks_comments_and_continued_lines(file, text):
    assert values("backlog", file(text)) == ["17"]


@pytest.mark.parametrize("key,value,canonical", [
    ("idle-timeout", "500ms", "500ms"), ("idle-timeout", "1500ms", "1500ms"),
    ("idle-timeout", "60s", "1m"), ("idle-timeout", "120m", "2h"),
    ("idle-timeout", "1h", "1h"), ("idle-timeout", "0", "0"),
    ("idle-timeout", "0s", "0"), ("idle-timeout", "500us", "500us"),
    ("idle-timeout", "1.5s", "1500ms"), ("idle-timeout", "0.5h", "30m"),
    ("listen", "7007", "*:7007"), ("listen", "*:7", "*:7"),
    ("listen", "127.0.0.1:0", "127.0.0.1:0"),
    ("listen", "[0:0::1]:65535", "[::1]:65535"),
    ("listen", "[::ffff:127.0.0.1]:7", "127.0.0.1:7"),
    ("deny", "::ffff:192.0.2.0/120", "192.0.2.0/24"),
    ("deny", "192.0.2.1/32", "192.0.2.1"), ("deny", "0.0.0.0/0", "0.0.0.0/0"),
    ("deny", "2001:DB8::/32", "2001:db8::/32"),
    ("rate-per-source", "5/s burst 10", "5/s burst 10"),
    ("rate-per-source", "0", "0"),
    ("user", "no#body", "no\\#body"), ("user", "no\\body", "no\\\\body"),
])
def test_values_are_printed_in_one_canonical_form(key, value, canonical):
    assert values(key, f"--{key}={value}") == [canonical]


def test_printed_configuration_read_back_prints_the_same(file):
    settings = {
        "listen": ["127.0.0.1:7007", "[::1]:7007", "*:7008"],
        "user": "a\\b#c d", "pidfile": "/tmp/a#b\\c", "backlog": 1,
        "max_children": 262144, "max_per_source": 0,
        "rate_per_source": "1/s burst 1000000", "source_prefix_v4": 0,
        "source_prefix_v6": 128, "allow": ["10.0.0.0/8", "::/0"],
        "deny": ["10.1.0.0/16", "fe80::/10"], "idle_timeout": "1ms",
        "write_timeout": "24h", "max_lifetime": "8760h",
        "drain_timeout": "90s", "sandbox": "off", "log_level": "debug",
        "log_facility": "local7", "log_target": "syslog",
        "log_format": "json", "log_clients": "none",
        "reuse_port": "yes", "metrics_file": "/a b", "metrics_interval": "90s",
        "proxy_protocol": "required", "proxy_from": ["192.0.2.1", "::1"],
    }
    first = printed(*driver.options(settings))
    assert len(first) == 32
    assert printed(file("\n".join(first) + "\n")) == first


def test_printed_defaults_read_back_print_the_same(file):
    first = printed("--config=/dev/null")
    assert printed(file("\n".join(first) + "\n")) == first


def test_test_says_nothing_of_a_good_configuration(file):
    done = driver.run("--test", file("listen = 127.0.0.1:0\n"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_help_and_version_answer_on_standard_output():
    done = driver.run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: echod [options]\n")
    assert all(len(line) <= 100 for line in done.stdout.splitlines())
    done = driver.run("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"echod \d+\.\d+(\.\d+)?\n", done.stdout)


def test_full_disk_under_the_answer_is_a_failure():
    with open("/dev/full", "w") as full:
        for option in "--help", "--print-config", "--version":
            done = driver.subprocess.run(
                [*driver.WRAPPER, driver.ECHOD, option], stdout=full,
                check=False, timeout=driver.DEADLINE)
            assert done.returncode == 1, option


# ---- what is refused --------------------------------------------------------

def refused(folder, status, *arguments):
    """A start with these ends with one line, and leaves nothing."""
    pidfile = folder / "pid"
    done = driver.run(*arguments, f"--pidfile={pidfile}")
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    assert re.fullmatch(r"echod: [^\n]+\n", done.stderr), done.stderr
    assert done.stderr.isprintable() or done.stderr[:-1].isprintable()
    assert len(done.stderr) < 700
    assert not pidfile.exists()
    # --test says the same.
    tested = driver.run("--test", *arguments)
    assert (tested.returncode, tested.stderr) == (status, done.stderr)
    return done.stderr[len("echod: "):-1]


@pytest.mark.parametrize("line,complaint", [
    ("bogus = 1", 'unknown key "bogus"'),
    ("Backlog = 1", 'unknown key "Backlog"'),
    ("backlog", 'no "=" in "backlog"'),
    ("= 1", 'unknown key ""'),
    ("backlog =", "backlog: "),
    ("backlog = -1", "backlog: "),
    ("backlog = +1", "backlog: "),
    ("backlog = 0", "backlog: must be 1 to 2147483647"),
    ("backlog = 2147483648", "backlog: must be 1 to 2147483647"),
    ("backlog = 99999999999999999999999", "backlog: must be 1 to 2147483647"),
    ("backlog = 0x10", "backlog: "),
    ("backlog = 1 2", "backlog: "),
    ("backlog = 17junk", "backlog: "),
    ("max-children = 0", "max-children: must be 1 to 262144"),
    ("source-prefix-v4 = 33", "source-prefix-v4: must be 0 to 32"),
    ("source-prefix-v6 = 129", "source-prefix-v6: must be 0 to 128"),
    ("listen = 70000", "listen: the port must be 0 to 65535"),
    ("listen = 127.0.0.1:65536", "listen: the port must be 0 to 65535"),
    ("listen = 127.0.0.1:-1", "listen: "),
    ("listen = 127.0.0.1", "listen: the port is missing"),
    ("listen = 127.0.0.1:", "listen: the port is missing"),
    ("listen = 127.0.0.256:7", "listen: not an IP address"),
    ("listen = ::1:7", "listen: an IPv6 address needs brackets"),
    ("listen = [::1]", "listen: the port is missing"),
    ("listen = [::1:7", "listen: a bracket is not closed"),
    ("listen = [127.0.0.1]:7", "listen: brackets are for IPv6"),
    ("listen = localhost:7", "listen: not an IP address"),
    ("listen = [fe80::1%nosuchif]:7", "listen: no such interface"),
    ("listen = 127.0.0.1:7 junk", "listen: "),
    ("allow = 10.0.0.0/33", "allow: not a prefix length"),
    ("allow = 10.0.0.0/", "allow: not a prefix length"),
    ("allow = 10.0.0.1/8", "allow: has bits set past the prefix length"),
    ("allow = all", "allow: not an IP address"),
    ("idle-timeout = 5", "idle-timeout: needs a unit"),
    ("idle-timeout = 5 m", "idle-timeout: needs a unit"),
    ("idle-timeout = 5d", "idle-timeout: needs a unit"),
    ("idle-timeout = -5s", "idle-timeout: not a duration"),
    ("idle-timeout = s", "idle-timeout: not a duration"),
    ("idle-timeout = 1.5d", "idle-timeout: needs a unit: us, ms, s, m or h"),
    ("idle-timeout = 99999999999999999999s", "idle-timeout: must be 0 to 8760h"),
    ("idle-timeout = 9223372036854775807h", "idle-timeout: must be 0 to 8760h"),
    ("write-timeout = 25h", "write-timeout: must be 0 to 24h"),
    ("rate-per-source = 100", "rate-per-source: not a rate"),
    ("rate-per-source = 100/s", "rate-per-source: not a rate"),
    ("rate-per-source = 100/m burst 2", "rate-per-source: not a rate"),
    ("rate-per-source = 100/s burst 0", "rate-per-source: must be 1 to 1000000"),
    ("rate-per-source = 0/s burst 1", "rate-per-source: must be 1 to 1000000"),
    ("rate-per-source = 9999999/s burst 1", "rate-per-source: must be 1 to 1000000"),
    ("rate-per-source = 1/s burst 2x", "rate-per-source: not a rate"),
    ("sandbox = yes", "sandbox: "),
    ("sandbox = ON", "sandbox: "),
    ("log-level = loud", "log-level: "),
    ("log-facility = kern", "log-facility: "),
    ("log-target = /dev/tty", "log-target: "),
    ("log-format = xml", "log-format: "),
    ("log-clients = no", "log-clients: "),
    ("metrics-file = echod.prom", "metrics-file: "),
    ("metrics-interval = 1ms", "metrics-interval: "),
    ("proxy-protocol = on", "proxy-protocol: "),
    ("pidfile = echod.pid", "pidfile: not an absolute path"),
    ("user =", "user: empty"),
])
def test_bad_line_is_named_with_file_and_number(folder, file, line, complaint):
    option = file(f"# first\n\n{line}\nlisten = 127.0.0.1:0\n")
    said = refused(folder, 78, option)
    assert said.startswith(f"{folder}/echod.conf:3: {complaint}"), said


@pytest.mark.parametrize("option,complaint", [
    ("--backlog=-1", "--backlog: "),
    ("--backlog=", "--backlog: "),
    ("--backlog=17junk", "--backlog: "),
    ("--backlog=99999999999999999999", "--backlog: must be 1 to 2147483647"),
    ("--listen=70000", "--listen: the port must be 0 to 65535"),
    ("--listen=nonsense", "--listen: "),
    ("-l70000", "--listen: the port must be 0 to 65535"),
    ("--idle-timeout=5", "--idle-timeout: needs a unit"),
    ("--deny=10.0.0.1/8", "--deny: has bits set past the prefix length"),
    ("--pidfile=relative", "--pidfile: not an absolute path"),
    ("--bogus", "--bogus: unknown option"),
    ("--bogus=1", "--bogus=1: unknown option"),
    ("-x", "-x: unknown option"),
    ("-xF", "-x: unknown option"),
    ("-Fx", "-x: unknown option"),
    ("--listen", "--listen: needs an argument"),
    ("-l", "-l: needs an argument"),
    ("--foreground=yes", "--foreground=yes: takes no argument"),
    ("operand", "unexpected argument: operand"),
])
def test_misused_command_line_is_status_2_and_names_the_option(
        option, complaint):
    done = driver.run("--config=/dev/null", option)
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(r"echod: [^\n]+\n", done.stderr), done.stderr
    assert done.stderr.startswith(f"echod: {complaint}"), done.stderr


def test_key_given_twice_is_refused_unless_it_is_a_list(folder, file):
    said = refused(folder, 78, file("backlog = 1\nbacklog = 2\n"))
    assert said == f"{folder}/echod.conf:2: backlog: given twice"


def test_missing_file_that_was_named_is_refused(folder):
    said = refused(folder, 78, f"--config={folder}/none")
    assert said == f"{folder}/none: No such file or directory"


def test_directory_as_the_file_is_refused(folder):
    said = refused(folder, 78, f"--config={folder}")
    assert said == f"{folder}: Is a directory"


@pytest.mark.root
def test_unreadable_file_is_refused(folder, file):
    option = file("backlog = 1\n")
    os.chmod(folder / "echod.conf", 0)
    done = driver.run(option, "--test", user=65534, group=65534,
                      extra_groups=[])
    assert done.returncode == 78
    assert done.stderr == f"echod: {folder}/echod.conf: Permission denied\n"


def test_nul_byte_is_refused(folder, file):
    said = refused(folder, 78, file(b"backlog = 1\nuser = no\0body\n", "wb"))
    assert said == f"{folder}/echod.conf:2: NUL byte"


def test_nul_byte_in_a_comment_is_no_harm(file):
    text = b"# \0 idle-timeout = soon\nbacklog = 17\n"
    assert values("backlog", file(text, "wb")) == ["17"]


def test_line_of_a_megabyte_is_refused(folder, file):
    said = refused(folder, 78, file("user = " + "x" * 10 + "\nbogus"
                                   + "y" * 1_000_000 + " = 1\n"))
    assert said.startswith(f'{folder}/echod.conf:2: unknown key "bogusyyy')


def test_value_of_a_megabyte_is_refused(folder, file):
    said = refused(folder, 78, file("listen = " + "1" * 1_000_000 + "\n"))
    assert said.startswith(f"{folder}/echod.conf:1: listen: ")


def test_binary_rubbish_is_refused_in_printable_words(folder, file):
    said = refused(folder, 78, file(bytes(range(1, 10)) + b"\x1b[2J = \xff\n",
                                   "wb"))
    assert said.startswith(f"{folder}/echod.conf:")


def test_terminal_escapes_on_the_command_line_are_not_echoed():
    for option in ("--backlog=\x1b[2J", "--\x1b[2J", "\x1b[2J", "--a\nb",
                   "--config=/\x1b[2J\n"):
        done = driver.run("--config=/dev/null", option)
        assert done.returncode in (2, 78)
        assert re.fullmatch(r"echod: [ -~]+\n", done.stderr), option


def test_random_files_are_accepted_or_refused_with_one_line(file):
    for number in range(100):
        text = random.Random(number).randbytes(200)
        done = driver.run("--test", file(text, "wb"))
        assert done.returncode in (0, 78)
        assert done.stderr.count("\n") == (done.returncode != 0)
