"""What a checkout remembers between commands, in `.services/state.json` (0600)."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / ".services"

OWNER, READWRITE, READONLY, WEB = "app_owner", "app_readwrite", "app_readonly", "app_web"
ROLES = (OWNER, READWRITE, READONLY, WEB)
SECRETS = ("postgres", "redis", *ROLES)

# Below the ports that the kernel hands to outgoing connections, which would
# otherwise take a stopped server's port now and then.
PORTS = range(15_000, 30_000)


@dataclass
class State:
    """Choices, ports and secrets of one checkout. `way` is empty until the first start."""

    way: str = ""
    reason: str = ""
    ports: dict[str, int] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    secret_key: str = ""
    storage: str = "timescaledb"

    def save(self) -> None:
        """Replace the file in one step, so that a reader never sees half of it."""
        new = FOLDER / f"state.json.{os.getpid()}"
        new.touch(mode=0o600)
        new.write_text(json.dumps(asdict(self), indent=2) + "\n")
        new.replace(FOLDER / "state.json")


def load() -> State:
    """The saved state, with what is missing from it generated."""
    try:
        state = State(**json.loads((FOLDER / "state.json").read_text()))
    except FileNotFoundError:
        state = State()
    for name in SECRETS:
        state.passwords.setdefault(name, secrets.token_urlsafe(24))
    state.secret_key = state.secret_key or secrets.token_urlsafe(50)
    return state


@contextmanager
def locked() -> Iterator[State]:
    """The state, held by this process alone: starts and stops take turns."""
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    with (FOLDER / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield load()


def free_port(taken: set[int]) -> int:
    """A loopback port that nobody listens on; random, so that two checkouts seldom meet."""
    while True:
        port = PORTS.start + secrets.randbelow(len(PORTS))
        if port not in taken and is_free(port):
            return port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
