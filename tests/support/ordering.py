# SPDX-License-Identifier: ISC
"""The order in which pytest runs tests.

Long tests go first, dealt out to pytest-xdist's workers, so that no worker
begins one when the others have nothing left.  With ORDER=SEED in the
environment all tests are in the random order that the seed gives.
"""

import os
import random


def add_markers(config):
    config.addinivalue_line(
        "markers", "slow(seconds, why): takes seconds, and has to")


def seconds(item):
    marker = item.get_closest_marker("slow")
    return marker.args[0] if marker else 0


def dealt(items, workers):
    """xdist gives each worker one run of this many items, then small ones."""
    share = max(len(items) // workers // 4, 2)
    slow = sorted(filter(seconds, items), key=seconds, reverse=True)
    quick = [item for item in items if not seconds(item)]
    order = []
    for worker in range(workers):
        mine = slow[worker::workers]
        room = max(share - len(mine), 0)
        order += mine + quick[:room]
        del quick[:room]
    return order + quick


def pytest_collection_modifyitems(config, items):
    seed = os.environ.get("ORDER")
    if seed:
        random.Random(seed).shuffle(items)
    elif worker := getattr(config, "workerinput", None):
        items[:] = dealt(items, worker["workercount"])
