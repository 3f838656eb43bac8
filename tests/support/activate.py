# SPDX-License-Identifier: ISC
"""usage: python3 activate.py FD[,FD...] COMMAND...

Executes the command as a service manager with socket activation does: the
descriptors become 3, 4, ... and LISTEN_PID and LISTEN_FDS tell of them.
"""

import os
import sys


def main():
    given = [int(fd) for fd in sys.argv[1].split(",")]
    # Out of the way first: one may have another's place.
    given = [os.dup2(fd, 100 + i) for i, fd in enumerate(given)]
    for place, fd in enumerate(given, 3):
        os.dup2(fd, place)
        os.close(fd)
    os.environ["LISTEN_FDS"] = str(len(given))
    os.environ["LISTEN_PID"] = str(os.getpid())
    os.environ["LISTEN_FDNAMES"] = ":".join(["echo"] * len(given))
    os.execvp(sys.argv[2], sys.argv[2:])


main()
