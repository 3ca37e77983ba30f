"""Tables whose rows go by their time: by policies of TimescaleDB's, or dropped night by night."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

DROP = "SELECT drop_old_rows(%s, %s)"
SET_POLICY = "SELECT set_retention_policy(%s, %s)"
LICENCE = "SELECT current_setting('timescaledb.license', true)"
WITH_POLICIES = "timescale"
"""The licence that has them; the Apache edition answers that it does not support them."""
PLAIN_TABLES = frozenset({"event_outbox"})
"""No hypertables, so that a policy can not be theirs."""


def retention_days() -> dict[str, int]:
    """Table → days that its rows are kept; 0 keeps them for good.

    One-minute bars are not among them: they go day by day, once longer bars are made of them.
    """
    return {
        "integration_events": settings.RETENTION_FLOW_DAYS,
        "event_outbox": settings.RETENTION_OUTBOX_DAYS,
        "ohlcv_rolled": settings.RETENTION_ROLLED_DAYS,
        "intraday_indicator_values": settings.RETENTION_BARS_DAYS,
        "intraday_patterns": settings.RETENTION_DETECTIONS_DAYS,
        "daily_patterns": settings.RETENTION_DETECTIONS_DAYS,
        "combo_patterns": settings.RETENTION_DETECTIONS_DAYS,
    }


def has_policies() -> bool:
    """Whether the database's licence has retention policies."""
    with connection.cursor() as cursor:
        cursor.execute(LICENCE)
        return bool(cursor.fetchone()[0] == WITH_POLICIES)


def keep_to(days: Mapping[str, int], now: datetime, *, policies: bool) -> Iterator[str]:
    """See to it that what is older goes; what was done, a line a table.

    policies: hypertables are left to TimescaleDB's own, which are set as `days` says.
    """
    by_policy = days.keys() - PLAIN_TABLES if policies else frozenset[str]()
    for table in sorted(by_policy):
        yield f"{table}: policy {set_policy(table, days[table])}"
    dropped = {table: kept for table, kept in days.items() if table not in by_policy}
    for table, gone in drop_old(dropped, now).items():
        yield f"{table}: {gone} dropped"


def set_policy(table: str, days: int) -> str:
    """TimescaleDB drops the table's chunks by itself, or with 0 days no more.

    Answers `set`, `removed` or `unchanged`. Raises NotSupportedError without the licence.
    """
    with connection.cursor() as cursor:
        cursor.execute(SET_POLICY, [table, days])
        return str(cursor.fetchone()[0])


def drop_old(days: Mapping[str, int], now: datetime) -> dict[str, int]:
    """Drop what is older. Table → chunks (rows, where there are no hypertables) that went.

    A chunk goes once all of it is too old, so up to a day more is kept.
    """
    return {
        table: drop_before(table, now - timedelta(days=kept))
        for table, kept in days.items()
        if kept > 0
    }


def drop_before(table: str, moment: datetime) -> int:
    """Drop the chunks (the rows) that lie before `moment` as a whole; how many."""
    with connection.cursor() as cursor:
        cursor.execute(DROP, [table, moment])
        return int(cursor.fetchone()[0])
