"""Ends what a killed supervisor leaves behind, also what ignores SIGTERM.

Run as `python guardian.py <seconds to stop in>` by the supervisor, which writes `+<pid>` and
`-<pid>` lines, a process group's leader each, to its standard input. When that input ends, the
supervisor is gone: whoever is still listed is asked to end, and then killed with its group.
"""

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

POLL_SECS = 0.1


def listed(lines):
    """The pids that were added and not taken away, once the lines end."""
    pids = set()
    for line in lines:
        change, pid = line[:1], int(line[1:])
        pids.add(pid) if change == "+" else pids.discard(pid)
    return pids


def alive(pid):
    """Whether this still is the group's leader, and no zombie."""
    try:
        if os.getpgid(pid) != pid:
            return False
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return not Path("/proc/self/stat").exists()
    except ProcessLookupError:
        return False


def end(pids, patience_secs):
    """SIGTERM to the leaders; SIGKILL to what is left of their groups after the time is over."""
    groups = [pid for pid in pids if group_exists(pid)]
    for pid in groups:
        signal_quietly(os.kill, pid, signal.SIGTERM)
    deadline = time.monotonic() + patience_secs
    while any(alive(pid) for pid in groups) and time.monotonic() < deadline:
        time.sleep(POLL_SECS)
    for pid in groups:
        signal_quietly(os.killpg, pid, signal.SIGKILL)


def group_exists(pid):
    """Whether anybody is left in the process group."""
    try:
        os.killpg(pid, 0)
    except OSError:
        return False
    return True


def signal_quietly(send, pid, number):
    """Send a signal to somebody who may be gone by now."""
    with contextlib.suppress(OSError):
        send(pid, number)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    end(listed(sys.stdin), float(sys.argv[1]))
