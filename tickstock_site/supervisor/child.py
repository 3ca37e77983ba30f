"""Becomes the command in its arguments, after asking to be ended when its supervisor dies.

Run as `python child.py <supervisor's pid> <niceness> <command…>`, with nothing but the standard
library, so that it costs a few milliseconds. It keeps its process id when it becomes the command.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def end_with_parent(parent: int) -> None:
    """Have the kernel send SIGTERM here when the parent dies; elsewhere the guardian does it."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died before we had asked
        sys.exit(f"supervisor {parent} is gone")


if __name__ == "__main__":
    end_with_parent(int(sys.argv[1]))
    os.nice(int(sys.argv[2]))
    os.execvp(sys.argv[3], sys.argv[3:])
