"""No role may do more than the contract says."""

from __future__ import annotations

from typing import Any

import psycopg

from market.grants import READONLY, READWRITE, SIGN_IN_TABLES, TOKEN_TABLES, WEB
from tickstock_site.preflight.database_checks import connect
from tickstock_site.preflight.outcome import Abort, manage
from tickstock_site.preflight.request import StartRequest

WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
SECRET_TABLES = (*SIGN_IN_TABLES, *TOKEN_TABLES)
MARKET_TABLES = ("ohlcv_1min", "ohlcv_daily", "intraday_patterns", "feed_gaps", "stream_positions")
GROWING_TABLES = ("processing_audit",)  # written once, never changed

# role, privilege, table: all that a role has, in the schema of the application.
PRIVILEGES = """
SELECT role.name, privilege.name, class.relname
FROM unnest(%s::text[]) AS role (name)
CROSS JOIN unnest(%s::text[]) AS privilege (name)
CROSS JOIN pg_class AS class
WHERE class.relnamespace = 'public'::regnamespace AND class.relkind IN ('r', 'p', 'v')
    AND has_table_privilege(role.name, class.oid, privilege.name)
"""

SETTING_TABLES = ("detector_settings",)  # the web's: the stream and the jobs read them

Privilege = tuple[str, str, str]


def check_grants(request: StartRequest) -> str:
    """The roles' privileges are within their bounds, and what they need is there. Raises Abort."""
    with connect("app_readonly") as connection:
        held = privileges(connection)
    too_many = excess(held)
    if too_many:
        role, privilege, table = min(too_many)
        more = f", and {len(too_many) - 1} more" if len(too_many) > 1 else ""
        raise _abort(f"{role} may {privilege} on {table}{more}", "a role must do no more than this")
    for role, privilege, table in (
        (READWRITE, "INSERT", "ohlcv_1min"),
        (WEB, "INSERT", "auth_user"),
    ):
        if (role, privilege, table) not in held:
            raise _abort(f"{role} may not {privilege} on {table}", "its process would fail")
    return f"Grants: {READONLY} reads only, {WEB} and {READWRITE} write their own tables"


def privileges(connection: psycopg.Connection[Any]) -> set[Privilege]:
    """Everything that the three running roles may do with the application's tables."""
    roles, wanted = [READWRITE, READONLY, WEB], ["SELECT", *WRITES]
    return set(connection.execute(PRIVILEGES, [roles, wanted]).fetchall())


def excess(held: set[Privilege]) -> set[Privilege]:
    """The privileges that a role must not have."""
    return {entry for entry in held if _is_too_much(*entry)}


def _is_too_much(role: str, privilege: str, table: str) -> bool:
    if table in GROWING_TABLES and privilege in WRITES and privilege != "INSERT":
        return True
    if role == READONLY:
        return privilege in WRITES or table in SECRET_TABLES
    if role == READWRITE:
        return table in SECRET_TABLES or (privilege in WRITES and table in SETTING_TABLES)
    return privilege in WRITES and table in MARKET_TABLES


def _abort(what: str, reason: str) -> Abort:
    return Abort(
        f"grants are not as they should be: {what}",
        f"{reason}; see docs/operations.md, 'Database roles'",
        manage("preflight", "--repair", "grants"),
    )
