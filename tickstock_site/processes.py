"""Which process this is, and so which database role its `default` connection uses."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from tickstock_site.env import SettingError, env_secret

OWNER = "owner"
PROCESSES = ("web", "stream", "worker", "beat", "jobs", OWNER, "test")

URL_OF_ROLE = {
    "app_owner": "DATABASE_URL",
    "app_readwrite": "DATABASE_READWRITE_URL",
    "app_readonly": "DATABASE_READONLY_URL",
    "app_web": "DATABASE_WEB_URL",
}

ROLE_OF_PROCESS = {
    "web": "app_web",
    "stream": "app_readwrite",
    "worker": "app_readwrite",
    "beat": "app_readwrite",
    "jobs": "app_readwrite",
    OWNER: "app_owner",
    "test": "app_owner",
}

# The pool waits ever longer between its attempts, up to this; then who wants a connection begins
# anew. Its own five minutes would keep a server that is back waiting for as long.
RECONNECT_SECS = 5.0
# A server that has gone without a word is noticed within these, not after libpq's hours.
PATIENCE = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}

PROCESS_OF_COMMAND = {
    **dict.fromkeys(("migrate", "makemigrations", "showmigrations", "sqlmigrate"), OWNER),
    **dict.fromkeys(("stream_ticks", "purge", "load_universes"), "stream"),
    "process": "worker",
    "listen_jobs": "jobs",
}


def current_process(argv: Sequence[str] | None = None) -> str:
    """The process's kind: `TICKSTOCK_PROCESS`, or what its command line says, or `web`."""
    named = os.environ.get("TICKSTOCK_PROCESS", "").strip()
    if named and named not in PROCESSES:
        raise SettingError("TICKSTOCK_PROCESS", named, "one of " + ", ".join(PROCESSES), "web")
    return named or process_of_command(sys.argv if argv is None else argv)


def process_of_command(argv: Sequence[str]) -> str:
    """The process that a command line starts."""
    path = Path(argv[0]) if argv else Path()
    # `python -m NAME` runs NAME/__main__.py.
    program = path.parent.name if path.name == "__main__.py" else path.name
    if program == "__main__.py":  # `python -m`: the package's name
        program = Path(argv[0]).parent.name
    if program.startswith("celery"):
        return "beat" if "beat" in argv else "worker"
    if program.startswith(("pytest", "py.test")):
        return "test"
    return PROCESS_OF_COMMAND.get(argv[1] if len(argv) > 1 else "", "web")


def database_settings(role: str, engine: str, pool: dict[str, Any] | None) -> dict[str, Any]:
    """Django's settings of a connection as `role`, from the role's URL in the environment."""
    url = env_secret(URL_OF_ROLE[role])
    parts = parse_database_url(URL_OF_ROLE[role], url) if url else {}
    options: dict[str, Any] = {"application_name": f"tickstock-{current_process()}", **PATIENCE}
    if pool:
        options["pool"] = {"reconnect_timeout": RECONNECT_SECS, **pool}
    if "sslmode" in parts:
        options["sslmode"] = parts["sslmode"]
    return {
        "ENGINE": engine,
        "NAME": parts.get("dbname", "tickstock"),
        "USER": parts.get("user", role),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", "127.0.0.1"),
        "PORT": str(parts.get("port", "5432")),
        "CONN_MAX_AGE": 0,
        "OPTIONS": options,
    }


def parse_database_url(name: str, url: str) -> dict[str, Any]:
    """The parts of a PostgreSQL URL; the error never shows the URL, which holds a password."""
    try:
        return conninfo_to_dict(url)
    except ProgrammingError:
        allowed = "a PostgreSQL URL is needed"
        raise SettingError(name, "…", allowed, "postgresql://role:password@host:5432/db") from None
