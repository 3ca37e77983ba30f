"""A write that the database refuses says which role tried what, and on which table."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.db import ProgrammingError
from django.db.backends.signals import connection_created
from psycopg.errors import InsufficientPrivilege

VERB = re.compile(r"\s*([a-z]+)", re.IGNORECASE)
# PostgreSQL's own words: "permission denied for table ohlcv_1min".
REFUSED = re.compile(r"permission denied for (?:[a-z]+ )+(\S+)")


class RoleRefused(ProgrammingError):
    """The connection's role may not do this; the database refused it and nothing was changed."""


def describe(role: str, sql: str, cause: str) -> str:
    """What was refused, to whom, and where the grants stand."""
    verb, what = VERB.match(sql), REFUSED.search(cause)
    said = verb.group(1).upper() if verb else "do this"
    where = f" on {what.group(1)}" if what else ""
    return (
        f"database role {role} may not {said}{where}: {cause}. "
        "Grants are made by the migrations of market; see docs/operations.md, 'Database roles'."
    )


def explain_refusals(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """An execute wrapper: turns `permission denied` into a `RoleRefused` that names the role."""
    try:
        return execute(sql, params, many, context)
    except ProgrammingError as error:
        if not isinstance(error.__cause__, InsufficientPrivilege):
            raise
        role = context["connection"].settings_dict["USER"]
        cause = str(error.__cause__).splitlines()[0]
        raise RoleRefused(describe(role, str(sql), cause)) from error.__cause__


def _wrap(connection: Any, **_: Any) -> None:
    if explain_refusals not in connection.execute_wrappers:
        connection.execute_wrappers.append(explain_refusals)


def install() -> None:
    """Wrap every connection as it is made."""
    connection_created.connect(_wrap, dispatch_uid="tickstock.refusals")
