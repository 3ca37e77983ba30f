"""How much disk a day takes, from the sizes of the rows that are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MINUTE_BARS, DAILY_BARS = "ohlcv_1min", "ohlcv_daily"


@dataclass(frozen=True, slots=True)
class Measured:
    """What a table takes: bytes a row, indexes included, and rows for each bar of `of`."""

    bytes_a_row: float
    rows_a_bar: float
    of: str = MINUTE_BARS


# Measured on PostgreSQL 17 with TimescaleDB 2.19, on a session of 200 symbols of the synthetic
# market after 260 daily bars each: what a fresh database says before it has rows of its own.
MEASURED = {
    MINUTE_BARS: Measured(177, 1.0),
    "ohlcv_rolled": Measured(159, 0.28),
    "intraday_indicator_values": Measured(279, 1.28),
    "intraday_patterns": Measured(1101, 0.107),
    "combo_patterns": Measured(1508, 0.00006),
    "integration_events": Measured(213, 0.60),
    DAILY_BARS: Measured(175, 1.0, DAILY_BARS),
    "daily_indicator_values": Measured(260, 1.0, DAILY_BARS),
    "daily_patterns": Measured(1584, 0.122, DAILY_BARS),
}
TABLES = tuple(MEASURED)
ENOUGH_ROWS = 5_000

# A hypertable's rows are in its chunks, which inherit from it.
SIZES = """
WITH RECURSIVE part (root, oid) AS (
    SELECT relname::text, oid FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%s)
    UNION ALL
    SELECT part.root, inhrelid FROM part JOIN pg_inherits ON inhparent = part.oid
)
SELECT root, sum(pg_total_relation_size(oid))::bigint FROM part GROUP BY root
"""


@dataclass(frozen=True, slots=True)
class Growth:
    """A table's bytes a row and rows a bar; `measured` here, or elsewhere where rows are few."""

    table: str
    bytes_a_row: float
    rows_a_bar: float
    measured: bool
    daily: bool = False

    def bytes_a_day(self, symbols: int, minutes: int) -> float:
        """Bytes a day, were every symbol to trade in every minute: an upper bound."""
        bars = symbols * (1 if self.daily else minutes)
        return self.bytes_a_row * self.rows_a_bar * bars


def growth(rows: Mapping[str, int], sizes: Mapping[str, int]) -> list[Growth]:
    """Each table's growth, from its rows and bytes in this database."""
    return [_growth(table, rows, sizes.get(table, 0)) for table in TABLES]


def _growth(table: str, rows: Mapping[str, int], size: int) -> Growth:
    known = MEASURED[table]
    mine, bars = rows.get(table, 0), rows.get(known.of, 0)
    daily = known.of == DAILY_BARS
    if min(mine, bars) < ENOUGH_ROWS:
        return Growth(table, known.bytes_a_row, known.rows_a_bar, False, daily)
    return Growth(table, size / mine, mine / bars, True, daily)


def read_sizes(cursor: Any) -> tuple[dict[str, int], dict[str, int]]:
    """(rows, bytes) of each table in the database."""
    cursor.execute(SIZES, [list(TABLES)])
    sizes = {table: int(size) for table, size in cursor.fetchall()}
    rows = {}
    for table in TABLES:
        cursor.execute(f"SELECT count(*) FROM {table}")
        rows[table] = int(cursor.fetchone()[0])
    return rows, sizes


def report(table_growth: list[Growth], symbols: list[int], minutes: int) -> list[str]:
    """The lines of a table: bytes a row, and megabytes a day for each number of symbols."""
    head = "".join(f"{count:>14,}" for count in symbols)
    lines = [f"{'MB a day with symbols:':<40}{head}"]
    for entry in table_growth:
        days = "".join(f"{entry.bytes_a_day(n, minutes) / 1e6:>14,.1f}" for n in symbols)
        mark = "" if entry.measured else " *"
        lines.append(f"{entry.table:<28}{entry.bytes_a_row:>8.0f} B{mark:<2}{days}")
    sums = (sum(entry.bytes_a_day(n, minutes) for entry in table_growth) for n in symbols)
    lines.append(f"{'together':<40}" + "".join(f"{total / 1e6:>14,.1f}" for total in sums))
    if not all(entry.measured for entry in table_growth):
        lines.append(f"* too few rows here (under {ENOUGH_ROWS:,}): measured elsewhere")
    return lines
