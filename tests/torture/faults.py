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
# What the daemon does as well when it serves; it must not get their signals.
SHARED = {"read", "munmap"}
# What is called more or less often as things happen together or apart.
VARYING = {"accept4", "ppoll", "read", "recvmmsg", "rt_sigreturn",
           "setsockopt", "wait4"}
# Made only as time goes by, so no life is sure to make it.
RARE = {"waitid"}
DELAYS = ("delay_enter=20000", "delay_exit=20000")  # microseconds
OVERTAKEN = "delay_exit=50000"  # so that the child ends before fork returns
SLICE = 5  # one in so many makes the slice


def count_calls(trace, stage):
    """How often each call was made, by the process that made it most.

    Where the tracer was attached, the daemon came first, and does not count;
    where one process is to be struck, only that one does.
    """
    counts, first = {}, None
    for line in trace.splitlines():
        if (m := CALL.match(line)) and m[2] not in NOT_OURS:
            pid, call = m.groups()
            first = first or pid
            counts.setdefault(pid, collections.Counter())[call] += 1
    if stage.attach:
        del counts[first]
    if stage.process:
        counts = {stage.process: counts[str(stage.process)]}
    most = collections.Counter()
    for count in counts.values():
        most |= count
    return most


def calls_of(stage, traces):
    """What occurs in every one of several lives, as often as in all."""
    counts = [count_calls(trace, STAGES[stage]) for trace in traces]
    least = counts[0]
    for count in counts[1:]:
        least &= count
    return {call: n for call, n in sorted(least.items()) if call not in RARE}


def occurrences(call, count):
    """First, second, third, the middle and, if that is sure, the last."""
    last = count // 2 if call in VARYING else count
    return sorted({n for n in (1, 2, 3, (count + 1) // 2, last)
                   if 0 < n <= count})


def of_stage(stage, calls):
    def fault(call, what, when):
        return {"stage": stage, "call": call, "what": what, "when": when}

    for call, count in calls.items():
        for when in occurrences(call, count):
            for error in errnos(call):
                if call != "close" or STAGES[stage].process:
                    yield fault(call, f"error={error}", when)
            if STAGES[stage].process:
                continue
            for delay in DELAYS:
                yield fault(call, delay, when)
            if call in SHARED and STAGES[stage].attach:
                continue
            for signal in SIGNALS.get(stage, ()):
                yield fault(call, f"signal={signal}", when)
    if "clone" in calls and not STAGES[stage].process:
        yield fault("clone", OVERTAKEN, "1+")


def all_faults(references):
    """references: the traces of several sound lives, by stage."""
    calls = {stage: calls_of(stage, traces)
             for stage, traces in references.items()}
    # The rest has been failed in the foreground.
    calls["detached"] = {
        call: count for call, count in calls["detached"].items()
        if call == "close" or call not in calls["daemon"]}
    return [fault for stage, counts in calls.items()
            for fault in of_stage(stage, counts)]


def sliced(faults):
    return faults[::SLICE]


def name(fault):
    return f"{fault['stage']}-{fault['call']}-{fault['what']}-{fault['when']}"
