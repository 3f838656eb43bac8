# SPDX-License-Identifier: ISC
"""Seccomp filters to start a program under, as containers have them.

Linux 6.18 can lock up, after which whoever loads a filter hangs and cannot be
killed (echod(8), BUGS).  tests/run asks once whether that has happened; if so,
it turns the sandbox off, and what loads filters by itself is skipped.
"""

import ctypes
import errno
import os
import select
import unittest

HANG = os.environ.get("ECHOD_FILTERS") == "hang"
PATIENCE = 20  # seconds for what takes less than a thousandth

PR_SET_NO_NEW_PRIVS = 38
PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2
LOAD, EQUALS, RETURN = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ, BPF_RET
ALLOW, ERRNO = 0x7FFF0000, 0x00050000

# New calls have the same number on all processors.
CLOSE_RANGE, EPOLL_PWAIT2 = 436, 441
MUNMAP = 11  # on x86-64


class Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte),
                ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint)]


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort),
                ("filter", ctypes.POINTER(Instruction))]


def load(*instructions):
    code = (Instruction * len(instructions))(*instructions)
    program = Program(len(code), ctypes.cast(
        code, ctypes.POINTER(Instruction)))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
                  ctypes.byref(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_SECCOMP)")


def require():
    """Skips a test that loads a filter where that hangs."""
    if HANG:
        raise unittest.SkipTest("this kernel hangs when a filter is loaded")


def hang():
    """Whether a process that loads a filter hangs; if so, one is left."""
    end, told = os.pipe()
    between = os.fork()
    if between == 0:  # so that nobody here waits for the one that may hang
        os.setsid()
        if os.fork() == 0:  # keeping nothing open that somebody reads
            null = os.open("/dev/null", os.O_RDWR)
            for stream in range(3):
                os.dup2(null, stream)
            os.dup2(told, 3)
            os.closerange(4, 1024)
            load((RETURN, 0, 0, ALLOW))
        os._exit(0)
    os.close(told)
    os.waitpid(between, 0)
    with open(end, "rb"):
        return not select.select([end], [], [], PATIENCE)[0]


# ---- for preexec_fn ---------------------------------------------------------

def allow_everything():
    load((RETURN, 0, 0, ALLOW))


def deny(number, error=errno.EPERM):
    """Lets one system call fail."""
    load((LOAD, 0, 0, 0), (EQUALS, 0, 1, number), (RETURN, 0, 0, ERRNO | error),
         (RETURN, 0, 0, ALLOW))
