# SPDX-License-Identifier: ISC
"""Runs every fuzzer from its committed corpus for a while.

FUZZ_SECONDS  how long each runs, 60 by default
BUILD         the build's directory, with the programs "make fuzz" made
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("BUILD", HERE.parents[1] / "build"))
SECONDS = int(os.environ.get("FUZZ_SECONDS", "60"))
HARNESSES = sorted(path.stem for path in HERE.glob("fuzz_*.c"))


def run(harness):
    """The finished fuzzer, which wrote what it found to a directory."""
    with tempfile.TemporaryDirectory(prefix="echod-fuzz-") as place:
        corpus = shutil.copytree(
            HERE / "corpus" / harness, pathlib.Path(place) / "corpus")
        dictionary = HERE / f"{harness}.dict"
        options = [f"-dict={dictionary}"] if dictionary.exists() else []
        return subprocess.run(
            [BUILD.resolve() / "fuzz" / harness, corpus, *options,
             f"-max_total_time={SECONDS}", "-timeout=10", "-rss_limit_mb=1024",
             "-print_final_stats=1"],
            cwd=place, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


@pytest.fixture(scope="module")
def runs():
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {harness: pool.submit(run, harness) for harness in HARNESSES}


@pytest.mark.parametrize("harness", HARNESSES)
def test_no_input_crashes_leaks_or_hangs(runs, harness):
    result = runs[harness].result()
    assert result.returncode == 0, result.stdout[-8000:]
    executed = int(re.search(r"number_of_executed_units: (\d+)",
                             result.stdout).group(1))
    assert executed > 0
    print(f"{harness}: {executed} executions")
