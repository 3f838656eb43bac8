# SPDX-License-Identifier: ISC
"""Program, manuals and sample file know the same options, keys and defaults."""

import re
import shutil
import subprocess

import pytest

import echod as driver
from waiting import wait_until

MAN = driver.ROOT / "man"
SAMPLE = driver.ROOT / "etc" / "echod.conf"
PROFILE = driver.ROOT / "etc" / "echod.apparmor"

PAGES = ["echod.8", "echod.conf.5"]


def help_text():
    return driver.run("--help").stdout


def from_help():
    """{long name: (letter or "", argument or "")} of all options."""
    found = re.findall(
        r"^  (?:-(\w),|   ) --([a-z0-9-]+)(?:=(\S+))? ", help_text(), re.M)
    return {name: (letter, argument) for letter, name, argument in found}


def keys_from_help():
    _, _, settings = help_text().partition("Settings, also keys of")
    return set(re.findall(r"--([a-z0-9-]+)=", settings))


def defaults():
    """{key: default}, as the program prints and reads them; "" for none."""
    text = driver.run("--print-config", "--config=/dev/null").stdout
    pairs = re.findall(r"^(?:# )?([a-z0-9-]+) = ?(.*)$", text, re.M)
    # Printed is what it comes to; what one would write is this.
    return {**dict(pairs), "pidfile": "auto"}


def manual(name):
    return (MAN / name).read_text()


def documented_options():
    """{long name: (letter or "", argument or "")} of echod(8)."""
    text = manual("echod.8").partition("The options are as follows")[2]
    text = text.partition("\n.Ss ")[0].replace(" Ns ", " ")
    text = text.replace(" Ns | Cm ", "|").replace(" | Cm ", "|")
    tags = re.findall(
        r"^\.(?:It )?(?:Fl (\w) , )?Fl Fl ([a-z0-9-]+)"
        r"(?: = (?:Ar|Cm) (\S+))?$", text, re.M)
    return {name: (letter, argument) for letter, name, argument in tags}


def documented_keys():
    """{key: its item's text} of echod.conf(5); items may share one."""
    blocks = re.findall(
        r"((?:^\.It Cm [a-z0-9-]+ No = .*\n)+)((?:^(?!\.It|\.El).*\n)*)",
        manual("echod.conf.5"), re.M)
    return {key: (tags, body) for tags, body in blocks
            for key in re.findall(r"^\.It Cm ([a-z0-9-]+)", tags, re.M)}


def documented_default(key):
    tags, body = documented_keys()[key]
    body = body.replace("\n.Ql ", " ").replace(" .\n", ".\n")
    if match := re.search(r"The default is (.*)\.$", body, re.M):
        return match.group(1)
    if match := re.search(r"The defaults are (.*)\.$", body, re.M):
        both = re.findall(r"^\.It Cm ([a-z0-9-]+)", tags, re.M)
        return match.group(1).split(" and ")[both.index(key)]
    return None


# ---- options ----------------------------------------------------------------

def test_every_option_is_in_echod_8():
    assert set(from_help()) - set(documented_options()) == set()


def test_every_option_in_echod_8_is_one():
    assert set(documented_options()) - set(from_help()) == set()


def test_letters_and_arguments_are_those_of_echod_8():
    def plain(options):
        return {name: (letter, argument.lower())
                for name, (letter, argument) in options.items()}
    assert plain(from_help()) == plain(documented_options())


def test_every_option_in_the_help_is_accepted():
    for name, (letter, argument) in from_help().items():
        for option in [f"--{name}"] + [f"-{letter}"] * bool(letter):
            done = driver.run(option, *["x"] * bool(argument), "--help")
            assert done.stdout == help_text(), option


def test_every_key_is_an_option_of_the_same_name():
    assert keys_from_help() == set(defaults())
    assert keys_from_help() <= set(from_help())


# ---- keys -------------------------------------------------------------------

def test_every_key_is_in_echod_conf_5():
    assert set(defaults()) - set(documented_keys()) == set()


def test_every_key_in_echod_conf_5_is_one():
    assert set(documented_keys()) - set(defaults()) == set()


def test_defaults_are_those_of_echod_conf_5():
    for key, default in defaults().items():
        said = documented_default(key)
        if default == "":  # a list that is empty is told of in words
            assert said in (None, "to serve all clients"), key
        else:
            assert said == default, key


def test_keys_that_need_a_restart_are_told_of(echod):
    told = {key for key, (_, body) in documented_keys().items()
            if "Needs a restart to change." in body}
    other = {"listen": "127.0.0.1:1", "user": "daemon", "pidfile": "none",
             "backlog": "1", "reuse-port": "yes", "max-children": "1", "max-per-source": "1",
             "rate-per-source": "0", "source-prefix-v4": "1",
             "source-prefix-v6": "1", "allow": "::1", "deny": "::1",
             "idle-timeout": "1s", "write-timeout": "1s",
             "send-buffer": "1k", "max-lifetime": "1h", "drain-timeout": "1s",
             "log-level": "debug", "log-facility": "user",
             "log-target": "stderr", "log-format": "json",
             "log-clients": "prefix",
             "metrics-file": "/nowhere", "metrics-interval": "1h", "proxy-protocol": "required",
             "proxy-from": "::1", "sandbox": "on"}
    assert set(other) == set(defaults())
    other["pidfile"] = "/nowhere"
    fixed = {"listen": "127.0.0.1:0", "sandbox": "off", "user": "nobody"}
    running = echod(config=fixed)
    running.reload({**fixed, **other}, expect="reloaded ")
    needed = {match.group(1) for match in running.matches(
        r"([a-z0-9-]+) has changed: restart to use it$")}
    assert needed == told


# ---- the sample file --------------------------------------------------------

def sample_settings():
    return dict(re.findall(r"^#([a-z0-9-]+) = ?(.*)$", SAMPLE.read_text(),
                           re.M))


def test_sample_file_has_every_key_at_its_default_and_no_other():
    assert sample_settings() == defaults()


def test_sample_file_explains_every_key():
    text = SAMPLE.read_text()
    for key in defaults():
        assert re.search(rf"^# [^\n]{{10,}}\n#{key} =", text, re.M), key


def test_sample_file_changes_nothing():
    assert driver.run("--print-config", f"--config={SAMPLE}").stdout == \
        driver.run("--print-config", "--config=/dev/null").stdout


def test_sample_file_with_every_key_uncommented_changes_nothing(folder):
    text = re.sub(r"^#([a-z0-9-]+ = .+)$", r"\1", SAMPLE.read_text(),
                  flags=re.M)
    path = folder / "echod.conf"
    path.write_text(text)
    done = driver.run("--print-config", f"--config={path}")
    assert done.stderr == ""
    assert done.stdout == \
        driver.run("--print-config", "--config=/dev/null").stdout


# ---- the manuals themselves -------------------------------------------------

def mandoc(*arguments):
    if shutil.which("mandoc") is None:
        pytest.skip("needs mandoc")
    return subprocess.run(["mandoc", *arguments], capture_output=True,
                          text=True, check=False)


@pytest.mark.parametrize("page", PAGES)
def test_manual_has_no_mistake(page):
    done = mandoc("-T", "lint", str(MAN / page))
    # Which other manuals there are is a matter of the machine.
    mistakes = [line for line in (done.stdout + done.stderr).splitlines()
                if "referenced manual not found" not in line
                and "mandoc.db" not in line]
    assert mistakes == []


@pytest.mark.parametrize("page", PAGES)
def test_manual_fits_80_columns(page):
    text = mandoc("-T", "ascii", "-O", "width=80", str(MAN / page)).stdout
    text = re.sub(".\b", "", text)
    assert len(text) > 1000
    assert [line for line in text.splitlines() if len(line) > 80] == []


# ---- reasons ----------------------------------------------------------------

def section(name):
    return manual("echod.8").partition(f".Sh {name}")[2].partition(".Sh ")[0]


def reasons(echod, place, metric):
    """All that the daemon knows; it counts each from the start."""
    file = place / "echod.prom"
    echod(metrics_file=file)
    wait_until(file.exists, "the metrics")
    return set(re.findall(
        rf'^{metric}{{.*reason="([a-z-]+)"', file.read_text(), re.M))


def test_reasons_for_an_end_are_those_of_echod_8(echod, place):
    documented = re.findall(r"^\.It ([a-z-]+)$", section("LOG"), re.M)
    # A session whose client is refused is told of as a refusal.
    assert '.Ql refused\nfor a session' in section("METRICS")
    assert reasons(echod, place, "echod_sessions_closed_total") == {
        *documented, "refused"}


def test_reasons_for_a_refusal_are_those_of_echod_8(echod, place):
    text = section("LOG").partition("The reasons are\n")[2]
    documented = re.findall(r"^\.Ql ([a-z-]+)", text.partition(".\n")[0] +
                            ".", re.M)
    assert reasons(echod, place, "echod_clients_refused_total") == {
        *documented}


# ---- the profile of AppArmor ------------------------------------------------

def permitted():
    """The profile's rules on files, as patterns that match whole paths."""
    rules = re.findall(r"^  (/\S+) [a-z]+,$", PROFILE.read_text(), re.M)
    marks = {"**": ".*", "*": "[^/]*", "{": "(", ",": "|", "}": ")"}
    return ["".join(marks.get(part, re.escape(part))
                    for part in re.split(r"(\*\*|[*{,}])", rule))
            for rule in rules]


def test_apparmor_profile_lets_use_each_file_that_the_manual_names():
    files = manual("echod.8").partition(".Sh FILES")[2].partition(".El")[0]
    named = [path.replace("NAME", "lab")
             for line in re.findall(r"^\.It Pa (.*)$", files, re.M)
             for path in line.split(" , ") if path.startswith("/")]
    assert "/run/echod@lab" in named
    for path in named:
        assert any(re.fullmatch(rule, path) or
                   re.fullmatch(rule, f"{path}/echod.prom")
                   for rule in permitted()), path
