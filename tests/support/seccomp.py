# SPDX-License-Identifier: ISC
"""Seccomp filters to start a program under, as containers have them.

The functions are for preexec_fn.
"""

import ctypes
import errno

PR_SET_NO_NEW_PRIVS = 38
PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2
LOAD, EQUALS, RETURN = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ, BPF_RET
ALLOW, ERRNO = 0x7FFF0000, 0x00050000

# New calls have the same number on all processors.
CLOSE_RANGE, EPOLL_PWAIT2 = 436, 441


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


def allow_everything():
    load((RETURN, 0, 0, ALLOW))


def deny(number, error=errno.EPERM):
    """Lets one system call fail."""
    load((LOAD, 0, 0, 0), (EQUALS, 0, 1, number), (RETURN, 0, 0, ERRNO | error),
         (RETURN, 0, 0, ALLOW))
