# SPDX-License-Identifier: ISC
"""The campaign of faults, and the table of what came of it.

TORTURE=all in the environment runs everything, which takes a while; without
it a fixed slice is run.  TORTURE_CELLS is how many faults run at a time.
"""

import collections
import os
import pathlib
import shutil
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "support"))

import faults  # noqa: E402 (after the path)
from campaign import SLOW, Campaign  # noqa: E402

ALL = os.environ.get("TORTURE") == "all"
CAMPAIGN = pytest.StashKey()
RESULTS = pytest.StashKey()
NOTES = pytest.StashKey()


def often(slice_, everything):
    """How often to do something: in the slice, and with TORTURE=all."""
    return everything if ALL else slice_


def pytest_configure(config):
    os.umask(0o022)  # files have the modes that the tests say
    config.stash[RESULTS] = {}
    config.stash[NOTES] = []


def pytest_generate_tests(metafunc):
    if "fault" not in metafunc.fixturenames:
        return
    if os.geteuid() != 0:
        metafunc.parametrize("fault", [pytest.param(
            None, marks=pytest.mark.skip("namespaces need root"))])
        return
    campaign = metafunc.config.stash[CAMPAIGN] = Campaign()
    chosen = faults.all_faults(campaign.references())
    if not ALL:
        chosen = faults.sliced(chosen)
    names = [faults.name(fault) for fault in chosen]
    metafunc.parametrize("fault", chosen, ids=names)


def pytest_collection_finish(session):
    """Only what was asked for, so that -k and :: select faults, too."""
    campaign = session.config.stash.get(CAMPAIGN, None)
    if campaign is not None:
        campaign.begin({
            faults.name(item.callspec.params["fault"]):
                item.callspec.params["fault"]
            for item in session.items if "fault" in item.fixturenames})


def pytest_unconfigure(config):
    campaign = config.stash.get(CAMPAIGN, None)
    if campaign is not None:
        campaign.close()


@pytest.fixture
def folder():
    """A directory that the daemon's user can search, as tmp_path is not."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="echod-torture-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def note(request):
    """Keeps a line for the end of the run."""
    return request.config.stash[NOTES].append


@pytest.fixture
def life(request, fault):
    """What became of the daemon under the fault."""
    name = faults.name(fault)
    result = request.config.stash[CAMPAIGN].result(name)
    request.config.stash[RESULTS][name] = (fault, result)
    return result


def is_good(result):
    return (not result["problem"] and result["fired"]
            and result["latency"] < SLOW)


def pytest_terminal_summary(terminalreporter, config):
    write = terminalreporter.write_line
    if results := list(config.stash[RESULTS].values()):
        terminalreporter.section("system calls that went wrong")
        for line in table(results):
            write(line)
    if notes := config.stash[NOTES]:
        terminalreporter.section("figures")
        for line in notes:
            write(line)


def table(results):
    """The lines of the table: call, fault, injections, survived."""
    rows, outcomes = collections.defaultdict(list), collections.Counter()
    for fault, result in results:
        rows[fault["call"], fault["what"]].append(is_good(result))
        outcomes[fault["stage"], result["outcome"]] += 1
    yield f"{'call':16} {'fault':24} {'injections':>10} {'survived':>8}"
    for (call, what), good in sorted(rows.items()):
        yield (f"{call:16} {what.removeprefix('error='):24} "
               f"{len(good):10} {sum(good):8}")
    good = sum(is_good(result) for _, result in results)
    yield f"{'total':41} {len(results):10} {good:8}"
    for (stage, outcome), count in sorted(outcomes.items()):
        yield f"{stage:10} {outcome:20} {count:6}"
    for fault, result in results:
        if not is_good(result):
            yield f"{faults.name(fault)}: " + (
                result["problem"] or f"fired: {result['fired']}, next client "
                f"after {result['latency']:.3f} s")
    slowest = max(result["latency"] for _, result in results)
    yield f"slowest service of a next client: {slowest:.3f} s"
