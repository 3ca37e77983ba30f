"""What the environment names, and what is printed for it."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote, urlsplit

from .state import OWNER, READONLY, READWRITE, WEB, State

DATABASE = "tickstock"
ROLE_OF = {
    "DATABASE_URL": OWNER,
    "DATABASE_READWRITE_URL": READWRITE,
    "DATABASE_READONLY_URL": READONLY,
    "DATABASE_WEB_URL": WEB,
}


def setting(name: str) -> str:
    """A setting from NAME, or from the file that NAME_FILE names."""
    file = os.environ.get(f"{name}_FILE", "")
    return os.environ.get(name, "") or (Path(file).read_text().strip() if file else "")


def named(name: str, state: State) -> str:
    """The server that the environment names, unless it is this checkout's own.

    A shell that has run `eval "$(bin/services env)"` names our own servers,
    perhaps on an older port; our passwords tell them apart.
    """
    url = setting(name)
    return "" if urlsplit(url).password in state.passwords.values() else url


def role_url(role: str, state: State, database_url: str) -> str:
    """The address of the database for one role: on our own server, or on the named one."""
    password = quote(state.passwords[role], safe="")
    if not database_url:
        return f"postgresql://{role}:{password}@127.0.0.1:{state.ports['postgres']}/{DATABASE}"
    parts = urlsplit(database_url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{role}:{password}@{host}").geturl()


def exports(state: State) -> dict[str, str]:
    """The settings that reach this checkout's services, in the order they are printed."""
    database_url = named("DATABASE_URL", state)
    values = {
        name: named(name, state) or role_url(role, state, database_url)
        for name, role in ROLE_OF.items()
    }
    if database_url:
        values["DATABASE_URL"] = database_url
    values["REDIS_URL"] = named("REDIS_URL", state) or own_redis(state)
    values["TICKSTOCK_STORAGE"] = setting("TICKSTOCK_STORAGE") if database_url else state.storage
    values["TICKSTOCK_STORAGE"] = values["TICKSTOCK_STORAGE"] or "timescaledb"
    values["SECRET_KEY"] = setting("SECRET_KEY") or state.secret_key
    return values


def own_redis(state: State) -> str:
    password = quote(state.passwords["redis"], safe="")
    return f"redis://default:{password}@127.0.0.1:{state.ports['redis']}/0"
