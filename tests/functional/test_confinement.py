# SPDX-License-Identifier: ISC
"""What a session is, and is not, able to do."""

import os
import pathlib
import platform
import re
import shutil
import signal
import struct
import subprocess

import pytest

import echod as driver
import hijack
import processes
import seccomp
import streams
from injection import CALLS, call_of_session, inject
from waiting import wait_until

NOBODY = 65534

# Under which filter the daemon was started.
NONE, OTHER = "none", "another"
OUTER = pytest.mark.parametrize("outer", [NONE, OTHER])


def under(outer):
    if outer == OTHER:
        seccomp.require()
    return {"preexec_fn": seccomp.allow_everything} if outer == OTHER else {}


def start(echod, outer, **settings):
    running = echod(**under(outer), **settings)
    assert running.matches(r"sandbox filter( landlock=\d+)?$"), running.log()
    return running


def live_session(running):
    client = running.connect()
    assert streams.is_served(client)
    return client, running.session_of(client)


def inode_of(client):
    """The other end's inode, as the kernel's table of connections has it."""
    local, remote = client.getsockname()[1], client.getpeername()[1]
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in table.readlines()[1:]:
            fields = line.split()
            ports = [int(field.split(":")[1], 16) for field in fields[1:3]]
            if ports == [remote, local]:
                return fields[9]
    raise AssertionError("connection is not in /proc/net/tcp")


# ---- from /proc -------------------------------------------------------------

@pytest.mark.sandbox
@pytest.mark.root
@pytest.mark.native
@pytest.mark.parametrize("outer,user", [
    (NONE, None), (OTHER, None), (NONE, NOBODY)],
    ids=["root", "filtered", "non-root"])
def test_session_has_no_privilege_and_nothing_but_its_socket(
        echod, outer, user):
    running = start(echod, outer, user=user, group=user)
    client, session = live_session(running)
    status = processes.status(session)
    assert status["Seccomp"] == "2"
    assert status["NoNewPrivs"] == "1"
    for name in "CapInh", "CapPrm", "CapEff", "CapAmb":
        assert int(status[name], 16) == 0, name
    if user is None:  # only root may lower the bounding set
        assert int(status["CapBnd"], 16) == 0
    assert status["Groups"] == ""
    assert status["Uid"].split() == [str(NOBODY)] * 4
    assert status["Gid"].split() == [str(NOBODY)] * 4
    assert running.client_descriptors(session) == \
        [f"socket:[{inode_of(client)}]"]


@pytest.mark.sandbox
@pytest.mark.root
@pytest.mark.native
@OUTER
def test_session_of_a_daemon_holds_no_listener_pidfile_or_log(
        daemon, outer):
    running = daemon(**under(outer))
    client, session = live_session(running)
    assert processes.status(session)["Seccomp"] == "2"
    assert running.client_descriptors(session) == \
        [f"socket:[{inode_of(client)}]"]


@pytest.mark.sandbox
@pytest.mark.root
@pytest.mark.native
def test_session_may_open_and_fork_nothing_even_without_seccomp(echod):
    _, session = live_session(echod())
    with open(f"/proc/{session}/limits", encoding="ascii") as file:
        limits = {line[:26].strip(): line[26:].split()[:2] for line in file}
    for name in ("Max open files", "Max processes", "Max file size",
                 "Max core file size"):
        assert limits[name] == ["0", "0"], name


def heap(pid):
    text = pathlib.Path(f"/proc/{pid}/maps").read_text()
    return [line for line in text.splitlines() if line.endswith("[heap]")]


@pytest.mark.root
@pytest.mark.plain
def test_session_has_nothing_that_the_parent_allocated(echod):
    if driver.linkage() == "LAYOUT=off":
        pytest.skip("libc's thread block is on the heap then")
    running = echod()
    _, session = live_session(running)
    assert heap(running.pid) != []
    assert heap(session) == []


@pytest.mark.root
def test_a_thread_block_that_is_too_large_is_on_the_heap(echod):
    if driver.linkage() != "static":
        pytest.skip("only a static program lends libc memory")
    running = echod(env={
        "GLIBC_TUNABLES": "glibc.rtld.optional_static_tls=100000"})
    _, session = live_session(running)
    assert heap(session) != []


@pytest.mark.root
@pytest.mark.plain
def test_session_has_nothing_either_that_a_reload_has_allocated(echod):
    if driver.linkage() == "LAYOUT=off":
        pytest.skip("libc's thread block is on the heap then")
    running = echod(config={"idle_timeout": "1h"})
    before = heap(running.pid)
    running.reload("".join(  # less than malloc(3) takes from mmap(2)
        f"listen = 127.0.0.1:{port}\n" for port in range(1, 5400)))
    assert heap(running.pid) != before
    _, session = live_session(running)
    assert heap(session) == []


@pytest.mark.root
@pytest.mark.native
@pytest.mark.parametrize("who", ["daemon", "session"])
def test_memory_is_not_for_other_processes_of_the_user(echod, who):
    running = echod()
    _, session = live_session(running)
    pid = running.pid if who == "daemon" else session
    # Of a process that is not dumpable, /proc/PID/mem belongs to root, and
    # the user's own processes get EACCES.
    seen = subprocess.run(
        ["env", "LC_ALL=C", "cat", f"/proc/{pid}/environ"], user=NOBODY, group=NOBODY,
        extra_groups=[], capture_output=True, check=False)
    assert seen.returncode != 0
    assert b"Permission denied" in seen.stderr


@pytest.mark.root
@pytest.mark.native
@pytest.mark.parametrize("who", ["daemon", "session"])
def test_memory_is_not_for_others_either_where_root_did_not_start_it(
        echod, who):
    """A change of user hides the memory by itself; here there is none."""
    running = echod(user=NOBODY, group=NOBODY)
    _, session = live_session(running)
    pid = running.pid if who == "daemon" else session
    assert os.stat(f"/proc/{pid}/mem").st_uid == 0


@pytest.mark.root
@pytest.mark.native
def test_parent_has_no_privilege_either(echod):
    status = processes.status(echod().pid)
    for name in "CapInh", "CapPrm", "CapEff", "CapAmb", "CapBnd":
        assert int(status[name], 16) == 0, name
    assert status["NoNewPrivs"] == "1"
    assert status["Groups"] == ""
    assert status["Uid"].split() == [str(NOBODY)] * 4
    assert status["Gid"].split() == [str(NOBODY)] * 4


@pytest.mark.root
@pytest.mark.native
def test_keeper_of_the_pidfile_has_no_capabilities_and_two_descriptors(daemon):
    running = daemon()
    [keeper] = [pid for pid in processes.group(running.pgid)
                if pid != running.pid]
    # The last that it does before it waits; the daemon goes on meanwhile.
    wait_until(lambda: processes.status(keeper)["NoNewPrivs"] == "1",
               "the keeper's confinement")
    assert processes.title(keeper) == "echod: pidfile keeper"
    status = processes.status(keeper)
    for name in "CapInh", "CapPrm", "CapEff", "CapAmb", "CapBnd":
        assert int(status[name], 16) == 0, name
    kinds = [name.split(":")[0]
             for name in processes.descriptors(keeper).values()]
    assert sorted(kinds) == sorted([str(running.pidfile), "socket"])


@pytest.mark.sandbox
@pytest.mark.root
@pytest.mark.native
def test_user_given_by_name_or_number(echod):
    running = echod(user_="daemon")
    _, session = live_session(running)
    assert processes.status(session)["Uid"].split() == ["1"] * 4
    other = echod(user_="1", where="other")
    assert processes.status(other.pid)["Gid"].split() == ["1"] * 4


@pytest.mark.native
def test_sandbox_off_is_warned_of(echod):
    running = echod(sandbox="off")
    assert running.matches("sandbox off$")
    _, session = live_session(running)
    assert processes.status(session)["Seccomp"] == processes.status("self")["Seccomp"]


@pytest.mark.native
def test_environment_of_a_session_does_not_tell_of_the_service_manager(
        folder, echod):
    import socket
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(folder / "notify"))
        os.chmod(folder / "notify", 0o666)
        running = echod(env={"NOTIFY_SOCKET": str(folder / "notify")})
        _, session = live_session(running)
        processes.require("SYS_PTRACE")
        with open(f"/proc/{session}/environ", "rb") as file:
            environ = file.read()
        assert b"NOTIFY_SOCKET" not in environ


# ---- it bites ---------------------------------------------------------------

@pytest.mark.native
def test_injection_works_where_nothing_is_confined(echod, gdb):
    # What the tests below rest on.
    client, session = live_session(echod(sandbox="off"))
    said = inject(session, *call_of_session(CALLS["getpid"])[:-1])
    assert f"$1 = {session}" in said
    assert processes.is_alive(session)


@pytest.mark.sandbox
@pytest.mark.native
@OUTER
@pytest.mark.parametrize("name", ["openat", "socket", "kill", "execve",
                                  "mmap"])
def test_forbidden_call_ends_the_session_and_nothing_else(
        echod, gdb, outer, name):
    running = start(echod, outer, crashes=True)
    client, session = live_session(running)
    other, _ = live_session(running)
    said = inject(session, *call_of_session(CALLS[name]))
    assert running.closed()["pid"] == session, said
    line = running.matches("closed ")[0].string
    assert f" reason=crashed signal={int(signal.SIGSYS)} " in line
    wait_until(lambda: not processes.is_alive(session), "end of the session")
    assert streams.is_served(other)
    assert streams.is_served(running.connect())


# ---- the filter that sessions share -----------------------------------------

def shared(test):
    for mark in (*hijack.needed, pytest.mark.sandbox, pytest.mark.skipif(
            not driver.shares_filter(),
            reason="each session has a filter of its own")):
        test = mark(test)
    return test


def hijacked(running):
    client, session = live_session(running)
    return client, hijack.Hijacked(running, session)


@shared
def test_confined_code_calls_none_that_is_not_confined():
    if shutil.which("objdump") is None:
        pytest.skip("needs objdump")
    text = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", "--section=.text.confined",
         driver.ECHOD], check=True, stdout=subprocess.PIPE, text=True).stdout
    own = set(re.findall(r"^[0-9a-f]+ <(\w+)>:", text, re.M))
    assert {"echo", "read_some"} & own
    called = set(re.findall(
        r"\t(?:\w+ )*?(?:call|j\w+)q? +(?:\*.*<|[0-9a-f]+ <)([^>+@]+)", text))
    assert called - own <= {"__stack_chk_fail"}, "whose caller is lost anyway"
    assert not re.search(r"\t(?:\w+ )*?(?:call|jmp)q? +\*", text)


@shared
def test_a_session_has_no_code_but_a_page(echod):
    client, session = live_session(echod())
    [(start, end)] = processes.code(session)
    assert end - start == 4096
    assert streams.is_served(client)


@shared
@pytest.mark.parametrize("what", ["its code", "its stack", "more"])
def test_a_session_can_unmap_nothing_else(echod, what):
    running = echod(crashes=True)
    _, session = hijacked(running)
    [(start, _)] = processes.code(session.pid)
    stack = session.registers().rsp & -4096
    # All that it has unmapped was below its page, if not elsewhere.
    first = processes.code(running.pid)
    text = next(span[0] for span in first if span[0] <= start < span[1])
    arguments = {"its code": (start, 4096), "its stack": (stack, 4096),
                 "more": (text, start - text + 4096)}[what]
    push = b"\x50"  # which writes to the stack
    session.run(hijack.system_call(seccomp.MUNMAP, *arguments), push, hijack.exits(1))
    assert running.closed()["reason"] == "client"


@shared
def test_a_session_may_unmap_again_what_is_not_there_any_more(echod):
    running = echod(crashes=True)
    _, session = hijacked(running)
    [(start, _)] = processes.code(session.pid)
    text = next(span[0] for span in processes.code(running.pid)
                if span[0] <= start < span[1])
    session.run(hijack.system_call(seccomp.MUNMAP, text, start - text),
                hijack.exits(1))
    assert running.closed()["reason"] == "client"


@shared
def test_vsyscall_is_no_way_round_the_filter(echod):
    running = echod(crashes=True)
    with open("/proc/self/maps", encoding="ascii") as maps:
        if "[vsyscall]" not in maps.read():
            pytest.skip("the kernel has no vsyscall page")
    _, session = hijacked(running)
    time = struct.pack("<Q", 0xffffffffff600400)
    session.run(b"\x48\xb8" + time + b"\x31\xff\xff\xd0" +  # call time(NULL)
                hijack.exits(1))
    assert running.closed()["reason"] == "crashed"
    assert f" signal={int(signal.SIGSYS)} " in \
        running.matches("closed ")[0].string


@shared
def test_without_proc_each_session_has_a_filter(echod):
    running = echod(wrapper=(
        "unshare", "--mount", "sh", "-c",
        'umount -l /proc && exec "$@"', "sh"))
    client, session = live_session(running)
    assert len(processes.code(session)) > 1
    assert int(processes.status(session)["Seccomp_filters"]) == \
        int(processes.status(running.pid)["Seccomp_filters"]) + 1


# ---- other ways -------------------------------------------------------------

@pytest.mark.sandbox
@pytest.mark.native
@pytest.mark.skipif(platform.machine() != "x86_64", reason="an x86 matter")
@OUTER
def test_call_of_another_architecture_ends_the_session(
        echod, gdb, outer):
    running = start(echod, outer, crashes=True)
    _, session = live_session(running)
    # int $0x80 with 60, which is umask(2) there and exit(2) here.
    said = inject(session, "set var *(unsigned short *)$pc = 0x80cd",
                  "set var $rax = 60", "stepi", "continue")
    assert running.closed()["reason"] == "crashed", said
    # Not by what is executed after a call that was let through.
    assert f" signal={int(signal.SIGSYS)} " in running.matches("closed ")[0].string
    assert streams.is_served(running.connect())


@pytest.mark.native
@pytest.mark.parametrize("signo", [signal.SIGSEGV, signal.SIGKILL,
                                   signal.SIGABRT])
def test_session_that_crashes_is_told_of_and_ends_alone(echod, signo):
    running = echod(crashes=True)
    client, session = live_session(running)
    other, _ = live_session(running)
    os.kill(session, signo)
    assert running.closed()["reason"] == "crashed"
    assert f" signal={int(signo)} " in running.matches("closed ")[0].string
    assert streams.is_served(other)
