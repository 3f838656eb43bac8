# SPDX-License-Identifier: ISC
"""Every system call in turn fails, is delayed, or is interrupted."""

import pytest

from campaign import SLOW


def test_nothing_is_lost_when_a_system_call_goes_wrong(fault, life):
    if not life["fired"]:
        complain("the fault was not injected", life)
    if life["problem"]:
        complain(life["problem"], life)
    if life["latency"] >= SLOW:
        complain(f"the next client had to wait {life['latency']:.3f} s", life)


def complain(what, life):
    pytest.fail("\n".join([
        what, "log:", *life.get("log", []), "standard error:",
        life.get("stderr", ""), "trace:", life.get("trace", "")]),
        pytrace=False)
