# SPDX-License-Identifier: ISC
"""A real Prometheus, which scrapes a real node_exporter, which reads the file."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import urllib.parse
import urllib.request

import pytest

import echod as driver
from waiting import DEADLINE, wait_until

PROGRAMS = {name: shutil.which(name) for name in
            ("prometheus", "prometheus-node-exporter", "promtool")}
pytestmark = pytest.mark.skipif(
    None in PROGRAMS.values(),
    reason="no Prometheus: \"make deps check\" fetches it")

ALERTS = driver.ROOT / "etc" / "echod.alerts.yml"
DASHBOARD = driver.ROOT / "etc" / "echod.dashboard.json"
RULES = driver.ROOT / "tests" / "functional" / "prometheus_rules.yml"
ECHOC = os.path.abspath(os.environ.get("ECHOC", driver.ROOT / "echoc"))

CONFIG = """\
global: {{scrape_interval: 1s}}
rule_files: ["{alerts}"]
scrape_configs:
  - job_name: node
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


def free_port():
    """Neither program can be handed a socket, nor asked for its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextlib.contextmanager
def program(name, log, *arguments):
    with open(log, "ab") as output:
        process = subprocess.Popen(
            [PROGRAMS[name], *arguments], stdin=subprocess.DEVNULL,
            stdout=output, stderr=output, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(DEADLINE)


class Prometheus:
    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}/api/v1/"

    def get(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(
                f"{self.url}{path}?{query}", timeout=DEADLINE) as answer:
            found = json.load(answer)
        assert found["status"] == "success", found
        return found["data"]

    def value(self, expression):
        """Of an expression with one result, None if there is none yet."""
        with contextlib.suppress(OSError):
            result = self.get("query", query=expression)["result"]
            if result:
                sample, = result
                return float(sample["value"][1])
        return None

    def wait_value(self, expression, value):
        wait_until(
            lambda: self.value(expression) == value,
            lambda: f"{expression} = {value}, not {self.value(expression)}")


@pytest.fixture
def prometheus(folder, place):
    exporter, port = free_port(), free_port()
    config = folder / "prometheus.yml"
    config.write_text(CONFIG.format(port=exporter, alerts=ALERTS))
    with program("prometheus-node-exporter", folder / "exporter.log",
                 "--collector.disable-defaults", "--collector.textfile",
                 f"--collector.textfile.directory={place}",
                 f"--web.listen-address=127.0.0.1:{exporter}"), \
            program("prometheus", folder / "prometheus.log",
                    f"--config.file={config}",
                    f"--storage.tsdb.path={folder / 'data'}",
                    f"--web.listen-address=127.0.0.1:{port}"):
        yield Prometheus(port)


def load(running):
    """How many messages echoc had answered, one a connection, and their bytes.

    At its end it gives up connections that have sent nothing yet.
    """
    done = subprocess.run(
        [ECHOC, "load", "--json", "--connections=8", "--churn",
         "--duration=1500ms", "--quiet", f"127.0.0.1:{running.port}"],
        stdout=subprocess.PIPE, text=True, timeout=DEADLINE, check=True)
    counted = json.loads(done.stdout)
    assert counted["lost"] == counted["in_flight"] == 0
    return counted["answered"], counted["answered"] * counted["size"]


def test_totals_are_those_of_echoc_and_of_the_log(echod, place, prometheus):
    running = echod(metrics_file=place / "echod.prom", metrics_interval="1s",
                    config={})
    bytes_, answered = 0, 0
    for change, done in ((signal.SIGHUP, "reloaded "),
                         (signal.SIGUSR2, "upgraded ")) * 2:
        count, size = load(running)
        answered += count
        bytes_ += size
        before = len(running.matches(done))
        running.send_signal(change)
        running.wait_log(done, before + 1)
    running.wait_sessions(0)
    closed = [int(m.group(1)) for m in
              running.matches(r"closed .* bytes=(\d+) ")]
    assert sum(closed) == bytes_
    assert len(list(filter(None, closed))) == answered
    connections = len(closed)
    prometheus.wait_value("sum(echod_bytes_total)", bytes_)
    prometheus.wait_value("sum(echod_sessions_closed_total)", connections)
    prometheus.wait_value("sum(echod_sessions_accepted_total)", connections)
    prometheus.wait_value("sum(echod_session_bytes_count)", connections)
    prometheus.wait_value("echod_upgrades_total", 2)
    prometheus.wait_value("node_textfile_scrape_error", 0)
    prometheus.wait_value("count(node_textfile_mtime_seconds)", 1)
    for name in prometheus.get("label/__name__/values"):
        if re.fullmatch("echod_.*_(total|count|bucket|sum)", name):
            assert prometheus.value(f"sum(resets({name}[1h]))") == 0


def test_every_panel_of_the_dashboard_can_be_drawn(
        echod, place, prometheus):
    running = echod(metrics_file=place / "echod.prom", metrics_interval="1s")
    load(running)
    prometheus.wait_value("count(echod_build_info)", 1)
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len(panels) >= 5
    known = set(prometheus.get("label/__name__/values"))
    for panel in panels:
        for target in panel["targets"]:
            expression = target["expr"].replace(
                "$__rate_interval", "1m").replace("$instance", ".*")
            prometheus.get("query", query=expression)
            names = set(re.findall(r"echod_\w+", expression))
            assert names and names <= known, names - known


def test_alerts_come_when_they_should(folder):
    rules = folder / "rules.yml"
    rules.write_text(RULES.read_text().replace("RULES", str(ALERTS)))
    for arguments in ("check", "rules", str(ALERTS)), \
            ("test", "rules", str(rules)):
        done = subprocess.run(
            [PROGRAMS["promtool"], *arguments], text=True, timeout=DEADLINE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert done.returncode == 0, done.stdout
