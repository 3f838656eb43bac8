# SPDX-License-Identifier: ISC
"""What is installed: exposure, correctness, and taking it away again."""

import machine as machines

VOLATILE = ("dev", "proc", "run", "sys", "tmp")


def exposure(machine, most):
    """Fails if it is more than that, in tenths."""
    return machine.run("systemd-analyze", "security", "--offline=true",
                       "--no-pager", f"--threshold={most}", "echod.service")


def names(machine):
    """Every file of the machine."""
    found = machine.run(
        "find", "/", "-mindepth", "1",
        "(", *" -o ".join(f"-path /{name}" for name in VOLATILE).split(), ")",
        "-prune", "-o", "-print")
    return set(found.splitlines())


def test_units_are_correct(machine):
    assert machine.run("systemd-analyze", "verify", "echod.service",
                       "echod.socket", "echod@lab.service") == ""


def test_service_is_exposed_little(machine):
    exposure(machine, 14)


def test_service_with_its_socket_only_is_exposed_less(machine):
    example = machine.path("/usr/share/doc/echod/socket-only.conf")
    machine.write("/etc/systemd/system/echod.service.d/socket-only.conf",
                  example.read_text(encoding="utf-8"))
    exposure(machine, 6)


def test_uninstall_leaves_nothing_behind(root):
    with machines.Machine(root) as machine:
        # sysusers writes backups of the files that it changes.
        machine.run("systemd-sysusers", "--inline", "u first - first")
        before = names(machine)
        machine.install()
        assert len(names(machine) - before) > 5
        machine.systemctl("enable", "--now", "echod")
        machine.run("man", "echod")
        with machine.connect() as client:
            client.sendall(b"!")
            assert client.recv(1) == b"!"
        machine.systemctl("disable", "--now", "echod")
        machine.uninstall()
        machine.systemctl("daemon-reload")
        assert names(machine) - before == set()
        assert before - names(machine) == set()
