"""Running a server as its own user, where it sees its data and nothing is left mounted.

PostgreSQL refuses to run as root, and its user may not be able to enter the
folder that the checkout is in. As root, then, a server runs in a mount
namespace of its own, where the checkout's data folder (and, for the embedded
way, the packages) are bound under one fixed folder. The namespace ends with the server, so
that there is nothing to unmount, whatever is killed and whenever.
"""

from __future__ import annotations

import functools
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

SCRIPT = """
set -e
root=$1 user=$2 base=$1$3 data=$4 program=$5; shift 5
mount -t tmpfs -o size=1m,mode=755 tmpfs "$base"
mkdir "$base/data" "$base/program"
mount --bind "$data" "$base/data"
if [ -n "$program" ]; then mount --bind "$program" "$base/program"; fi
if [ -n "$root" ]; then
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
fi
cd /
exec chroot --userspec="$user" --groups= "$root/" "$@"
"""


@functools.cache
def can_mount() -> bool:
    """Whether this process may make a mount namespace: root, outside a locked-down container."""
    if os.geteuid() != 0:
        return False
    try:
        probe = ["unshare", "--mount", "--propagation", "private"]
        done = subprocess.run(
            [*probe, "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        return False
    return done.returncode == 0


@dataclass(frozen=True)
class Sandbox:
    """How to run a program of one way for one checkout.

    root     where its file system starts: "" for this machine's, or a tree
    data     the checkout's folder for this way, as this machine sees it
    program  a folder that the program needs and its user may not reach, or None
    """

    root: str
    data: Path
    program: Path | None = None

    def base(self) -> str:
        """An empty folder of every system, to bind under; not one that would hide the data."""
        return "/media" if str(self.data).startswith("/mnt/") else "/mnt"

    def home(self) -> str:
        """The data folder, as the server sees it."""
        if can_mount():
            return f"{self.base()}/data"
        return str(self.data.resolve()).removeprefix(self.root)

    def programs(self) -> str:
        """The program folder, as the server sees it."""
        return f"{self.base()}/program" if can_mount() else str(self.program or "")

    def command(self, user: tuple[int, int], *command: str) -> list[str]:
        """The command line that runs `command` as the user (uid, gid)."""
        spec = f"{user[0]}:{user[1]}"
        if can_mount():
            own_mounts = ["unshare", "--mount", "--propagation", "private", "--"]
            places = [self.root, spec, self.base(), str(self.data), str(self.program or "")]
            return [*own_mounts, "sh", "-c", SCRIPT, "sandbox", *places, *command]
        if os.geteuid() == 0:
            return ["chroot", f"--userspec={spec}", "--groups=", f"{self.root}/", *command]
        return list(command)
