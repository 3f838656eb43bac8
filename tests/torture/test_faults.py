# SPDX-License-Identifier: ISC
"""Every system call in turn fails, is delayed, or is interrupted."""

from campaign import SLOW


def test_nothing_is_lost_when_a_system_call_goes_wrong(fault, life):
    assert life["fired"], f"the fault was not injected: {life}"
    assert not life["problem"], life
    assert life["latency"] < SLOW, "the next client had to wait"
