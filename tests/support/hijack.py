# SPDX-License-Identifier: ISC
"""Plays a session that its client has taken over, on x86-64 and as root.

A hijacked session is stopped by ptrace(2) and gets code of ours behind its
own, in the one page of code that it has, or if it has all of the program's, in
the place of the first instructions, which no session runs.  What the code does
is subject to the session's sandbox, as an attacker's would be.
"""

import ctypes
import os
import platform
import struct

import pytest

import processes
from waiting import wait_until

PTRACE_GETREGS, PTRACE_SETREGS = 12, 13
PTRACE_ATTACH, PTRACE_DETACH = 16, 17
AT_ENTRY = 9
WALL = 0x40000000
ROOM = 2048  # bytes of code; the echo loop leaves more of its page

CLIENT, COUNT, END = 1, 2, 3  # kinds of reports, see src/common/report.h

needed = [
    pytest.mark.skipif(platform.machine() != "x86_64",
                       reason="has code for x86-64"),
    pytest.mark.root, pytest.mark.native]

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p,
                        ctypes.c_void_p)

REGISTERS = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi "
             "orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs")


class Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in REGISTERS.split()]


def ptrace(request, pid, data=None):
    if libc.ptrace(request, pid, None, data) == -1:
        raise OSError(ctypes.get_errno(), f"ptrace({request})")


def report(kind, serial, count=0, client=None):
    """struct report; client is an IPv4 address and a port."""
    host, port = client or ("0.0.0.0", 0)
    family = 2 if client else 0
    address = bytes(map(int, host.split("."))).ljust(16, b"\0")
    return struct.pack("<BBBxIQ16sIHBx", kind, client is not None, 0, serial,
                       count, address, 0, port, family)


# ---- code ------------------------------------------------------------------

def system_call(number, *arguments):
    """Its arguments are numbers."""
    code = b"\xb8" + struct.pack("<I", number)
    for move, value in zip((b"\x48\xbf", b"\x48\xbe", b"\x48\xba"), arguments):
        code += move + struct.pack("<Q", value)
    return code + b"\x0f\x05"


def repeated(code):
    """The code without end."""
    return code + b"\xe9" + struct.pack("<i", -(len(code) + 5))


SPIN = b"\xeb\xfe"
GROW_STACK = repeated(b"\x48\x81\xec\0\x10\0\0\x48\x89\x04\x24")


class Hijacked:
    """The session with the given pid, which serves a daemon's client."""

    def __init__(self, daemon, pid):
        self.pid = pid
        self.reports, self.client = wait_until(
            lambda: self.sort_descriptors(daemon),
            "the parent has closed the client's socket")

    def sort_descriptors(self, daemon):
        """Those of the reports, which the parent has as well, and the client."""
        shared = set(processes.descriptors(daemon.pid).values())
        held = processes.descriptors(self.pid)
        reports = [fd for fd, name in held.items() if name in shared]
        client = [fd for fd, name in held.items() if name not in shared]
        return (reports + client) if len(reports) == len(client) == 1 else None

    def place(self):
        """Where code of ours fits."""
        with open(f"/proc/{self.pid}/auxv", "rb") as file:
            entry = dict(struct.iter_unpack("<QQ", file.read()))[AT_ENTRY]
        code = processes.code(self.pid)
        if any(start <= entry < end for start, end in code):
            return entry
        [(start, end)] = code
        return end - ROOM

    def sends(self, *messages):
        """What run() makes code of that sends them as reports."""
        return [(self.reports, message) for message in messages]

    def registers(self):
        registers = Registers()
        ptrace(PTRACE_ATTACH, self.pid)
        os.waitpid(self.pid, WALL)
        ptrace(PTRACE_GETREGS, self.pid, ctypes.byref(registers))
        ptrace(PTRACE_DETACH, self.pid)
        return registers

    def run(self, *parts, without_end=False):
        """Runs code and what sends() gives, once or again and again."""
        ptrace(PTRACE_ATTACH, self.pid)
        os.waitpid(self.pid, WALL)
        registers = Registers()
        ptrace(PTRACE_GETREGS, self.pid, ctypes.byref(registers))
        where = self.place()
        with open(f"/proc/{self.pid}/mem", "r+b", buffering=0) as memory:
            code = self.assemble(memory, registers.rsp - 8192 & ~15, parts)
            memory.seek(where)
            assert len(code) + 5 <= ROOM
            memory.write(repeated(code) if without_end else code + SPIN)
        registers.rip = where
        registers.orig_rax = ctypes.c_ulonglong(-1).value  # no restart
        ptrace(PTRACE_SETREGS, self.pid, ctypes.byref(registers))
        ptrace(PTRACE_DETACH, self.pid)

    @staticmethod
    def assemble(memory, data, parts):
        code = b""
        for part in parts:
            if isinstance(part, bytes):
                code += part
                continue
            for fd, message in part:
                memory.seek(data)
                memory.write(message)
                code += system_call(1, fd, data, len(message))
                data += len(message)
        return code

    def scribble(self):
        """Writes over all that the session can write to but its stack."""
        with open(f"/proc/{self.pid}/maps", encoding="ascii") as file:
            lines = [line.split() for line in file]
        with open(f"/proc/{self.pid}/mem", "r+b", buffering=0) as memory:
            for line in lines:
                start, end = (int(x, 16) for x in line[0].split("-"))
                if "w" in line[1] and line[-1] != "[stack]":
                    memory.seek(start)
                    memory.write(b"\xff" * (end - start))


def exits(status):
    return system_call(60, status)
