# SPDX-License-Identifier: ISC
"""One life of a daemon in which one system call goes wrong.

It starts, echoes to three clients at once, reloads, tells its status, serves
another client and stops.  Whatever the fault was, either the start failed in
an orderly way, or nothing was lost: see Life.live() and what it calls.

A fault is a dictionary:

    stage   which processes are traced (STAGES)
    call    the system call
    what    what happens to it: error=EMFILE, signal=SIGTERM, delay_exit=50000
    when    at which of its occurrences, counted in each traced process
"""

import collections
import contextlib
import errno
import os
import pathlib
import re
import signal
import socket
import sys
import threading
import time

import cell
import echod as driver
import processes

DEADLINE = 15  # for what takes milliseconds; only a hang lasts so long
NEXT_CLIENT = 1  # seconds within which the next client is to be served
CLIENTS = 3
LENGTH = 100_000
IDLE = 0.05  # seconds of watching whether it is idle
WAKEUPS = 25  # that many in this time would be no more idle
WATCHES = 20  # before it must have been idle once, as the tracer wakes it, too

# The last words of a daemon that cannot go on.
FATAL = r"cannot (?:wait|accept): "

World = collections.namedtuple("World", "folder log reaper")

# The processes that are traced, and the daemon they belong to:
#   launcher  only the process that the user starts, which detaches a daemon
#   family    that, the daemon, its sessions and all other processes
#   daemon    only the daemon, in the foreground
#   session   sessions that are not confined, and the daemon beside them
#   confined  the same, in their sandbox, where a failed read or write is
#             answered by the kernel with SIGKILL
# and those in which one process of the family is struck alone:
#   detached  the daemon, in the background
#   middle    between the launcher and it
#   between   between the daemon and the keeper of the pidfile
#   keeper    that keeper
#   probe     the session that probes the filter that all share
#   second    the session that probes a filter of its own
#   one       the first of the sessions; the others are to be whole
Stage = collections.namedtuple(
    "Stage", "detached follow attach process options",
    defaults=(False, False, False, None, ()))
STAGES = {
    "launcher": Stage(detached=True),
    "family": Stage(detached=True, follow=True),
    "daemon": Stage(options=("--foreground",)),
    "session": Stage(follow=True, attach=True,
                     options=("--foreground", "--sandbox=off")),
    "confined": Stage(follow=True, attach=True, options=("--foreground",)),
    "detached": Stage(detached=True, process=2),
    "middle": Stage(detached=True, process=1),
    "between": Stage(detached=True, process=3),
    "keeper": Stage(detached=True, process=4),
    "probe": Stage(detached=True, process=5),
    "second": Stage(detached=True, process=6),
    "one": Stage(detached=True, process=7),
}
if driver.SANDBOX_OFF:  # no probes, and the sessions are not confined
    del STAGES["confined"], STAGES["probe"], STAGES["second"]
    STAGES["one"] = STAGES["one"]._replace(process=5)
DAEMON = STAGES["detached"].process
TRACER = pathlib.Path(__file__).resolve().parent / "tracer.py"

# Calls by which a process tells of its failure; a failure of these it cannot.
TELLING = {"write", "poll"}
# Calls to the log: nobody can tell of the last message that it was lost.
LOGGING = {"socket", "connect", "sendto", "close", "getpid", "read"}

# Calls that do not return, so strace has no place for its mark.
UNMARKED = {"exit", "exit_group"}

# Shortages: the daemon says so in the log and goes on.
SHORTAGES = (
    ("accept4", {"EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"}, "cannot accept: "),
    ("clone", {"EAGAIN", "ENOMEM"}, "cannot fork: "),
)


class Broken(AssertionError):
    """An invariant does not hold."""


class Ended(Exception):
    """The daemon has come to an end that the fault explains."""


class Fault:
    def __init__(self, fields):
        self.stage = STAGES[fields["stage"]]
        self.call, self.what = fields["call"], fields["what"]
        self.when = fields["when"]
        self.in_daemon = not self.stage.attach and \
            self.stage.process in (None, DAEMON)

    def value(self, name):
        key, _, value = self.what.partition("=")
        return value if key == name else None

    @property
    def error(self):
        return self.value("error")

    @property
    def signo(self):
        name = self.value("signal")
        return signal.Signals[name] if name else None

    def tracer(self, trace):
        """The command to put in front, or to attach with."""
        if self.stage.process:
            return [sys.executable, "-B", str(TRACER), str(trace),
                    str(self.stage.process), self.call, self.error or "",
                    str(self.when)]
        if not self.call:  # the reference: list all, fail none
            filters = []
        else:
            filters = ["-e", f"trace={self.call}", "-e",
                       f"inject={self.call}:{self.what}:when={self.when}"]
        # -D: the tracer is the grandchild, so the exit status is echod's.
        return ["strace", "-q", "-o", str(trace),
                *([] if self.stage.attach else ["-D"]),
                *(["-f"] if self.stage.follow else []), *filters]

    def has_fired(self, trace):
        if not self.call:
            return True
        if self.signo or self.call in UNMARKED:  # but the call was reached
            counts = collections.Counter(
                m[1] for m in re.finditer(
                    rf"^(\d+ +)?{self.call}\(", trace, re.M))
            return max(counts.values(), default=0) >= self.when
        if self.is_fatal_when_confined() and "killed by SIG" in trace:
            return True  # before strace could say that it did it
        return "(INJECTED)" in trace or "(DELAYED)" in trace

    def shortage(self):
        """What the daemon says of it, or None if it is no shortage."""
        return next((text for call, errors, text in SHORTAGES
                     if call == self.call and self.error in errors), None)

    def is_fatal_when_confined(self):
        """seccomp sees a failed call as one that is not on its list."""
        return self.error and self.call in ("read", "write", "munmap")

    def may_end_daemon(self):
        if not self.in_daemon:
            return False
        return self.error is not None or self.signo in (
            signal.SIGTERM, signal.SIGINT, signal.SIGKILL)

    def may_cut_clients(self):
        """Whether it struck sessions, or the daemon whose end ends them."""
        return self.stage.follow or self.stage is STAGES["one"] or \
            self.signo == signal.SIGKILL

    def may_lose_last_message(self):
        return self.in_daemon and self.call in LOGGING


def wait_until(condition, what):
    end = time.monotonic() + DEADLINE
    while not (value := condition()):
        if time.monotonic() > end:
            raise Broken(f"hangs: {what}")
        time.sleep(0.001)
    return value


class Client(threading.Thread):
    """Sends, half-closes and compares what comes back."""

    def __init__(self, port, length=LENGTH):
        super().__init__(daemon=True)
        self.port = port
        self.data = os.urandom(length)
        self.got = b""
        self.outcome = "hung"
        self.start()

    def run(self):
        try:
            with socket.create_connection(
                    ("127.0.0.1", self.port), DEADLINE) as stream:
                self.outcome = "cut"
                sender = threading.Thread(target=self.send, args=(stream,))
                sender.start()
                while part := stream.recv(65536):
                    self.got += part
                sender.join()
        except TimeoutError:
            self.outcome = "hung"
        except ConnectionRefusedError:
            self.outcome = "refused"
        except OSError:
            # A reset: what came before it is judged all the same.
            if self.outcome == "hung":
                self.outcome = "refused"
        if self.outcome == "cut" and self.got == self.data:
            self.outcome = "served"
        elif not self.data.startswith(self.got):
            self.outcome = "altered"

    def send(self, stream):
        with contextlib.suppress(OSError):
            stream.sendall(self.data)
            stream.shutdown(socket.SHUT_WR)

    def end(self):
        self.join(DEADLINE + 5)
        return self.outcome


class Life:
    def __init__(self, world, fault):
        self.world, self.fault = world, fault
        self.place = world.folder / "life"
        self.trace_file = self.place / "trace"
        self.pidfile = self.place / "pid"
        self.errors = self.place / "stderr"
        self.latency = 0.0
        self.pid = self.port = self.tracer = None
        self.serving = False
        self.prepare()

    def prepare(self):
        self.place.mkdir(exist_ok=True)
        for path in self.place.iterdir():
            path.unlink()
        (self.place / "echod.conf").write_text("idle-timeout = 1m\n")
        self.errors.touch()
        self.world.reaper.statuses.clear()
        self.world.log.clear()

    # ---- starting ----

    def command(self):
        return [driver.ECHOD, f"--config={self.place}/echod.conf",
                f"--pidfile={self.pidfile}", "--listen=127.0.0.1:0",
                "--max-per-source=0", "--rate-per-source=0",
                "--drain-timeout=2s", "--log-target=syslog", "--verbose",
                *(["--sandbox=off"] if driver.SANDBOX_OFF else []),
                *self.fault.stage.options]

    def spawn(self, command):
        return cell.spawn(command, self.errors, driver.clean_environment())

    def is_alive(self):
        return self.world.reaper.status(self.pid) is None

    def published(self):
        with contextlib.suppress(OSError, ValueError):
            return int(self.pidfile.read_text())
        return None

    def start(self):
        """Returns whether there is a daemon; raises unless all is well."""
        tracer = [] if self.fault.stage.attach else \
            self.fault.tracer(self.trace_file)
        first = self.spawn([*tracer, *self.command()])
        if self.fault.stage.detached:
            self.pid = self.left_by(first)
        else:
            self.pid = first if self.is_published(first) else None
        if self.pid:
            self.port = self.find_port()
        return bool(self.pid)

    def left_by(self, launcher):
        """The daemon's pid, or None if there is none."""
        status = wait_until(
            lambda: (s := self.world.reaper.status(launcher)) is not None
            and (s,), "the launcher")[0]
        if status == -signal.SIGKILL and self.fault.signo == signal.SIGKILL:
            # Nobody was told; the daemon may be there or not.
            wait_until(lambda: self.world.reaper.collect()
                       or "ready" in self.world.log.read()
                       or not cell.others(), "the daemon or its end")
            if "ready" in self.world.log.read():
                return self.published()
            self.check_restart()
            return None
        if status != 0:
            self.check_failed_start(status)
            return None
        pid = self.published()
        if not pid:
            self.check_death()
        return pid

    def is_ready(self):
        """Published comes before that: the keeper's answer may still fail."""
        return bool(self.published()) and self.has_said("ready")

    def is_published(self, first):
        wait_until(lambda: self.world.reaper.status(first) is not None
                   or self.is_ready(), "the start")
        status = self.world.reaper.status(first)
        if status is None:
            return True
        if status == -signal.SIGKILL and self.fault.signo == signal.SIGKILL:
            self.check_restart()
        elif status == 0 and self.fault.signo:
            self.check_nothing_left()
            self.outcome = "stopped"
        elif status == 1 and self.has_said(FATAL):
            self.check_death()
        else:
            self.check_failed_start(status)
        return False

    def find_port(self):
        """None if the daemon has ended or stops listening."""
        with contextlib.suppress(OSError):
            for port in driver.listening_ports(self.pid):
                return port
        return None

    # ---- what is to hold ----

    def check_failed_start(self, status):
        lines = [line for line in self.errors.read_text().splitlines()
                 if not line.startswith("strace: ")]
        ours = [line for line in lines if line.startswith("echod: ")]
        if status == 0:
            raise Broken("the start failed with exit status 0")
        before_main = self.is_before_main()
        if status < 0 and -status != self.fault.signo and not before_main:
            raise Broken(f"the start crashed: signal {-status}")
        excused = status < 0 or before_main and status != 1 or \
            self.fault.call in TELLING
        if len(ours) != 1 and not excused:
            raise Broken(f"not one message but: {lines}")
        self.check_nothing_left()
        self.outcome = "no start"
        self.message = ours[0] if ours else ""

    def is_before_main(self):
        """Whether the C library was struck, which may only abort then."""
        before, injected, _ = self.trace().partition("(INJECTED)")
        return injected and "rt_sigprocmask(" not in before

    def check_nothing_left(self):
        wait_until(lambda: self.world.reaper.collect() or not cell.others(),
                   "a process is left after the end")
        if self.pidfile.exists():
            self.check_pidfile_is_harmless()

    def check_pidfile_is_harmless(self):
        """The daemon says that it could not remove it.

        Only a start that fails leaves an empty one: before it is locked, it
        may be another daemon's.
        """
        if self.pidfile.read_text():
            path = re.escape(str(self.pidfile))
            self.expect(f"cannot remove pidfile {path}|"
                        f"pidfile {path} is not ours any more")
        elif self.pid:
            raise Broken("an empty pidfile is left")
        self.check_restart()

    def check_restart(self):
        """After SIGKILL all processes go; the pidfile is no obstacle."""
        wait_until(lambda: self.world.reaper.collect() or not cell.others(),
                   "a process is left after SIGKILL")
        self.spawn([*self.command(), "--foreground"])
        wait_until(self.published, "start after SIGKILL")
        wait_until(lambda: self.is_served(self.published()),
                   "service after SIGKILL")
        os.kill(self.published(), signal.SIGTERM)
        self.check_nothing_left()
        self.outcome = "killed"

    def is_served(self, pid):
        try:
            ports = driver.listening_ports(pid)
        except OSError:
            return False
        return ports and Client(ports[0], 100).end() == "served"

    def check_end(self):
        """The daemon has ended before it was told to."""
        self.serving = False
        status = self.world.reaper.status(self.pid)
        if not self.fault.may_end_daemon():
            raise Broken(f"the daemon has ended with status {status}")
        if status == -signal.SIGKILL and self.fault.signo == signal.SIGKILL:
            self.check_restart()
        elif self.fault.signo:
            if status != 0:
                raise Broken(f"stopped with status {status}")
            self.check_nothing_left()
            self.outcome = "stopped"
        else:
            if status != 1:
                raise Broken(f"died with status {status}")
            self.check_death()
        raise Ended

    def check_death(self):
        """The daemon says that there is nothing to go on with, and why."""
        why = os.strerror(getattr(errno, self.fault.error or "", 0))
        self.expect(f"{FATAL}{why}$")
        if self.fault.shortage():
            raise Broken("the daemon has died of a shortage")
        self.check_nothing_left()
        self.outcome = "died as it has to"

    def has_said(self, pattern):
        return any(re.match(f"{pattern}|[0-9]+ messages dropped", m)
                   for m in self.world.log.read())

    def alive(self):
        if not self.is_alive():
            self.check_end()

    def expect(self, pattern):
        """The message, or that messages were dropped."""
        def look():
            if self.has_said(pattern):
                return True
            if self.serving and not self.is_alive():
                self.check_end()
            return False
        wait_until(look, f"no message {pattern!r}")

    # ---- serving ----

    def attach(self):
        self.tracer = self.spawn(
            [*self.fault.tracer(self.trace_file), "-p", str(self.pid)])
        wait_until(
            lambda: processes.status(self.pid)["TracerPid"] != "0"
            and self.trace_file.exists(), "attachment")

    def detach(self):
        os.kill(self.tracer, signal.SIGINT)
        wait_until(lambda: self.world.reaper.status(self.tracer) is not None,
                   "detachment")

    def serve(self):
        clients = [Client(self.port) for _ in range(CLIENTS)]
        outcomes = [client.end() for client in clients]
        bad = {"altered", "hung"}
        cut = [o for o in outcomes if o not in ("served", "refused")]
        if bad & set(outcomes):
            raise Broken(f"clients were {outcomes}")
        if "refused" in outcomes or cut and not self.fault.may_cut_clients():
            wait_until(lambda: not self.is_alive(), f"{outcomes}: the end")
        self.alive()
        self.cut = len(cut)

    def check_cut(self):
        """No more sessions have come to harm than were struck."""
        try:
            wait_until(lambda: self.cut <= len(self.struck()), "the tracer")
        except Broken:
            raise Broken(
                f"{self.cut} clients were cut, but the sessions that were "
                f"struck are {self.struck()}") from None

    def struck(self):
        """The processes that the fault was injected into, but the daemon."""
        return set(map(int, re.findall(
            r"^(\d+) .*(?:\(INJECTED\)|killed by SIG)", self.trace(),
            re.M))) - {self.pid}

    def reload_and_report(self):
        self.signal(signal.SIGHUP)
        self.expect("reloaded |reload failed")
        self.signal(signal.SIGUSR1)
        self.expect("status ")

    def signal(self, signo):
        self.alive()
        os.kill(self.pid, signo)

    def serve_next(self):
        before = time.monotonic()
        outcome = Client(self.port, 1000).end()
        if outcome == "served":
            self.latency = time.monotonic() - before
        if outcome == "cut" and driver.SANDBOX_OFF and \
                self.has_said(r"session \d+ could not be confined"):
            return  # with the sandbox, the probe has stopped the start
        if outcome != "served" and self.fault.may_end_daemon():
            wait_until(lambda: not self.is_alive(), f"{outcome}: the end")
            self.check_end()
        if outcome != "served":
            raise Broken(f"the next client was {outcome}")

    def check_told(self):
        shortage = self.fault.shortage()
        if shortage and not self.fault.stage.attach:
            self.expect(shortage)
        if self.cut and self.fault.error:
            self.expect(r"closed .* reason=(?!client)|session .* could not")

    def check_quiet(self, descriptors):
        wait_until(lambda: not processes.children(self.pid)
                   or not self.is_alive(), "a session or zombie is left")
        self.alive()
        # A reload whose message was lost may still be at its file.
        try:
            wait_until(lambda: len(processes.descriptors(self.pid))
                       <= len(descriptors), "descriptors")
        except Broken:
            now = processes.descriptors(self.pid)
            raise Broken(f"leak: {descriptors} became {now}") from None
        wakeups = [self.wakeups()]
        while wakeups[-1] > WAKEUPS:
            if len(wakeups) == WATCHES:
                raise Broken(f"not idle: woke {wakeups} times in {IDLE} s")
            wakeups.append(self.wakeups())

    def wakeups(self):
        before = self.effort()
        time.sleep(IDLE)
        return self.effort() - before

    def effort(self):
        """Context switches so far."""
        try:
            fields = processes.status(self.pid)
        except OSError:
            self.alive()
            raise
        return int(fields["voluntary_ctxt_switches"]) + int(
            fields["nonvoluntary_ctxt_switches"])

    def stop(self):
        self.signal(signal.SIGTERM)
        self.serving = False
        wait_until(lambda: not self.is_alive(), "no end after SIGTERM")
        status = self.world.reaper.status(self.pid)
        if status in (1, -signal.SIGKILL):
            self.check_end()
        if status != 0:
            raise Broken(f"stopped with status {status}")
        self.check_nothing_left()
        if not self.fault.may_lose_last_message():
            self.expect("stopped")

    def live(self):
        if not self.start():
            return
        try:
            self.live_on()
        except (OSError, KeyError):
            # A look at a process that has gone: was that allowed?
            wait_until(lambda: not self.is_alive(), "the end")
            self.check_end()

    def live_on(self):
        if self.port is None:
            wait_until(lambda: not self.is_alive(), "the end")
            self.check_end()
        self.serving = True
        self.expect("ready")  # so that the log is open, too
        descriptors = processes.descriptors(self.pid)
        if self.fault.stage.attach:
            self.attach()
        self.serve()
        self.reload_and_report()
        if self.fault.stage.attach or self.fault.stage.process:
            self.check_cut()
        if self.fault.stage.attach:
            self.detach()
        self.serve_next()
        self.check_quiet(descriptors)
        self.stop()
        self.check_told()
        self.outcome = "served"

    def trace(self):
        with contextlib.suppress(FileNotFoundError):
            return self.trace_file.read_text(errors="replace")
        return ""


def run(world, fields):
    """Lives one life; the answer says how it ended and what was wrong."""
    fault = Fault(fields)
    life = Life(world, fault)
    life.outcome, life.message, life.cut = "broken", "", 0
    begin, problem = time.monotonic(), ""
    try:
        life.live()
    except Ended:
        pass
    except Broken as broken:
        problem = str(broken)
    world.reaper.collect()
    trace = life.trace()
    if problem:
        life.outcome = "broken"
    answer = {"outcome": life.outcome, "problem": problem,
              "message": life.message, "fired": fault.has_fired(trace),
              "latency": life.latency, "cut": life.cut,
              "seconds": time.monotonic() - begin}
    if problem or not fault.call or not answer["fired"]:
        answer["log"] = world.log.read()[-30:]
        answer["stderr"] = life.errors.read_text()[-2000:]
        answer["trace"] = trace if not fault.call else trace[-3000:]
    return answer
