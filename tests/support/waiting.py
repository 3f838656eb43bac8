# SPDX-License-Identifier: ISC
"""Waiting for conditions, with one deadline for all that should be quick."""

import os
import time

# Generous: only a failure ever waits so long.
DEADLINE = float(os.environ.get("ECHOD_DEADLINE", "30"))
INTERVAL = 0.005


def wait_until(condition, what, deadline=DEADLINE):
    """Returns the first true value of condition(), or fails saying what."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            # What it waited for may be a function, to tell the latest state.
            text = what() if callable(what) else what
            raise AssertionError(f"not within {deadline:g} s: {text}")
        time.sleep(INTERVAL)
