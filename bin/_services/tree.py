"""A private Debian tree that holds TimescaleDB and Redis, shared by a user's checkouts."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import apt, sandbox
from .errors import Unavailable

SUITE = "trixie"
PACKAGES = ("postgresql-17-timescaledb", "redis-server")
POSTGRES_BIN = "/usr/lib/postgresql/17/bin"
REDIS_SERVER = "/usr/bin/redis-server"
NEEDED = (
    f"{POSTGRES_BIN}/postgres",
    "/usr/share/postgresql/17/extension/timescaledb.control",
    REDIS_SERVER,
)


def ensure() -> Path:
    """The tree, built on the first call (about 40 s). Raises Unavailable if it cannot be."""
    if is_whole(folder()):
        return folder()
    if os.geteuid() != 0:
        raise Unavailable("not root, so no private tree can be made")
    folder().parent.mkdir(parents=True, exist_ok=True)
    with (folder().parent / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not is_whole(folder()):
            _build(folder())
    return folder()


def folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "tickstock" / f"{SUITE}-timescaledb" / "root"


def is_whole(root: Path) -> bool:
    # lexists: some of them are links that only resolve inside the tree.
    return all(os.path.lexists(f"{root}{path}") for path in NEEDED)


def _build(target: Path) -> None:
    """Make the tree beside its place and move it there whole. The caller holds the lock."""
    if not shutil.which("debootstrap"):
        apt.install("debootstrap")
    for left_over in target.parent.glob("building-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    print("Making a private tree with TimescaleDB and Redis (about 40 s) …", file=sys.stderr)
    try:
        _build_once(target)
    except Unavailable:  # a download that failed is most often one that works the second time
        _build_once(target)


def _build_once(target: Path) -> None:
    building = Path(tempfile.mkdtemp(prefix="building-", dir=target.parent))
    building.chmod(0o755)
    try:
        _debootstrap(building)
        shutil.rmtree(target, ignore_errors=True)
        building.rename(target)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _debootstrap(building: Path) -> None:
    log = building.parent / "build.log"
    command = ["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
    # In a mount namespace of its own, what debootstrap mounts cannot outlive it.
    own_mounts = ["unshare", "--mount", "--propagation", "private"] if sandbox.can_mount() else []
    with log.open("w") as output:
        done = subprocess.run(
            [*own_mounts, *command, SUITE, str(building)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode or not is_whole(building):
        last = " ".join(log.read_text(errors="replace").splitlines()[-1:])
        raise Unavailable(f"debootstrap failed: {last} (all of it: {log})")
    for archive in (building / "var/cache/apt/archives").glob("*.deb"):
        archive.unlink()
