#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""
Measures echod side by side with the floor and with other echo servers, in
interleaved rounds, and writes a table (Markdown), a picture (SVG) and every
figure (TSV, JSON).  README.md tells what the columns mean.
"""

import argparse
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import report
import world
from measures import LARGE, MEASURES, Bench, takes_part
from servers import Running, check, contestants

HERE = os.path.dirname(os.path.abspath(__file__))
CFLAGS = ["-std=c17", "-D_GNU_SOURCE", "-O2"]
FLOOR = ["-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector"]
PROGRAMS = {
    "floor": FLOOR,
    "epoll": [],
    "syslog_sink": [],
    "load": ["-pthread"],
}


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--echod", required=True, metavar="PATH")
    p.add_argument("--echod-dynamic", metavar="PATH")
    p.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="a further echod, to compare builds; may be repeated",
    )
    p.add_argument("--peers", metavar="DIR", help="see fetch_peers")
    p.add_argument("--out", required=True, metavar="DIR")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument(
        "--seconds", type=float, default=1.0, help="of one load (1.0)"
    )
    p.add_argument(
        "--only",
        metavar="MEASURE,...",
        help=f"{','.join(MEASURES)}; all but {','.join(LARGE)} if not given",
    )
    p.add_argument("--servers", metavar="NAME,...")
    options = p.parse_args()
    options.only = (
        options.only.split(",")
        if options.only
        else [name for name in MEASURES if name not in LARGE]
    )
    if set(options.only) - set(MEASURES):
        p.error(f"--only takes {','.join(MEASURES)}")
    return options


def build(directory):
    """Builds the bench's own programs; returns {name: path}."""
    os.makedirs(directory, exist_ok=True)
    built = {}
    for name, flags in PROGRAMS.items():
        built[name] = f"{directory}/{name}"
        command = [os.environ.get("CC", "cc"), *CFLAGS, *flags]
        command += ["-o", built[name], f"{HERE}/{name}.c"]
        subprocess.run(command, check=True)
    if shutil.which("go"):
        built["goroutines"] = f"{directory}/goroutines"
        command = ["go", "build", "-o", built["goroutines"]]
        subprocess.run(command + [f"{HERE}/goroutines.go"], check=True)
    return built


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def check_all(table, groups):
    for server in table:
        if not server.missing:
            server.missing = check(server, groups)
        if server.missing:
            say(f"without {server.name}: {server.missing}")
        else:
            say(f"{server.name}: {server.version}")


def _in_a_word(error):
    if isinstance(error, subprocess.CalledProcessError):
        return "no answer within 10 s, or a reset"
    return str(error)


def measure_one(bench, server, only):
    """One server, one round.  A measure that fails is noted, and left out."""
    metrics = {}
    for name in only:
        if not takes_part(server, name):
            continue
        try:
            with Running(server, bench.groups) as running:
                metrics.update(MEASURES[name](bench, running))
        except (RuntimeError, subprocess.SubprocessError, OSError) as error:
            say(f"{server.name}: {name}: {error}")
            server.failures[name] = _in_a_word(error)
    return metrics


def run_rounds(bench, table, options):
    """[{server: {metric: value}}], a dictionary for each round."""
    rounds = []
    present = [s for s in table if not s.missing]
    for number in range(options.rounds):
        say(f"round {number + 1} of {options.rounds}")
        order = random.sample(present, len(present))
        rounds.append(
            {s.name: measure_one(bench, s, options.only) for s in order}
        )
    return rounds


def describe():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
        model = [line for line in f if line.startswith("model name")]
    return {
        "date": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "model": model[0].split(":", 1)[1].strip() if model else "unknown",
        "load": os.getloadavg()[0],
    }


def main():
    options = parse_arguments()
    world.enter()
    # So that what was started is ended then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    built = build(f"{options.out}/bin")
    sink = world.prepare(built["syslog_sink"])
    groups = world.Groups()
    with tempfile.TemporaryDirectory() as directory:
        # Servers that drop root read their files here.
        os.chmod(directory, 0o755)
        table = contestants(options, built, directory)
        about = describe()
        check_all(table, groups)
        bench = Bench(built["load"], groups, options.seconds)
        rounds = run_rounds(bench, table, options)
    messages = sink.communicate()[0].decode().strip()
    say(f"the log daemon read {messages} messages")
    about.update(messages=messages, rounds=options.rounds)
    about.update(seconds=options.seconds)
    print(report.write(options.out, about, table, rounds))


if __name__ == "__main__":
    main()
