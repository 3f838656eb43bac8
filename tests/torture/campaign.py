# SPDX-License-Identifier: ISC
"""Several cells at work on a list of faults."""

import concurrent.futures
import json
import os
import pathlib
import queue
import subprocess
import sys
import tempfile

import cell
from scenario import STAGES

HERE = pathlib.Path(__file__).resolve().parent
CELLS = int(os.environ.get("TORTURE_CELLS", "8"))
REFERENCES = 3  # lives in each stage, since no two are quite the same
TRIES = 8  # for a fault that did not fire, or a machine too slow for a life
SLOW = 1  # second within which the next client is to be served


class Cell:
    """A process that lives the lives it is told to."""

    def __init__(self, folder):
        self.folder = tempfile.mkdtemp(dir=folder)
        os.chmod(self.folder, 0o755)
        self.process = subprocess.Popen(
            [*cell.UNSHARE, sys.executable, "-B", HERE / "cell.py",
             self.folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)

    def run(self, fault):
        self.process.stdin.write(json.dumps(fault) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the cell ended in {fault}")
        return json.loads(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Campaign:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="echod-torture-")
        os.chmod(self.folder.name, 0o755)
        self.cells = queue.Queue()
        for _ in range(CELLS):
            self.cells.put(Cell(self.folder.name))
        self.threads = concurrent.futures.ThreadPoolExecutor(CELLS)
        self.results = {}

    def run_once(self, fault):
        place = self.cells.get()
        try:
            return place.run(fault)
        finally:
            self.cells.put(place)

    def run(self, fault):
        for _ in range(TRIES):
            result = self.run_once(fault)
            if result["problem"]:
                break
            if result["fired"] and result["latency"] < SLOW:
                break
        return result

    def references(self):
        """The traces of sound lives, by stage."""
        futures = {
            stage: [self.threads.submit(self.run_once, {
                "stage": stage, "call": "", "what": "", "when": 1})
                for _ in range(REFERENCES)]
            for stage in STAGES}
        traces = {}
        for stage, lives in futures.items():
            results = [life.result() for life in lives]
            for result in results:
                if result["problem"]:
                    del result["trace"]
                    raise RuntimeError(f"without any fault: {result}")
            traces[stage] = [result["trace"] for result in results]
        return traces

    def begin(self, faults):
        """Starts on all of them, in this order."""
        for name, fault in faults.items():
            self.results[name] = self.threads.submit(self.run, fault)

    def result(self, name):
        return self.results[name].result()

    def close(self):
        self.threads.shutdown(cancel_futures=True)
        while not self.cells.empty():
            self.cells.get().close()
        self.folder.cleanup()
