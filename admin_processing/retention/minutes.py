"""One-minute bars go day by day, the oldest first: each only once its longer bars are complete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from admin_processing.retention.tables import drop_before
from market.calendar import configured_calendar, to_ms
from patterns.roll_up import roll_up
from patterns.rolled import SessionHours

TABLE = "ohlcv_1min"
DAY = timedelta(days=1)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
OLDEST = f'SELECT min("timestamp") FROM {TABLE} WHERE "timestamp" >= %s AND "timestamp" < %s'
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('retention of minute bars', 0))"
HAS_CHUNKS = "SELECT to_regclass('timescaledb_information.chunks') IS NOT NULL"
CHUNKS = f"""
SELECT format('%%I.%%I', chunk_schema, chunk_name) FROM timescaledb_information.chunks
WHERE hypertable_schema = 'public' AND hypertable_name = '{TABLE}'
    AND range_start < %s AND range_end > %s
"""


@dataclass(frozen=True, slots=True)
class DroppedDay:
    """A UTC day whose minutes are gone; `start` is its midnight.

    rolled: longer bars that were missing or different until then. dropped: chunks, or rows where
    there are none; 0 where the day's chunk holds later days too, and goes with the last of them.
    """

    start: datetime
    rolled: int
    dropped: int

    @property
    def end(self) -> datetime:
        """The next day's midnight."""
        return self.start + DAY


def drop_minutes(before: datetime, rolled_since: datetime | None) -> Iterator[DroppedDay]:
    """Roll up and drop the days that end at or before `before`, a transaction each.

    Where a day can not be rolled up, the error goes on to the caller, and nothing of that day or a
    later one is dropped. rolled_since: longer bars before it are kept no more, so none are made.
    """
    done = _drop_next(EARLIEST, before, rolled_since)
    while done is not None:
        yield done
        done = _drop_next(done.end, before, rolled_since)


def _drop_next(
    since: datetime, before: datetime, rolled_since: datetime | None
) -> DroppedDay | None:
    """Roll up and drop the oldest day from `since` on; None where none has ended at `before`."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        day = _oldest_day(cursor, since, before)
        if day is None:
            return None
        _hold_still(cursor, day)
        rolled = 0
        if rolled_since is None or day + DAY > rolled_since:
            rolled = roll_up(cursor, to_ms(day), to_ms(day + DAY), session_hours())
        return DroppedDay(day, rolled, drop_before(TABLE, day + DAY))


def _oldest_day(cursor: Any, since: datetime, before: datetime) -> datetime | None:
    cursor.execute(ONE_AT_A_TIME)
    cursor.execute(OLDEST, [since, before])
    (oldest,) = cursor.fetchone()
    if oldest is None:
        return None
    day: datetime = oldest.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day if day + DAY <= before else None


def session_hours() -> SessionHours:
    """The sessions of the configured market, as the stream knows them."""
    calendar = configured_calendar()
    return SessionHours(calendar.session_start, calendar.session_end, calendar.day_start)


def _hold_still(cursor: Any, day: datetime) -> None:
    """Nobody writes minutes of this day until the transaction ends: they would go unrolled."""
    cursor.execute(HAS_CHUNKS)
    parts = [TABLE]
    if cursor.fetchone()[0]:
        cursor.execute(CHUNKS, [day + DAY, day])
        parts = [row[0] for row in cursor.fetchall()]
    for part in parts:
        cursor.execute(f"LOCK TABLE {part} IN SHARE MODE")
