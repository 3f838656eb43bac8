# SPDX-License-Identifier: ISC
"""A small Debian to boot: made once by debootstrap(8), then kept.

It is kept in ECHOD_ROOTFS_CACHE (/var/cache/echod-tests unless set), under a
name that tells its release and packages, and never written to again.  The
mirror is the one that apt is configured for here.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

RELEASE = "bookworm"
PACKAGES = ("systemd", "systemd-sysv", "dbus", "man-db")
CACHE = pathlib.Path(
    os.environ.get("ECHOD_ROOTFS_CACHE", "/var/cache/echod-tests"))


class NoMirror(Exception):
    """apt knows no place to get the release from."""


def _mirror():
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)",
         "Created-By: Packages", f"Release: {RELEASE}", "Component: main"],
        stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    if not targets:
        raise NoMirror(f"apt has no source for {RELEASE}/main")
    return targets[0]


def _make(target):
    """Under another name first, so that what is there is complete."""
    partial = pathlib.Path(tempfile.mkdtemp(prefix="partial-", dir=CACHE))
    try:
        subprocess.run(
            ["debootstrap", "--variant=minbase",
             f"--include={','.join(PACKAGES)}", RELEASE, partial, _mirror()],
            check=True)
        shutil.rmtree(partial / "var/cache/apt/archives", ignore_errors=True)
        partial.chmod(0o755)
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextlib.contextmanager
def _lock():
    with open(CACHE / "lock", "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def get():
    """The directory, made now if this is the first time."""
    content = hashlib.sha256(" ".join(PACKAGES).encode()).hexdigest()[:8]
    target = CACHE / f"{RELEASE}-{content}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with _lock():
        if not target.exists():
            _make(target)
    return target
