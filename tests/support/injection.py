# SPDX-License-Identifier: ISC
"""Makes a process call what its own code never would, by a debugger.

A test that uses it takes the fixture gdb.
"""

import platform
import re
import shutil
import subprocess
import unittest

import processes
from waiting import DEADLINE

# The numbers of the calls that are tried.
CALLS = {
    "x86_64": {"openat": 257, "socket": 41, "kill": 62, "execve": 59,
               "getpid": 39, "mmap": 9, "ptrace": 101, "ioctl": 16},
    "aarch64": {"openat": 56, "socket": 198, "kill": 129, "execve": 221,
                "getpid": 172, "mmap": 222, "ptrace": 117, "ioctl": 29},
}.get(platform.machine(), {})


def require():
    """Skips a test where nothing can be injected."""
    processes.require("SYS_PTRACE", "to attach to a process that forbids it")
    if shutil.which("gdb") is None:
        raise unittest.SkipTest("needs gdb")
    if not CALLS:
        raise unittest.SkipTest(
            f"no table of system calls for {platform.machine()}")


def inject(pid, *commands):
    """Has gdb execute commands in a process; returns what it said."""
    arguments = [part for command in commands for part in ("-ex", command)]
    return subprocess.run(
        ["gdb", "-nx", "-batch", "-p", str(pid), *arguments], text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=2 * DEADLINE, check=False).stdout


def call(number, *arguments):
    """The command that makes a system call; $1 is what it returned.

    Without arguments they are 0: what counts is whether the kernel looks at
    the call.
    """
    values = ", ".join(map(str, (*arguments, 0, 0, 0)[:max(3, len(arguments))]))
    return f"print ((long (*)(long, ...)) syscall)({number}, {values})"


def call_of_session(number):
    """The same for a session that waits for input, and prints as $1.

    A confined one on x86-64 has no function to call, only the instruction
    after which it waits.
    """
    if platform.machine() != "x86_64":
        return [call(number)]
    return [*(f"set var ${name} = 0" for name in ("rdi", "rsi", "rdx", "r10")),
            f"set var $rax = {number}", "set var $pc = $pc - 2", "stepi",
            "print $rax", "continue"]


def error_of(pid, number, *arguments):
    """What a call fails with, 0 if it does not."""
    said = inject(pid, call(number, *arguments),
                  "print *((int *(*)(void)) __errno_location)()")
    result, error = (int(value)
                     for value in re.findall(r"^\$\d = (-?\d+)", said, re.M))
    return error if result == -1 else 0
