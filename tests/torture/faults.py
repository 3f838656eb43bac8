# SPDX-License-Identifier: ISC
"""The faults: from what a sound life of the daemon calls, all that can fail.

Each of a stage's system calls fails with each error of its manual page, is
delayed, and is interrupted by signals, at its first, second and third and at
later occurrences.  All of it is in one fixed order, so that a slice is the
same every time.
"""

import collections
import re

from errnos import NOT_OURS, errnos
from scenario import STAGES

CALL = re.compile(r"(?:(\d+) +)?([a-z]\w*)\(")

SIGNALS = {
    "launcher": ("SIGTERM", "SIGKILL"),
    "daemon": ("SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGCHLD",
               "SIGALRM", "SIGPIPE", "SIGKILL"),
    "session": ("SIGTERM", "SIGALRM"),
    "confined": ("SIGTERM", "SIGALRM", "SIGKILL", "SIGSEGV"),
}
DELAYS = ("delay_enter=20000", "delay_exit=20000")  # microseconds
OVERTAKEN = "delay_exit=50000"  # so that the child ends before fork returns
SLICE = 5  # one in so many makes the slice


def count_calls(trace):
    """How often each call was made, by the process that made it most."""
    counts = collections.Counter(
        (m[1], m[2]) for line in trace.splitlines()
        if (m := CALL.match(line)) and m[2] not in NOT_OURS)
    most = {}
    for (_, call), count in counts.items():
        most[call] = max(count, most.get(call, 0))
    return most


def common(traces):
    """What occurs in every one of several lives, as often as in all."""
    counts = [count_calls(trace) for trace in traces]
    shared = set.intersection(*map(set, counts))
    return {call: min(c[call] for c in counts) for call in sorted(shared)}


def occurrences(count):
    """First, second, third, the middle and the last."""
    return sorted({n for n in (1, 2, 3, (count + 1) // 2, count)
                   if n <= count})


def session_calls(calls, daemon_calls):
    """A signal to be sent to sessions only strikes what only they do."""
    return {call: count for call, count in calls.items()
            if call not in daemon_calls}


def of_stage(stage, calls, others):
    def fault(call, what, when):
        return {"stage": stage, "call": call, "what": what, "when": when}

    for call, count in calls.items():
        for when in occurrences(count):
            for error in errnos(call):
                yield fault(call, f"error={error}", when)
            for delay in DELAYS:
                yield fault(call, delay, when)
    for call, count in session_calls(calls, others).items():
        for when in occurrences(count):
            for signal in SIGNALS.get(stage, ()):
                yield fault(call, f"signal={signal}", when)
    if "clone" in calls:
        yield fault("clone", OVERTAKEN, "1+")


def all_faults(references):
    """references: the traces of several sound lives, by stage."""
    serving = common(references["daemon"])
    result = []
    for stage in STAGES:
        attached = STAGES[stage].attach
        result += of_stage(stage, common(references[stage]),
                           serving if attached else ())
    return result


def sliced(faults):
    return faults[::SLICE]


def name(fault):
    return f"{fault['stage']}-{fault['call']}-{fault['what']}-{fault['when']}"
