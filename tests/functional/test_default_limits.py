# SPDX-License-Identifier: ISC
"""The defaults leave room: a handful of sources does not hold the service."""

import re

import echod as driver
import streams

HANDFUL = 8


def defaults():
    text = driver.run("--print-config", "--config=/dev/null").stdout
    return dict(re.findall(r"^([a-z0-9-]+) = (.*)$", text, re.M))


def test_eight_sources_at_their_limit_keep_nobody_waiting(echod):
    keys = defaults()
    each = int(keys["max-per-source"])
    running = echod(max_per_source=each, max_children=keys["max-children"],
                    rate_per_source=keys["rate-per-source"])
    for source in range(HANDFUL):
        for _ in range(each):
            running.connect(source=f"127.0.1.{source}")
        assert running.connect(source=f"127.0.1.{source}").recv(1) == b""
    assert streams.is_served(running.connect(source="127.0.2.1"))


def test_sixty_sources_at_their_limit_do_not_fill_it():
    keys = defaults()
    assert 60 * int(keys["max-per-source"]) < int(keys["max-children"])
