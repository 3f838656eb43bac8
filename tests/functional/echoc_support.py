# SPDX-License-Identifier: ISC
"""Runs the client under test.

ECHOC   the program, ./echoc by default
"""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import threading

import jsonschema

import processes
from waiting import DEADLINE, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
ECHOC = os.path.abspath(os.environ.get("ECHOC", ROOT / "echoc"))

GOOD, BAD, ERROR = 0, 1, 2

# What no run may ever print.
BROKEN = re.compile(r"Sanitizer|runtime error:")


def environment(**more):
    return {**os.environ, "LC_ALL": "C.UTF-8", **more}


def with_hosts(file):
    """A command that runs another with this file as /etc/hosts."""
    return ["unshare", "--map-root-user", "--mount", "sh", "-c",
            'mount --bind "$0" /etc/hosts && exec "$@"', str(file)]


def echoc(*arguments, status=GOOD, env=None, timeout=2 * DEADLINE, wrapper=(),
          **popen):
    """Runs echoc to its end, which has to be the status given."""
    popen.setdefault("stdin", subprocess.DEVNULL)
    popen.setdefault("text", True)
    if "input" in popen:
        del popen["stdin"]
    done = subprocess.run(
        [*wrapper, ECHOC, *map(str, arguments)], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=timeout, check=False,
        env=environment(**(env or {})), **popen)
    told = f"{done.args}: {done.returncode}\n{done.stdout!r}\n{done.stderr!r}"
    assert done.returncode == status, told
    assert not BROKEN.search(str(done.stderr)), told
    return done


class Running:
    """echoc while it runs; its output is collected from beside."""

    def __init__(self, *arguments, stdin=subprocess.DEVNULL):
        self.process = subprocess.Popen(
            [ECHOC, *map(str, arguments)], stdin=stdin,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment(), start_new_session=True)
        self.stdout, self.stderr = [], []
        self.threads = [
            threading.Thread(target=self.collect, args=pair, daemon=True)
            for pair in ((self.process.stdout, self.stdout),
                         (self.process.stderr, self.stderr))]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def collect(stream, lines):
        for line in stream:
            lines.append(line)

    def wait_line(self, lines, pattern, count=1):
        """Waits for that many lines in which the pattern is found."""
        def enough():
            return [x for x in list(lines) if re.search(pattern, x)][count - 1:]
        return wait_until(
            enough, lambda: f"{pattern!r} in {lines} ({self.stderr})")[0]

    def send(self, number):
        self.process.send_signal(number)

    def finish(self):
        """Waits for the end; its status, standard output and error."""
        status = self.process.wait(DEADLINE)
        for thread in self.threads:
            thread.join(DEADLINE)
        return status, "".join(self.stdout), "".join(self.stderr)


@contextlib.contextmanager
def running(*arguments, **popen):
    client = Running(*arguments, **popen)
    try:
        yield client
    finally:
        processes.kill_group(client.process.pid)
        client.process.wait()


@contextlib.contextmanager
def peer(*command, port, **popen):
    """Somebody else's echo server, until the end of the block."""
    process = subprocess.Popen(
        [*map(str, command)], stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True, **popen)
    try:
        wait_until(lambda: is_listening(port), f"{command} listens")
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        processes.kill_group(process.pid)
        process.wait()


def is_listening(port):
    """Looks, rather than connect: a server may count connections."""
    want = f":{port:04X}"
    for table in "/proc/net/tcp", "/proc/net/tcp6":
        for line in pathlib.Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[1].endswith(want) and fields[3] == "0A":
                return True
    return False


# ---- JSON, checked against the published schema -----------------------------

SCHEMA = json.loads((ROOT / "etc/echoc.schema.json").read_text())


def closed(schema):
    """The same, in which no member is allowed that is not described."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {name: closed(each) for name, each in schema.items()}
    if "properties" in schema:
        schema["additionalProperties"] = False
    return schema


def validator(name):
    return jsonschema.Draft202012Validator(
        {**closed(SCHEMA), "anyOf": [{"$ref": f"#/$defs/{name}"}]})


def result(text):
    """The object that --json prints, which has to be alone and right."""
    found = json.loads(text)
    validator("result").validate(found)
    return found


def events(text):
    """The objects that --json-stream prints: [("start", {...}), ...]."""
    found = [json.loads(line) for line in text.splitlines()]
    for each in found:
        validator("event").validate(each)
    return [(each["event"], each["data"]) for each in found]


# ---- networks of our own ----------------------------------------------------

def network(folder, hosts, setup):
    """A command that runs another in a network that setup has made.

    hosts is its /etc/hosts.  An echo server listens on port 7007 of all
    addresses, and ends with the command.
    """
    for name in "SYS_ADMIN", "NET_ADMIN":
        processes.require(name, "for a network of its own")
    file = folder / "hosts"
    file.write_text(hosts)
    script = f"""
set -e
mount --bind "{file}" /etc/hosts
ip link set lo up
{setup}
socat TCP6-LISTEN:7007,fork,ipv6only=0,backlog=128 EXEC:cat &
until ss -Hltn sport = :7007 | grep -q .; do :; done
set +e
"$@"
status=$?
kill %1
exit $status
"""
    return ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc",
            "--kill-child", "bash", "-c", script, "bash"]
