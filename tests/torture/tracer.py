# SPDX-License-Identifier: ISC
"""Fails one system call of one process among those that a command starts.

usage: tracer.py TRACE PROCESS CALL ERRNO WHEN COMMAND...

strace counts in each process that it traces, and so strikes them all; this
tells them apart by the order of their birth, the command's own being 0.  The
trace has the lines of strace that matter, with that number in the place of the
pid: "3 clone(" for a call, "3 clone() = -1 EAGAIN (INJECTED)" for a fault.  An
empty CALL fails nothing.  It is the command's grandchild, so that whoever
started it learns the command's exit status.

A failed close(2) has closed all the same, which strace cannot do either.

For x86-64 only.
"""

import ctypes
import errno
import os
import pathlib
import re
import signal
import sys

HEADERS = ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
           "/usr/include/asm/unistd_64.h")

PTRACE_PEEKUSER, PTRACE_POKEUSER = 3, 6
PTRACE_CONT, PTRACE_SYSCALL = 7, 24
PTRACE_GETEVENTMSG, PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4201, 0x4206, 0x4207
SYSGOOD, FORK, VFORK, CLONE, EXEC = 0x1, 0x2, 0x4, 0x8, 0x10
EVENT_FORK, EVENT_VFORK, EVENT_CLONE, EVENT_EXEC, EVENT_STOP = 1, 2, 3, 4, 128
SYSCALL_STOP = signal.SIGTRAP | 0x80
ORIG_RAX, RAX = 15 * 8, 10 * 8  # in struct user
WALL = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p,
                        ctypes.c_void_p)


def ptrace(request, pid, address=0, data=0):
    """-1 where the process has gone, which its wait status will tell."""
    return libc.ptrace(request, pid, address, data)


def call_names():
    """The names of the system calls by number."""
    for path in map(pathlib.Path, HEADERS):
        if path.exists():
            return {int(number): name for name, number in re.findall(
                r"#define __NR_(\w+) (\d+)", path.read_text())}
    sys.exit("tracer: no header with the numbers of the system calls")


class Process:
    def __init__(self, number):
        self.number = number
        self.inside = False  # a system call
        self.struck = False  # and that one is to fail
        self.count = 0       # of the call that is to fail


class Tracer:
    def __init__(self, trace, target, call, error, when):
        self.trace = open(trace, "w", buffering=1, encoding="ascii")
        self.target, self.call, self.when = target, call, when
        self.error = getattr(errno, error) if error else 0
        self.error_name = error
        self.names = call_names()
        self.processes = {}
        self.begun = False  # the command, which comes with its exec

    def born(self, pid):
        if pid not in self.processes:
            self.processes[pid] = Process(len(self.processes))
        return self.processes[pid]

    def enter(self, pid, process):
        number = ptrace(PTRACE_PEEKUSER, pid, ORIG_RAX)
        name = self.names.get(number, str(number))
        self.trace.write(f"{process.number} {name}(\n")
        if process.number != self.target or name != self.call:
            return
        process.count += 1
        if process.count == self.when:
            process.struck = True
            if name != "close":
                ptrace(PTRACE_POKEUSER, pid, ORIG_RAX, 2**64 - 1)
            self.trace.write(f"{process.number} {name}() = -1 "
                             f"{self.error_name} (INJECTED)\n")

    def leave(self, pid, process):
        if process.struck:
            process.struck = False
            ptrace(PTRACE_POKEUSER, pid, RAX, 2**64 - self.error)

    def stopped(self, pid, status):
        """Returns the signal to go on with."""
        process, event = self.born(pid), status >> 16
        signo = os.WSTOPSIG(status)
        if event in (EVENT_FORK, EVENT_VFORK, EVENT_CLONE):
            child = ctypes.c_ulong()
            ptrace(PTRACE_GETEVENTMSG, pid, 0, ctypes.addressof(child))
            self.born(child.value)
        elif event == EVENT_EXEC:
            self.begun = True
            process.inside = True  # its end is still to come
        elif event == 0 and signo == SYSCALL_STOP:
            process.inside = not process.inside
            if self.begun:
                (self.enter if process.inside else self.leave)(pid, process)
        elif event == 0:
            return signo
        return 0

    def run(self, pid):
        self.born(pid)
        while True:
            try:
                pid, status = os.waitpid(-1, WALL)
            except ChildProcessError:
                return
            if os.WIFSTOPPED(status):
                ptrace(PTRACE_SYSCALL, pid, 0, self.stopped(pid, status))
            elif os.WIFSIGNALED(status) and pid in self.processes:
                self.trace.write(f"{self.processes[pid].number} killed by "
                                 f"{signal.Signals(os.WTERMSIG(status)).name}"
                                 "\n")


def detach_tracer(arguments):
    """Returns in the command's process, when the tracer has hold of it."""
    pid, (reading, writing) = os.getpid(), os.pipe()
    if os.fork() == 0:
        if os.fork() != 0:
            os._exit(0)
        tracer = Tracer(*arguments)
        options = SYSGOOD | FORK | VFORK | CLONE | EXEC
        if ptrace(PTRACE_SEIZE, pid, 0, options) == -1:
            os._exit(1)
        ptrace(PTRACE_INTERRUPT, pid)
        os.close(reading)
        os.close(writing)
        tracer.run(pid)
        os._exit(0)
    os.wait()
    os.close(writing)
    os.read(reading, 1)
    os.close(reading)


def main():
    trace, target, call, error, when, *command = sys.argv[1:]
    detach_tracer((trace, int(target), call, error, int(when)))
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
