"""Installing Debian packages, where this process may."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import Unavailable

# Without this a first install of PostgreSQL also makes and starts a server of
# its own, on the default port, that nobody asked for.
NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/tickstock-install.conf")

LOCK = Path("/var/lock/tickstock-apt")


def offers(package: str) -> bool:
    """Whether this machine's package lists have it (they are fetched once, if need be)."""
    if not shutil.which("apt-cache"):
        return False
    if _candidate(package):
        return True
    if os.geteuid() == 0:
        with _one_at_a_time():
            _apt("update")
    return _candidate(package)


def install(*packages: str) -> None:
    """Install the packages; raises Unavailable where that cannot be done."""
    if os.geteuid() != 0:
        raise Unavailable(f"not root, so {', '.join(packages)} cannot be installed")
    lacking = [package for package in packages if not offers(package)]
    if lacking:
        raise Unavailable(f"this machine's packages lack {', '.join(lacking)}")
    with _one_at_a_time(), _no_default_cluster():
        done = _apt("install", "-y", "--no-install-recommends", *packages)
        if done.returncode:  # lists of another day name files that are gone
            _apt("update")
            done = _apt("install", "-y", "--no-install-recommends", *packages)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise Unavailable(f"apt-get could not install {', '.join(packages)}: {' '.join(last)}")


def _candidate(package: str) -> bool:
    shown = subprocess.run(
        ["apt-cache", "policy", package], capture_output=True, text=True, check=False
    )
    return "Candidate:" in shown.stdout and "Candidate: (none)" not in shown.stdout


def _apt(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """apt waits for its lock on packages, but fails at once on the one for lists."""
    with LOCK.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def _no_default_cluster() -> Iterator[None]:
    if shutil.which("pg_createcluster"):
        yield
        return
    NO_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
    NO_CLUSTER.write_text("create_main_cluster = false\n")
    try:
        yield
    finally:
        NO_CLUSTER.unlink(missing_ok=True)
